"""Verdict, running sum and what the last results do, of one series: the one place where they are made to agree.

The verdict speaks of the whole segment and the sum of all results against those before them; both know nothing of a
turn. Where the last results go another way, or are not steady, neither is told: the fitted numbers and the test stay.

Each of them takes results for independent, which those of one patient are not: noise that neighbours share sets one of
them off now and then, mostly for a single result. So none is told alone on the word of one result: the sum where it is
on at two results that do not share their noise, by count and by time, or where the exact test or the last two results
say the same; the verdict where the sum or the last two results do, or the fitted change is beyond a stricter limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from analytics.arrays import Bools, Floats, Ints, key
from analytics.settings import Settings
from analytics.trends import now as present
from analytics.trends.cusum import alarms
from analytics.trends.daily import Daily
from analytics.trends.fit import Fit
from analytics.trends.now import Beside, Now, course_starts, now_of, own_noise
from analytics.trends.one_sided import one_sided
from analytics.trends.ragged import windows
from analytics.trends.two_beyond import LEAST, YEAR, seen_between, two_beyond, worth_of_three
from analytics.trends.variation import SIGMA
from analytics.trends.verdict import FALLING, RISING, Verdicts, checked, not_alone

_LEVEL: Final = 3
"""Results of which the median is the level."""
_SHARE: Final = 2.25
"""Multiple of the noise of one result by which so few results must still be on the side of the running sum (house)."""


@dataclass(frozen=True)
class Trend:
    """What is told of each series, shape (m,).

    Attributes:
        now: what the last results do.
        alarm: direction of the running sum at the last result, 1, -1, or 0 where it is silent or the results have
            turned since.
        alarm_since: day on which it went on, NaN where it is not. [d]
        verdicts: of the whole segment.
        tested: the same where nothing else need say it: for rules in which several tests confirm one another.
    """

    now: Now
    alarm: Ints
    alarm_since: Floats
    verdicts: Verdicts
    tested: Verdicts


@dataclass(frozen=True)
class Reported:
    """What findings say at the last result of each series, shape (m,): that the test rises; the position in the days
    of the result that it rises from, -1 where not said; whether confirmed; that it has fallen."""

    rises: Bools
    start: Ints
    is_confirmed: Bools
    falls: Bools

    @classmethod
    def nothing(cls, count: int) -> Reported:
        """No finding."""
        return cls(np.zeros(count, bool), np.full(count, -1), np.zeros(count, bool), np.zeros(count, bool))


@dataclass(frozen=True)
class Base:
    """Baseline at the last result of each series, shape (m,): ``value``, NaN where none is established, and ``side``
    as :func:`analytics.derive.baseline.baseline_sides_of`."""

    value: Floats
    side: Ints

    @classmethod
    def none(cls, count: int) -> Base:
        """No baseline."""
        return cls(np.full(count, np.nan), np.zeros(count, np.int64))


def agreed(
    daily: Daily, fitted: Fit, begins: Bools, baseline: Base, settings: Settings, told: Reported | None = None
) -> Trend:
    """Everything that is told of the direction of each series.

    Args:
        daily: one value a day.
        fitted: fit of each series.
        begins: whether results before the series cannot be compared with it, shape (m,).
        baseline: baseline at the last result of each series.
        settings: all thresholds.
        told: what findings say; nothing where None.
    """
    told = Reported.nothing(len(daily)) if told is None else told
    alarm = alarms(daily, settings)
    on, on_before = _sustained_twice(daily, alarm.direction, settings)
    twice = _twice(daily, begins, settings)
    verdict = fitted.verdicts.verdict
    call = np.where(verdict == RISING, 1, np.where(verdict == FALLING, -1, 0))
    call = np.where((call == on) | (call == twice) | fitted.is_sure, call, 0)
    direction = np.where((on == on_before) | (on == call) | (on == twice), on, 0)
    beside = Beside(
        alarm=direction,
        twice=twice,
        baseline=baseline.value,
        baseline_side=baseline.side,
        last_side=daily.side[daily.starts[1:] - 1],
        call=call,
        doubling_days=fitted.doubling_days,
        told=told.rises,
        told_from=told.start,
        told_twice=told.is_confirmed,
        told_fall=told.falls,
    )
    now = now_of(daily, begins, beside, settings)
    moved = np.where(np.isin(now.code, (present.RISING, present.HIGHER)), 1, 0)
    moved -= np.isin(now.code, (present.FALLING, present.LOWER))
    is_on = (direction != 0) & (moved != -direction)
    since = alarm.since(daily.day, daily.starts) if len(daily) else np.zeros(0)
    tested = checked(
        fitted.verdicts,
        goes_up=np.isin(now.code, (present.RISING, present.HIGHER, present.UNCLEAR)),
        goes_down=np.isin(now.code, (present.FALLING, present.LOWER, present.UNCLEAR)),
        steady=now.code == present.STEADY,
    )
    return Trend(
        now=now,
        alarm=np.where(is_on, direction, 0),
        alarm_since=np.where(is_on, since, np.nan),
        verdicts=not_alone(tested, call),
        tested=tested,
    )


def _twice(daily: Daily, begins: Bools, settings: Settings) -> Ints:
    """Side on which the last two results of each series are beyond all before them in its course, 1, -1 or 0."""
    out = np.zeros(len(daily), np.int64)
    if not len(daily):
        return out
    level, first = daily.level, course_starts(daily, begins)
    exact = np.concatenate([[0], np.cumsum(daily.side != 0)])
    for which, at in windows(first, daily.starts[1:] - first, least=LEAST, cells_a_row=64):
        found = two_beyond(
            one_sided(level[at], daily.side[at]), daily.day[at], SIGMA[daily.analyte[which]], settings.change
        )
        last = daily.starts[1:][which]
        out[which] = np.where(exact[last] == exact[last - 2], found, 0)
    return out


def _sustained_twice(daily: Daily, direction: Ints, settings: Settings) -> tuple[Ints, Ints]:
    """Direction of the running sum, where it is sustained, at the last result of each series and at the last one before
    it that does not share its noise: so many days earlier, however many results lie between."""
    if not len(daily):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    start, end = daily.starts[:-1], daily.starts[1:]
    last = _sustained(daily, end - start, direction[end - 1], settings)
    earlier = np.zeros(len(daily), np.int64)
    asked = np.flatnonzero((end - start > 1) & (last != 0))
    until = daily.day[end[asked] - 1] - settings.change.shared_days
    place = np.searchsorted(key(daily.series, daily.day), key(asked, until), side="right")
    earlier[asked] = np.maximum(place - start[asked], 0)
    on = np.where(earlier > 0, direction[np.maximum(start + earlier - 1, 0)], 0)
    return last, _sustained(daily, np.maximum(earlier, 1), on, settings)


def _sustained(daily: Daily, length: Ints, direction: Ints, settings: Settings) -> Ints:
    """Direction of the running sum where the level still is on that side, else 0, over so many first results of each.

    The sum remembers a spike, and the mean of all results before holds it: what is back where it was is told as
    neither. The level is the median of the last results, compared with that of the first ones and of all before, by a
    chance in a year that the settings allow; what neighbours share makes it less sure, and their scatter smaller than
    it is.
    """
    out = direction.copy()
    which = np.flatnonzero(direction)
    level = daily.least_moved
    for rows, at in windows(daily.starts[:-1][which], length[which], cells_a_row=4):
        y = level[at]
        last = np.median(y[:, -_LEVEL:], axis=1)
        before = y[:, :-_LEVEL] if y.shape[1] > _LEVEL else y[:, :1]
        series = which[rows]
        sign = direction[series]
        day = daily.day[at]
        least = own_noise(y, SIGMA[daily.analyte[series]], settings.trend)
        if y.shape[1] > _LEVEL:
            chance = settings.change.confirmed_a_year * (day[:, -1] - day[:, 0]) / (day.shape[1] - 1) / YEAR
            least *= -special.ndtri(chance) * np.sqrt(
                2 / worth_of_three(day, settings.change) / seen_between(day, settings.change)
            )
        else:
            least *= _SHARE
        off = [sign * (last - np.median(part, axis=1)) for part in (before, y[:, :_LEVEL])]
        if y.shape[1] <= _LEVEL:
            off = [sign * (y[:, -1] - np.median(before, axis=1))]
        out[series] = np.where(np.minimum.reduce(off) > least, sign, 0)
    return out
