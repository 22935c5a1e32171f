"""The last value before an event: strictly before its day, or of its day where the time says so."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Ints
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.sides import BEFORE, side_of
from analytics.derive.visits import visits_of


def last_before(case: Case, at: Ints, code: str, within: float) -> Ints:
    """Visit of the last result of an analyte before each event, at most so many days old; -1 where none.

    Args:
        case: the case.
        at: positions in ``events_of(case)``, shape (n,).
        code: analyte.
        within: days.
    """
    v, events = visits_of(case), events_of(case)
    have = np.flatnonzero(v.at(code) >= 0)
    if not len(have) or not len(at):
        return np.full(len(at), -1, dtype=np.int64)
    patient, start = events.patient[at], events.start[at]
    day = np.floor(start)
    place = np.searchsorted(v.key[have], patient * 1e6 + day, side="right") - 1
    own = have[np.maximum(place, 0)]
    same = (place >= 0) & (v.patient[own] == patient) & (v.day[own] == day)
    noon = case.settings.baseline.same_day_hour
    place = np.where(same & (side_of(v.time(code)[own], start, noon) != BEFORE), place - 1, place)
    own = have[np.maximum(place, 0)]
    fits = (place >= 0) & (v.patient[own] == patient) & (day - v.day[own] <= within)
    return np.where(fits, own, -1)
