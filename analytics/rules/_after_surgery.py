"""What rules of the time after a resection share: visits with their day after it, and values before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.derive.around import last_event
from analytics.derive.events import events_of
from analytics.derive.visits import Visits, take, visits_of


@dataclass(frozen=True)
class After:
    """Visits on or after an event: ``visit`` positions, ``event`` positions, ``day`` whole days since it, "
    "shape (n,)."""

    visit: Ints
    event: Ints
    day: Floats
    start: Floats


def after_event(case: Case, *kinds: str, most: float = np.inf) -> After:
    """Visits at least on the day of an event of these kinds and at most ``most`` days after it."""
    v, events = visits_of(case), events_of(case)
    last = last_event(case, events.of(*kinds), v.patient, v.day)
    visit = np.flatnonzero(last >= 0)
    event = last[visit]
    start = np.floor(events.start[event]) if len(visit) else np.zeros(0)
    day = v.day[visit] - start
    keep = day <= most
    return After(visit[keep], event[keep], day[keep], start[keep])


def before_event(case: Case, v: Visits, after: After, code: str, within: float = 42) -> Ints:
    """Visit of the last result strictly before the day of the event, within so many days; -1 if none."""
    at = np.flatnonzero(v.at(code) >= 0)
    if not len(at) or not len(after.visit):
        return np.full(len(after.visit), -1, dtype=np.int64)
    patient = v.patient[after.visit]
    place = np.searchsorted(v.key[at], patient * 1e6 + after.start, side="left") - 1
    found = at[np.maximum(place, 0)]
    near = (place >= 0) & (v.patient[found] == patient) & (after.start - v.day[found] <= within)
    return np.where(near, found, -1)


def before_value(case: Case, v: Visits, after: After, code: str, within: float = 42) -> Floats:
    """Value of that result; NaN if none."""
    return take(v.value(code), before_event(case, v, after, code, within))


def highest_until(values: Floats, after: After, until: float) -> Floats:
    """For each visit: highest value of the same event up to day ``until`` and up to this visit; NaN if none yet."""
    early = np.where(after.day <= until, np.nan_to_num(values, nan=-np.inf), -np.inf)
    if not len(early):
        return early
    run = np.concatenate([[0], np.cumsum(np.diff(after.event) != 0)])
    order = np.argsort(early, kind="stable")
    rank = np.empty(len(early), dtype=np.int64)
    rank[order] = np.arange(len(early))
    highest = np.maximum.accumulate(rank + run * (len(early) + 1)) - run * (len(early) + 1)
    result = early[order[highest]]
    return np.where(np.isfinite(result), result, np.nan)
