"""Patient-days: every day of a patient with a result as a row, analytes as columns.

Several results of one analyte on one day: the worst of them speaks (the highest, or the lowest where low is bad);
for analytes that are bad in both directions the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analytics.analytes import ANALYTES
from analytics.arrays import Bools, Floats, Ints, Points, key
from analytics.case import Case
from analytics.derive.points import points_of
from analytics.once import once


@dataclass(frozen=True)
class PatientDays:
    """Patient-days in order: ``patient`` and ``day`` (whole days), shape (n,). Columns are made when asked for."""

    patient: Ints
    day: Floats
    points: Points
    _at: dict[str, Ints] = field(default_factory=dict)
    _placed: dict[str, Ints] = field(default_factory=dict)
    _columns: dict[tuple[str, str], Floats] = field(default_factory=dict)
    _latest: dict[tuple[str, float], Ints] = field(default_factory=dict)

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
            placed, of = self._place(code), self.points.of(code)
            self._at[code] = np.where(placed >= 0, of[placed], -1) if len(of) else placed
        return self._at[code]

    def has(self, code: str) -> Bools:
        """Whether there is a result of this analyte on the day, shape (n,)."""
        return self._place(code) >= 0

    def _place(self, code: str) -> Ints:
        """Position of the day's result among those of its analyte, -1 where there is none, shape (n,)."""
        if code not in self._placed:
            series = self.points.series_of(code)
            found, result = np.arange(len(series)), np.full(len(self), -1, dtype=np.int64)
            visit = np.searchsorted(self.key, key(series.patient, np.floor(series.day)))
            bad = ANALYTES[code].bad
            if bad != "both" and len(visit) and not np.all(np.diff(visit)):
                value = series.value
                order = np.lexsort((value if bad == "high" else -value, visit))
                found, visit = found[order], visit[order]
            result[visit] = found  # the last one of a day stays
            self._placed[code] = result
        return self._placed[code]

    def _column(self, name: str, code: str, at: Ints, values: Callable[[], Floats]) -> Floats:
        """``values`` at these positions, NaN where -1; kept under the name."""
        if (name, code) not in self._columns:
            known = at >= 0
            some = values() if known.any() else np.zeros(0)
            self._columns[name, code] = np.where(known, some[at], np.nan) if len(some) else np.full(len(self), np.nan)
        return self._columns[name, code]

    def value(self, code: str) -> Floats:
        """The day's value in the canonical unit; NaN where there is none, shape (n,)."""
        return self._of_series("value", code, lambda series: series.proven(series.value))

    def x_uln(self, code: str) -> Floats:
        """The day's value in multiples of its own upper limit."""
        return self._of_series("x_uln", code, lambda series: series.proven(series.x_uln))

    def time(self, code: str) -> Floats:
        """Exact time of the day's result, in days."""
        return self._of_series("time", code, lambda series: series.day)

    def _of_series(self, name: str, code: str, values: Callable[[Points], Floats]) -> Floats:
        return self._column(name, code, self._place(code), lambda: values(self.points.series_of(code)))

    def latest(self, code: str, within: float) -> Ints:
        """Visit (position) with the latest result at or before each visit, at most ``within`` days old; -1 if none."""
        if (code, within) not in self._latest:
            have, own = self.has(code), np.arange(len(self))
            last = np.maximum.accumulate(np.where(have, own, -1)) if len(self) else np.zeros(0, np.int64)
            near = (last >= self.begins) & (self.day - self.day[np.maximum(last, 0)] <= within)
            self._latest[code, within] = np.where(near, last, -1)
        return self._latest[code, within]


@once
def patient_days_of(case: Case) -> PatientDays:
    """All patient-days of a case."""
    points = points_of(case)
    span = np.int64(1 << 22)  # whole days about 1970 fit in 22 bits, moved to be positive
    shift = np.int64(1 << 21)
    joint = points.patient.astype(np.int64) * span + np.floor(points.day).astype(np.int64) + shift
    joint.sort(kind="stable")  # each series is sorted already: runs are merged, ten times as fast
    unique = joint[np.append(True, np.diff(joint) != 0)[: len(joint)]]
    patient, day = unique // span, (unique % span - shift).astype(np.float64)
    return PatientDays(patient=patient, day=day, points=points)


def most_ahead(visits: PatientDays, values: Floats, days: float) -> Floats:
    """Largest known value from each visit to ``days`` after it, the visit's own day counted; NaN where none."""
    if not len(visits):
        return np.zeros(0)
    own = np.arange(len(visits))
    end = np.searchsorted(visits.key, visits.key + days, side="right")
    padded = np.append(np.where(np.isnan(values), -np.inf, values), -np.inf)
    most = np.maximum.reduceat(padded, np.stack([own, end], axis=1).ravel())[::2]
    return np.where(np.isfinite(most), most, np.nan)


def most_behind(visits: PatientDays, values: Floats, days: float, at: Ints | None = None) -> Floats:
    """Largest known value from ``days`` before each visit, or those ``at``, to the visit itself; NaN where none."""
    own = np.arange(len(visits)) if at is None else at
    if not len(own):
        return np.zeros(0)
    begin = np.searchsorted(visits.key, visits.key[own] - days, side="left")
    padded = np.append(np.where(np.isnan(values), -np.inf, values), -np.inf)
    most = np.maximum.reduceat(padded, np.stack([begin, own + 1], axis=1).ravel())[::2]
    return np.where(np.isfinite(most), most, np.nan)


def next_where(visits: PatientDays, holds: Bools) -> Ints:
    """Position of the first visit of the same patient, on or after each, where ``holds``; -1 where none."""
    if not len(visits):
        return np.zeros(0, dtype=np.int64)
    own = np.arange(len(visits))
    ahead = np.minimum.accumulate(np.where(holds, own, len(visits))[::-1])[::-1]
    found = np.minimum(ahead, len(visits) - 1)
    return np.where((ahead < len(visits)) & (visits.patient[found] == visits.patient), found, -1)


def take(values: Floats, at: Ints) -> Floats:
    """``values[at]``, NaN where ``at`` is -1."""
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan) if len(values) else np.full(len(at), np.nan)
