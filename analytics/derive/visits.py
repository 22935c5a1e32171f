"""Visits: every patient-day with a result as a row, analytes as columns. What rules and scores look at.

Several results of one analyte on one day: the worst of them speaks (the highest, or the lowest where low is bad);
for analytes that are bad in both directions the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analytics.analytes import ANALYTES, INDEX
from analytics.case import Floats, Ints, Points, key

if TYPE_CHECKING:
    from analytics.case import Case
    from analytics.derive.baseline import Baselines


@dataclass(frozen=True)
class Visits:
    """Patient-days in order: ``patient`` and ``day`` (whole days), shape (n,). Columns are made when asked for."""

    patient: Ints
    day: Floats
    points: Points
    baselines: Callable[[], Baselines]
    _at: dict[str, Ints] = field(default_factory=dict)
    _columns: dict[tuple[str, str], Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many patient-days."""
        return len(self.day)

    @cached_property
    def key(self) -> Floats:
        """One rising number a visit."""
        return key(self.patient, self.day)

    @cached_property
    def begins(self) -> Ints:
        """Position of the first visit of the same patient, shape (n,)."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        first = np.concatenate([[True], np.diff(self.patient) != 0])
        return np.maximum.accumulate(np.where(first, np.arange(len(self)), 0))

    def at(self, code: str) -> Ints:
        """Position in ``points`` of the day's result of this analyte, -1 where there is none, shape (n,)."""
        if code not in self._at:
            self._at[code] = self._place(code)
        return self._at[code]

    def _place(self, code: str) -> Ints:
        found = np.flatnonzero(self.points.analyte == INDEX[code])
        result = np.full(len(self), -1, dtype=np.int64)
        visit = np.searchsorted(self.key, key(self.points.patient[found], np.floor(self.points.day[found])))
        bad = ANALYTES[code].bad
        if bad != "both" and len(visit) and not np.all(np.diff(visit)):
            value = self.points.value[found]
            order = np.lexsort((value if bad == "high" else -value, visit))
            found, visit = found[order], visit[order]
        result[visit] = found  # the last one of a day stays
        return result

    def _column(self, name: str, code: str, values: Callable[[], Floats]) -> Floats:
        if (name, code) not in self._columns:
            at = self.at(code)
            if len(self.points):
                self._columns[name, code] = np.where(at >= 0, values()[at], np.nan)
            else:
                self._columns[name, code] = np.full(len(self), np.nan)
        return self._columns[name, code]

    def value(self, code: str) -> Floats:
        """The day's value in the canonical unit; NaN where there is none, shape (n,)."""
        return self._column("value", code, lambda: self.points.value)

    def x_uln(self, code: str) -> Floats:
        """The day's value in multiples of its own upper limit."""
        return self._column("x_uln", code, lambda: self.points.x_uln)

    def baseline(self, code: str) -> Floats:
        """Baseline of the day's line, known on days with a result of this analyte."""
        return self._column("baseline", code, lambda: self.baselines().value)

    def baseline_x_uln(self, code: str) -> Floats:
        """Baseline in multiples of the upper limits of the results behind it."""
        return self._column("baseline_x_uln", code, lambda: self.baselines().x_uln)

    def x_baseline(self, code: str) -> Floats:
        """The day's value in multiples of the baseline of its line."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.baseline(code) > 0, self.value(code) / self.baseline(code), np.nan)

    def latest(self, code: str, within: float) -> Ints:
        """Visit (position) with the latest result at or before each visit, at most ``within`` days old; -1 if none."""
        have = self.at(code) >= 0
        last = np.maximum.accumulate(np.where(have, np.arange(len(self)), -1)) if len(self) else np.zeros(0, np.int64)
        near = (last >= self.begins) & (self.day - self.day[np.maximum(last, 0)] <= within)
        return np.where(near, last, -1)


def visits_of(case: Case) -> Visits:
    """All patient-days of a case."""
    points = case.points
    span = np.int64(1 << 22)  # whole days about 1970 fit in 22 bits, moved to be positive
    shift = np.int64(1 << 21)
    joint = points.patient.astype(np.int64) * span + np.floor(points.day).astype(np.int64) + shift
    unique = np.unique(joint)
    patient, day = unique // span, (unique % span - shift).astype(np.float64)
    return Visits(patient=patient, day=day, points=points, baselines=lambda: case.baseline)
