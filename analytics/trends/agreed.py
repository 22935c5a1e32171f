"""Verdict, running sum and what the last results do, of one series: the one place where they are made to agree.

The verdict speaks of the whole segment and the sum of all results against those before them; both know nothing of a
turn. Where the last results go another way, or are not steady, neither is told: the fitted numbers and the test stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.settings import Settings, TrendSettings
from analytics.trends import now as present
from analytics.trends.cusum import alarms
from analytics.trends.daily import Daily
from analytics.trends.fit import Fit
from analytics.trends.now import Beside, Now, now_of, own_noise
from analytics.trends.ragged import windows
from analytics.trends.smoother import log_level
from analytics.trends.variation import SIGMA
from analytics.trends.verdict import FALLING, RISING, Verdicts, checked

_LEVEL: Final = 3
"""Results of which the median is the level."""
_SHARE: Final = 2.25
"""Multiple of the noise of one result by which the level must still be on the side of the running sum (house)."""


@dataclass(frozen=True)
class Trend:
    """What is told of each series, shape (m,).

    Attributes:
        now: what the last results do.
        alarm: direction of the running sum at the last result, 1, -1, or 0 where it is silent or the results have
            turned since.
        alarm_since: day on which it went on, NaN where it is not. [d]
        verdicts: of the whole segment.
    """

    now: Now
    alarm: Ints
    alarm_since: Floats
    verdicts: Verdicts


@dataclass(frozen=True)
class Told:
    """What findings say at the last result of each series, shape (m,): that the test rises; the position in the days
    of the result that it rises from, -1 where not said; whether confirmed; that it has fallen."""

    rises: Bools
    start: Ints
    is_confirmed: Bools
    falls: Bools

    @classmethod
    def nothing(cls, count: int) -> Told:
        """No finding."""
        return cls(np.zeros(count, bool), np.full(count, -1), np.zeros(count, bool), np.zeros(count, bool))


def agreed(
    daily: Daily, fitted: Fit, begins: Bools, baseline: Floats, settings: Settings, told: Told | None = None
) -> Trend:
    """Everything that is told of the direction of each series.

    Args:
        daily: one value a day.
        fitted: fit of each series.
        begins: whether results before the series cannot be compared with it, shape (m,).
        baseline: baseline at the last result of each series, NaN where none is established, shape (m,).
        settings: all thresholds.
        told: what findings say; nothing where None.
    """
    told = Told.nothing(len(daily)) if told is None else told
    alarm = alarms(daily, settings)
    direction = (
        _sustained(daily, alarm.direction[daily.starts[1:] - 1], settings.trend)
        if len(daily)
        else np.zeros(0, np.int64)
    )
    verdict = fitted.verdicts.verdict
    call = np.where(verdict == RISING, 1, np.where(verdict == FALLING, -1, 0))
    beside = Beside(
        direction, baseline, call, fitted.doubling_days, told.rises, told.start, told.is_confirmed, told.falls
    )
    now = now_of(daily, begins, beside, settings)
    moved = np.where(np.isin(now.code, (present.RISING, present.HIGHER)), 1, 0)
    moved -= np.isin(now.code, (present.FALLING, present.LOWER))
    on = (direction != 0) & (moved != -direction)
    since = alarm.since(daily.day, daily.starts) if len(daily) else np.zeros(0)
    return Trend(
        now=now,
        alarm=np.where(on, direction, 0),
        alarm_since=np.where(on, since, np.nan),
        verdicts=checked(
            fitted.verdicts,
            goes_up=np.isin(now.code, (present.RISING, present.HIGHER, present.UNCLEAR)),
            goes_down=np.isin(now.code, (present.FALLING, present.LOWER, present.UNCLEAR)),
            steady=now.code == present.STEADY,
        ),
    )


def _sustained(daily: Daily, direction: Ints, trend: TrendSettings) -> Ints:
    """Direction of the running sum where the level still is on that side, else 0.

    The sum remembers a spike, and the mean of all results before holds it: what is back where it was is told as
    neither. The level is the median of the last results, compared with that of the first ones and of all before.
    """
    out = direction.copy()
    which = np.flatnonzero(direction)
    level, length = log_level(daily), np.diff(daily.starts)
    for rows, at in windows(daily.starts[:-1][which], length[which], cells_a_row=4):
        y = level[at]
        last = np.median(y[:, -_LEVEL:], axis=1)
        before = y[:, :-_LEVEL] if y.shape[1] > _LEVEL else y[:, :1]
        series = which[rows]
        sign = direction[series]
        least = _SHARE * own_noise(y, SIGMA[daily.analyte[series]], trend)
        off = [sign * (last - np.median(part, axis=1)) for part in (before, y[:, :_LEVEL])]
        if y.shape[1] <= _LEVEL:
            off = [sign * (y[:, -1] - np.median(before, axis=1))]
        out[series] = np.where(np.minimum.reduce(off) > least, sign, 0)
    return out
