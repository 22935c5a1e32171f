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

from analytics.arrays import Floats, Ints

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
    """

    level: Floats
    count: Ints
    noise: Floats

    def limit(self, times: float) -> Floats:
        """Logarithm from which a further result is beyond the level by ``times`` the noise; -inf where there is none.

        Examples:
            Four results about 12 whose noise is 0.1: beyond from 12 exp(1.96 x 0.1 x root of 1.25).

            >>> stands = Standing(np.log([12.0]), np.array([4]), np.array([0.1]))
            >>> np.exp(stands.limit(1.96)).round(2).tolist()
            [14.94]
        """
        error = self.noise * np.sqrt(1 + 1 / np.maximum(self.count, 1))
        return np.asarray(np.where(self.count >= LEAST, self.level + times * error, -np.inf), np.float64)


def standing(y: Floats, exact: Floats, after: Floats, published: float, prior: float) -> Standing:
    """Where the results of each row stand that are as low as the lowest of them.

    Results that climb without a break to the one after them belong to what is asked about, not to the level.

    Args:
        y: logarithms in order of time, NaN where a result does not count, shape (r, n).
        exact: the same, NaN also where a result is given as a limit: it says nothing of how far results scatter.
        after: logarithm of the result after them, shape (r,).
        published: standard deviation of ln(result) in stable people.
        prior: results of the patient that it is worth (``trend.noise_prior``).
    """
    known = ~np.isnan(y)
    noise = np.sqrt(_pooled(exact, published, prior))
    lowest = np.where(known, y, np.inf).min(axis=1, initial=np.inf)
    climbs = y < np.concatenate([y[:, 1:], after[:, None]], axis=1)
    is_rise = np.logical_and.accumulate(climbs[:, ::-1], axis=1)[:, ::-1] & (y > lowest[:, None])
    same = known & ~is_rise & (y <= (lowest + _SAME * noise)[:, None])
    count = same.sum(axis=1)
    level = np.where(same, y, 0.0).sum(axis=1) / np.maximum(count, 1)
    return Standing(level, count, noise)


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
