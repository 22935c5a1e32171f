"""Unknown changes of level of whole series, told only where test and size agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.case import Floats, Ints
from analytics.settings import Settings
from analytics.trends.change import shifts
from analytics.trends.daily import Daily
from analytics.trends.fit import Fit
from analytics.trends.ragged import stretched
from analytics.trends.smooth import log_level
from analytics.trends.variation import SIGMA, likely_noise, pooled_sigma, series_beyond


@dataclass(frozen=True)
class Levels:
    """One change of level at most of each series; each shape (m,).

    Attributes:
        direction: 1 up, -1 down, 0 where none is told.
        first_after: first day of the new level, NaN where none is told. [d]
        p: exact p of Pettitt's statistic, NaN below the least number of days or with censored days.
        size_pct: new level against the old one, NaN where none is told. [%]
    """

    direction: Ints
    first_after: Floats
    p: Floats
    size_pct: Floats


def is_change(daily: Daily, fitted: Fit, settings: Settings) -> Levels:
    """Find the change of level of each series.

    It is told where Pettitt's test holds at ``settings.change.alpha`` and the two levels differ by more than the
    reference change of a whole series with the noise about the levels.
    """
    count = len(daily)
    out = Levels(np.zeros(count, np.int64), np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan))
    which = np.flatnonzero((fitted.days >= settings.change.least_days) & (fitted.censored == 0))
    if not len(which):
        return out
    at, starts = stretched(daily.starts[which], fitted.days[which])
    shift = shifts(log_level(daily)[at], starts, least=settings.change.least_days)
    out.p[which] = shift.p
    days = fitted.days[which]
    prior = likely_noise(SIGMA[daily.analyte[which]])
    noise = pooled_sigma(prior, settings.trend.noise_prior, shift.squares, days.astype(np.float64) - 2)
    beyond = series_beyond(*noise, settings.trend.alpha, days)
    told = (shift.p < settings.change.alpha) & (np.abs(shift.size) > beyond)
    chosen = which[told]
    out.direction[chosen] = np.sign(shift.size[told]).astype(np.int64)
    out.first_after[chosen] = daily.day[daily.starts[chosen] + shift.last_before[told] + 1]
    out.size_pct[chosen] = 100 * np.expm1(shift.size[told])
    return out
