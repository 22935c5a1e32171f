"""An alarm that runs along: two-sided CUSUM of each result against all before it, begun anew at each segment.

Each result is compared with the mean of those before it in its segment; the noise is that of the variation table or
more, weighted by the patient's own scatter so far, so the score is about standard normal in stable people whatever
their true variation. The sum of scores beyond ``alarm_slack`` alarms above ``alarm_limit``, a single score above
``alarm_single``.

References:
    E. S. Page, Biometrika 41 (1954) 100-115; D. M. Hawkins, The Statistician 36 (1987) 299-316 (self-starting);
    J. M. Lucas, J. Qual. Technol. 14 (1982) 51-59 (single results).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.case import Floats, Ints
from analytics.settings import Settings
from analytics.trends.daily import Daily
from analytics.trends.held import held
from analytics.trends.ragged import buckets
from analytics.trends.smooth import log_level, mixed_score
from analytics.trends.variation import NOISE_WEIGHTS, SIGMA, noises

FARTHEST: Final = 8.0
"""Scores are cut off here: one result alone counts at most this much."""


@dataclass(frozen=True)
class Alarm:
    """Course of the alarm on each day, shape (k,): upper and lower sum in standard deviations.

    ``direction`` is 1 from the first day on which the upper sum (or one score) is above its limit until the sum falls
    back to zero, -1 likewise for the lower one, 0 else.
    """

    up: Floats
    down: Floats
    direction: Ints

    def since(self, day: Floats, starts: Ints) -> Floats:
        """Day on which the alarm that is on at the end of each series went on; NaN where none is, shape (m,)."""
        last = self.direction[starts[1:] - 1]
        holds = self.direction == np.repeat(last, np.diff(starts))
        return np.where(last != 0, held(day, holds, starts).since, np.nan)


def alarms(daily: Daily, settings: Settings) -> Alarm:
    """Run the alarm along every series."""
    count = len(daily.day)
    out = Alarm(np.zeros(count), np.zeros(count), np.zeros(count, np.int64))
    level = log_level(daily)
    sigma = SIGMA[daily.analyte]
    change = settings.change
    slack, limit, single = change.alarm_slack, change.alarm_limit, change.alarm_single
    for which, at in buckets(daily.starts, least=2, cells_a_row=40):
        score = scores(level[at], sigma[which])
        score = np.where((daily.side[at] == 0) & ~np.isnan(score), score, 0.0)
        up, down = np.zeros(len(which)), np.zeros(len(which))
        state = np.zeros(len(which), np.int64)
        for k in range(1, at.shape[1]):
            up = np.maximum(up + score[:, k] - slack, 0.0)
            down = np.maximum(down - score[:, k] - slack, 0.0)
            now = score[:, k]
            state = np.where((state > 0) & (up <= 0) | (state < 0) & (down <= 0), 0, state)
            state = np.where((up > limit) | (now > single), 1, state)
            state = np.where((down > limit) | (now < -single), -1, state)
            out.up[at[:, k]], out.down[at[:, k]], out.direction[at[:, k]] = up, down, state
    return out


def scores(y: Floats, sigma: Floats) -> Floats:
    """Normal score of each value against those before it while the level stands still; zero for the first.

    Args:
        y: logarithms of series of one length, shape (r, n).
        sigma: standard deviation of ln(result) from the table, shape (r,).
    """
    out = np.zeros(y.shape)
    noise = noises(sigma) ** 2
    log_weight = np.broadcast_to(np.log(NOISE_WEIGHTS), noise.shape).copy()
    mean, exact = y[:, 0].copy(), np.zeros(len(y), np.int64)
    for k in range(1, y.shape[1]):
        spread = noise * (1.0 + 1.0 / k)
        scaled = (y[:, k] - mean)[:, None] / np.sqrt(spread)
        out[:, k] = mixed_score(log_weight, scaled, exact)
        log_weight += -0.5 * (scaled**2 + np.log(spread))
        log_weight -= log_weight.max(axis=1, keepdims=True)
        mean = mean + (y[:, k] - mean) / (k + 1.0)
    return np.clip(out, -FARTHEST, FARTHEST)
