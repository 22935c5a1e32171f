"""One value a day for the fits: same-day results merged by median, on the analyte's own scale.

All results stay visible in table POINTS; only the fits see the merged ones. A day on which any exact number was
reported counts with the median of the exact ones; a day of only censored results counts with its tightest limit.
Zero has no logarithm: on the log scale it is read as "below one unit of the last reported decimal".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.analytes import ANALYTES
from analytics.arrays import Bools, Floats, Ints, Points
from analytics.case import Case
from analytics.derive.points import points_of
from analytics.derive.segments import segment_numbers_of
from analytics.once import once
from analytics.trends.one_sided import one_sided
from analytics.trends.ragged import buckets, runs, windows
from analytics.trends.variation import IS_LOG

_LAST_DECIMAL = np.array([10.0**-analyte.decimals for analyte in ANALYTES.values()])


@dataclass(frozen=True)
class Daily:
    """Merged values of all series, one series a patient x analyte x segment.

    Attributes:
        starts: offsets of the series in the days, shape (m + 1,).
        day: whole days since 1970-01-01, strictly increasing within a series, shape (k,).
        value: merged value, canonical unit, shape (k,).
        y: the same on the scale of the fit (natural logarithm or linear), shape (k,).
        side: -1 if only known to be below ``value``, 1 above, 0 exact, shape (k,).
        first_point: position of the first result of the day in Points, shape (k + 1,).
        patient, analyte, segment: of each series, shape (m,).
    """

    starts: Ints
    day: Floats
    value: Floats
    y: Floats
    side: Ints
    first_point: Ints
    patient: Ints
    analyte: Ints
    segment: Ints

    def __len__(self) -> int:
        """How many series."""
        return len(self.starts) - 1

    @property
    def point_starts(self) -> Ints:
        """Offsets of the series in Points, shape (m + 1,)."""
        return self.first_point[self.starts]

    @cached_property
    def level(self) -> Floats:
        """Natural logarithm of each day's value, also for analytes of the linear scale, shape (k,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.value > 0, np.log(self.value), np.minimum(self.y, 0.0))

    @cached_property
    def least_moved(self) -> Floats:
        """The same, in which limits make no change within their series that may not be, shape (k,)."""
        which = np.flatnonzero(self.censored)
        if not len(which):
            return self.level
        y, length = self.level.copy(), np.diff(self.starts)
        for _, at in windows(self.starts[:-1][which], length[which], cells_a_row=8):
            y[at] = one_sided(self.level[at], self.side[at])
        return y

    @property
    def series(self) -> Ints:
        """Series number of each day, shape (k,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def censored(self) -> Ints:
        """Days of each series that are only known to be beyond a limit, shape (m,)."""
        return np.diff(np.concatenate([[0], np.cumsum(self.side != 0)])[self.starts])


@once
def daily_of(case: Case) -> Daily:
    """One value a day of every patient, analyte and segment: what the fits see."""
    return merge_days(points_of(case), segment_numbers_of(case))


def merge_days(points: Points, segment: Ints) -> Daily:
    """Merge the results of each day.

    Args:
        points: results, sorted by patient, analyte, time.
        segment: segment of each, not decreasing within a patient and analyte, shape (n,).
    """
    whole = np.floor(points.day)
    new_series = _differs(points.patient) | _differs(points.analyte) | _differs(segment)
    first_point = runs(new_series | _differs(whole))
    first = first_point[:-1]
    starts = runs(new_series[first])
    value, side = _merged(points, first_point)
    analyte = points.analyte[first]
    is_log = IS_LOG[analyte]
    zero = is_log & (value <= 0)
    y = np.where(zero, _LAST_DECIMAL[analyte], value)
    y = np.where(is_log, np.log(np.where(is_log, y, 1.0)), y)
    head = first[starts[:-1]]
    return Daily(
        starts=starts,
        day=whole[first],
        value=value,
        y=y,
        side=np.where(zero, -1, side),
        first_point=first_point,
        patient=points.patient[head],
        analyte=points.analyte[head],
        segment=segment[head],
    )


def _differs(values: Ints | Floats) -> Bools:
    out = np.ones(len(values), bool)
    out[1:] = values[1:] != values[:-1]
    return out


def _merged(points: Points, first_point: Ints) -> tuple[Floats, Ints]:
    """Value and side of each day."""
    value = points.value[first_point[:-1]].copy()
    side = points.comparator[first_point[:-1]].copy()
    for which, at in buckets(first_point, least=2):
        values, sides = points.value[at], points.comparator[at]
        exact = sides == 0
        any_exact = exact.any(axis=1)
        count = exact.sum(axis=1)
        ordered = np.sort(np.where(exact, values, np.inf), axis=1)
        rows = np.arange(len(which))
        middle = (ordered[rows, np.maximum(count - 1, 0) // 2] + ordered[rows, count // 2]) / 2
        below = np.where(sides < 0, values, np.inf).min(axis=1)
        above = np.where(sides > 0, values, -np.inf).max(axis=1)
        limit, limit_side = np.where(np.isinf(below), above, below), np.where(np.isinf(below), 1, -1)
        value[which] = np.where(any_exact, middle, limit)
        side[which] = np.where(any_exact, 0, limit_side)
    return value, side
