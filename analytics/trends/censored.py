"""Slope, interval and test where some results are only known to be below or above a limit of detection.

Akritas-Theil-Sen: the slope is where Kendall's S of the residuals is zero, counting only pairs whose order is
certain. No limit is ever replaced by half of itself. A pair (i, j) with t_i < t_j rises for certain while the slope
taken off is below L = (lowest y_j - highest y_i) / dt and falls for certain above U = (highest y_j - lowest y_i) / dt,
so S is a falling staircase with one step at each finite L and U, and the slope is the middle of its step at zero.
Without censoring L = U and this is the Theil-Sen slope.

References:
    M. G. Akritas, S. A. Murphy, M. P. LaValley, J. Am. Stat. Assoc. 90 (1995) 170-177.
    D. R. Helsel, Statistics for Censored Environmental Data, 2012.
    H. E. Daniels, Biometrika 33 (1944) 129-135 (variance of S over permutations).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations
from typing import Final

import numpy as np
import numpy.typing as npt

from analytics.arrays import Bools, Floats, Ints
from analytics.trends import kendall
from analytics.trends.ragged import buckets
from analytics.trends.theil_sen import Slopes

MOST_PERMUTED: Final = 7
"""Longest series whose test is had by all permutations where the limits leave no order of ranks."""


def akritas_theil_sen(t: Floats, y: Floats, side: Ints, starts: Ints, *, confidence: float = 0.95) -> Slopes:
    """Slope, interval and test of every series with censored values.

    Args:
        t: times, increasing within a series (equal times give no pair), flat, shape (k,).
        y: values or limits, shape (k,).
        side: -1 below the limit, 1 above it, 0 exact, shape (k,).
        starts: offsets of the series, shape (m + 1,).
        confidence: coverage of the interval; it is conservative, as undecided pairs only narrow the staircase.

    Returns:
        Slopes, arrays of shape (m,).

    Examples:
        Bilirubin ``<5``, 6, 8, 11, 13 a week apart. Every pair rises for certain (S = 10, p = 2 / 5!); the limit is
        never replaced by a number.

        >>> t = np.array([0.0, 1, 2, 3, 4])
        >>> y, side = np.array([5.0, 6, 8, 11, 13]), np.array([-1, 0, 0, 0, 0])
        >>> found = akritas_theil_sen(t, y, side, np.array([0, 5]))
        >>> found.s.tolist(), found.p.round(4).tolist(), found.slope.round(3).tolist()
        ([10], [0.0167], [2.417])
    """
    out = Slopes.none(len(starts) - 1)
    low, high = np.where(side < 0, -np.inf, y), np.where(side > 0, np.inf, y)
    for which, at in buckets(starts, least=2):
        rises, falls = _pair_limits(t[at], low[at], high[at])
        out.s[which] = _certain(rises, falls)
        steps = np.sort(np.concatenate([rises, falls], axis=1), axis=1)
        zero = np.isfinite(rises).sum(axis=1)
        total = zero + np.isfinite(falls).sum(axis=1)
        out.slope[which] = (_step(steps, zero - 1, total) + _step(steps, zero, total)) / 2
        c = kendall.critical(at.shape[1], (1 - confidence) / 2)
        if c is not None:
            out.low[which], out.high[which] = _step(steps, zero - c - 1, total), _step(steps, zero + c, total)
        order = _order(low[at], high[at])
        out.p[which], out.method[which] = _p(out.s[which], order, t[at], low[at], high[at], side[at])
    return out


def _pair_limits(t: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """L and U of all pairs, +inf where there is none; each shape (r, pairs)."""
    i, j = np.triu_indices(t.shape[1], 1)
    dt = t[:, j] - t[:, i]
    with np.errstate(divide="ignore", invalid="ignore"):
        rises, falls = (low[:, j] - high[:, i]) / dt, (high[:, j] - low[:, i]) / dt
    return np.where((dt > 0) & np.isfinite(rises), rises, np.inf), np.where(
        (dt > 0) & np.isfinite(falls), falls, np.inf
    )


def _certain(rises: Floats, falls: Floats) -> Ints:
    """S: pairs that rise less pairs that fall for certain; a limit itself lies outside what it bounds."""
    up = np.isfinite(rises) & ((rises > 0) | ((rises == 0) & (falls > 0)))
    down = np.isfinite(falls) & ((falls < 0) | ((falls == 0) & ~(np.isfinite(rises) & (rises == 0))))
    return np.asarray(up.sum(axis=1) - down.sum(axis=1), np.int64)


def _step(steps: Floats, at: Ints, total: Ints) -> Floats:
    """Step number ``at`` of each row; NaN before the first and after the last."""
    inside = (at >= 0) & (at < total)
    return np.where(inside, steps[np.arange(len(steps)), np.where(inside, at, 0)], np.nan)


def _order(low: Floats, high: Floats) -> npt.NDArray[np.int8]:
    """1 where value j is for certain above value i, -1 below, 0 undecided; shape (r, n, n)."""
    exact = low == high
    both = exact[:, :, None] & exact[:, None, :]
    above = (low[:, None, :] > high[:, :, None]) | ((low[:, None, :] == high[:, :, None]) & ~both)
    return np.asarray(above.astype(np.int8) - above.transpose(0, 2, 1).astype(np.int8), np.int8)


def _p(s: Ints, order: npt.NDArray[np.int8], t: Floats, low: Floats, high: Floats, side: Ints) -> tuple[Floats, Ints]:
    """Two-sided p of each row and its method."""
    n = order.shape[1]
    apart = (np.diff(t, axis=1) > 0).all(axis=1)
    ranked = apart & _is_ranked(low, high, side)
    p, method = (
        kendall.p_normal(s, _daniels(order, np.sign(t[:, None, :] - t[:, :, None]))),
        np.full(len(s), kendall.NORMAL),
    )
    if n <= kendall.MOST_EXACT_TIED and ranked.any():
        value = np.where(side < 0, -np.inf, np.where(side > 0, np.inf, low))
        ordered = np.sort(value[ranked], axis=1)
        p[ranked], method[ranked] = kendall.p_tied(n, s[ranked], ordered[:, 1:] == ordered[:, :-1])
    rest = np.flatnonzero(apart & ~ranked) if n <= MOST_PERMUTED else np.zeros(0, np.int64)
    if len(rest):
        shape = [_permuted(order[r].tobytes(), n) for r in rest]
        p[rest] = [(np.abs(null) >= abs(int(s[r]))).mean() for r, null in zip(rest, shape, strict=True)]
        method[rest] = kendall.PERMUTED
    return p, method


def _is_ranked(low: Floats, high: Floats, side: Ints) -> Bools:
    """Whether all limits lie outside the exact values, so that censored ones are simply tied first or last."""
    exact = side == 0
    lowest = np.where(exact, low, np.inf).min(axis=1)
    highest = np.where(exact, high, -np.inf).max(axis=1)
    below = np.where(side < 0, high, -np.inf).max(axis=1)
    above = np.where(side > 0, low, np.inf).min(axis=1)
    return np.asarray((below <= lowest) & (above >= highest) & (below <= above), np.bool_)


def _daniels(order: npt.NDArray[np.int8], time: Floats) -> Floats:
    """Variance of S over all permutations, from both matrices of signs, shape (r,)."""
    n = order.shape[1]
    squares, lines = _sums(order)
    time_squares, time_lines = _sums(time)
    var = 2.0 * squares * time_squares / (n * (n - 1))
    if n > 2:
        var += 4.0 * (lines - squares) * (time_lines - time_squares) / (n * (n - 1) * (n - 2))
    return np.asarray(var / 4.0)


def _sums(sign: npt.NDArray[np.int8] | Floats) -> tuple[Floats, Floats]:
    """Sum of squares of all entries, and of the row sums, of each matrix."""
    rows = sign.sum(axis=2, dtype=np.float64)
    return np.abs(sign).sum(axis=(1, 2), dtype=np.float64), np.square(rows).sum(axis=1)


@lru_cache(maxsize=8)
def _all_orders(n: int) -> Ints:
    return np.array(list(permutations(range(n))))


@lru_cache(maxsize=4096)
def _permuted(order: bytes, n: int) -> Ints:
    """S of every permutation of values with this certain order."""
    matrix = np.frombuffer(order, np.int8).reshape(n, n)
    every = _all_orders(n)
    i, j = np.triu_indices(n, 1)
    return np.asarray(matrix[every[:, i], every[:, j]].sum(axis=1, dtype=np.int64))
