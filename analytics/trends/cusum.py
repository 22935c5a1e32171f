"""An alarm that runs along: two-sided CUSUM of each result against all before it, begun anew at each segment.

Each result is compared with the mean of those before it in its segment; the noise is that of the variation table or
more, weighted by the patient's own scatter so far, so the score is about standard normal in stable people whatever
their true variation. The sum of scores beyond ``alarm_slack`` alarms above ``alarm_limit``, a single score above
``alarm_single``, and a single result that is both large in size (``alarm_factor`` times the mean before it) and
unlikely (``alarm_factor_sd``): a tripling need not wait for a second result only because this person's variation is
not known well yet.

References:
    E. S. Page, Biometrika 41 (1954) 100-115; D. M. Hawkins, The Statistician 36 (1987) 299-316 (self-starting);
    J. M. Lucas, J. Qual. Technol. 14 (1982) 51-59 (single results).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.settings import ChangeSettings, Settings
from analytics.trends.criterion_duration import held
from analytics.trends.daily import Daily
from analytics.trends.ragged import buckets
from analytics.trends.smoother import mixed_score
from analytics.trends.variation import NOISE_WEIGHTS, SIGMA, noises

FARTHEST: Final = 8.0
"""Scores are cut off here: one result alone counts at most this much."""


@dataclass(frozen=True)
class Alarm:
    """Course of the alarm on each day, shape (k,): upper and lower sum in standard deviations.

    ``direction`` is 1 from the first day on which the upper sum (or one result) is beyond its limit until the sum falls
    back to zero, -1 likewise for the lower one, 0 else.
    """

    up: Floats
    down: Floats
    direction: Ints

    def since(self, day: Floats, starts: Ints) -> Floats:
        """Day on which the alarm that is on at the end of each series went on; NaN where none is, shape (m,)."""
        last = self.direction[starts[1:] - 1]
        at_end = np.repeat(last, np.diff(starts))
        holds = (self.direction == at_end) & (at_end != 0)
        return np.where(last != 0, held(day, holds, starts).since, np.nan)


def alarms(daily: Daily, settings: Settings) -> Alarm:
    """Run the alarm along every series."""
    count = len(daily.day)
    out = Alarm(np.zeros(count), np.zeros(count), np.zeros(count, np.int64))
    level = daily.least_moved
    sigma = SIGMA[daily.analyte]
    change = settings.change
    for which, at in buckets(daily.starts, least=2):
        score = scores(level[at], sigma[which])
        score = np.where((daily.side[at] == 0) & ~np.isnan(score), score, 0.0)
        far = _far(level[at], score, change)
        up, down = cusum(score - change.alarm_slack), cusum(-score - change.alarm_slack)
        goes_up = (up > change.alarm_limit) | (score > change.alarm_single) | (far > 0)
        goes_down = (down > change.alarm_limit) | (score < -change.alarm_single) | (far < 0)
        out.up[at], out.down[at], out.direction[at] = up, down, _state(up, down, goes_up, goes_down)
    return out


def scores(y: Floats, sigma: Floats) -> Floats:
    """Normal score of each value against those before it while the level stands still; zero for the first.

    Args:
        y: logarithms of series of one length, shape (r, n).
        sigma: standard deviation of ln(result) from the table, shape (r,).

    Examples:
        Four results about 30, then 60, with a variation of 10 %: ln 2 is far outside of what the mean before it
        foretells, but the variation itself is in doubt, so that the score is below (ln 2) / (0.1 x root of 1.25) =
        6.2.

        >>> y = np.log(np.array([[30.0, 31, 29, 30, 60]]))
        >>> scores(y, np.array([0.1])).round(1).tolist()
        [[0.0, 0.1, -0.2, 0.0, 3.0]]
    """
    rows, n = y.shape
    before, error = np.arange(1.0, n), _from_mean(y)
    # from here on: series, results, possible noises
    tests, which = np.unique(sigma, return_inverse=True)  # as many as there are analytes
    spread = (noises(tests) ** 2)[:, None, :] * (1.0 + 1.0 / before)[:, None]
    scaled = error[:, :, None] / np.sqrt(spread)[which]
    log_weight = np.empty(scaled.shape)
    log_weight[:, 0] = np.log(NOISE_WEIGHTS)
    log_weight[:, 1:] = log_weight[:, :1] - 0.5 * np.cumsum(scaled**2 + np.log(spread)[which], axis=1)[:, :-1]
    log_weight -= log_weight.max(axis=2, keepdims=True)
    noise_count = scaled.shape[2]
    exact = np.zeros(rows * (n - 1), np.int64)
    out = np.zeros(y.shape)
    out[:, 1:] = mixed_score(log_weight.reshape(-1, noise_count), scaled.reshape(-1, noise_count), exact).reshape(
        rows, n - 1
    )
    return np.clip(out, -FARTHEST, FARTHEST)


def _from_mean(y: Floats) -> Floats:
    """Each value less the mean of all before it, shape (r, n) to (r, n - 1)."""
    off = y - y[:, :1]
    return off[:, 1:] - np.cumsum(off, axis=1)[:, :-1] / np.arange(1.0, y.shape[1])


def _far(y: Floats, score: Floats, change: ChangeSettings) -> Ints:
    """1 where one result is a multiple of the mean before it that counts, -1 where it is such a part, shape (r, n)."""
    error = np.zeros(y.shape)
    error[:, change.alarm_factor_days :] = _from_mean(y)[:, change.alarm_factor_days - 1 :]
    size = np.log(change.alarm_factor)
    up = (error > size) & (score > change.alarm_factor_sd)
    down = (error < -size) & (score < -change.alarm_factor_sd)
    return np.asarray(up.astype(np.int64) - down)


def cusum(step: Floats) -> Floats:
    """Running sum of each row that never falls below zero: max(sum before + step, 0), shape as ``step``.

    Examples:
        The sum never falls below zero, so a quiet past does not hide a rise: 0.5, then 0, then 1 + 2 + 1.

        >>> cusum(np.array([[0.5, -3.0, 1.0, 2.0, 1.0]])).tolist()
        [[0.5, 0.0, 1.0, 3.0, 4.0]]
    """
    total = np.cumsum(step, axis=1)
    return total - np.minimum(np.minimum.accumulate(total, axis=1), 0.0)


def _state(up: Floats, down: Floats, goes_up: Bools, goes_down: Bools) -> Ints:
    """Direction on each day: that of the last time it went on, until the sum of that side is back at zero."""
    place = np.arange(up.shape[1])
    went = np.where(goes_down, -1, np.where(goes_up, 1, 0))
    last, no_up, no_down = (
        np.maximum.accumulate(np.where(hit, place, -1), axis=1) for hit in (went != 0, up <= 0, down <= 0)
    )
    side = np.where(last < 0, 0, np.take_along_axis(went, np.maximum(last, 0), axis=1))
    return np.where(np.where(side > 0, no_up, no_down) > last, 0, side)
