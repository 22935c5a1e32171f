"""Findings as items: the sentence of the rule, what changed and why, and where every number comes from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from analytics.panel import show_time
from analytics.report_changes import CAUSES, CHANGES
from analytics.rules import FIRST_MET, LAST_MET, MET
from analytics.tables import LEVELS, OPEN_STATES
from dashboard.components.patient_episodes import title_of
from dashboard.reports._blocks import Item
from dashboard.wording import count_of, is_absent, prose, state_word

_STATES = {"new": 0, "ongoing": 1, "not_seen": 1, "resolved": 2, "window_over": 2, "superseded": 2}


Row = Mapping[Any, Any]
Citation = tuple[str, str]
"""A rule and what it rests on."""


def in_order(findings: Iterable[Row]) -> list[Row]:
    """New ones first, then the worst level, then the latest; those that changed since the last report worst first."""

    def place(row: Row) -> tuple[int, int, float, str]:
        last: Any = row.get("last_seen")
        late = 0.0 if is_absent(last) else -pd.Timestamp(last).timestamp()
        state = 0 if not is_absent(row.get("change")) else _STATES.get(row["state"], 3)
        return state, -LEVELS.get(row["level"], 0), late, str(row["finding_id"])

    return sorted(findings, key=place)


def is_open(row: Row) -> bool:
    """Whether a finding is open now; one that the present data no longer hold is not."""
    return row["state"] in OPEN_STATES and row.get("change") != "no_longer"


def open_first(findings: Iterable[Row]) -> list[Row]:
    """By what is open now and never by what is new: open ones first, within them the worst level, then the latest."""

    def place(row: Row) -> tuple[bool, int]:
        return not is_open(row), -LEVELS.get(row["level"], 0) if is_open(row) else 0

    return sorted(in_order(findings), key=place)


def items(
    findings: Iterable[Row], clocks: Mapping[str, str], names: Mapping[str, str] | None = None, ref: str = ""
) -> list[Item]:
    """Findings as items.

    Args:
        findings: rows of table FINDINGS, with ``change`` and ``cause`` where there was an earlier report.
        clocks: clock of each patient.
        names: name of each patient, put before the sentence; None in the report of one patient.
        ref: anchor of the table of evidence.

    Returns:
        Items in the same order; what a rule rests on is told with its first finding.
    """
    told: set[Citation] = set()
    made = []
    for row in findings:
        made.append(_item(row, clocks[row["patient_id"]], names, ref, told))
        told.add(_rests_on(row))
    return made


def _item(
    row: Mapping[str, Any], clock: str, names: Mapping[str, str] | None, ref: str, told: Collection[Citation]
) -> Item:
    head = title_of(row)
    who = f"{names[row['patient_id']]} · " if names is not None else ""
    if is_absent(row.get("says")):
        says = "This finding of the last report is no longer found."
    else:
        says = str(row["says"])
    return Item(
        level=str(row["level"]),
        # what changed says it already where it is the same word
        state="" if row.get("change") == state_word(row) else state_word(row),
        head=f"{who}{head}",
        says=prose(says),
        source=_source(row, says, clock, told),
        tag=tag_of(row),
        ref=ref if evidence_of([row]) else "",
    )


def tag_of(row: Mapping[str, Any]) -> str:
    """What changed since the last report, and why."""
    change, cause = row.get("change", ""), row.get("cause", "")
    if not change:
        return ""
    if (change, cause) == ("worse", "time"):
        return "worse: longer overdue"
    return f"{CHANGES[change]}: {CAUSES[cause]}" if cause else CHANGES[change]


def _rests_on(row: Row) -> Citation:
    return str(row["rule"]), str(row.get("reference"))


def _source(row: Row, says: str, clock: str, told: Collection[Citation]) -> str:
    """When it held as far as the sentence does not say so, the rule with its source, and the results behind it."""
    parts = [*_times(row, says, clock), f"rule version {row['rule_version']}"]
    if not is_absent(row.get("reference")):
        parts.append("source as above" if _rests_on(row) in told else str(row["reference"]))
    numbers = evidence_of([row])
    if numbers:
        shown = ", ".join(f"#{n}" for n in numbers[:3]) + (f" and {len(numbers) - 3} more" if len(numbers) > 3 else "")
        parts.append(f"{count_of(len(numbers), 'result')} {shown}")
    return " · ".join(parts)


def _times(row: Row, says: str, clock: str) -> list[str]:
    """First and last time at which it held and the first at which it no longer did, those that are not told."""
    first, last, end = (
        "" if is_absent(row.get(name)) else show_time(row[name], clock)
        for name in ("onset", "last_seen", "resolved_at")
    )
    parts = []
    is_open = first and last and f"{FIRST_MET}{first}{LAST_MET}{last}" in says
    span = f"{MET}on {first}" if first == last else f"{MET}{first} to {last}"
    if first and not is_open and f"{span};" not in says:
        parts.append(prose(span[:1].lower() + span[1:]))
    if end and f" {end}" not in says.rpartition(MET)[2]:
        parts.append(prose(f"ended {end}"))
    return parts


def evidence_of(rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Numbers of the results that findings rest on, in order, each once."""
    found: dict[int, None] = {}
    for row in rows:
        text = row.get("evidence")
        if not is_absent(text):
            found.update({int(n): None for n in json.loads(str(text)) if n is not None and int(n) >= 0})
    return list(found)
