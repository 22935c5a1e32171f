"""What a result is compared with: the last one before an event, the lowest or highest so far, the one before it, or
another analyte of the same day. One position a result, all windows at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.arrays import Floats, Ints, key
from analytics.case import Case
from analytics.cohort.query.quantities import Series, series_of
from analytics.cohort.query.question import Measure
from analytics.derive.visits import visits_of


@dataclass(frozen=True)
class Stretches:
    """Results of one series in spans: ``chain`` (number of the span) and ``at`` (position in the series), shape (m,);
    ``patient``, ``cut`` (before which a result is "before"), ``neither`` (moment on no side) and ``count`` a span,
    shape (n,); ``keys`` of the series.
    """

    series: Series
    keys: Floats
    patient: Ints
    cut: Floats
    neither: Floats
    chain: Ints
    at: Ints
    count: Ints

    @cached_property
    def begins(self) -> Ints:
        """Offset of each span in ``at``, shape (n + 1,)."""
        return np.cumsum(np.append(0, self.count))

    def before(self, days: float) -> Ints:
        """Last result before the cut of each span and not more than ``days`` older; -1 for none, shape (n,)."""
        if not len(self.series):
            return np.full(len(self.patient), -1)
        place = np.searchsorted(self.keys, key(self.patient, np.maximum(self.cut, 0)), side="left") - 1
        moment = np.maximum(np.nan_to_num(self.neither), 0)
        sideless = np.searchsorted(self.keys, key(self.patient, moment), side="left")
        is_sideless = (place >= 0) & (self.series.day[np.maximum(place, 0)] == self.neither)
        place = np.where(is_sideless, sideless - 1, place)
        candidate = np.maximum(place, 0)
        event_day = np.ceil(self.cut) - 1  # the cut of an event without a time of day is the next midnight
        young = event_day - np.floor(self.series.day[candidate]) <= days
        own = (place >= 0) & (self.series.patient[candidate] == self.patient)
        return np.where(own & young, candidate, -1)

    def other_points(self, case: Case, code: str) -> Ints:
        """Positions in the points of the case of the series of another quantity."""
        return series_of(case, code).point


def reference_of(case: Case, measure: Measure, inside: Stretches) -> Ints:
    """Position of what each result is compared with, in its own series (in that of ``against``, where one is named);
    -1 where there is none or the scale needs none, shape (m,)."""
    if measure.scale == "before":
        return inside.before(case.settings.cohort.before_days)[inside.chain]
    if measure.scale in ("lowest", "highest"):
        sign = 1.0 if measure.scale == "lowest" else -1.0
        value = sign * inside.series.value[inside.at]
        return _extreme_so_far(value, inside) if measure.within is None else _lately(value, measure.within, inside)
    if measure.scale == "previous":
        return _previous(measure, inside)
    if measure.scale == "analyte":
        return _same_day(case, measure.against, inside)
    return np.full(len(inside.at), -1)


def _extreme_so_far(value: Floats, inside: Stretches) -> Ints:
    """Within each span the position of the lowest result before this one; -1 for the first."""
    point, offset = inside.at, inside.begins
    if not len(point):
        return np.zeros(0, dtype=np.int64)
    length = inside.count
    new = np.ones(len(point), dtype=bool)  # lower than all before it in its span
    new[1:] = value[1:] < _minimum_so_far(value, length)[:-1]
    new[offset[:-1][length > 0]] = True
    at = np.maximum.accumulate(np.where(new, np.arange(len(point)), 0))
    reference = np.append(-1, point[at[:-1]])
    reference[offset[:-1][length > 0]] = -1
    return reference


def _lately(value: Floats, within: int, inside: Stretches) -> Ints:
    """Position of the lowest result of the span less than ``within`` days earlier, the first of equal ones; else -1."""
    n = len(inside.at)
    if not n:
        return np.zeros(0, dtype=np.int64)
    day = np.floor(inside.series.day[inside.at])
    oldest = np.searchsorted(key(inside.chain, day), key(inside.chain, day - within + 1), side="left")
    begin = np.maximum(oldest, inside.begins[inside.chain])
    length = np.arange(n) - begin
    best = np.full(n, -1)
    level = np.arange(n)  # of each place the lowest among the 2**power from there on
    for power in range(int(length.max()).bit_length()):  # over lengths, never over patients
        size = 1 << power
        which = np.flatnonzero((length >= size) & (length < 2 * size))
        left, right = level[begin[which]], level[which - size]
        best[which] = np.where(value[left] <= value[right], left, right)
        later = level[np.minimum(np.arange(n) + size, n - 1)]
        level = np.where(value[level] <= value[later], level, later)
    return np.where(best >= 0, inside.at[np.maximum(best, 0)], -1)


def _minimum_so_far(value: Floats, length: Ints) -> Floats:
    """Running minimum within stretches of these lengths, stretches of like lengths together."""
    out = np.empty(len(value))
    start = np.cumsum(length) - length
    size = np.ceil(np.log2(np.maximum(length, 1))).astype(np.int64)
    for power in np.unique(size[length > 0]):  # over sizes, never over patients
        which = np.flatnonzero((size == power) & (length > 0))
        at = start[which, None] + np.arange(2**power)
        inside = np.arange(2**power) < length[which, None]
        table = np.where(inside, value[np.minimum(at, len(value) - 1)], np.inf)
        out[at[inside]] = np.minimum.accumulate(table, axis=1)[inside]
    return out


def _previous(measure: Measure, inside: Stretches) -> Ints:
    """The result before each one in its span, less than ``within`` days earlier where that is asked."""
    n = len(inside.at)
    if not n:
        return np.zeros(0, dtype=np.int64)
    own = np.append(False, np.diff(inside.chain) == 0)
    reference = np.where(own, np.append(0, inside.at[:-1]), -1)
    if measure.within is not None:
        day = np.floor(inside.series.day)
        own &= day[inside.at] - day[reference] < measure.within
    return np.where(own, reference, -1)


def _same_day(case: Case, code: str, inside: Stretches) -> Ints:
    """The day's result of another analyte (the worst, where a day has several)."""
    visits, other = visits_of(case), series_of(case, code)
    if not len(other):
        return np.full(len(inside.at), -1)
    where = np.searchsorted(visits.key, key(inside.patient[inside.chain], np.floor(inside.series.day[inside.at])))
    point = visits.at(code)[where]  # every result has a visit
    return np.where(point >= 0, np.searchsorted(other.point, point), -1)
