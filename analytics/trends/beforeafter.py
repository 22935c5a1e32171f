"""What happened to one analyte before and after one event, for all pairs of an event and an analyte at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from analytics.analytes import ANALYTES
from analytics.arrays import BEYOND, Bools, Events, Floats, Ints, among, key
from analytics.case import Case
from analytics.derive.baseline import MIXED
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.derive.points import points_of
from analytics.derive.segments import breaks_of, first_moment_after
from analytics.derive.steady import steady_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES, KIND_INDEX
from analytics.trends.ragged import runs, windows
from analytics.trends.sided_days import NOT_TREATMENT, sided_days_of

_SLOW_KINDS = ("systemic", "radiation")
_LONG_AGO = -100_000.0
DRAINS: Final = ("biliary_stent", "drainage")
_DRAINS: Final = np.isin(KIND_CODES, DRAINS)
IS_LOW_BAD: Final[Bools] = np.array([a.bad == "low" for a in ANALYTES.values()])
WASHED: Final[Bools] = np.array([k.breaks or k.code == "radiation" for k in EVENT_KINDS.values()])
"""Kinds of event after which the first days do not count for the level after."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of an event and an analyte with results around it, in order of patient, event, analyte; each shape (r,).

    Attributes:
        event: position in ``events_of(case)``.
        patient, kind, analyte: codes. start: of the event. [d]
        far, low, upto, middle, high: positions in the days of ``sided_days_of(case)``: from ``far`` for the line
            before, from ``low`` up to ``upto`` for the value before, from ``middle`` on after the event, to ``high``.
            Between ``upto`` and ``middle``, or right before ``far``, lies a result of the day of a procedure that
            stands on neither side.
    """

    event: Ints
    patient: Ints
    kind: Ints
    analyte: Ints
    start: Floats
    far: Ints
    low: Ints
    upto: Ints
    middle: Ints
    high: Ints


def treatments(events: Events, line_patient: Ints, line_start: Floats) -> Ints:
    """Positions of the events that have a before and an after: every procedure, and systemic therapy where a line
    starts; of several on one day and of one kind the first."""
    is_procedure = ~among(KIND_CODES, (*NOT_TREATMENT, "systemic"))[events.kind]
    is_line = np.isin(key(events.patient, events.start), key(line_patient, line_start))
    at = np.flatnonzero(is_procedure | ((events.kind == KIND_INDEX["systemic"]) & is_line))
    order = np.lexsort((events.row[at], events.kind[at], events.start[at], events.patient[at]))
    at = at[order]
    if not len(at):
        return at
    same = np.zeros(len(at), bool)
    for values in (events.patient, events.start, events.kind):
        step = values[at][1:] == values[at][:-1]
        same[1:] = step if values is events.patient else same[1:] & step
    return at[~same]


def pairs_of(case: Case) -> Pairs:
    """Every event with every analyte that its patient has results of in its window."""
    events, daily, settings = events_of(case), sided_days_of(case), case.settings.response
    lines = lines_of(case)
    at = treatments(events, lines["patient"].to_numpy(np.int64), lines["start"].to_numpy(np.float64))
    series = runs(_steps(daily.patient) | _steps(daily.analyte)) if len(daily) else np.zeros(1, np.int64)
    owner, analyte = daily.patient[series[:-1]], daily.analyte[series[:-1]]
    first, last = np.searchsorted(owner, events.patient[at]), np.searchsorted(owner, events.patient[at], side="right")
    count = last - first
    event = np.repeat(at, count)
    which = np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    start, kind = events.start[event], events.kind[event]
    begin = np.floor(start)
    cut, end = _cut(case, event), _ends(case, event)
    window = np.where(
        among(KIND_CODES, DRAINS)[kind],
        case.settings.stent.before_days,
        np.where(among(KIND_CODES, _SLOW_KINDS)[kind], settings.before_days, settings.before_days_procedure),
    )
    moment = points_of(case).day[daily.first_point[:-1]]
    number = np.repeat(np.arange(len(series) - 1), np.diff(daily.starts[series]))
    keys = key(number, moment)
    previous = _previous_break(case, event)
    places = [
        np.searchsorted(keys, key(which, when))
        for when in (np.maximum(begin - settings.lines_days, previous), begin - window, cut, end)
    ]
    low = np.maximum(places[1], places[0])
    keep = np.flatnonzero(places[3] > low)
    far, low, middle, high = (place[keep] for place in (places[0], low, places[2], places[3]))
    neither = np.searchsorted(keys, key(which[keep], begin[keep]))
    is_there = (neither < middle) & (kind[keep] != KIND_INDEX["systemic"])
    is_there &= moment[np.minimum(neither, len(moment) - 1)] == begin[keep]
    upto = middle - (is_there & (neither == middle - 1))
    far = np.where(is_there & (neither < middle - 1), neither + 1, far)
    return Pairs(
        event[keep],
        events.patient[event][keep],
        kind[keep],
        analyte[which][keep],
        start[keep],
        far,
        low,
        np.maximum(upto, low),
        middle,
        np.maximum(high, middle),
    )


def _steps(values: Ints) -> Bools:
    out = np.ones(len(values), bool)
    out[1:] = values[1:] != values[:-1]
    return out


def _cut(case: Case, event: Ints) -> Floats:
    """First moment after each event."""
    events = events_of(case)
    is_dose = events.kind[event] == KIND_INDEX["systemic"]
    return first_moment_after(events.start[event], is_dose, case.settings.baseline.same_day_hour)


def _ends(case: Case, event: Ints) -> Floats:
    """Moment at which the time after each event ends: the next break of its patient, or a fixed time."""
    events = events_of(case)
    breaks = breaks_of(case)
    limit = np.floor(events.start[event]) + case.settings.response.after_days + 1.0
    if not len(breaks.day):
        return limit
    keys = key(breaks.patient, breaks.day)
    at = np.searchsorted(keys, key(events.patient[event], _cut(case, event)), side="right")
    inside = at < len(keys)
    at = np.where(inside, at, 0)
    own = inside & (breaks.patient[at] == events.patient[event])
    return np.where(own, np.minimum(limit, breaks.day[at]), limit)


def _previous_break(case: Case, event: Ints) -> Floats:
    """Moment from which the time before each event counts; long ago where nothing broke the series before."""
    events = events_of(case)
    breaks = breaks_of(case)
    if not len(breaks.day):
        return np.full(len(event), _LONG_AGO)
    keys = key(breaks.patient, breaks.day)
    at = np.searchsorted(keys, key(events.patient[event], _cut(case, event))) - 1
    own = (at >= 0) & (breaks.patient[at] == events.patient[event])
    return np.where(own, breaks.day[at], _LONG_AGO)


def results_before(case: Case, pairs: Pairs, of_drains: int = 1) -> tuple[Ints, Bools]:
    """Positions in the days of ``sided_days_of(case)`` of the results that are the value before each event, -1 where
    there are fewer, shape (r, most), and whether that value can be returned to, shape (r,).

    Results inside an obstruction or an acute episode (:mod:`analytics.derive.steady`) speak for the time before only
    where no other of the last ones does, and then the last alone; nobody returns to it. Of a stent or drain it is the
    last result (or so many), whatever it is.
    """
    daily, most = sided_days_of(case), case.settings.response.before_most
    drains = among(KIND_CODES, DRAINS)[pairs.kind]
    count = np.minimum(pairs.upto - pairs.low, np.where(drains, of_drains, most))
    at = pairs.upto[:, None] - 1 - np.arange(max(most, 1))
    at = np.where((np.arange(max(most, 1)) < count[:, None]) & (at != (pairs.far - 1)[:, None]), at, -1)
    if not len(daily.day):
        return at, np.ones(len(at), bool)
    steady = np.logical_or.reduceat(steady_of(case).why == 0, daily.first_point[:-1])
    last = at[:, 0].copy()
    at = np.where((at >= 0) & (steady[at] | drains[:, None]), at, -1)
    acute = (at < 0).all(axis=1)
    at[acute, 0] = last[acute]
    return at, ~acute | (last < 0)


def value_before(case: Case, pairs: Pairs) -> tuple[Floats, Ints, Floats, Bools]:
    """Median of the results before each event, how many they were, the day of the last of them, and whether it can be
    returned to, by :func:`results_before`."""
    daily = sided_days_of(case)
    at, is_usual = results_before(case, pairs)
    known = (at >= 0).any(axis=1)
    before, day = np.full(len(at), np.nan), np.full(len(at), np.nan)
    before[known] = np.nanmedian(np.where(at[known] >= 0, daily.value[at[known]], np.nan), axis=1)
    day[known] = daily.day[at[known].max(axis=1)] - np.floor(pairs.start[known])
    return before, (at >= 0).sum(axis=1), day, is_usual


@dataclass(frozen=True)
class After:
    """Landmarks after each event: values canonical, days relative to the event, NaN where there is none; shape (r,).

    Attributes:
        nadir, day_nadir, peak, day_peak, last, day_last: lowest, highest and last value with their days.
        nadir_side, peak_side: -1 or 1 where the lowest and the highest are given as at most or at least that, else 0.
        bottom, top: at least so low the lowest value is, and so high the highest, whatever the limits hide.
        day_half: first day, not before the worst value, at or below half of the value before.
        day_recovery: first day after the worst value that is back: after a drainage within its limit of normal, else
            at the value before by the reference change value; NaN where it never was beyond it.
        rebound_day: first day risen again beyond the lowest value so far, by ``rebound``.

    The worst value is the extreme on the bad side before it has risen again.
        is_risen: whether the last value still is.
    """

    nadir: Floats
    nadir_side: Ints
    day_nadir: Floats
    peak: Floats
    peak_side: Ints
    day_peak: Floats
    bottom: Floats
    top: Floats
    last: Floats
    day_last: Floats
    day_half: Floats
    day_recovery: Floats
    rebound_day: Floats
    is_risen: Bools

    @classmethod
    def none(cls, count: int) -> After:
        """All missing, to be filled in place."""
        others = {"is_risen": np.zeros(count, bool)}
        others |= {name: np.zeros(count, np.int64) for name in ("nadir_side", "peak_side")}
        return cls(**{f.name: np.full(count, np.nan) for f in fields(cls) if f.name not in others}, **others)


def landmarks(
    case: Case, pairs: Pairs, before: Floats, is_usual: Bools, slack: Floats, rebound: Floats, quiet: Floats
) -> After:
    """Landmarks of every pair.

    Args:
        case: panel and settings.
        pairs: events with analytes.
        before: value before.
        is_usual: whether it can be returned to, by :func:`results_before`.
        slack: multiple of the value before that is still the same.
        rebound: multiple of the lowest value so far that counts as risen again.
        quiet: day up to which a rise is expected and does not count as risen again.
    """
    out = After.none(len(before))
    daily = sided_days_of(case)
    limit = _upper_limits(case)
    side_before = side_of_before(case, pairs)
    for which, at in windows(pairs.middle, pairs.high - pairs.middle):
        value, day = daily.value[at], daily.day[at] - np.floor(pairs.start[which])[:, None]
        is_low = IS_LOW_BAD[pairs.analyte[which]]
        given = value * (1.0 + BEYOND * daily.side[at])  # "below 5" is lower than 5
        low, high = given.argmin(axis=1), given.argmax(axis=1)
        rows = np.arange(len(which))
        side = np.where(value > 0, daily.side[at], 0)
        out.nadir_side[which], out.peak_side[which] = side[rows, low], side[rows, high]
        out.nadir[which], out.day_nadir[which] = value[rows, low], day[rows, low]
        out.peak[which], out.day_peak[which] = value[rows, high], day[rows, high]
        out.last[which], out.day_last[which] = value[:, -1], day[:, -1]
        sign = np.where(is_low, -1.0, 1.0)[:, None]
        least, most = _bounds(value, daily.side[at])
        out.bottom[which], out.top[which] = most.min(axis=1), least.max(axis=1)
        beyond = np.minimum.accumulate(most, axis=1) * rebound[which, None]
        risen = (least > beyond) & ~(least <= limit[at]) & (day > quiet[which, None]) & ~is_low[:, None]
        out.rebound_day[which], out.is_risen[which] = first_day(risen, day), risen[:, -1]
        worst = worst_at(sign * value, risen)
        place = np.arange(value.shape[1])
        is_least = (side_before[which] == 0) | (side_before[which] == 1)
        half = (most <= before[which, None] / 2) & (place >= worst[:, None]) & is_least[:, None]
        out.day_half[which] = first_day(half, day)
        drained = _DRAINS[pairs.kind[which], None]
        own_limit = np.where(is_low[:, None], _lower_limits(case)[at], limit[at])
        edge = sign * np.where(drained, own_limit, (before * slack)[which, None])
        best, bad = (np.where(is_low[:, None], -high, low) for low, high in ((least, most), (most, least)))
        left = best[rows, worst] > edge[rows, worst]
        left |= drained[:, 0] & (sign[:, 0] * before[which] > edge[:, 0])
        back = (place >= worst[:, None] + ~drained) & (bad <= edge) & (drained | (side_before[which] == 0)[:, None])
        out.day_recovery[which] = np.where(left, first_day(back, day), np.nan)
    out.day_recovery[~is_usual & ~_DRAINS[pairs.kind]] = np.nan
    _of_results(case, pairs, out)
    return out


def _of_results(case: Case, pairs: Pairs, out: After) -> None:
    """Where days after hold several results: lowest and highest are results of theirs, not the medians of days."""
    points, first = points_of(case), sided_days_of(case).first_point
    begin, length = first[pairs.middle], first[pairs.high] - first[pairs.middle]
    some = np.flatnonzero(length > pairs.high - pairs.middle)
    for part, at in windows(begin[some], length[some]):
        which, rows = some[part], np.arange(len(part))
        value, side, given = points.value[at], points.comparator[at], points.proven(points.value)[at]
        day = np.floor(points.day[at]) - np.floor(pairs.start[which])[:, None]
        low, high = given.argmin(axis=1), given.argmax(axis=1)
        out.nadir[which], out.day_nadir[which], out.nadir_side[which] = (x[rows, low] for x in (value, day, side))
        out.peak[which], out.day_peak[which], out.peak_side[which] = (x[rows, high] for x in (value, day, side))
        least, most = _bounds(value, side)
        out.bottom[which], out.top[which] = most.min(axis=1), least.max(axis=1)


def _bounds(value: Floats, side: Ints) -> tuple[Floats, Floats]:
    """Least and most that each value may be: results below or above a limit have only one of them."""
    return np.where(side < 0, 0.0, value), np.where(side > 0, np.inf, value)


def side_of_before(case: Case, pairs: Pairs) -> Ints:
    """Whether the value before each event is the number (0) or, by results given as limits, at most (-1) or at least
    (1) that, or ``MIXED``: the middle of three is a number where the limit lies beside it."""
    daily = sided_days_of(case)
    side = np.zeros(len(pairs.event), np.int64)
    if not daily.side.any():
        return side
    at, _ = results_before(case, pairs)
    some = np.flatnonzero(((at >= 0) & (daily.side[at] != 0)).any(axis=1))
    at = at[some]
    bounds = (daily.value[at], *_bounds(daily.value[at], daily.side[at]))
    middle, least, most = (np.nanmedian(np.where(at >= 0, bound, np.nan), axis=1) for bound in bounds)
    lower, higher = (least < middle).astype(np.int64), (most > middle).astype(np.int64)
    side[some] = np.where(lower & higher, MIXED, higher - lower)
    return side


def worst_at(bad: Floats, risen: Bools) -> Ints:
    """Position of the worst value of each row before the values have risen again.

    Args:
        bad: values, higher is worse, shape (r, n).
        risen: whether each is risen again.
    """
    before = np.cumsum(risen, axis=1) == 0
    before[:, 0] = True
    return np.asarray(np.where(before, bad, -np.inf).argmax(axis=1))


def first_day(hit: Bools, day: Floats) -> Floats:
    """Day of the first hit in each row; NaN where there is none."""
    return np.where(hit.any(axis=1), day[np.arange(len(day)), hit.argmax(axis=1)], np.nan)


def _upper_limits(case: Case) -> Floats:
    """Upper limit of normal of each day, NaN where not known."""
    return points_of(case).uln[sided_days_of(case).first_point[:-1]]


def _lower_limits(case: Case) -> Floats:
    """Lower limit of normal of each day, NaN where not known."""
    return points_of(case).lln[sided_days_of(case).first_point[:-1]]


def normal_limit(case: Case, pairs: Pairs) -> Floats:
    """Limit of normal on the bad side by the results nearest to each event, NaN where unknown."""
    first = sided_days_of(case).first_point[:-1]
    at = first[np.where(pairs.high > pairs.middle, pairs.middle, np.maximum(pairs.middle - 1, 0))]
    return np.where(IS_LOW_BAD[pairs.analyte], points_of(case).lln[at], points_of(case).uln[at])


def reached(case: Case, pairs: Pairs, goal: Floats, due: Floats, rebound_day: Floats) -> tuple[Floats, Bools, Bools]:
    """When a goal was reached after the worst value, whether in time, and whether it is due.

    In time means: by the first result on or after the day on which it is due, as nobody has looked before.

    Args:
        case: panel and settings.
        pairs: events with analytes.
        goal: value to be reached.
        due: day by which.
        rebound_day: first day risen again, NaN where none is.

    Returns:
        First day at the goal (NaN if none), reached in time, and whether a result on or after that day exists.
    """
    daily = sided_days_of(case)
    when = np.full(len(goal), np.nan)
    in_time, is_due = np.zeros(len(goal), bool), np.zeros(len(goal), bool)
    for which, at in windows(pairs.middle, pairs.high - pairs.middle):
        value, day = daily.value[at], daily.day[at] - np.floor(pairs.start[which])[:, None]
        sign = np.where(IS_LOW_BAD[pairs.analyte[which]], -1.0, 1.0)[:, None]
        late = day >= due[which, None]
        deadline = np.where(late.any(axis=1), day[np.arange(len(day)), late.argmax(axis=1)], np.inf)
        with np.errstate(invalid="ignore"):
            worst = worst_at(sign * value, day >= rebound_day[which, None])
        least, most = _bounds(value, daily.side[at])
        bad = np.where(sign < 0, -least, most)  # as bad as a limit may be
        hit = (bad <= sign * goal[which, None]) & (np.arange(value.shape[1]) >= worst[:, None])
        when[which] = first_day(hit, day)
        in_time[which] = (hit & (day <= deadline[:, None])).any(axis=1)
        is_due[which] = late.any(axis=1)
    return when, in_time, is_due
