"""What the last results of each test do: rising or falling since when and from what, steady, or nothing to be told.

One slope through a rise and a fall speaks of neither, so this is read from the last result backwards. The course of a
test runs on over treatment events (a value that has halved since a stent has fallen), and ends only where results
cannot be compared: at a change of laboratory or limits, and at a long gap.

    beyond      a change between two results is beyond the reference change value: two-sided, widened for people under
                treatment and for the number of results, or more where the patient's own results scatter more.
    moving      the last three go one way by the reference change value of two results, in two steps of a quarter of it
                or in two of half of the published one; or the last one is beyond it from an earlier one. The last such
                result gives the direction, and the extreme before it, up to a counter-movement beyond the same limit,
                is where the movement began. Where results between that extreme and the last one beyond show no order in
                the direction, that one is where it began, and the median of these results what it began from: 48 quiet
                days before a jump are no rise.
    over        three results or more since lie within the limit and show no order in that direction, or the extreme was
                a single result and the values are back where they were before it.
    turned      nor is it a movement where the last result goes back from the one before by more than the published
                limit in treated people, however much this patient's own results scatter.
    stands      likewise over: the last three results or more cannot be told from the last one, do not go on in order,
                and at the pace of the movement before them the last would be farther on by more than that limit. Where
                they are not steady they are higher or lower than before.
    confirmed   the last two results are both beyond all before (two_beyond), or the running sum or the exact test says
                the same: one outlier confirms nothing.
    higher      than all before by the running sum while the last result is above the level before, or than baseline by
                more than the one-sided limit, since the first of the last results that are nearer to the last level
                than to the one before and cannot be told from the last; lower likewise. ``than`` says which. A peak of
                long ago makes none of them.
    steady      the last three results or more within the limits of one another; the last within the published two-sided
                limit of the result before, of its level, of the level before and of baseline; the running sum silent;
                and no slope that would double or halve the value within half a year.

References:
    R. Fokkema et al., Clin. Chem. 52 (2006) 1602 (reference change on the logarithm); F. Lund et al., Ann. Clin.
    Biochem. 56 (2019) (limits that widen with the number of results).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from analytics.analytes import CODES, MARKERS
from analytics.arrays import Bools, Floats, Ints
from analytics.settings import Settings, TrendSettings
from analytics.tables import NOW_THAN, NOWS
from analytics.trends.course_shape import (
    FEW,
    ORDER_LEAST,
    at_level,
    extreme_before,
    is_back,
    is_level,
    last_where,
    left_at,
    median_from,
    median_to,
    one_way,
    order,
    side_since,
    stands_from,
)
from analytics.trends.daily import Daily
from analytics.trends.one_sided import at_home, limits_behind, one_sided
from analytics.trends.ragged import windows
from analytics.trends.two_beyond import TIE
from analytics.trends.variation import SIGMA, family_z, likely_noise, noises, pooled_sigma

NOW_CODES: Final = tuple(NOWS)
RISING, FALLING, STEADY, HIGHER, LOWER, UNCLEAR, ONE_RESULT = range(7)
_BEFORE, _BASELINE, _BOTH, _NOT_BASELINE = range(1, len(NOW_THAN))

_IS_MARKER: Final = np.isin(CODES, MARKERS)
_STEP_LEAST: Final = 0.25
"""Share of the limit in treated people that each of two steps one way has at least (house)."""
_STEP_LARGE: Final = 0.5
"""Share of the published limit, likewise, from which both are large (house)."""
_WORTH: Final = 18 / 35
"""Degrees of freedom of the scatter between neighbours against that about a line (Gasser et al., 1986)."""
_KEPT: Final = 0.5
"""Share of the smallest bends between neighbours that the patient's own scatter is taken from."""
_OF_KEPT: Final = 2.648
"""Standard deviation of a normal distribution over the root mean square of these."""


@dataclass(frozen=True)
class Now:
    """What the last results of each series do, shape (m,).

    Attributes:
        code: position in NOW_CODES.
        since: day of the extreme from which it moves; first day of the level where it does not. [d]
        start: value at that extreme, or median of the level (before the movement, where it began from a level).
            [canonical]
        from_level: whether a movement began from a level, not from an extreme.
        change: ln(last value / start).
        beyond: limit of ln(change) between two results in this patient.
        is_confirmed: whether a movement is confirmed; False where nothing moves.
        than: what it is higher or lower than, position in NOW_THAN; 0 of all others.
        limits: which of ``start`` and the last result are given as limits, position in NOW_LIMITS.
        n: distinct days with results from ``since`` on.
        days: from ``since`` to the last result. [d]
    """

    code: Ints
    since: Floats
    start: Floats
    from_level: Bools
    change: Floats
    beyond: Floats
    is_confirmed: Bools
    than: Ints
    limits: Ints
    n: Ints
    days: Floats

    @classmethod
    def none(cls, count: int) -> Now:
        """Nothing to be told, to be filled in place."""
        missing = [np.full(count, np.nan) for _ in range(5)]
        zero = np.zeros(count, np.int64)
        return cls(
            np.full(count, UNCLEAR),
            missing[0],
            missing[1],
            np.zeros(count, bool),
            missing[2],
            missing[3],
            np.zeros(count, bool),
            zero,
            zero.copy(),
            zero.copy(),
            missing[4],
        )


@dataclass(frozen=True)
class Beside:
    """What else is known of each series, which must not be contradicted; each shape (m,).

    Attributes:
        alarm: direction of the running sum at the last result, 1, -1 or 0.
        twice: side on which the last two results are beyond all before, by :mod:`analytics.trends.two_beyond`.
        baseline: baseline at the last result, NaN where none is established. [canonical]
        baseline_side: whether it is a number or a limit, as ``analytics.derive.baseline.baseline_sides_of``.
        last_side: the same of the last result: 1 above, -1 below a limit, 0 a number.
        call: direction of the exact test over the series where it holds, is beyond its reference change, and the sum
            or the last two results say the same, else 0.
        doubling_days: of the fitted slope, negative where it halves; NaN where there is none.
        told: whether a finding says at the last result that the test rises.
        told_from: position in the days of ``daily`` of the lowest result that it rises from, -1 where not said.
        told_twice: whether that finding is confirmed.
        told_fall: whether a finding says at the last result that the test has fallen.
    """

    alarm: Ints
    twice: Ints
    baseline: Floats
    baseline_side: Ints
    last_side: Ints
    call: Ints
    doubling_days: Floats
    told: Bools
    told_from: Ints
    told_twice: Bools
    told_fall: Bools


def course_starts(daily: Daily, begins: Bools) -> Ints:
    """Position in the days of the first result of the course that each series ends, shape (m,)."""
    return daily.starts[:-1][np.maximum.accumulate(np.where(begins, np.arange(len(daily)), 0))]


def now_of(daily: Daily, begins: Bools, beside: Beside, settings: Settings) -> Now:
    """What the last results of each series do, on the course that the series ends.

    Args:
        daily: one value a day.
        begins: whether results before the series cannot be compared with it, shape (m,).
        beside: what else is known of each series.
        settings: widening, quantiles and levels.
    """
    out = Now.none(len(daily))
    if not len(daily):
        return out
    level = daily.level
    first = course_starts(daily, begins)
    for which, at in windows(first, daily.starts[1:] - first, cells_a_row=16):
        side = daily.side[at]
        y = one_sided(level[at], side)
        most = np.where(_IS_MARKER[daily.analyte[which]], np.log(settings.change.marker_times) - TIE, np.inf)
        day = daily.day[at]
        moved = _read(y, day, SIGMA[daily.analyte[which]], most, beside.twice[which], settings)
        known = _take(beside, which)
        moved = _agree(moved, y, known, settings)
        moved = _as_told(moved, y, day, known, first[which], settings.findings.fall_share)
        rows = np.arange(len(which))
        given = (side != 0) & (y == level[at])
        start, last = at_home(moved.start_at, y, side, given), at.shape[1] - 1
        out.code[which] = moved.code
        out.since[which] = day[rows, start]
        value, from_level = daily.value[at], moved.from_level & moved.is_moving
        value = np.where((side != 0) & ~given, np.exp(y), value) if side.any() else value
        own, before = value[rows, start].copy(), np.where(moved.is_moving, y[rows, start], moved.level)
        for some, median in ((~moved.is_moving, median_from), (from_level, median_to)):
            own[some] = median(value[some], start[some])
        before[from_level] = median_to(y[from_level], start[from_level])
        out.start[which], out.from_level[which] = own, from_level
        out.change[which] = y[:, last] - before
        out.beyond[which] = moved.beyond
        out.is_confirmed[which] = moved.is_confirmed & moved.is_moving
        out.than[which] = _than(moved)
        out.limits[which] = limits_behind(given, start, from_level, ~moved.is_moving)
        out.n[which] = last - start + 1
        out.days[which] = day[:, last] - out.since[which]
    return out


@dataclass(frozen=True)
class _Read:
    """Reading of courses of one length, shape (r,); ``stopped`` is the direction of a movement that stands now, else
    zero; ``from_before`` and ``from_base`` the side of the level before and of baseline where it stands apart from
    them, else zero."""

    code: Ints
    start_at: Ints
    from_level: Bools
    level: Floats
    beyond: Floats
    slight: Floats
    two: Floats
    published: Floats
    tail: Ints
    stopped: Floats
    is_confirmed: Bools
    from_before: Ints
    from_base: Ints

    @property
    def is_moving(self) -> Bools:
        return np.asarray((self.code == RISING) | (self.code == FALLING))


def _take(beside: Beside, which: Ints) -> Beside:
    return Beside(**{f.name: getattr(beside, f.name)[which] for f in fields(Beside)})


def _read(y: Floats, day: Floats, table: Floats, most: Floats, twice: Ints, settings: Settings) -> _Read:
    """Direction and start of each row of ``y`` from its own results alone, by limits up to ``most``; ``twice`` is the
    side on which the last two are beyond all before."""
    rows, n = y.shape
    trend, change = settings.trend, settings.change
    sigma = own_noise(y, table, trend)
    spread = np.sqrt(2.0) * np.fmax(trend.widen * table, sigma)
    beyond = np.minimum(family_z(change.now_alpha, np.array(n - 1.0)) * spread, most)
    slight = np.minimum(np.sqrt(2.0) * trend.z_one_sided * trend.widen * table, most)
    last = y[:, -1]
    turn = last_where(np.abs(y - last[:, None]) > beyond[:, None])
    published = np.minimum(np.sqrt(2.0) * trend.z_two_sided * table, most)
    two = np.minimum(trend.widen * np.sqrt(2.0) * trend.z_two_sided * table, most)
    stepped = one_way(y, two, _STEP_LEAST) | one_way(y, published, _STEP_LARGE)
    turn = np.where(stepped, np.maximum(turn, n - FEW), turn)
    turn = np.maximum(turn, left_at(y, twice))
    has_turn = turn >= 0
    sign = np.where(has_turn, np.sign(last - y[np.arange(rows), np.maximum(turn, 0)]), 0.0)
    extreme, back, some = np.zeros(rows, np.int64), np.zeros(rows, bool), np.flatnonzero(has_turn)
    extreme[some] = extreme_before(y[some], turn[some], sign[some], beyond[some])
    back[some] = is_back(y[some], extreme[some], turn[some], sign[some], beyond[some])
    tail = n - 1 - turn
    over = has_turn & (tail >= FEW)
    asked = np.flatnonzero(over)
    over[asked] = order(y[asked], tail[asked]) * sign[asked] < ORDER_LEAST
    over |= back & (tail >= FEW - 1)
    turned = sign * (last - y[:, max(n - 2, 0)]) < -two
    over_at, asked = np.zeros(rows), np.flatnonzero(over & ~back)
    apart = median_from(y[asked], turn[asked] + 1) - median_to(y[asked], turn[asked])
    left = (np.abs(apart) > beyond[asked]) | (twice[asked] == np.sign(apart))
    over_at[asked] = np.where(left, np.sign(apart), 0.0)
    moving = has_turn & ~over & ~turned
    code = np.where(n == 1, ONE_RESULT, np.where(moving, np.where(sign > 0, RISING, FALLING), UNCLEAR))
    from_level = moving & is_level(y, extreme, turn, sign)
    start = np.where(moving, np.where(from_level, turn, extreme), turn + 1)
    stands, asked = np.full(rows, -1), np.flatnonzero(moving)
    stands[asked] = stands_from(y[asked], day[asked], start[asked], two[asked])
    stopped = stands >= 0
    moving, from_level, code = moving & ~stopped, from_level & ~stopped, np.where(stopped, UNCLEAR, code)
    like_last = np.where(over_at != 0, last_where(np.abs(y - last[:, None]) > two[:, None]), turn)
    turn = np.where(stopped, stands - 1, np.maximum(turn, like_last))
    start = np.where(stopped, stands, np.where(over_at != 0, turn + 1, start))
    level, tail = median_from(y, turn + 1), n - 1 - turn
    limit = np.where(moving & stepped, np.minimum(beyond, published), beyond)
    limit = np.where(moving & (np.abs(last - y[np.arange(rows), start]) < limit), np.nan, limit)  # told by two results
    sure, side = np.zeros(rows, bool), np.zeros(rows, np.int64)
    return _Read(
        code, start, from_level, level, limit, slight, two, published, tail, sign * stopped + over_at, sure, side, side
    )


def own_noise(y: Floats, table: Floats, trend: TrendSettings) -> Floats:
    """Noise of one result: the table with the patient's own scatter between neighbours.

    The scatter leaves out the largest bends, so that a spike or turn is not noise, and is at most the most that is met.

    Args:
        y: logarithms, shape (r, n).
        table: standard deviation of ln(result) from the table, shape (r,).
        trend: what the table is worth.
    """
    rows, n = y.shape
    worth = np.full(rows, _WORTH * max(n - 2, 0) if n > FEW else 0.0)
    scatter = np.zeros(rows)
    if n > FEW:
        bend = np.sort(np.abs(np.diff(y, n=2, axis=1)), axis=1)[:, : max(int(_KEPT * (n - 2)), 2)]
        scatter = _OF_KEPT * np.sqrt((bend**2).mean(axis=1) / 6.0)
    sigma, _ = pooled_sigma(likely_noise(table), trend.noise_prior, worth * scatter**2, worth)
    return np.asarray(np.minimum(sigma, noises(table).max(axis=1)), np.float64)


def _agree(read: _Read, y: Floats, beside: Beside, settings: Settings) -> _Read:
    """What else is known, put in where the results alone tell no movement, and beside what they tell."""
    n = y.shape[1]
    if n == 1:
        return read
    last, still = y[:, -1], ~read.is_moving
    with np.errstate(divide="ignore", invalid="ignore"):
        off_base = last - np.log(beside.baseline)
        up = (beside.last_side >= 0) & (beside.baseline_side <= 0)  # as far as limits let it be told
        down = (beside.last_side <= 0) & np.isin(beside.baseline_side, (0, 1))
        off_base = np.where((off_base > 0) & up | (off_base < 0) & down, off_base, 0.0)
        doubles = np.abs(beside.doubling_days) <= settings.change.steady_doubling_days
    slow = still & (beside.call != 0) & (np.sign(last - y[:, 0]) == beside.call) & (read.tail >= n)
    from_base = np.where(np.abs(off_base) > read.slight, np.sign(off_base), 0).astype(np.int64)
    alarm_side = still & ~slow & (beside.alarm != 0) & (np.sign(last - _level_before(y)) == beside.alarm)
    base_side = still & ~slow & ~alarm_side & (from_base != 0) & (read.stopped != -from_base)
    near, level_at = at_level(y, n - read.tail, read.published, read.two)
    near &= (np.abs(off_base) <= read.published) & (beside.alarm == 0)
    steady = still & ~slow & (from_base == 0) & near & ~doubles & (read.tail >= FEW)
    side = np.where(alarm_side, beside.alarm, from_base)
    code = read.code.copy()
    code[slow] = np.where(beside.call > 0, RISING, FALLING)[slow]
    code[alarm_side | base_side] = np.where(side > 0, HIGHER, LOWER)[alarm_side | base_side]
    code[steady] = STEADY
    moved = still & (read.stopped != 0) & ~slow & ~alarm_side & ~base_side & ~steady
    code[moved] = np.where(read.stopped > 0, HIGHER, LOWER)[moved]
    start = np.where(steady, level_at, read.start_at)
    extreme = np.where(beside.call[slow][:, None] > 0, y[slow], -y[slow])
    start[slow] = last_where(extreme == extreme.min(axis=1, keepdims=True))  # of equal ones the last
    told = np.flatnonzero((alarm_side | base_side) & (read.stopped == 0))
    now = np.where(base_side[told], last[told], np.median(y[told, -FEW:], axis=1))
    before = np.where(base_side[told], (last - off_base)[told], _left(y[told], now, side[told], read.slight[told]))
    like_last = last_where(np.abs(y[told] - last[told, None]) > read.two[told, None]) + 1
    since = np.maximum(side_since(y[told], (before + now) / 2, side[told]), like_last)
    start[told] = np.where(base_side[told], np.maximum(since, read.start_at[told]), since)
    level = read.level.copy()
    level[told] = median_from(y[told], start[told])
    moves = np.where(read.code == RISING, 1, -1)
    same = (beside.twice == moves) | (beside.call == moves) | (beside.alarm == moves)
    sure = slow | (read.is_moving & same)
    within = slow & (np.abs(last - y[np.arange(len(y)), start]) <= read.beyond)
    beyond = np.where(within, np.nan, read.beyond)  # told by the exact test, not by the limit
    return replace(
        read,
        code=code,
        start_at=start,
        level=level,
        beyond=beyond,
        is_confirmed=read.is_confirmed | sure,
        from_before=np.where(alarm_side, beside.alarm, np.where(read.stopped != 0, np.sign(read.stopped), 0)),
        from_base=from_base,
    )


def _left(y: Floats, now: Floats, side: Ints, limit: Floats) -> Floats:
    """What each level was left for the one now: the level before, or the farthest result on its side where the level
    before cannot be told from the one now (there and back)."""
    before = _level_before(y)
    farthest = np.where(side > 0, y.min(axis=1), y.max(axis=1))
    return np.where(side * (now - before) > limit, before, farthest)


def _level_before(y: Floats) -> Floats:
    """Median of the results before the last FEW of each row, of the first one where there are no more."""
    return np.asarray(np.median(y[:, :-FEW] if y.shape[1] > FEW else y[:, :1], axis=1), np.float64)


def _as_told(read: _Read, y: Floats, day: Floats, beside: Beside, first: Ints, fall_share: float) -> _Read:
    """No reading against a finding that says that the test rises: rising where it says from which result and the last
    ones still climb, else higher; nothing where the results fall from an earlier peak all the same. Nor against one
    that says that it has fallen, where the results alone do not tell: falling from the peak, or lower since they
    stand."""
    rows, n = np.arange(len(y)), y.shape[1]
    if n == 1:
        return read
    place = beside.told_from - first
    known = beside.told & (place >= 0) & (place < n - 1)
    place = np.where(known, place, 0)
    rising, some = known.copy(), np.flatnonzero(known)
    rising[some] = _still_climbs(y[some], place[some], fall_share)
    some = np.flatnonzero(rising)
    rising[some] = stands_from(y[some], day[some], place[some], read.two[some]) < 0
    falls = beside.told & ~rising & (read.code == FALLING)
    above = ~known | (y[:, -1] > y[rows, place] - np.log(fall_share))
    higher = beside.told & ~rising & ~falls & above & (known | (read.code != RISING))
    unclear = falls | (known & ~rising & ~higher)
    fallen = beside.told_fall & ~beside.told & np.isin(read.code, (UNCLEAR, STEADY)) & (y[:, -1] < y.max(axis=1))
    code = np.where(rising, RISING, np.where(unclear, UNCLEAR, np.where(higher, HIGHER, read.code)))
    peak, stands, some = y.argmax(axis=1), np.full(len(y), -1), np.flatnonzero(fallen)
    stands[some] = stands_from(y[some], day[some], peak[some], read.two[some])
    lower = stands >= 0
    fallen &= ~lower
    code = np.where(fallen, FALLING, np.where(lower, LOWER, code))
    start, level = np.where(fallen, peak, np.where(lower, stands, read.start_at)), read.level.copy()
    level[lower] = median_from(y[lower], start[lower])
    some = np.flatnonzero(higher & known)
    start[some] = side_since(y[some], (y[some, place[some]] + y[some, -1]) / 2, np.ones(len(some)))
    level[some] = median_from(y[some], start[some])
    sure = beside.told_twice | (beside.call > 0) | (beside.alarm > 0) | (beside.twice > 0)
    return replace(
        read,
        code=code,
        start_at=np.where(rising, place, start),
        level=level,
        is_confirmed=np.where(rising, sure, read.is_confirmed & ~falls),
        beyond=np.where(rising | fallen, np.nan, read.beyond),  # told by the rule, not by the limit
        from_level=read.from_level & ~rising & ~fallen,
        from_before=np.where(higher, 1, np.where(lower, -1, read.from_before)),
    )


def _than(read: _Read) -> Ints:
    """What each is higher or lower than, position in NOW_THAN."""
    side = np.where(read.code == HIGHER, 1, np.where(read.code == LOWER, -1, 0))
    before, base = (side != 0) & (read.from_before == side), (side != 0) & (read.from_base == side)
    other = before & (read.from_base == -side)
    told = np.where(before, np.where(base, _BOTH, np.where(other, _NOT_BASELINE, _BEFORE)), _BASELINE)
    return np.where(side != 0, told, 0)


def _still_climbs(y: Floats, place: Ints, fall_share: float) -> Bools:
    """Whether the last result is not below a share of the highest since a position, and results after it, FEW or more,
    are in rising order."""
    n = y.shape[1]
    after = np.arange(n) > place[:, None]
    highest = np.where(after, y, -np.inf).max(axis=1)
    tail = n - 1 - place
    ordered = order(y, tail) >= ORDER_LEAST
    return np.asarray((y[:, -1] > highest + np.log(fall_share)) & (ordered | (tail < FEW)))
