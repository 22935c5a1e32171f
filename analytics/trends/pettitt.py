"""Where an unknown change of level lies, and whether there is one.

One change, from eight days on (two: see ``two_changes``). Its place is where two means fit best (maximum likelihood
of a shift); whether it is real is asked of Pettitt's rank statistic against its exact distribution: by counting all
orders up to twelve days, by 10,000 seeded random orders above. The usual approximation 2 exp(-6 U² / (n³ + n²)) is
far too cautious for short series and serves only to skip the hopeless ones. Ties make the p cautious, never bold.

References:
    A. N. Pettitt, Appl. Stat. 28 (1979) 126-135, doi:10.2307/2346729.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.trends.ragged import buckets

MOST_COUNTED: Final = 12
"""Longest series for which all orders are counted."""
MOST_DRAWN: Final = 60
"""Longest series for which random orders are drawn; beyond, the approximation is good."""
_ORDERS: Final = 10_000
_HOPELESS: Final = 0.2


@dataclass(frozen=True)
class Shift:
    """Best single change of each series, NaN or -1 where the series is too short; each shape (m,).

    Attributes:
        last_before: position within the series of the last day before the change.
        p: two-sided p of Pettitt's statistic (for hopeless ones its approximation, above 0.2).
        size: mean after less mean before, on the scale of y.
        squares: sum of squared residuals about the two means.
    """

    last_before: Ints
    p: Floats
    size: Floats
    squares: Floats


def shifts(y: Floats, starts: Ints, *, least: int = 8, side: int = 2) -> Shift:
    """Best single change of level of each series.

    Args:
        y: values, flat, shape (k,).
        starts: offsets, shape (m + 1,).
        least: shorter series are left out.
        side: days that each side must have at least.

    Examples:
        Ten days: four about 30, six about 60. The last day before the change is the fourth (position 3); the size is
        the difference of the two means.

        >>> y = np.array([30.0, 32, 29, 31, 60, 63, 58, 61, 59, 62])
        >>> found = shifts(y, np.array([0, 10]))
        >>> found.last_before.tolist(), found.size.tolist(), found.p.round(4).tolist()
        ([3], [30.0], [0.0235])
    """
    count = len(starts) - 1
    out = Shift(np.full(count, -1), *(np.full(count, np.nan) for _ in range(3)))
    for which, at in buckets(starts, least=max(least, 2 * side)):
        values, n = y[at], at.shape[1]
        out.last_before[which], out.size[which], out.squares[which] = best_split(values, side)
        u = np.abs(pettitt_path(values)).max(axis=1)
        p = approximate_p(u, n)
        likely = p < _HOPELESS
        if likely.any():
            p[likely] = exact_p(u[likely], n)
        out.p[which] = p
    return out


def best_split(y: Floats, side: int = 2) -> tuple[Ints, Floats, Floats]:
    """Last position before the best shift of the mean in each row, its size, and the sum of squares that is left.

    Args:
        y: values of series of one length, shape (r, n).
        side: days that each side must have at least.
    """
    n = y.shape[1]
    before = np.arange(side, n - side + 1)
    total = np.cumsum(y, axis=1)
    left = total[:, before - 1] / before
    right = (total[:, -1:] - total[:, before - 1]) / (n - before)
    explained = (right - left) ** 2 * (before * (n - before) / n)
    best = explained.argmax(axis=1)
    rows = np.arange(len(y))
    left_over = np.maximum(((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) - explained[rows, best], 0.0)
    return before[best] - 1, right[rows, best] - left[rows, best], left_over


def pettitt_path(y: Floats) -> Floats:
    """U after each position: pairs across it that rise less pairs that fall, with opposite sign; shape (r, n - 1).

    Examples:
        After the third of six rising values 3 x 3 pairs across rise and none falls.

        >>> pettitt_path(np.array([[1.0, 2, 3, 4, 5, 6]])).tolist()
        [[-5.0, -8.0, -9.0, -8.0, -5.0]]
    """
    n = y.shape[1]
    return np.asarray(2.0 * np.cumsum(midranks(y) - (n - 1) / 2, axis=1)[:, :-1])


def midranks(y: Floats) -> Floats:
    """Rank of each value in its row from zero, ties sharing the middle one; shape (r, n)."""
    ordered = np.argsort(np.argsort(y, axis=1, kind="stable"), axis=1, kind="stable").astype(np.float64)
    value = np.sort(y, axis=1)
    tied = (value[:, 1:] == value[:, :-1]).any(axis=1)
    if tied.any():
        some = y[tied]
        ordered[tied] = (some[:, None, :] < some[:, :, None]).sum(axis=2) + (
            (some[:, None, :] == some[:, :, None]).sum(axis=2) - 1
        ) / 2
    return np.asarray(ordered)


def approximate_p(u: Floats, n: int) -> Floats:
    """Pettitt's own approximation of p."""
    return np.minimum(2.0 * np.exp(-6.0 * u**2 / (n**3 + n**2)), 1.0)


def exact_p(u: Floats, n: int) -> Floats:
    """P(max |U| >= u) over all orders of n different values."""
    if n <= MOST_COUNTED:
        levels, tail = _counted(n)
        return tail[np.searchsorted(levels, u - 1e-9)]
    if n > MOST_DRAWN:
        return approximate_p(u, n)
    null = _drawn(n)
    return np.asarray((1.0 + len(null) - np.searchsorted(null, u - 1e-9)) / (1.0 + len(null)), np.float64)


@lru_cache(maxsize=32)
def _drawn(n: int) -> Floats:
    """Sorted max |U| of seeded random orders."""
    rng = np.random.default_rng(n)
    ranks = np.tile(np.arange(n, dtype=np.float64) - (n - 1) / 2, (_ORDERS, 1))
    ranks = rng.permuted(ranks, axis=1)
    return np.sort(2.0 * np.abs(np.cumsum(ranks, axis=1)).max(axis=1))


@lru_cache(maxsize=16)
def _counted(n: int) -> tuple[Floats, Floats]:
    """All values of max |U| and P(max |U| >= each), by counting orders.

    U after k values depends only on which k they are: the orders whose U never leaves +-c are counted over subsets,
    each built from the subsets with one value less.
    """
    subset = np.arange(1 << n)
    bits = (subset[:, None] >> np.arange(n)) & 1
    u = np.abs(2.0 * (bits * (np.arange(n) - (n - 1) / 2)).sum(axis=1))
    levels = np.unique(u)
    size = bits.sum(axis=1)
    ways = np.zeros((1 << n, len(levels)))
    ways[0] = 1.0
    for k in range(1, n + 1):
        these = np.flatnonzero(size == k)
        total = np.zeros((len(these), len(levels)))
        for bit in range(n):
            has = bits[these, bit] == 1
            total[has] += ways[these[has] ^ (1 << bit)]
        ways[these] = np.where(u[these, None] <= levels + 1e-9, total / k, 0.0)
    within = ways[-1]
    return levels, np.append(1.0 - np.concatenate([[0.0], within[:-1]]), 0.0)
