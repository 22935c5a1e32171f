"""What the product calls at each day of a series, knowing only what was known that day.

The same functions as everywhere, asked anew with each result: for the calibration, and for "since when" questions.
"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats
from analytics.settings import Settings
from analytics.trends import now
from analytics.trends.agreed import Base, agreed
from analytics.trends.cusum import alarms
from analytics.trends.daily import Daily
from analytics.trends.fit import fit
from analytics.trends.level_shifts import is_change
from analytics.trends.ragged import stretched
from analytics.trends.smoother import surprises
from analytics.trends.verdict import FALLING, RISING


def called(daily: Daily, settings: Settings) -> dict[str, Floats]:
    """Direction called on each day, 1 up, -1 down, 0 none, by kind of call; each of shape (k,).

    Returns:
        ``unexpected`` (this very result), ``alarm`` (the sum that runs along), ``alarm, sustained`` (as it is told: the
        level still is on that side), ``verdict`` (rising or falling), ``change`` (an unknown change of level), ``now``
        (the last results, confirmed) and ``now, to be confirmed``.
    """
    surprise = surprises(daily)
    with np.errstate(invalid="ignore"):
        unexpected = np.where(np.abs(surprise) > settings.smooth.surprise, np.sign(surprise), 0.0)
    before = as_known(daily)
    fitted = fit(before, settings.trend)
    every = np.ones(len(before), bool)
    told = agreed(before, fitted, every, Base.none(len(before)), settings)
    verdict = told.verdicts.verdict
    moves = np.where(told.now.code == now.RISING, 1.0, np.where(told.now.code == now.FALLING, -1.0, 0.0))
    return {
        "unexpected": unexpected,
        "alarm": alarms(daily, settings).direction.astype(np.float64),
        "alarm, sustained": told.alarm.astype(np.float64),
        "verdict": np.where(verdict == RISING, 1.0, np.where(verdict == FALLING, -1.0, 0.0)),
        "change": is_change(before, fitted, settings).direction.astype(np.float64),
        "now": np.where(told.now.is_confirmed, moves, 0.0),
        "now, to be confirmed": np.where(told.now.is_confirmed, 0.0, moves),
    }


def called_since(daily: Daily, settings: Settings, verdict: int, own_sigma: Floats | None = None) -> Floats:
    """Day since which each series has been called ``verdict`` without a break, shape (m,); NaN where it is not now."""
    if not len(daily):
        return np.zeros(0)
    sigma = None if own_sigma is None else np.repeat(own_sigma, np.diff(daily.starts))
    hit = fit(as_known(daily), settings.trend, sigma).verdicts.verdict == verdict
    last_miss = np.maximum.reduceat(
        np.where(hit, daily.starts[:-1][daily.series] - 1, np.arange(len(hit))), daily.starts[:-1]
    )
    first = np.minimum(last_miss + 1, daily.starts[1:] - 1)
    return np.where(last_miss + 1 < daily.starts[1:], daily.day[first], np.nan)


def as_known(daily: Daily) -> Daily:
    """Every series as it was known at each of its days: one series a day."""
    length = np.diff(daily.starts)
    series = daily.series
    count = np.arange(len(daily.day)) - daily.starts[:-1][series] + 1
    at, starts = stretched(daily.starts[:-1][series], count)
    return Daily(
        starts=starts,
        day=daily.day[at],
        value=daily.value[at],
        y=daily.y[at],
        side=daily.side[at],
        first_point=np.arange(len(at) + 1),
        patient=np.repeat(daily.patient, length),
        analyte=np.repeat(daily.analyte, length),
        segment=np.repeat(daily.segment, length),
    )
