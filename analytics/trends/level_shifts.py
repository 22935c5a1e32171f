"""Unknown changes of level of whole series, told only where test and size agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.settings import Settings
from analytics.trends.daily import Daily
from analytics.trends.fit import Fit
from analytics.trends.pettitt import shifts
from analytics.trends.pettitt_two import pair_p, pairs
from analytics.trends.ragged import stretched, windows
from analytics.trends.variation import SIGMA, likely_noise, pooled_sigma, series_beyond


@dataclass(frozen=True)
class Levels:
    """Two changes of level at most of each series; each shape (m,).

    Attributes:
        direction: of the last change that is told: 1 up, -1 down, 0 where none is told.
        first_after: first day of the new level, NaN where none is told. [d]
        p: exact p of Pettitt's statistic, NaN below the least number of days or with censored days.
        size_pct: new level against the old one, NaN where none is told. [%]
        second_after: first day of the level after that one, NaN where no two are told. [d]
        second_p: p of two changes rather than one or none, NaN where the sizes alone do not allow two.
        second_size_pct: that level against the one before it, NaN where no two are told. [%]
    """

    direction: Ints
    first_after: Floats
    p: Floats
    size_pct: Floats
    second_after: Floats
    second_p: Floats
    second_size_pct: Floats


def is_change(daily: Daily, fitted: Fit, settings: Settings) -> Levels:
    """Find the changes of level of each series.

    One is told where Pettitt's test holds at ``settings.change.alpha`` and the two levels differ by more than the
    reference change of a whole series with the noise about the levels. Two are told, in place of that one, where two
    fit better than one and than none at the same alpha and each of them is beyond that reference change.
    """
    count = len(daily)
    out = Levels(np.zeros(count, np.int64), *(np.full(count, np.nan) for _ in range(6)))
    which = np.flatnonzero((fitted.days >= settings.change.least_days) & (fitted.censored == 0))
    if not len(which):
        return out
    at, starts = stretched(daily.starts[which], fitted.days[which])
    y = daily.level[at]
    _tell_one(out, daily, settings, which, y, starts)
    _tell_two(out, daily, settings, which, y, starts)
    return out


def _tell_one(out: Levels, daily: Daily, settings: Settings, which: Ints, y: Floats, starts: Ints) -> None:
    """Best single change of the series ``which``, whose values are ``y``."""
    shift = shifts(y, starts, least=settings.change.least_days)
    out.p[which] = shift.p
    is_beyond = _beyond(daily, settings, which, shift.size[:, None], shift.squares)
    told = (shift.p < settings.change.alpha) & is_beyond
    chosen = which[told]
    out.direction[chosen] = np.sign(shift.size[told]).astype(np.int64)
    out.first_after[chosen] = daily.day[daily.starts[chosen] + shift.last_before[told] + 1]
    out.size_pct[chosen] = 100 * np.expm1(shift.size[told])


def _tell_two(out: Levels, daily: Daily, settings: Settings, which: Ints, y: Floats, starts: Ints) -> None:
    """Best two changes of them; where they are told, both replace the single one."""
    pair = pairs(y, starts, least=settings.change.second_least_days)
    likely = np.flatnonzero(_beyond(daily, settings, which, pair.size, pair.squares))
    p = np.full(len(likely), np.nan)
    for rows, at in windows(starts[:-1][likely], np.diff(starts)[likely]):
        p[rows] = pair_p(y[at])
    out.second_p[which[likely]] = p
    told = likely[p < settings.change.alpha]
    chosen = which[told]
    after = daily.day[daily.starts[chosen][:, None] + pair.last_before[told] + 1]
    size = pair.size[told]
    out.direction[chosen] = np.sign(size[:, 1]).astype(np.int64)
    out.first_after[chosen], out.second_after[chosen] = after.T
    out.size_pct[chosen], out.second_size_pct[chosen] = 100 * np.expm1(size.T)


def _beyond(daily: Daily, settings: Settings, which: Ints, size: Floats, squares: Floats) -> Bools:
    """Whether all changes of each series, shape (r, changes), are beyond its reference change; false where unknown."""
    days = np.diff(daily.starts)[which]
    prior = likely_noise(SIGMA[daily.analyte[which]])
    freedom = days.astype(np.float64) - 1 - size.shape[1]
    noise = pooled_sigma(prior, settings.trend.noise_prior, squares, freedom)
    beyond = series_beyond(*noise, settings.trend.alpha, days)
    return np.asarray((np.abs(size) > beyond[:, None]).all(axis=1))
