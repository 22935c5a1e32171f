"""The exact null distribution of Kendall's S, with and without ties.

Without ties the number of discordant pairs of a random order is distributed as the number of inversions. With ties
in the values it is the number of inversions of a multiset, whose generating function is the q-multinomial
coefficient. Both are built from positive terms only, so that small tails keep their relative accuracy.

References:
    M. G. Kendall, Rank Correlation Methods, 1970; H. B. Mann, Econometrica 13 (1945) 245-259, doi:10.2307/1907187.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from scipy import special

from analytics.arrays import Bools, Floats, Ints

MOST_EXACT: Final = 200
"""Longest series with an exact p where no values are tied."""
MOST_EXACT_TIED: Final = 49
"""Longest series with an exact p where values are tied."""

METHODS: Final = ("", "exact", "exact with ties", "normal approximation", "exact by permutations")
NONE, EXACT, EXACT_TIES, NORMAL, PERMUTED = range(5)

_MARK: Final = np.append(0, np.random.default_rng(20260101).integers(1 << 62, size=MOST_EXACT_TIED, dtype=np.uint64))
"""A random number for each size of a group of ties: their sum names a pattern of ties whatever its order."""


def _widen(counts: Floats, m: int) -> Floats:
    """Probabilities times (1 + q + ... + q^(m-1)) / m: one more element put at any of m places."""
    total = np.cumsum(np.concatenate([counts, np.zeros(m - 1)]))
    total[m:] -= total[:-m].copy()
    return total / m


@lru_cache(maxsize=512)
def _binomial(a: int, b: int) -> Floats:
    """Probabilities of the inversions between two blocks of a and b equal elements (q-binomial coefficient)."""
    if a == 0 or b == 0:
        return np.ones(1)
    left, right = _binomial(a - 1, b), _binomial(a, b - 1)
    out = np.zeros(a * b + 1)
    out[b:] += left * (a / (a + b))
    out[: len(right)] += right * (b / (a + b))
    return out


@lru_cache(maxsize=8192)
def inversions(n: int, ties: tuple[int, ...] = ()) -> Floats:
    """Probability of each number of discordant pairs under no trend.

    Args:
        n: number of values.
        ties: sizes (2 or more) of the groups of equal values.

    Returns:
        Shape (pairs that are not tied + 1,).
    """
    if n > max(sum(ties), 1):
        return _positive(inversions(n - 1, ties), n)
    if not ties:
        return np.ones(1)
    return np.convolve(inversions(n - ties[-1], ties[:-1]), _binomial(n - ties[-1], ties[-1]))


def _positive(counts: Floats, m: int) -> Floats:
    """As :func:`_widen`; differences of cumulative sums lose the small end, so it is mirrored from the other."""
    wide = _widen(counts, m)
    half = len(wide) // 2
    wide[len(wide) - half :] = wide[:half][::-1]
    return wide


@lru_cache(maxsize=8192)
def tail(n: int, ties: tuple[int, ...] = ()) -> Floats:
    """P(S >= s) for s = smallest, smallest + 2, ..., largest; shape as :func:`inversions`."""
    return np.minimum(np.cumsum(inversions(n, ties)), 1.0)[::-1]


@lru_cache(maxsize=8192)
def two_sided(n: int, ties: tuple[int, ...] = ()) -> Floats:
    """P(|S| >= s) for s = 0 (or 1), step 2, up to the largest.

    Examples:
        Of the 24 orders of four different values one has S = 6 and one S = -6: P(|S| >= 6) = 2 / 24. S is 0, 2, 4 or
        6.

        >>> two_sided(4).round(4).tolist()
        [1.0, 0.75, 0.3333, 0.0833]
    """
    upper = tail(n, ties)
    out = np.minimum(2.0 * upper[len(upper) // 2 :], 1.0)
    if len(upper) % 2:
        out[0] = 1.0
    return np.asarray(out)


@lru_cache(maxsize=1024)
def critical(n: int, level: float) -> int | None:
    """C = K - 2 where K is the smallest S with P(S >= K) <= level; None where no S is that rare.

    The exact interval of the Theil-Sen slope lies between the pairwise slopes of rank (N - C) / 2 and
    (N + C) / 2 + 1 (Hollander & Wolfe, Nonparametric Statistical Methods, 1999).

    Examples:
        With four values no S is rare enough for an interval of 95%; with five the whole range of the ten slopes is.

        >>> critical(4, 0.025) is None, critical(5, 0.025), critical(10, 0.025)
        (True, 8, 21)
    """
    if n > MOST_EXACT:
        spread = np.sqrt(n * (n - 1) * (2 * n + 5) / 18.0)
        pairs = n * (n - 1) // 2
        c = int(np.floor(spread * special.ndtri(1 - level)))
        return c - (c - pairs) % 2
    upper = tail(n)
    rare = np.flatnonzero(upper <= level * (1 + 1e-12))
    return None if not len(rare) else int(2 * rare[0] - (len(upper) - 1)) - 2


def p_untied(n: int, s: Ints) -> tuple[Floats, int]:
    """Two-sided p of S in series of n different values, and the method.

    Args:
        n: number of values in each series.
        s: Kendall's S, shape (r,).

    Examples:
        Ten days with S = 25 (35 pairs rise, 10 fall): p = 0.029, exactly.

        >>> p, method = p_untied(10, np.array([25, 45]))
        >>> p.round(6).tolist(), method == EXACT
        ([0.028609, 1e-06], True)
    """
    if n < 2:
        return np.full(len(s), np.nan), NONE
    if n > MOST_EXACT:
        return p_normal(s, np.full(len(s), n * (n - 1) * (2 * n + 5) / 18.0)), NORMAL
    return two_sided(n)[np.abs(s) // 2], EXACT


def p_tied(n: int, s: Ints, equal: Bools) -> tuple[Floats, Ints]:
    """Two-sided p of S where some values are equal, and the method of each.

    Args:
        n: number of values in each series.
        s: Kendall's S, shape (r,).
        equal: whether each sorted value equals the one before it, shape (r, n - 1).
    """
    run = np.concatenate([np.zeros((len(s), 1), np.int64), np.cumsum(~equal, axis=1)], axis=1)
    sizes = np.bincount((run + n * np.arange(len(s))[:, None]).ravel(), minlength=n * len(s)).reshape(-1, n)
    if n > MOST_EXACT_TIED:
        var = (n * (n - 1) * (2 * n + 5) - (sizes * (sizes - 1) * (2 * sizes + 5)).sum(axis=1)) / 18.0
        return p_normal(s, var), np.full(len(s), NORMAL)
    _, first, which = np.unique(_MARK[sizes].sum(axis=1), return_index=True, return_inverse=True)
    p, reached = np.empty(len(s)), np.abs(s) // 2
    order = np.argsort(which, kind="stable")
    edges = np.cumsum(np.bincount(which))[:-1]
    for pattern, rows in zip(sizes[first].tolist(), np.split(order, edges), strict=True):
        p[rows] = two_sided(n, tuple(sorted(k for k in pattern if k > 1)))[reached[rows]]
    return p, np.full(len(s), EXACT_TIES)


def p_normal(s: Ints, var: Floats) -> Floats:
    """Two-sided p by the normal approximation with continuity correction; 1 where S cannot vary."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.maximum(np.abs(s) - 1, 0) / np.sqrt(var)
    return np.where(var > 0, 2.0 * special.ndtr(-z), 1.0)
