"""A run and a difference as text for the terminal."""

from __future__ import annotations

from analytics.cohort.query.diff import Difference
from analytics.cohort.query.run import Result, shown

ROWS = 200
"""Rows printed; the rest is in --json and in the export."""


def run_text(result: Result) -> str:
    """Definition, steps, rows."""
    lines = [result.definition.text.rstrip(), ""]
    lines += [f"{s.patients:>7} patients  {s.occurrences:>7} occurrences  {s.says}" for s in result.steps]
    rows = shown(result)
    if not result.members.any():
        lines += ["", "0 patients"]
    if len(rows):
        lines += ["", rows.head(ROWS).to_string(index=False, na_rep="–", float_format=lambda v: f"{v:.4g}")]
    if len(rows) > ROWS:
        lines.append(f"... and {len(rows) - ROWS} more rows; all of them with --json")
    lines += ["", "  ".join(f"{k} {v}" for k, v in result.provenance().items())]
    return "\n".join(lines)


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
