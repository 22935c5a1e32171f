"""The methods page: every rule, score, grade and threshold in words, written from the constants that the code "
"runs on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analytics.analytes import shown
from analytics.grades.criteria import CRITERIA, graded
from analytics.rules._discover import rules
from analytics.rules._rule import TAGS, Rule
from analytics.scores import scores
from analytics.settings import Settings, describe
from analytics.tables import LEVELS, READING_LABELS

_BRANCHES = {
    "normal": "baseline normal or unknown",
    "high": "baseline above ULN",
    "low": "baseline below LLN",
    "anticoagulated": "on an anticoagulant",
}


def render(settings: Settings | None = None) -> str:
    """docs/methods.md.

    Args:
        settings: thresholds to print; the defaults where None.
    """
    used = Settings() if settings is None else settings
    parts = [_HEAD, _findings(used), _all_rules(used), _reading(used), _grades(), _scores()]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def filled(text: str, settings: Settings) -> str:
    """A rule's text with ``{group.name}`` replaced by the value of the setting."""
    return text.format_map({name: getattr(settings, name) for name in settings.__dataclass_fields__})


def rule_settings(rule: Rule, settings: Settings) -> Iterator[tuple[str, str, str, str, str]]:
    """The thresholds that a rule reads: name, value, unit, meaning, source."""
    for name, value, unit, says, source in describe(settings):
        if any(name == wanted or name.startswith(f"{wanted}.") for wanted in rule.settings):
            yield name, f"{value:g}" if isinstance(value, float) else str(value), unit, says, source


_HEAD = """
# Methods

This page is written from the code by `analytics.rules.methods.render`. Rules state which published threshold was
met, with value, date and source. They do not name a disease, and they recommend nothing. How well a source was
confirmed is said with it: verified (read in the source), secondary (seen in a secondary source only), recalled (from
memory, to be confirmed) or house (our own choice).

**Baseline.** For each line of systemic therapy: the geometric mean of the last steady results (three at most) in the
28 days before its start, and how many they were; where there is none, in the 90 and then the 180 days before. Not
steady are results inside an obstruction, inside the expected-rise window of a procedure, within 14 days of a value of
at least twice the median of the 90 days before it, platelets and leucocytes on day 5 to 21 after a dose, INR on an
anticoagulant, and the first days of an admission without treatment. Without any there is no baseline, and only
multiples of ULN are told. A result of the day on which a line starts counts as before it; a later one never does.
Results from before a procedure that breaks the series do not speak for the time after it. Without systemic therapy the
first procedure is the start; without any treatment the first result. What is raised at the first result and stays so
for months is its own baseline.

**Day of a procedure.** A result of the same day is before or after it by time where both times are known; beside a
procedure without a time it is before it up to noon and after it from then on; without a time it is on neither side.

**Comparisons.** A result is divided by its own upper limit. Values are compared at ten significant digits, so that
3.3 / 1.1 is 3. A result given only as "<x" or ">x" counts where that proves a criterion or its opposite: ">5.0" is at
least 5.0 and above it. Otherwise it decides nothing: no finding rests on it and none ends with it, the nearest miss
names it, a grade is the least that it proves or none, a score is not computed unless it is the same for all that the
result may be.

**Several results on one day.** The worst of them speaks.

**Thresholds** are settings: their defaults, meanings and sources are listed in `thresholds.md`, and a stored analysis
names the values that it was made with.
"""


def _findings(settings: Settings) -> str:
    s = settings.findings
    return f"""
## Findings are episodes

An episode begins at the first moment at which a rule holds and ends at the first judged moment at which it does not;
a moment without the inputs is not judged and ends nothing. Two runs less than {s.rejoin_days} days apart are one
episode. Its sentence tells its worst moment. State: *new* where nothing was judged after the onset and the onset is at
most {s.new_days} days before the data cut-off; *resolved* where the criterion is off and a value behind it is at most
{s.fall_share:g} × the one at the last moment that met it; *window over* where the time of the rule ran out;
*superseded* where another baseline, line or procedure changed the yardstick; *not seen since* without a result for
more than {s.unseen_days} days; else *ongoing*. Facts of one moment (a response, a change of limits) are new for
{s.new_days} days and past after that. Of one episode that meets several rules one finding carries it (`headline`): the
highest level, then the rule that says most.

`finding_id` is a hash of patient, rule, analyte and day of onset (of the event, for rules that follow one). It stays
when later results arrive. Earlier results that move the onset make another episode with another id: what was known
before was a different statement. A correction that undoes the condition removes the finding.

*Why not*: for every patient and rule that did not hold there is the nearest miss, with the condition that failed, its
number and its limit, or what is missing."""


def _all_rules(settings: Settings) -> str:
    rows = [
        (f"[{r.title}](#{r.code})", r.question, r.level, r.tag)
        for r in sorted(rules().values(), key=lambda r: (-LEVELS[r.level], r.title))
    ]
    sections = [_rule(rule, settings) for rule in rules().values()]
    return "## Rules\n\n" + _table(("rule", "asks", "level", "source"), rows) + "\n\n" + "\n\n".join(sections)


def _rule(rule: Rule, settings: Settings) -> str:
    listed = [shown(c) for c in rule.analytes]
    analytes = "all" if len(listed) > 12 else ", ".join(listed) or "imaging"
    lines = [
        f'<a id="{rule.code}"></a>',
        "",
        f"### {rule.title}",
        "",
        f"`{rule.code}`, version {rule.version}, level {rule.level}. {rule.question}",
        "",
        f"- Looks at: {analytes}",
        f"- Window: {filled(rule.window, settings)}",
        f"- Condition: {filled(rule.criteria, settings)}",
        f"- Does not see: {rule.limitations}",
        f"- Source: {rule.reference} ({rule.tag}: {TAGS[rule.tag]})",
        f"- Says: {_shown_template(rule.template)}".replace("[", "\\[").replace("]", "\\]"),
    ]
    return "\n".join(lines)


def _shown_template(sentence: str) -> str:
    """The sentence with its fields named, without their formats."""
    return re.sub(r"\{(\w+)(?::[^}]*)?\}", r"‹\1›", sentence)


def _reading(settings: Settings) -> str:
    s = settings.reading
    ways = ", ".join(label for code, label in READING_LABELS.items() if code != "unclear")
    return f"""
## The reading of an episode

Each episode of the rule `changed` is read in six ways: {ways}. For each there is a list of facts for and against, with
dates and values. A fact speaks (1), speaks strongly (2) or settles it (3). A reading fits where its facts, less those
against, reach {s.enough} and lead the next reading by {s.lead}; else the episode is *unclear*. There is no reading
without facts, and facts never look past the data cut-off. The table of planted journeys is in
[confusion.md](confusion.md)."""


def _grades() -> str:
    rows = []
    for code in dict.fromkeys(c.analyte for c in CRITERIA):
        for branch in _BRANCHES:
            cells = [_criteria(version, code, branch) for version in ("5.0", "6.0")]
            if any(cells):
                rows.append((shown(code), _BRANCHES[branch], *(cell or "as baseline normal" for cell in cells)))
    table = _table(("analyte", "branch", "CTCAE 5.0", "CTCAE 6.0"), rows)
    return f"""
## Grades

NCI, Common Terminology Criteria for Adverse Events 5.0 and 6.0, as transcribed in pharmaverse admiral; NCI's own text
of 6.0 (2025; year recalled) was not read. Every result has both grades; the baseline of its line decides the branch.
The upper end of a printed range belongs to the lower grade. A missing limit, baseline or value that could change the
grade makes the result not gradable; it is never grade 0. Both versions grade
{len(set(graded("5.0")) | set(graded("6.0")))} analytes. Units are canonical (g/dL for albumin and haemoglobin).

Choices: an unknown baseline counts as normal and the explanation says so. GGT at exactly 2.0 × baseline is grade 1 in
5.0, as printed. In 6.0 a value equal to a raised baseline is grade 1. ALT and AST beyond a baseline of 5 × ULN are
graded in 6.0, with a note that the printed range ends there. INR has absolute cut points; those by baseline count only
for people on an anticoagulant. Back inside the limits is grade 0 whatever the baseline was.

{table}"""


def _criteria(version: str, code: str, branch: str) -> str:
    rows = [c for c in CRITERIA if (c.version, c.analyte, c.branch) == (version, code, branch)]
    return "; ".join(f"G{c.grade} {c.says}" for c in rows)


def _scores() -> str:
    rows = [
        (s.title, s.formula, ", ".join(name for name, _ in s.bands), f"{s.reference} ({s.tag})", s.note)
        for s in scores().values()
    ]
    return "## Scores\n\n" + _table(("score", "formula", "bands", "source", "validity here"), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
