"""Are the last two results both beyond all before them, by more than noise that neighbours in time share would give?

The two are compared with the mean of all results before them in the course and with the lowest (highest) mean of three
in a row before, so that a step, a ramp and a turn are seen alike. Which noise this patient has is weighed as everywhere
(:func:`analytics.trends.variation.noises`): for the mean of all by the scatter about it, for the mean of three by that
between neighbours, which a drift does not widen. Two results that share a part of their noise are both beyond more
often than two independent ones, and the mean of three is itself further off: both are allowed for, by a part and time
that the settings name. The chance that both are beyond, over the noises by their weights, is kept below the level of a
movement, halved for the two comparisons and for the two sides and divided by the number of results.

References:
    D. M. Hawkins, The Statistician 36 (1987) 299-316 (self-starting); G. E. P. Box, G. M. Jenkins, Time Series
    Analysis, 1970 (variance of a mean under autocorrelation).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import special

from analytics.arrays import Floats, Ints
from analytics.settings import ChangeSettings
from analytics.trends.variation import NOISE_WEIGHTS, noises

LEAST: Final = 5
"""Results that are needed: three before the two."""
_NEIGHBOURS: Final = 2 / 3
"""Degrees of freedom of one difference of neighbours against one deviation from a mean (von Neumann, 1941)."""
_NODES, _AREAS = np.polynomial.hermite_e.hermegauss(16)
_AREAS = _AREAS / _AREAS.sum()


def two_beyond(y: Floats, day: Floats, sigma: Floats, settings: ChangeSettings) -> Ints:
    """1 where the last two results of each row are both higher than all before tells, -1 lower, 0 neither.

    Args:
        y: logarithms, shape (r, n).
        day: times, shape (r, n). [d]
        sigma: standard deviation of ln(result) from the table, shape (r,); rows without one are 0.
        settings: level, and the noise that neighbours share.

    Returns:
        Shape (r,).
    """
    rows, n = y.shape
    out = np.zeros(rows, np.int64)
    if n < LEAST:
        return out
    level = settings.now_alpha / (2 * 2 * n)
    # below this excess, in the smallest noise, two that know nothing of each other are likelier than the level
    never = -special.ndtri(np.sqrt(level))
    past = y[:, :-2]
    three = (past[:, 2:] + past[:, 1:-1] + past[:, :-2]) / 3
    least, most = y[:, -2:].min(axis=1), y[:, -2:].max(axis=1)
    for reference, (low, high) in enumerate(((past.mean(axis=1),) * 2, (three.min(axis=1), three.max(axis=1)))):
        up, down = least - low, high - most
        excess = np.maximum(up, down)
        worth = n - 2 if reference == 0 else 3
        asked = np.flatnonzero((excess > never * np.sqrt(1 + 1 / worth) * sigma) & (out == 0))
        if not len(asked):
            continue
        part, when, own = past[asked], day[asked], noises(sigma[asked])
        weight = _about_mean(part, own) if reference == 0 else _between(part, when[:, :-2], own, settings)
        count = np.full(len(asked), float(worth)) if reference == 0 else worth_of_three(when, settings)
        shared = shared_noise(when[:, -1] - when[:, -2], settings)
        beyond = _both(excess[asked], weight, own, count, shared) < level
        out[asked] = np.where(beyond, np.where(up[asked] >= down[asked], 1, -1), 0)
    return out


def shared_noise(gap: Floats, settings: ChangeSettings) -> Floats:
    """Correlation of two results so many days apart while the level stands still."""
    return np.asarray(settings.shared_part * np.exp(-gap / settings.shared_days), np.float64)


def _about_mean(past: Floats, noise: Floats) -> Floats:
    """Weights of the possible noises by the scatter about the mean, shape (r, noises)."""
    freedom = past.shape[1] - 1
    squares = ((past - past.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return _weights(squares, np.full(len(past), float(freedom)), noise)


def _between(past: Floats, day: Floats, noise: Floats, settings: ChangeSettings) -> Floats:
    """Weights of the possible noises by the scatter between neighbours, which what they share makes smaller."""
    gap = np.diff(day, axis=1)
    own = (np.diff(past, axis=1) ** 2 / (2 * (1 - shared_noise(gap, settings)))).mean(axis=1)
    worth = np.full(len(past), _NEIGHBOURS * (past.shape[1] - 1))
    return _weights(worth * own, worth, noise)


def _weights(squares: Floats, freedom: Floats, noise: Floats) -> Floats:
    log = np.log(NOISE_WEIGHTS) - 0.5 * (squares[:, None] / noise**2 + 2 * freedom[:, None] * np.log(noise))
    weight = np.exp(log - log.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), np.float64)


def worth_of_three(day: Floats, settings: ChangeSettings) -> Floats:
    """Independent results that the mean of three neighbours is worth, at the middle gap of each row."""
    gap = np.median(np.diff(day, axis=1), axis=1)
    return np.asarray(3 / (1 + (4 * shared_noise(gap, settings) + 2 * shared_noise(2 * gap, settings)) / 3), np.float64)


def seen_between(day: Floats, settings: ChangeSettings) -> Floats:
    """Part of the variance of stable results that the bends between neighbours show, at the middle gap of each row."""
    gap = np.median(np.diff(day, axis=1), axis=1)
    return np.asarray(1 - (4 * shared_noise(gap, settings) - shared_noise(2 * gap, settings)) / 3, np.float64)


def _both(excess: Floats, weight: Floats, noise: Floats, count: Floats, shared: Floats) -> Floats:
    """Chance that two further results are both ``excess`` or more beyond a mean worth ``count`` results, shape (r,)."""
    spread = noise * np.sqrt(1 + 1 / count)[:, None]
    common = np.minimum((shared + 1 / count) / (1 + 1 / count), 0.99)[:, None, None]
    z = (excess[:, None] / spread)[:, :, None]
    each = special.ndtr((np.sqrt(common) * _NODES - z) / np.sqrt(1 - common))
    return np.asarray((weight * (each**2 @ _AREAS)).sum(axis=1), np.float64)
