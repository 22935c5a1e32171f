"""A run and a difference as text for the terminal."""

from __future__ import annotations

from analytics.analysis import Analysis
from analytics.cohort.query.answered import Answered, answered
from analytics.cohort.query.definition import ALL_PATIENTS
from analytics.cohort.query.diff import Difference
from analytics.cohort.query.interpreter import Interpretation
from analytics.cohort.query.run import nobody, run

ROWS = 200
"""Rows printed; the rest is in --json and in the export."""


def run_text(result: Answered) -> str:
    """Definition, steps, rows."""
    lines = [result.definition.text.rstrip() or ALL_PATIENTS, ""]
    lines += [f"{s.patients:>7} patients  {s.occurrences:>7} occurrences  {s.says}" for s in result.steps]
    if empty := nobody(result.steps):
        lines += ["", empty]
    rows = result.shown()
    if not result.patient_ids:
        lines += ["", "0 patients"]
    if len(rows):
        lines += ["", rows.head(ROWS).to_string(index=False, na_rep="–", float_format=lambda v: f"{v:.4g}")]
    if len(rows) > ROWS:
        lines.append(f"... and {len(rows) - ROWS} more rows; all of them with --json")
    lines += ["", "  ".join(f"{k} {v}" for k, v in result.provenance.items())]
    return "\n".join(lines)


def asked_text(found: Interpretation, analysis: Analysis, *, explain: bool = False) -> str:
    """What a question was understood as, then its answer; or the sentences to choose from; or why it was refused."""
    lines: list[str] = []
    if found.understood:
        lines += ["understood as", run_text(answered(run(found.understood.definition, analysis)))]
    elif found.choices:
        lines += ["it can mean"]
        for number, choice in enumerate(found.choices, start=1):
            said = choice.sentence.replace("\n", "\n   ")
            lines += [f"{number}. {said}", f"   {choice.patients} patients"]
    else:
        lines += [f"refused: {found.refused}"]
        lines += [f"nearest sentence: {found.nearest.sentence}"] if found.nearest else []
    slips = [f"{u.word} as {u.read_as}" for u in found.unused if u.read_as]
    lines += ["", "read: " + ", ".join(slips)] if slips else []
    unknown = [u for u in found.unused if (explain or not u.polite) and not u.read_as]
    if unknown:
        lines += ["", "words not used: " + ", ".join(_word(u.word, u.at, u.polite, explain) for u in unknown)]
    return "\n".join(lines)


def _word(word: str, at: int, polite: bool, explain: bool) -> str:
    return f"{word} (at {at + 1}, {'says nothing' if polite else 'not understood'})" if explain else word


def diff_text(found: Difference) -> str:
    """Entered, left, changed."""
    lines = [f"{len(found.entered)} entered, {len(found.left)} left, {found.stayed} stayed"]
    lines += [f"entered  {p}" for p in found.entered] + [f"left     {p}" for p in found.left]
    for c in found.changed:
        now = "gone" if c.now is None else f"{c.now:g}"
        lines.append(f"changed  {c.patient_id}  {c.analyte} of {c.at}: was {c.was:g}, now {now}")
    if not found.same_question:
        lines.append("the question is not the same: the kept run was made by another version of it")
    lines.append(f"generation {found.old.get('generation')} -> {found.new.get('generation')}")
    return "\n".join(lines)
