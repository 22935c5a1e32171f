"""Segments: where a series is broken, so that no trend ever runs through.

A segment ends at a breaking event of the patient (``event_kinds.breaks``), at a new line of therapy, at a gap that is
long beside the series' own rhythm and, for analytes that depend on the method, where the laboratory or its method or
its printed limits change. On which side of an event a result of its day stands is said by
:mod:`analytics.derive.sides`; one that is on neither side stays with the segment before. Blood is drawn before a
systemic dose: the whole day of a line that has no time of day is before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.analytes import ANALYTES
from analytics.arrays import Bools, Floats, Ints, Points, key
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.derive.points import points_of
from analytics.derive.sides import has_time
from analytics.event_kinds import EVENT_KINDS, KIND_CODES, KIND_INDEX
from analytics.once import once
from analytics.settings import TrendSettings

LAB_CHANGE = "lab change"
LIMITS_CHANGE = "limits change"
LONG_GAP = "long gap"
BEGAN: tuple[str, ...] = (*KIND_CODES, LONG_GAP, LAB_CHANGE, LIMITS_CHANGE, "")
"""What can begin a segment; the position is the code. A new line of therapy is ``systemic``."""

_GAP, _LAB, _LIMITS, _NOTHING = range(len(BEGAN) - 4, len(BEGAN))
_BREAKS = np.array([kind.breaks for kind in EVENT_KINDS.values()])
_BY_METHOD = np.array([analyte.method_dependent for analyte in ANALYTES.values()])


@dataclass(frozen=True)
class Segments:
    """Segments of all series.

    Attributes:
        number: segment of each result, counted from 0 within its patient and analyte, shape (n,).
        starts: offsets of the segments in the results, shape (s + 1,).
        began_with: what began each segment, position in ``BEGAN``, shape (s,).
    """

    number: Ints
    starts: Ints
    began_with: Ints


@dataclass(frozen=True)
class Breaks:
    """Moments that break every series of a patient, sorted by patient and time; a result at ``day`` or later is after.

    Attributes: patient code, day and kind (position in ``KIND_CODES``), each of shape (b,).
    """

    patient: Ints
    day: Floats
    kind: Ints


def first_moment_after(start: Floats, is_dose: Bools, noon_hour: float) -> Floats:
    """First moment that counts as after an event: its own time of day where it has one, else noon; after a dose of
    systemic therapy the next day.

    Args:
        start: days since 1970 with the time of day as fraction, shape (n,).
        is_dose: whether it is a dose of systemic therapy.
        noon_hour: hour from which a result counts as after a procedure of the same day.
    """
    return np.where(has_time(start), start, start + np.where(is_dose, 1.0, noon_hour / 24))


@once
def breaks_of(case: Case) -> Breaks:
    """Moments that break every series of a patient: breaking events and new lines."""
    events, lines, noon_hour = events_of(case), lines_of(case), case.settings.baseline.same_day_hour
    at = np.flatnonzero(_BREAKS[events.kind]) if len(events.kind) else np.zeros(0, np.int64)
    patient = np.concatenate([events.patient[at], lines["patient"].to_numpy(np.int64)])
    start = np.concatenate([events.start[at], lines["start"].to_numpy(np.float64)])
    day = first_moment_after(start, np.arange(len(start)) >= len(at), noon_hour)
    kind = np.concatenate([events.kind[at], np.full(len(lines), KIND_INDEX["systemic"])])
    order = np.lexsort((kind, day, patient))
    return Breaks(patient[order], day[order], kind[order])


def segment_numbers_of(case: Case) -> Ints:
    """Segment of each result, counted from 0 within its patient and analyte, shape (n,)."""
    return segments_of(case).number


@once
def segments_of(case: Case) -> Segments:
    """Segments of every series, between breaking events."""
    points, breaks, trend = points_of(case), breaks_of(case), case.settings.trend
    count = len(points)
    if not count:
        return Segments(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64))
    passed = np.searchsorted(key(breaks.patient, breaks.day), key(points.patient, points.day), side="right")
    new_series = np.zeros(count, bool)
    new_series[points.starts[:-1]] = True
    era = _changed(passed)
    by_lab, by_limits = _method_changes(points)
    by_gap = _long_gaps(points, trend)
    begins = new_series | era | by_lab | by_limits | by_gap
    starts = np.append(np.flatnonzero(begins), count)
    run = np.cumsum(begins) - 1
    number = run - run[points.starts[:-1]][points.series]
    first = starts[:-1]
    last_break = np.where(passed[first] > 0, passed[first] - 1, 0)
    is_own = (passed[first] > 0) & (breaks.patient[last_break] == points.patient[first]) if len(breaks.day) else False
    by_event = np.where(is_own, breaks.kind[last_break] if len(breaks.day) else 0, _NOTHING)
    by_method = np.where(by_lab[first], _LAB, np.where(by_limits[first], _LIMITS, by_event))
    began = np.where(by_gap[first], _GAP, np.where(new_series[first] | era[first], by_event, by_method))
    return Segments(number, starts, began)


def is_new_course(patient: Ints, analyte: Ints, began_with: Ints) -> Bools:
    """Whether results before each of some series cannot be compared with it: it is the first of its patient and
    test, or began with another laboratory, other limits or after a long gap. A treatment event does not end a course.

    Args:
        patient: code of each series, sorted, shape (m,).
        analyte: likewise, sorted within a patient.
        began_with: what began each, position in ``BEGAN``, shape (m,).
    """
    apart = np.isin(began_with, (_GAP, _LAB, _LIMITS))
    return np.asarray(_changed_from(patient) | _changed_from(analyte) | apart)


def _changed_from(values: Ints) -> Bools:
    out = _changed(values)
    out[:1] = True
    return out


def _changed(values: Ints | Floats) -> Bools:
    out = np.zeros(len(values), bool)
    out[1:] = values[1:] != values[:-1]
    return out


def _long_gaps(points: Points, trend: TrendSettings) -> Bools:
    """Where the time since the result before is long beside the middle gap between the days of its series, and long
    in itself."""
    gap = np.diff(np.floor(points.day), prepend=np.nan)
    gap[points.starts[:-1]] = np.nan
    counts = gap >= 1
    out = counts & (gap > trend.gap_days)
    if not out.any():
        return out
    asked = np.unique(points.series[out])
    keep = np.flatnonzero(counts & np.isin(points.series, asked))
    order = keep[np.lexsort((gap[keep], points.series[keep]))]
    first = np.searchsorted(points.series[order], asked)
    count = np.searchsorted(points.series[order], asked, side="right") - first
    middle = (gap[order[first + (count - 1) // 2]] + gap[order[first + count // 2]]) / 2
    rhythm = np.zeros(len(points.starts) - 1)
    rhythm[asked] = middle
    return np.asarray(out & (gap > trend.gap_times * rhythm[points.series]))


def _method_changes(points: Points) -> tuple[Bools, Bools]:
    """Where the laboratory or method, or else the printed limits, differ from the result before, by method."""
    by_method = _BY_METHOD[points.analyte]
    same = ~_changed(points.series)
    lab = by_method & same & _changed(points.lab)
    lab[1:] &= (points.lab[1:] >= 0) & (points.lab[:-1] >= 0)
    limits = np.zeros(len(points), bool)
    for limit in (points.lln, points.uln):
        known = ~np.isnan(limit)
        limits[1:] |= known[1:] & known[:-1] & (limit[1:] != limit[:-1])
    return lab, limits & by_method & same
