"""Where results stand that are as low as the lowest of them: their mean, how many they are, and how much they scatter.

The lowest of many results that stand still is low by chance, the more so the more there are: what is compared with it
alone is "risen" sooner or later in all patients. Three or more results that cannot be told from the lowest are a level,
and what has risen is beyond that level by what this patient's own results scatter.

References:
    Th. Gasser, L. Sroka, C. Jennen-Steinmetz, Biometrika 73 (1986) 625-633 (scatter about the line between neighbours).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.arrays import Bools, Floats, Ints

LEAST: Final = 3
"""Results that a level needs."""
_SAME: Final = 1.96 * float(np.sqrt(2.0))
"""Two results within this multiple of the noise of one cannot be told apart (two-sided reference change value)."""
_WORTH: Final = 18 / 35
"""Degrees of freedom of one bend between neighbours against one deviation from a mean (Gasser et al.)."""


@dataclass(frozen=True)
class Standing:
    """Level of each row, shape (r,).

    Attributes:
        level: mean logarithm of the results as low as the lowest.
        count: how many they are; zero where there is no result.
        noise: standard deviation of ln(result).
        before: logarithm of the result before the lowest where the lowest stands alone after two that do not fall, else
            NaN.
    """

    level: Floats
    count: Ints
    noise: Floats
    before: Floats

    def limit(self, times: float, least: int = LEAST) -> Floats:
        """Logarithm from which a further result is beyond the level by ``times`` the noise; -inf where fewer than
        ``least`` results make it.

        Examples:
            Four results about 12 whose noise is 0.1: beyond from 12 exp(1.96 x 0.1 x root of 1.25).

            >>> stands = Standing(np.log([12.0]), np.array([4]), np.array([0.1]), np.array([np.nan]))
            >>> np.exp(stands.limit(1.96)).round(2).tolist()
            [14.94]
        """
        error = self.noise * np.sqrt(1 + 1 / np.maximum(self.count, 1))
        return np.asarray(np.where(self.count >= least, self.level + times * error, -np.inf), np.float64)

    def sure(self, times: float) -> Floats:
        """Logarithm from which two further results are a sure rise, however few are behind the level.

        One or two results are compared with as well. A lowest result that stands alone may itself be the odd one: what
        is back where it was before is no rise.

        Examples:
            The lowest of 20, 19, 9.5 stands alone: two at 20 are where it was before, two at 40 are not.

            >>> stands = standing(np.log([[20.0, 19.0, 9.5]]), np.log([20.0]), 0.1, 2.0)
            >>> np.exp(stands.sure(1.96)).round(1).tolist()
            [28.7]
        """
        back = self.before + times * np.sqrt(2.0) * self.noise
        return np.asarray(np.fmax(self.limit(times, 1), back), np.float64)


def standing(y: Floats, after: Floats, published: float, prior: float) -> Standing:
    """Where the results of each row stand that are as low as the lowest of them.

    Results that climb without a break to the one after them belong to what is asked about, not to the level.

    Args:
        y: logarithms in order of time, NaN where a result does not count, shape (r, n).
        after: logarithm of the result after them, shape (r,).
        published: standard deviation of ln(result) in stable people.
        prior: results of the patient that it is worth (``trend.noise_prior``).
    """
    known = ~np.isnan(y)
    noise = np.sqrt(_pooled(y, published, prior))
    lowest = np.where(known, y, np.inf).min(axis=1, initial=np.inf)
    climbs = y < np.concatenate([y[:, 1:], after[:, None]], axis=1)
    is_rise = np.logical_and.accumulate(climbs[:, ::-1], axis=1)[:, ::-1] & (y > lowest[:, None])
    same = known & ~is_rise & (y <= (lowest + _SAME * noise)[:, None])
    count = same.sum(axis=1)
    level = np.where(same, y, 0.0).sum(axis=1) / np.maximum(count, 1)
    return Standing(level, count, noise, np.where(count == 1, _before_lowest(y, known, _SAME * noise), np.nan))


def _before_lowest(y: Floats, known: Bools, near: Floats) -> Floats:
    """Logarithm of the last result that counts before the lowest of each row, where the one before that is near it:
    NaN where these are too few, or fell."""
    rows, n = np.arange(len(y)), y.shape[1]
    if n < LEAST:
        return np.full(len(y), np.nan)
    last = np.maximum.accumulate(np.where(known, np.arange(n), -1), axis=1)
    earlier = np.concatenate([np.full((len(y), 1), -1), last[:, :-1]], axis=1)
    at = np.where(known, y, np.inf).argmin(axis=1)
    one = earlier[rows, at]
    two = np.where(one >= 0, earlier[rows, np.maximum(one, 0)], -1)
    before = y[rows, np.maximum(one, 0)]
    stood = (two >= 0) & (np.abs(before - y[rows, np.maximum(two, 0)]) <= near)
    return np.where(stood, before, np.nan)


def _pooled(y: Floats, published: float, prior: float) -> Floats:
    """Variance of one result: the published one, and the patient's own from the bends between neighbours."""
    rows, n = y.shape
    if n < LEAST:
        return np.full(rows, published**2)
    bend = np.diff(y, n=2, axis=1)
    count = (~np.isnan(bend)).sum(axis=1)
    own = np.nansum(bend**2, axis=1) / 6.0 / np.maximum(count, 1)
    worth = _WORTH * count
    return np.asarray((prior * published**2 + worth * own) / (prior + worth), np.float64)
