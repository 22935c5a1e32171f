"""One value a day as the fits see them, but never one of both sides of a procedure.

A day holds a result of the morning before a procedure and one of the evening after it: they are two days of which one
is before and the other after; and a result of which only the day is known stands beside both, on neither side
(:mod:`analytics.derive.sides`).
"""

from __future__ import annotations

import numpy as np

from analytics.arrays import among
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.points import points_of, results_between
from analytics.derive.segments import segment_numbers_of
from analytics.derive.sides import side_of
from analytics.event_kinds import KIND_CODES
from analytics.once import once
from analytics.trends.daily import Daily, daily_of, merge_days

NOT_TREATMENT = ("symptom", "adverse_event", "other")
"""Kinds of event that have no before and after."""


@once
def sided_days_of(case: Case) -> Daily:
    """As ``daily_of(case)``, with the days of procedures parted where they hold results of several sides."""
    points, daily, events = points_of(case), daily_of(case), events_of(case)
    procedures = np.flatnonzero(~among(KIND_CODES, (*NOT_TREATMENT, "systemic"))[events.kind])
    start = np.floor(events.start[procedures])
    which, own = results_between(case, events.patient[procedures], start, start)
    side = side_of(points.day[own], events.start[procedures][which], case.settings.baseline.same_day_hour)
    after = np.flatnonzero((np.diff(own) == 1) & (np.diff(which) == 0) & (np.diff(side) != 0)) + 1
    begins = np.isin(own[after], daily.first_point)
    if begins.all():
        return daily
    parts = np.zeros(len(points), dtype=np.int64)
    parts[own[after[~begins]]] = 1
    return merge_days(points, segment_numbers_of(case) + np.cumsum(parts))
