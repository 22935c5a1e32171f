"""Segments: where a series is broken, so that no trend ever runs through.

A segment ends at a breaking event of the patient (``event_kinds.breaks``), at a new line of therapy and, for analytes
that depend on the method, where the laboratory or its method or its printed limits change. A result of the day of an
event belongs to the time before it, unless the event carries a time of day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics.analytes import ANALYTES
from analytics.case import Bools, Floats, Happenings, Ints, Points, key
from analytics.event_kinds import EVENT_KINDS, KIND_CODES, KIND_INDEX

if TYPE_CHECKING:
    from analytics.trends.daily import Daily

LAB_CHANGE = "lab change"
LIMITS_CHANGE = "limits change"
BEGAN: tuple[str, ...] = (*KIND_CODES, LAB_CHANGE, LIMITS_CHANGE, "")
"""What can begin a segment; the position is the code. A new line of therapy is ``systemic``."""

_LAB, _LIMITS, _NOTHING = len(BEGAN) - 3, len(BEGAN) - 2, len(BEGAN) - 1
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


def first_day_after(start: Floats) -> Floats:
    """First moment that counts as after an event: its own time of day where it has one, else the next day."""
    return np.where(start == np.floor(start), start + 1.0, start)


def breaks_of(events: Happenings, lines: pd.DataFrame) -> Breaks:
    """Breaking events and new lines."""
    at = np.flatnonzero(_BREAKS[events.kind]) if len(events.kind) else np.zeros(0, np.int64)
    patient = np.concatenate([events.patient[at], lines["patient"].to_numpy(np.int64)])
    day = first_day_after(np.concatenate([events.start[at], lines["start"].to_numpy(np.float64)]))
    kind = np.concatenate([events.kind[at], np.full(len(lines), KIND_INDEX["systemic"])])
    order = np.lexsort((kind, day, patient))
    return Breaks(patient[order], day[order], kind[order])


def segments_of(points: Points, breaks: Breaks) -> Segments:
    """Segments of every series."""
    count = len(points)
    if not count:
        return Segments(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64))
    passed = np.searchsorted(key(breaks.patient, breaks.day), key(points.patient, points.day), side="right")
    new_series = np.zeros(count, bool)
    new_series[points.starts[:-1]] = True
    era = _changed(passed)
    by_lab, by_limits = _method_changes(points)
    begins = new_series | era | by_lab | by_limits
    starts = np.append(np.flatnonzero(begins), count)
    run = np.cumsum(begins) - 1
    number = run - run[points.starts[:-1]][points.series]
    first = starts[:-1]
    last_break = np.where(passed[first] > 0, passed[first] - 1, 0)
    is_own = (passed[first] > 0) & (breaks.patient[last_break] == points.patient[first]) if len(breaks.day) else False
    by_event = np.where(is_own, breaks.kind[last_break] if len(breaks.day) else 0, _NOTHING)
    by_method = np.where(by_lab[first], _LAB, np.where(by_limits[first], _LIMITS, by_event))
    began = np.where(new_series[first] | era[first], by_event, by_method)
    return Segments(number, starts, began)


def is_new_course(daily: Daily, began_with: Ints) -> Bools:
    """Whether results before each series of ``daily`` cannot be compared with it: it is the first of its patient and
    test, or began with another laboratory or other limits. A treatment event does not end a course.

    Args:
        daily: the series.
        began_with: what began each, position in ``BEGAN``, shape (m,).
    """
    return _changed_from(daily.patient) | _changed_from(daily.analyte) | np.isin(began_with, (_LAB, _LIMITS))


def _changed_from(values: Ints) -> Bools:
    out = _changed(values)
    out[:1] = True
    return out


def _changed(values: Ints | Floats) -> Bools:
    out = np.zeros(len(values), bool)
    out[1:] = values[1:] != values[:-1]
    return out


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
