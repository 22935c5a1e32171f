"""Are the last two results both beyond all before them, by more than noise that neighbours in time share would give?

The two are compared with the mean of all results before them in the course, and with the lowest and the highest mean of
three in a row before, so that a step, a ramp and a turn are seen alike; where they are both above the lowest and below
the highest, the later one tells. Which noise this patient has is weighed as everywhere
(:func:`analytics.trends.variation.noises`): for the mean of all by the scatter about it, for the mean of three by how
far results lie off the line between their neighbours, which a drift does not widen. Results that share a part of their
noise are beyond more often than independent ones, and a mean of them is worth fewer of them: both are allowed for, by a
part and time that the settings name. The chance that the mean of the two is so far, over the noises by their weights,
is kept below what the settings allow in a year, by the part of a year that a result stands for: who is seen weekly is
not told more by chance than who is seen monthly. The nearer of the two must be unlikely alone, so that one outlier
confirms nothing: a share of results that the settings name are outliers, and the chance that one of them has a
neighbour so far on its side is kept below the same part of a year.

References:
    D. M. Hawkins, The Statistician 36 (1987) 299-316 (self-starting); G. E. P. Box, G. M. Jenkins, Time Series
    Analysis, 1970 (variance of a mean under autocorrelation); Th. Gasser et al., Biometrika 73 (1986) 625-633 (scatter
    about the line between neighbours).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy import special

from analytics.arrays import Floats, Ints
from analytics.settings import ChangeSettings
from analytics.trends.variation import NOISE_WEIGHTS, noises

LEAST: Final = 5
"""Results that are needed: three before the two."""
_NEIGHBOURS: Final = 18 / 35
"""Degrees of freedom of one distance from the line between neighbours against one deviation from a mean (Gasser et
al., 1986)."""
YEAR: Final = 365.25
_NEARER: Final = 0.01
"""Chance that the nearer of the two has at most alone, however seldom blood is drawn (house)."""
TIE: Final = 1e-9
"""A number that is the limit itself to nine digits counts, so that twice is twice in every unit."""
_NEVER: Final = float(-special.ndtri(_NEARER))


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
    out = np.zeros(len(y), np.int64)
    if y.shape[1] < LEAST:
        return out
    past, last = y[:, :-2], y[:, -2:]  # no reference lies outside of the results before: most rows are not looked at
    above, below = last.min(axis=1) - past.min(axis=1), past.max(axis=1) - last.max(axis=1)
    rows = np.flatnonzero(np.maximum(above, below) > (1 - TIE) * _NEVER * sigma)
    if len(rows):
        out[rows] = _sides(y[rows], day[rows], sigma[rows], settings)
    return out


def _sides(y: Floats, day: Floats, sigma: Floats, settings: ChangeSettings) -> Ints:
    """The same, of rows whose last two may be far from one of the references."""
    past = y[:, :-2]
    three = (past[:, 2:] + past[:, 1:-1] + past[:, :-2]) / 3
    low, high, mean = three.argmin(axis=1), three.argmax(axis=1), past.mean(axis=1)
    of_all = _asked(y, day, mean, sigma, settings, _all_before)
    row = np.arange(len(y))
    up = _asked(y, day, three[row, low], sigma, settings, _three_before) > 0
    down = _asked(y, day, three[row, high], sigma, settings, _three_before) < 0
    turned = np.where(up & (~down | (low > high)), 1, np.where(down, -1, 0))
    return np.where(turned != 0, turned, of_all)


NoiseAndWorth = tuple[Floats, Floats]
"""Weights of the possible noises, shape (r, noises), and the independent results that the comparison is worth, (r,)."""


def _asked(
    y: Floats,
    day: Floats,
    reference: Floats,
    sigma: Floats,
    settings: ChangeSettings,
    weigh: Callable[[Floats, Floats, Floats, ChangeSettings], NoiseAndWorth],
) -> Ints:
    """Side on which the last two of each row are both beyond a reference, 1, -1 or 0."""
    out = np.zeros(len(y), np.int64)
    off = y[:, -2:] - reference[:, None]
    side = np.sign(off[:, 1])
    nearer = (side[:, None] * off).min(axis=1)
    rows = np.flatnonzero(nearer > _NEVER * sigma)
    if not len(rows):
        return out
    when, own = day[rows], noises(sigma[rows])
    weight, worth = weigh(y[rows, :-2], when, own, settings)
    shared = shared_noise(when[:, -1] - when[:, -2], settings)
    mean = np.abs(off[rows].mean(axis=1))
    level = _level(when, settings)
    alone = np.minimum(level / max(2 * settings.outlier_share, 1e-9), _NEARER)
    far = np.flatnonzero(_chance(mean, weight, own, (1 + shared) / 2 + 1 / worth) < level)
    far = far[_chance(nearer[rows[far]], weight[far], own[far], (1 + 1 / worth)[far]) < alone[far]]
    out[rows[far]] = side[rows[far]]
    return out


def _all_before(past: Floats, day: Floats, noise: Floats, settings: ChangeSettings) -> NoiseAndWorth:
    worth = worth_of_all(day[:, :-2], settings)
    return _about_mean(past, noise, worth), worth


def _three_before(past: Floats, day: Floats, noise: Floats, settings: ChangeSettings) -> NoiseAndWorth:
    return _between(past, day[:, :-2], noise, settings), worth_of_three(day, settings)


def _level(day: Floats, settings: ChangeSettings) -> Floats:
    """Chance that each of four questions (two comparisons, two sides) may have at the last result of each row: that of
    a year, by the part of a year that one result stands for. Where results are closer than they share noise, each is
    compared with so many more."""
    gap = (day[:, -1] - day[:, 0]) / (day.shape[1] - 1)
    level = settings.confirmed_a_year * (day[:, -1] - day[:, -3]) / 2 / YEAR / 4
    return np.asarray(level * np.minimum(gap / settings.shared_days, 1.0), np.float64)


def shared_noise(gap: Floats, settings: ChangeSettings) -> Floats:
    """Correlation of two results so many days apart while the level stands still."""
    return np.asarray(settings.shared_part * np.exp(-gap / settings.shared_days), np.float64)


def worth_of_all(day: Floats, settings: ChangeSettings) -> Floats:
    """Independent results that the mean of all is worth, at the mean gap of each row (effective sample size)."""
    n = day.shape[1]
    keep = np.exp(-(day[:, -1] - day[:, 0]) / (n - 1) / settings.shared_days)
    lag = np.arange(1, n)
    more = 2 * settings.shared_part * ((1 - lag / n) * keep[:, None] ** lag).sum(axis=1)
    return np.asarray(n / (1 + more), np.float64)


def _about_mean(past: Floats, noise: Floats, worth: Floats) -> Floats:
    """Weights of the possible noises by the scatter about the mean of results that are worth so many."""
    freedom = worth * (1 - 1 / past.shape[1])
    own = ((past - past.mean(axis=1, keepdims=True)) ** 2).mean(axis=1) / (1 - 1 / worth)
    return _weights(freedom * own, freedom, noise)


def _between(past: Floats, day: Floats, noise: Floats, settings: ChangeSettings) -> Floats:
    """Weights of the possible noises by how far each result lies off the line between its two neighbours, which a
    steady drift does not widen, and what they share makes smaller."""
    first, second = np.diff(day[:, :-1], axis=1), np.diff(day[:, 1:], axis=1)
    part = second / (first + second)
    off = part * past[:, :-2] + (1 - part) * past[:, 2:] - past[:, 1:-1]
    variance = 1 + part**2 + (1 - part) ** 2 + 2 * part * (1 - part) * shared_noise(first + second, settings)
    variance -= 2 * part * shared_noise(first, settings) + 2 * (1 - part) * shared_noise(second, settings)
    own = (off**2 / variance).mean(axis=1)
    worth = np.full(len(past), _NEIGHBOURS * (past.shape[1] - 2))
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


def _chance(excess: Floats, weight: Floats, noise: Floats, variance: Floats) -> Floats:
    """Chance of so large an excess over the noises by their weights, where it varies ``variance`` times as they do."""
    z = excess[:, None] / (noise * np.sqrt(variance)[:, None])
    return np.asarray((weight * special.ndtr(-z)).sum(axis=1), np.float64)
