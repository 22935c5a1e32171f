"""Each result against the baseline, the one before, or the lowest so far: beyond its reference change value or not.

A change is *unconfirmed* when one result is beyond the limit, *confirmed* when the next one is beyond it too, in the
same direction. The limits are widened for the comparisons made: over a whole series of n days the largest of them is
assessed at level / (n - 1), else a third of all stable people would show "a change" within ten results.

References:
    F. Lund et al., Ann. Clin. Biochem. 56 (2019) (limits that widen with the number of results).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy import special

from analytics.arrays import Floats, Ints
from analytics.settings import TrendSettings
from analytics.trends.daily import Daily
from analytics.trends.ragged import buckets
from analytics.trends.variation import SIGMA

Reference = Literal["baseline", "previous", "nadir"]
STATES: Final = ("", "unconfirmed", "confirmed")


@dataclass(frozen=True)
class Against:
    """One position a day of Daily, each shape (k,); NaN or zero on the first day of a segment.

    Attributes:
        change: change of the logarithm against the reference. limit: limit of chance.
        direction: 1 beyond the upper limit, -1 beyond the lower one, 0 inside.
        state: position in STATES.
    """

    change: Floats
    limit: Floats
    direction: Ints
    state: Ints

    @property
    def change_pct(self) -> Floats:
        """Change against the reference. [%]"""
        return np.asarray(100 * np.expm1(self.change), np.float64)

    @property
    def up_pct(self) -> Floats:
        """Upper limit of chance. [%]"""
        return np.asarray(100 * np.expm1(self.limit), np.float64)

    @property
    def down_pct(self) -> Floats:
        """Lower limit of chance. [%]"""
        return np.asarray(100 * np.expm1(-self.limit), np.float64)


def against(
    daily: Daily,
    reference: Reference,
    settings: TrendSettings,
    *,
    is_directional: bool = False,
    whole_series: bool = True,
    baseline_days: int = 3,
) -> Against:
    """Compare every day with its reference within the segment.

    Args:
        daily: one value a day.
        reference: the mean of the first days (``baseline_days`` at most, those before the day itself), the day
            before, or the lowest day so far.
        settings: level, widening and normal quantiles.
        is_directional: whether only one direction is asked for ("worse?"): one-sided quantile.
        whole_series: whether the limit grows with the number of comparisons made so far in the segment.
        baseline_days: days behind the baseline.
    """
    count = len(daily.day)
    log_change, spread = np.full(count, np.nan), np.full(count, np.nan)
    level = daily.level
    for which, at in buckets(daily.starts, least=2, cells_a_row=8):
        y = level[at]
        k = np.arange(1, at.shape[1])
        if reference == "previous":
            ref, behind = y[:, :-1], np.ones(len(k))
        elif reference == "nadir":
            ref, behind = np.minimum.accumulate(y, axis=1)[:, :-1], np.ones(len(k))
        else:
            behind = np.minimum(k, baseline_days).astype(np.float64)
            total = np.cumsum(y, axis=1)
            ref = total[:, np.minimum(k, baseline_days) - 1] / behind
        sigma = settings.widen * SIGMA[daily.analyte[which]]
        log_change[at[:, 1:]] = y[:, 1:] - ref
        comparisons = k if whole_series else np.ones(len(k))
        part = (settings.alpha if is_directional else settings.alpha / 2) / comparisons
        spread[at[:, 1:]] = -special.ndtri(part) * np.sqrt(1 + 1 / behind) * sigma[:, None]
    with np.errstate(invalid="ignore"):
        direction = np.where(log_change > spread, 1, np.where(log_change < -spread, -1, 0))
    return Against(log_change, spread, direction, _states(direction, daily.starts))


def _states(direction: Ints, starts: Ints) -> Ints:
    """Unconfirmed where beyond, confirmed where the day before in the segment was beyond in the same direction."""
    beyond = direction != 0
    again = np.zeros(len(direction), bool)
    again[1:] = beyond[1:] & (direction[1:] == direction[:-1])
    again[starts[:-1][starts[:-1] < len(direction)]] = False
    return np.asarray(beyond.astype(np.int64) + again)
