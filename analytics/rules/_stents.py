"""What stent rules share: every bilirubin after each stent or drain, with the value before and the lowest since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.arrays import Floats, Ints, key
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.points import points_of
from analytics.derive.segments import first_moment_after
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.once import once
from analytics.rules._rule import Assessment, Condition

_BREAKS = np.array([EVENT_KINDS[code].breaks for code in KIND_CODES])


@dataclass(frozen=True)
class AfterStent:
    """Bilirubin results after a stent or drain and before the next breaking event, one position each, shape (n,).

    ``at`` is the position in ``points_of(case)``; ``event`` in ``events_of(case)``; ``day`` whole days since it;
    ``before`` the last value before it (NaN if none close enough) and ``before_at`` its position; ``nadir`` the
    lowest value since the stent before this result, ``nadir_at`` its position; ``until`` the next breaking
    event, +inf if none.
    """

    at: Ints
    event: Ints
    day: Floats
    before: Floats
    before_at: Ints
    nadir: Floats
    nadir_at: Ints
    until: Floats


@once
def after_stent(case: Case, code: str = "BILI") -> AfterStent:
    """Every result of one analyte after every stent or drain."""
    points, events = points_of(case), events_of(case)
    at = points.of(code)
    breaking = np.flatnonzero(_BREAKS[events.kind])
    last = _last_begun(case, breaking, points.patient[at], points.day[at])
    stents = np.zeros(len(events.kind) + 1, dtype=bool)
    stents[events.of("biliary_stent", "drainage")] = True
    mine = stents[last]
    at, last = at[mine], last[mine]
    before_at = result_before(case, code, last)
    nadir_at = _lowest_so_far(points.value[at], at, last)
    value = np.append(points.value, np.nan)
    return AfterStent(
        at=at,
        event=last,
        day=np.floor(points.day[at]) - np.floor(events.start[last]),
        before=value[before_at],
        before_at=before_at,
        nadir=value[nadir_at],
        nadir_at=nadir_at,
        until=next_start(case, breaking)[last],
    )


def assessed(
    case: Case,
    after: AfterStent,
    use: Ints,
    conditions: tuple[Condition, ...],
    severity: Floats,
    numbers: Mapping[str, Floats],
) -> Assessment:
    """The moments ``use`` of results after a stent: an episode a stent, named after it, ended by the next procedure.

    Each rests on the result and on the one before the stent; value, value before and day can be told of each.
    """
    points, at, event = points_of(case), after.at[use], after.event[use]
    start = events_of(case).start[event] if len(use) else np.zeros(0)
    return Assessment(
        patient=points.patient[at],
        day=points.day[at],
        conditions=conditions,
        severity=severity,
        numbers={"value": points.value[at], "before": after.before[use], "day": after.day[use], **numbers},
        days={"on": points.day[at], "before_on": points.day[after.before_at[use]], "stent_on": start},
        evidence=(at, after.before_at[use]),
        group=event,
        anchor=start,
        until=after.until[use],
    )


def _last_begun(case: Case, at: Ints, patient: Ints, day: Floats) -> Ints:
    """Position in the events of the latest of those at ``at`` that each moment is after, by the one definition of
    sides; -1 if none."""
    if not len(at):
        return np.full(len(patient), -1, dtype=np.int64)
    moments = _first_moments(case, at)
    order = np.lexsort((moments, events_of(case).patient[at]))
    keys = key(events_of(case).patient[at][order], moments[order])
    place = np.searchsorted(keys, key(patient, day), side="right") - 1
    found = at[order][np.maximum(place, 0)]
    return np.where((place >= 0) & (events_of(case).patient[found] == patient), found, -1)


def _first_moments(case: Case, event: Ints) -> Floats:
    """First moment after each of these procedures."""
    return first_moment_after(
        events_of(case).start[event], np.zeros(len(event), bool), case.settings.baseline.same_day_hour
    )


def next_start(case: Case, at: Ints) -> Floats:
    """Start of the next of the events ``at`` after each of them, +inf if none; one position an event of the case."""
    events = events_of(case)
    result = np.full(len(events.start) + 1, np.inf)
    same = np.diff(events.patient[at]) == 0
    result[at[:-1][same]] = events.start[at[1:][same]]
    return result


def result_before(case: Case, code: str, event: Ints) -> Ints:
    """Position of the last result before the event, within ``stent.before_days``; -1 if none. One of its very day
    without a time stands on neither side."""
    points, events = points_of(case), events_of(case)
    at = points.of(code)
    if not len(at) or not len(event):
        return np.full(len(event), -1, dtype=np.int64)
    start = events.start[event]
    keys = key(points.patient[at], points.day[at])
    place = np.searchsorted(keys, key(events.patient[event], _first_moments(case, event)), "left") - 1
    is_sideless = (place >= 0) & (points.day[at[np.maximum(place, 0)]] == np.floor(start))
    begin_of_day = np.searchsorted(keys, key(events.patient[event], np.floor(start)), "left") - 1
    place = np.where(is_sideless, begin_of_day, place)
    found = at[np.maximum(place, 0)]
    near = (place >= 0) & (points.patient[found] == events.patient[event])
    near &= np.floor(start) - np.floor(points.day[found]) <= case.settings.stent.before_days
    return np.where(near, found, -1)


def _lowest_so_far(value: Floats, at: Ints, event: Ints) -> Ints:
    """Position of the lowest earlier result after the same event; -1 for the first."""
    return lowest_before(value, at, np.concatenate([[False], np.diff(event) != 0]).cumsum() if len(event) else event)


def lowest_before(value: Floats, at: Ints, run: Ints) -> Ints:
    """For each element its run's lowest earlier element, as an element of ``at``; -1 for the first of a run.

    Args:
        value: what is compared, shape (n,).
        at: what is returned of the lowest, shape (n,).
        run: number of the run of each, rising.
    """
    n = len(value)
    if not n:
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(value, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    # whole numbers, lower for every later run: a running minimum then starts anew with each run
    lowest = np.minimum.accumulate(rank - run * (n + 1)) + run * (n + 1)
    place = at[order[np.concatenate([[0], lowest[:-1]]).clip(0, n - 1)]]
    first = np.concatenate([[True], np.diff(run) != 0])
    return np.where(first, -1, place)
