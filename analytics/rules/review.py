"""Every rule for a clinician to check: question, criteria, ends, levels, source, vectors with their outcome.

The page docs/clinical-review.md, ``hepatrend rules show`` and ``hepatrend rules test`` are made from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from analytics.analytes import shown
from analytics.event_kinds import EVENT_KINDS
from analytics.rules._discover import rules
from analytics.rules._rule import TAGS, Rule
from analytics.rules._vectors import Answer, run, vectors
from analytics.rules.methods import filled
from analytics.settings import Settings
from analytics.tables import STATES

_MOMENT = "a fact of one time point: it does not end and is past after {findings.new_days} days"
_EPISODE = (
    "ongoing until a result is off the criteria and at most {findings.fall_share:g} × its value at the last time point "
    "that met them (resolved); window over, superseded by another baseline, line or procedure, or not seen since for "
    "{findings.unseen_days} days are told as such"
)
_HEAD = """# Clinical review

Every rule with what it asks, the exact criteria, what ends it, its source, and its test vectors with the outcome that
the program gives today. For a clinician to check without reading code; the same is printed by `hepatrend rules show
CODE`, and `hepatrend rules test CODE` runs the vectors.

A finding ends in one of four ways, and only the first says that a value came down:

"""


@cache
def answers_of(code: str) -> tuple[Answer, ...]:
    """The vectors of one rule, run."""
    return tuple(run(vector) for vector in vectors(code))


def facts_of(rule: Rule, settings: Settings) -> Iterator[tuple[str, str]]:
    """What is to be checked of a rule: name and text, in the order of the page."""
    yield "Question", rule.question
    yield "Criteria", filled(rule.criteria, settings)
    yield "Time window", filled(rule.window, settings)
    yield "Needs", ", ".join(" or ".join(shown(c) for c in need.split("|")) for need in rule.needs) or "–"
    if rule.events:
        yield "Events", ", ".join(EVENT_KINDS[kind].label.lower() for kind in rule.events)
    yield "Level", f"{rule.level}, where a criterion does not say another"
    yield "Ends", filled(_MOMENT if rule.one_off else _EPISODE, settings)
    yield "Limitations", filled(rule.limitations, settings)
    yield "Source", f"{rule.reference} ({TAGS[rule.tag]})"
    yield "Version", rule.version


def text_of(code: str) -> str:
    """One rule as plain text, with its vectors."""
    rule = rules()[code]
    lines = [f"{rule.title} ({code})", ""]
    lines += [f"{name}: {text}" for name, text in facts_of(rule, Settings())]
    lines += ["", "Vectors:"]
    for answer in answers_of(code):
        v = answer.vector
        lines.append(f"  {v.number}. {v.given}")
        for name in ("labs", "events", "imaging", "patient", "settings"):
            if getattr(v, name):
                lines.append(f"     {name}: {getattr(v, name)}")
        lines.append(f"     expected {v.outcome}; found {answer.found}")
        lines += [f"     says: {said}" for said in answer.says]
    return "\n".join(lines if answers_of(code) else [*lines[:-1], "No vectors."])


def vectors_of(code: str) -> list[dict[str, Any]]:
    """Its vectors for other programs: number, what was given, expected, found, met."""
    return [
        {
            "number": a.vector.number,
            "given": a.vector.given,
            "expected": a.vector.outcome,
            "found": a.found,
            "met": a.met,
        }
        for a in answers_of(code)
    ]


def document_of(code: str) -> dict[str, Any]:
    """One rule for other programs, with its vectors."""
    rule = rules()[code]
    facts = {name.lower().replace(" ", "_"): text for name, text in facts_of(rule, Settings())}
    return {"code": code, "title": rule.title, "facts": facts, "vectors": vectors_of(code)}


def page() -> str:
    """docs/clinical-review.md: every rule with an empty line for a reviewer's initials."""
    parts = [_HEAD, *(f"- **{state.replace('_', ' ')}**: {says}\n" for state, says in STATES.items())]
    for code, rule in rules().items():
        parts.append(f"\n## {rule.title}\n\nRule `{code}`\n\n")
        parts += [f"- {name}: {text}\n" for name, text in facts_of(rule, Settings())]
        parts.append(_table(answers_of(code)))
        parts.append("\nReviewed by (initials, date): ______________________\n")
    return "".join(parts)


def _table(answers: tuple[Answer, ...]) -> str:
    """Vectors with their outcome."""
    if not answers:
        return "\nNo vectors in the package; its edges are tested in `tests/analytics/rules`.\n"
    rows = ["\n| vector | expected | found |\n|---|---|---|\n"]
    for answer in answers:
        found = answer.found if answer.met else f"**{answer.found}**"
        cells = (answer.vector.given, answer.vector.outcome, found)
        rows.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |\n")
    return "".join(rows)
