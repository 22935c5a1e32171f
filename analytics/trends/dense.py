"""Dense stretches weigh as the time that they last, not as the number of their results.

Ten daily results of one admission between visits three weeks apart would make up most pairs of a median slope, and an
exact test would count ten results that know of each other as ten. A stretch of three days or more that follow one
another much closer than the rest is therefore read as one result (medians of day and value) for every half of the gap
that half of the observed time lies in gaps shorter than. Series that would be left with too few days stay as they are,
as does everything that is shown; only slope and test see the shorter series.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.settings import TrendSettings
from analytics.trends.daily import Daily
from analytics.trends.ragged import buckets, runs

_STRETCH = 3
"""Days that a dense stretch has at least."""


def weighed(daily: Daily, settings: TrendSettings) -> Daily:
    """The series with dense stretches of exact results read as fewer; the same object where there is none."""
    length = np.diff(daily.starts)
    if not (length > settings.min_days_call).any():
        return daily
    series = daily.series
    gap = np.diff(daily.day, prepend=np.nan)
    gap[daily.starts[:-1]] = np.nan
    shortest, longest = (f.reduceat(gap, daily.starts[:-1]) for f in (np.fmin, np.fmax))
    if not (shortest * settings.dense_times <= longest).any():
        return daily
    usual = _usual(gap, daily.starts)
    close = gap <= (usual / settings.dense_times)[series]
    if not close.any():
        return daily
    group = _groups(daily, close, usual[series])
    left = np.add.reduceat(group, daily.starts[:-1])
    censored = np.add.reduceat(daily.side != 0, daily.starts[:-1])
    whole = (left < settings.min_days_call) | (censored > 0) | (left == length)
    group |= whole[series]
    return daily if group.all() else _merged(daily, group)


def _usual(gap: Floats, starts: Ints) -> Floats:
    """The gap of each series that half of its time lies in gaps up to; NaN where there is none."""
    known = np.flatnonzero(~np.isnan(gap))
    series = np.repeat(np.arange(len(starts) - 1), np.diff(starts))[known]
    order = np.lexsort((gap[known], series))
    value, owner = gap[known][order], series[order]
    total = np.concatenate([[0.0], np.cumsum(value)])
    first = np.searchsorted(owner, np.arange(len(starts) - 1))
    last = np.searchsorted(owner, np.arange(len(starts) - 1), side="right")
    half = (total[first] + total[last]) / 2
    at = np.minimum(np.searchsorted(total[1:], half, side="left"), max(len(value) - 1, 0))
    return np.where(last > first, value[np.minimum(at, np.maximum(last - 1, 0))], np.nan)


def _groups(daily: Daily, close: Bools, usual: Floats) -> Bools:
    """Where a day begins a new result: everywhere but inside the pieces of dense stretches."""
    stretch = runs(~close)
    long = np.repeat(np.diff(stretch) >= _STRETCH, np.diff(stretch))
    begin = np.repeat(daily.day[stretch[:-1]], np.diff(stretch))
    piece = np.floor((daily.day - begin) / (usual / 2))
    new = ~close
    new[1:] |= piece[1:] != piece[:-1]
    return np.asarray(new | ~long)


def _merged(daily: Daily, group: Bools) -> Daily:
    """Medians of day and value of each group."""
    at = runs(group)
    first = at[:-1]
    day, value, y = daily.day[first].copy(), daily.value[first].copy(), daily.y[first].copy()
    for which, inner in buckets(at, least=2):
        for out, values in ((day, daily.day), (value, daily.value), (y, daily.y)):
            out[which] = np.median(values[inner], axis=1)
    return replace(
        daily,
        starts=np.searchsorted(first, daily.starts),
        day=day,
        value=value,
        y=y,
        side=daily.side[first],
        first_point=np.append(daily.first_point[first], daily.first_point[-1]),
    )
