"""Findings of one patient as episodes: one card each, what carries it, and the other criteria that were met in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.reviews import quiet
from analytics.rules import rules
from analytics.tables import CLOSED_STATES, LEVELS
from dashboard.components.patient_last import OUTSIDE, last_rows
from dashboard.figures.records import records
from dashboard.wording import count_of, day_in_prose, is_absent

Row = dict[str, Any]


@dataclass(frozen=True)
class Episode:
    """Findings that one course of the patient met.

    Attributes:
        lead: the finding that carries the card: the one named by ``headline_id``, or where that one is closed and
            others of the episode are open, the open one of the highest level.
        others: the other findings, open before closed, then by level.
    """

    lead: Row
    others: tuple[Row, ...]

    @property
    def members(self) -> tuple[Row, ...]:
        """All findings, the one that carries the card first."""
        return (self.lead, *self.others)

    @property
    def is_open(self) -> bool:
        """Whether any of its criteria is met at the last assessment."""
        return any(_is_open(row) for row in self.members)

    @property
    def is_quiet(self) -> bool:
        """Whether all that is open was reviewed and has not worsened since."""
        return all(row["quiet"] for row in self.members if _is_open(row))

    @property
    def evidence(self) -> list[int]:
        """Numbers of the results behind any of its findings, each once."""
        return list(dict.fromkeys(n for row in self.members for n in map(int, json.loads(row["evidence"]))))


def title_of(row: Mapping[str, Any]) -> str:
    """Title of a finding: that of its rule."""
    known = rules().get(str(row["rule"]))
    return known.title if known else str(row["rule"]).replace("_", " ").capitalize()


def _is_open(row: Mapping[str, Any]) -> bool:
    return row["state"] not in CLOSED_STATES


def _weight(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Open before closed, then the higher level, then the newer onset."""
    return (not _is_open(row), -LEVELS[row["level"]], -pd.Timestamp(row["onset"]).value, -row["severity"])


def episodes_of(findings: pd.DataFrame, seen: Mapping[str, Any]) -> list[Episode]:
    """Episodes as the page lists them: open ones first, the highest level first, those not reviewed first, the newest.

    Args:
        findings: table FINDINGS of one patient.
        seen: what was marked as reviewed, by finding_id.
    """
    rows = records(findings, findings.columns)
    for row, is_quiet in zip(rows, quiet(findings, seen).tolist(), strict=True):
        row["quiet"] = is_quiet
    by_head: dict[str, list[Row]] = {}
    for row in rows:
        by_head.setdefault(str(row["headline_id"] or row["finding_id"]), []).append(row)
    return sorted((_episode(head, own) for head, own in by_head.items()), key=_place)


def _episode(head: str, rows: list[Row]) -> Episode:
    ranked = sorted(rows, key=_weight)
    named = next((row for row in rows if row["finding_id"] == head), ranked[0])
    lead = named if _is_open(named) or not _is_open(ranked[0]) else ranked[0]
    return Episode(lead, tuple(row for row in ranked if row is not lead))


def _place(episode: Episode) -> tuple[Any, ...]:
    level = max(LEVELS[r["level"]] for r in episode.members if not episode.is_open or _is_open(r))
    newest = max(pd.Timestamp(r["onset"]).value for r in episode.members)
    return (not episode.is_open, -level, episode.is_quiet, -newest, -episode.lead["severity"])


def members_of(analysis: Analysis, finding_id: str) -> list[Row]:
    """Findings of the episode that a finding belongs to; empty where the patient has no such finding."""
    for episode in episodes_of(analysis.findings, {}):
        if any(row["finding_id"] == finding_id for row in episode.members):
            return list(episode.members)
    return []


def rest_words(analysis: Analysis, clock: str) -> str:
    """Of a patient without open findings: how the latest results lie, and since when nothing is open."""
    rows = last_rows(analysis)
    if not rows:
        return "No open findings. No number results are stored."
    since = _since(analysis.findings, clock)
    return " ".join(part for part in (f"No open findings{since}.", *_ranges(rows, clock)) if part)


def _ranges(rows: list[Any], clock: str) -> Iterator[str]:
    """How many of the latest results lie within their range, and which do not."""
    newest = max(row.collected_at for row in rows)
    at = day_in_prose(newest, clock)
    of_day = [row for row in rows if row.collected_at.normalize() == newest.normalize()]
    judged = [row for row in of_day if row.outside]
    out = [row for row in judged if row.outside != "within"]
    if len(judged) == 1 and not out:
        yield f"{shown(judged[0].analyte)} within range on {at}."
    elif judged and not out:
        yield (
            f"All {count_of(len(judged), 'test')} with a range are within it on {at}."
            if len(judged) < len(of_day)
            else f"All {count_of(len(judged), 'test')} within range on {at}."
        )
    elif judged:
        told = ", ".join(_outside(row) for row in out)
        yield f"{len(judged) - len(out)} of {count_of(len(judged), 'test')} within range on {at}; outside: {told}."
    else:
        yield f"Newest results {at}; none has a reference range."
    earlier = [row for row in rows if row.collected_at.normalize() < newest.normalize()]
    if named := [_outside(row, clock) for row in earlier if row.outside not in ("", "within")]:
        yield f"Outside, of earlier days: {', '.join(named)}."


def _outside(row: Any, clock: str = "") -> str:
    """A latest result outside its range, with its day where that is another than the one that is told."""
    day = f", {day_in_prose(row.collected_at, clock)}" if clock else ""
    return f"{shown(row.analyte)} {row.value} {row.unit} ({OUTSIDE[row.outside][0]}{day})"


def _since(findings: pd.DataFrame, clock: str) -> str:
    """Day since which nothing is open: the last end of a finding that has one."""
    ends = findings["resolved_at"].dropna()
    if ends.empty or is_absent(ends.max()):
        return ""
    return f" since {day_in_prose(ends.max(), clock)}"


def numbers_of(episodes: list[Episode]) -> tuple[int, int]:
    """How many findings are open and how many are closed."""
    is_open = np.array([_is_open(row) for episode in episodes for row in episode.members], dtype=bool)
    return int(is_open.sum()), int((~is_open).sum())
