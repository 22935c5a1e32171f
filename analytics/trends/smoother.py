"""A smoothed curve with honest bands, and how surprising each result was given all before it.

The model: the logarithm of the true level wanders as a random walk in real time, and each result shows it with a
noise. The noise is that of the table of biological and analytical variation or some more (people under treatment vary
more than the healthy people of the table, see ``variation.noises``), and the speed of wandering is unknown. Both
are carried as a small grid of Kalman filters, weighted by how well each has foretold the results so far; so the
surprise of a result uses nothing of itself or of what came later. A series starts anew at each segment: after a stent
nothing before it foretells. A censored result informs through the exact moments of the truncated normal.

Every analyte is smoothed on the logarithm, also those whose trend is told on the linear scale: variation is
proportional for all of them. The curve never runs past the last result.

References:
    J. Durbin, S. J. Koopman, Time Series Analysis by State Space Methods, 2012.
    D. T. Magill, IEEE Trans. Autom. Control 10 (1965) 434-439 (weighted bank of filters).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from analytics.analytes import INDEX
from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.once import once
from analytics.trends.daily import Daily, daily_of
from analytics.trends.ragged import buckets
from analytics.trends.variation import NOISE_WEIGHTS, SIGMA, noises

WANDERINGS: Final = np.array([0.0, 0.7, 2.0, 6.0])
"""Wandering of the level over 28 days, in multiples of the table's standard deviation."""
WANDERING_WEIGHTS: Final = np.array([0.45, 0.25, 0.20, 0.10])

_WANDER = np.tile(WANDERINGS**2 / 28.0, len(NOISE_WEIGHTS))
_LOG_PRIOR = np.log(np.outer(NOISE_WEIGHTS, WANDERING_WEIGHTS).ravel())
_CELLS_A_STEP = 12 * len(_WANDER)
_UNKNOWN: Final = 1.0
"""Variance of ln(level) added where the first result is only known to be beyond a limit: a factor of 2.7 either way."""
_FARTHEST = 37.0
"""Surprise beyond which the tail of the normal cannot be told from zero in double precision."""


@dataclass(frozen=True)
class Bank:
    """Filters of one bucket after each step. Shapes (n, r, c) for n days, r series, c filters; log_weight (r, c).

    Attributes: mean and var of the level given all up to and with the day; before the day they are ``mean`` of the
    day before and ``ahead``; surprise (r, n) in standard deviations, NaN for the first day.
    """

    mean: Floats
    var: Floats
    ahead: Floats
    log_weight: Floats
    surprise: Floats


@dataclass(frozen=True)
class Curve:
    """Smoothed level of one series: days since 1970-01-01 and level with its band, canonical unit, each shape (p,)."""

    patient: int
    analyte: int
    segment: int
    day: Floats
    mid: Floats
    low: Floats
    high: Floats


@once
def surprises_of(case: Case) -> Floats:
    """How surprising each result was given all days before it in its segment, in standard deviations, shape (n,).

    NaN on the first day of a segment. Results of one day share the surprise of their median.
    """
    daily = daily_of(case)
    return np.repeat(surprises(daily), np.diff(daily.first_point))


def surprises(daily: Daily) -> Floats:
    """How surprising the value of each day was given all days before it in its segment.

    Returns:
        Standard deviations, positive where the value was higher than foretold; NaN on the first day of a segment and
        where no variation is published. Shape (k,).
    """
    out = np.full(len(daily.day), np.nan)
    level = daily.level
    for which, at in buckets(daily.starts, least=2, cells_a_row=_CELLS_A_STEP):
        bank = run_bank(daily.day[at], level[at], daily.side[at], SIGMA[daily.analyte[which]])
        out[at] = bank.surprise
    return out


def run_bank(day: Floats, level: Floats, side: Ints, sigma: Floats) -> Bank:
    """Run all filters over series of equal length.

    Args:
        day: times, shape (r, n). [d]
        level: logarithm of each result, shape (r, n).
        side: -1 below its limit, 1 above it, 0 exact, shape (r, n).
        sigma: standard deviation of ln(result) from the table, shape (r,).

    Examples:
        Steady weekly results, then one that doubles: nothing is foretold of the first, the last is a surprise of
        several standard deviations.

        >>> day = np.array([[0.0, 7, 14, 21, 28]])
        >>> level = np.log(np.array([[30.0, 31, 29, 30, 60]]))
        >>> bank = run_bank(day, level, np.zeros((1, 5), np.int64), np.array([0.1]))
        >>> bank.surprise.round(1).tolist()
        [[nan, 0.1, -0.2, 0.0, 2.8]]
    """
    rows, n = level.shape
    shape = (n, rows, len(_WANDER))
    noise = np.repeat(noises(sigma) ** 2, len(WANDERINGS), axis=1)
    wander = sigma[:, None] ** 2 * _WANDER
    mean, var, ahead = np.empty(shape), np.empty(shape), np.empty(shape)
    surprise = np.full((rows, n), np.nan)
    mean[0], var[0], ahead[0] = level[:, :1], noise, np.inf
    var[0] += np.where(side[:, :1] != 0, _UNKNOWN, 0.0)
    log_weight = np.broadcast_to(_LOG_PRIOR, noise.shape).copy()
    for k in range(1, n):
        ahead[k] = var[k - 1] + wander * (day[:, k] - day[:, k - 1])[:, None]
        spread = ahead[k] + noise
        error = level[:, k, None] - mean[k - 1]
        scaled = error / np.sqrt(spread)
        surprise[:, k] = mixed_score(log_weight, scaled, side[:, k])
        gain = ahead[k] / spread
        mean[k] = mean[k - 1] + gain * error
        var[k] = ahead[k] * (1.0 - gain)
        log_weight += -0.5 * (scaled**2 + np.log(spread))
        limited = np.flatnonzero(side[:, k])
        if len(limited):
            log_weight[limited] += 0.5 * (scaled[limited] ** 2 + np.log(spread[limited]))
            _truncate(mean, var, ahead, log_weight, k, limited, scaled[limited], spread[limited], side[limited, k])
        log_weight -= log_weight.max(axis=1, keepdims=True)
    return Bank(mean, var, ahead, log_weight, surprise)


def mixed_score(log_weight: Floats, scaled: Floats, side: Ints) -> Floats:
    """Normal score of results under a weighted mixture of forecasts.

    Args:
        log_weight: logarithm of the weights, up to a constant, shape (r, c).
        scaled: result less forecast in standard deviations of the forecast, shape (r, c).
        side: -1 where the result is only known to be below, 1 above, 0 exact, shape (r,).

    Examples:
        One forecast, 1.96 above it: 1.96. A result only known to be below what lies 1.96 above is no surprise at all.

        >>> both = np.zeros((2, 1)), np.full((2, 1), 1.96)
        >>> mixed_score(*both, np.array([0, -1])).round(2).tolist()
        [1.96, -0.0]
    """
    weight = np.exp(log_weight)
    weight /= weight.sum(axis=1, keepdims=True)
    sign = np.where((weight * scaled).sum(axis=1) > 0, 1.0, -1.0)
    sign = np.where(side < 0, -1.0, np.where(side > 0, 1.0, sign))
    beyond = (weight * special.ndtr(-sign[:, None] * scaled)).sum(axis=1)
    score = np.minimum(-special.ndtri(np.maximum(beyond, 1e-300)), _FARTHEST)
    return np.asarray(sign * np.where(side == 0, score, np.maximum(score, 0.0)))


def _truncate(
    mean: Floats,
    var: Floats,
    ahead: Floats,
    log_weight: Floats,
    k: int,
    rows: Ints,
    scaled: Floats,
    spread: Floats,
    side: Ints,
) -> None:
    """Put in place of step k what a result known only to be beyond a limit says, by the moments of the truncated
    normal: ``scaled`` is the limit in standard deviations of the forecast."""
    sign = -side[:, None].astype(np.float64)
    inside = sign * scaled
    log_mass = special.log_ndtr(inside)
    ratio = np.exp(-0.5 * inside**2 - 0.5 * np.log(2 * np.pi) - log_mass)
    before, prior = mean[k - 1][rows], ahead[k][rows]
    mean[k][rows] = before - sign * prior / np.sqrt(spread) * ratio
    var[k][rows] = np.maximum(prior - prior**2 / spread * ratio * (ratio + inside), 1e-12)
    log_weight[rows] += log_mass


def curves(daily: Daily, which: Ints, *, between: int = 4, z: float = 1.96) -> list[Curve]:
    """Smoothed level of some series, at every day with a result and ``between`` times in each gap.

    Args:
        daily: one value a day.
        which: numbers of the series.
        between: points in each gap; the band widens there.
        z: half width of the band in standard deviations of the level.
    """
    level, length = daily.level, np.diff(daily.starts)
    which = np.asarray(which)[~np.isnan(SIGMA[daily.analyte[which]])]
    out: dict[int, Curve] = {}
    for n in np.unique(length[which]):
        rows = which[length[which] == n]
        at = daily.starts[rows][:, None] + np.arange(n)
        sigma = SIGMA[daily.analyte[rows]]
        bank = run_bank(daily.day[at], level[at], daily.side[at], sigma)
        day, mid, spread = _smoothed(bank, daily.day[at], sigma, between)
        for r, k in enumerate(rows.tolist()):
            out[k] = Curve(
                int(daily.patient[k]),
                int(daily.analyte[k]),
                int(daily.segment[k]),
                day[r],
                np.exp(mid[r]),
                np.exp(mid[r] - z * spread[r]),
                np.exp(mid[r] + z * spread[r]),
            )
    return [out[k] for k in which.tolist()]


def curve(case: Case, analyte: str, patient: int = 0, *, between: int = 4) -> list[Curve]:
    """Smoothed level of one patient's analyte, one Curve a segment in order of time.

    Args:
        case: panel and settings.
        analyte: code.
        patient: position in ``panel.patient_ids``.
        between: points drawn in each gap.
    """
    daily = daily_of(case)
    which = np.flatnonzero((daily.patient == patient) & (daily.analyte == INDEX[analyte]))
    return curves(daily, which, between=between, z=case.settings.smooth.band_z)


def _smoothed(bank: Bank, day: Floats, sigma: Floats, between: int) -> tuple[Floats, Floats, Floats]:
    """Days, mean and standard deviation of the level given all results, with points in the gaps, each (r, p)."""
    mean, var, ahead = bank.mean.copy(), bank.var.copy(), bank.ahead
    n, rows, filters = mean.shape
    shared = np.zeros_like(var)
    for k in range(n - 2, -1, -1):
        pull = var[k] / ahead[k + 1]
        mean[k] += pull * (mean[k + 1] - mean[k])
        shared[k] = pull * var[k + 1]
        var[k] += pull**2 * (var[k + 1] - ahead[k + 1])
    weight = np.exp(bank.log_weight)
    weight /= weight.sum(axis=1, keepdims=True)
    part = np.arange(between + 1) / (between + 1)
    gap = np.diff(day, axis=1)
    # from here on: steps, points in the gap, series, filters
    u = part[None, :, None, None]
    wander = (sigma**2)[:, None] * _WANDER
    mid = (1 - u) * mean[:-1, None] + u * mean[1:, None]
    spread = (1 - u) ** 2 * var[:-1, None] + u**2 * var[1:, None] + 2 * u * (1 - u) * shared[:-1, None]
    spread = spread + wander * gap.T[:, None, :, None] * u * (1 - u)
    mid = np.concatenate([mid.reshape(-1, rows, filters), mean[-1:]])
    spread = np.concatenate([spread.reshape(-1, rows, filters), var[-1:]])
    within = day[:, :-1, None] + part * gap[:, :, None]
    days = np.concatenate([within.reshape(rows, -1), day[:, -1:]], axis=1)
    total = (mid * weight).sum(axis=2)
    deviation = np.sqrt(((spread + (mid - total[:, :, None]) ** 2) * weight).sum(axis=2))
    return days, total.T, deviation.T
