"""Where two unknown changes of level lie, and whether there are two rather than one or none.

Up and down again is hidden from a test of one change, so this one does not ask whether one was told. The pair of places
is where three means fit best, by trying all pairs. Whether it is real is asked twice of ranks, each time against seeded
random orders of as many days: of the values (two changes rather than none), and of what the best single change leaves
over (two rather than one); the larger p counts. So four high days between others are not enough in twelve: one in
fifty orders has them side by side. Ties make the p cautious, never bold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.trends.pettitt import best_split, midranks
from analytics.trends.ragged import buckets

MOST_DAYS: Final = 120
"""Longest series in which two changes are looked for: the pairs, and the orders to be drawn, grow with its square."""
_ORDERS: Final = 2_000
_PARTS: Final = 20
_DIGITS: Final = 9
"""Differences of ln(result) below this decimal come from arithmetic, not from the laboratory."""


@dataclass(frozen=True)
class Pair:
    """Best two changes of each series, NaN or -1 where it is too short or too long.

    Attributes:
        last_before: positions within the series of the last day before each change, shape (m, 2).
        size: mean after less mean before of each change, on the scale of y, shape (m, 2).
        squares: sum of squared residuals about the three means, shape (m,).
    """

    last_before: Ints
    size: Floats
    squares: Floats


def pairs(y: Floats, starts: Ints, *, least: int = 12, side: int = 2) -> Pair:
    """Best two changes of level of each series.

    Args:
        y: values, flat, shape (k,).
        starts: offsets, shape (m + 1,).
        least: shorter series are left out.
        side: days that each of the three levels must have at least.
    """
    count = len(starts) - 1
    out = Pair(np.full((count, 2), -1), np.full((count, 2), np.nan), np.full(count, np.nan))
    for which, at in buckets(starts, least=max(least, 3 * side)):
        if at.shape[1] <= MOST_DAYS:
            out.last_before[which], out.size[which], out.squares[which] = best_pair(y[at], side)
    return out


def best_pair(y: Floats, side: int = 2) -> tuple[Ints, Floats, Floats]:
    """Last positions before the two best shifts of the mean in each row, their sizes, and the squares left over.

    Args:
        y: values of series of one length, shape (r, n).
        side: days that each level must have at least.

    Returns:
        Shapes (r, 2), (r, 2), (r,). Of pairs that fit equally well the first counts.
    """
    n = y.shape[1]
    centred = np.round(y - y.mean(axis=1, keepdims=True), _DIGITS)
    first, second = _places(n, side)
    explained = _explained(centred, side)
    most = explained.max(axis=0)
    whole = (centred**2).sum(axis=1)
    best = (explained >= most - 1e-9 * whole).argmax(axis=0)
    low, high = first[best], second[best]
    total = np.concatenate([np.zeros((len(y), 1)), np.cumsum(centred, axis=1)], axis=1)
    rows = np.arange(len(y))
    one, two = total[rows, low], total[rows, high]
    levels = np.stack([one / low, (two - one) / (high - low), (total[:, -1] - two) / (n - high)], axis=1)
    return np.stack([low, high], axis=1) - 1, np.diff(levels, axis=1), np.maximum(whole - most, 0.0)


@lru_cache(maxsize=256)
def _places(n: int, side: int) -> tuple[Ints, Ints]:
    """Days before the first and before the second change, for all pairs."""
    first, second = np.triu_indices(n + 1, side)
    fits = (first >= side) & (second <= n - side)
    return first[fits], second[fits]


def _explained(centred: Floats, side: int) -> Floats:
    """Sum of squares that each pair of changes explains in each row of mean zero, shape (pairs, r)."""
    n = centred.shape[1]
    first, second = _places(n, side)
    total = np.concatenate([np.zeros((1, len(centred))), np.cumsum(centred.T, axis=0)])
    days = np.arange(n + 1)[:, None]
    before = total**2 / np.maximum(days, 1)
    after = (total[-1] - total) ** 2 / np.maximum(n - days, 1)
    out = total[second]
    out -= total[first]
    out *= out
    out /= (second - first)[:, None]
    out += before[first]
    out += after[second]
    return np.asarray(out)


def pair_p(y: Floats, side: int = 2) -> Floats:
    """P of two changes in each row, the larger one of two: against none, and against one.

    Args:
        y: values of series of one length, shape (r, n), n at most MOST_DAYS.
        side: days that each level must have at least.
    """
    n = y.shape[1]
    null = _drawn(n, side)
    last, size, _ = best_split(np.round(y - y.mean(axis=1, keepdims=True), _DIGITS), side)
    left = y - np.where(np.arange(n) > last[:, None], size[:, None], 0.0)
    out = np.zeros(len(y))
    for values in (y, left):
        ranks = midranks(np.round(values - values.mean(axis=1, keepdims=True), _DIGITS)) - (n - 1) / 2
        above = len(null) - np.searchsorted(null, _explained(ranks, side).max(axis=0) - 1e-6)
        out = np.maximum(out, (1.0 + above) / (1.0 + len(null)))
    return out


@lru_cache(maxsize=128)
def _drawn(n: int, side: int) -> Floats:
    """Sorted sums of squares that the best pair explains in the ranks of seeded random orders."""
    rng = np.random.default_rng(n)
    ranks = rng.permuted(np.tile(np.arange(n, dtype=np.float64) - (n - 1) / 2, (_ORDERS, 1)), axis=1)
    return np.sort(np.concatenate([_explained(part, side).max(axis=0) for part in np.split(ranks, _PARTS)]))
