"""Theil-Sen slope, its exact interval and the exact Mann-Kendall test, for many short series at once.

The slope is the median of all pairwise slopes on real times, bit for bit that of ``scipy.stats.theilslopes``. The
interval is the order-statistic interval from the exact distribution of S: there is none for four values or fewer.

References:
    P. K. Sen, J. Am. Stat. Assoc. 63 (1968) 1379-1389, doi:10.1080/01621459.1968.10480934.
    M. Hollander, D. A. Wolfe, Nonparametric Statistical Methods, 1999, section 9.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.trends import kendall
from analytics.trends.ragged import buckets


@dataclass(frozen=True)
class Slopes:
    """Results of :func:`theil_sen`, one position a series; NaN where there is none.

    Attributes:
        slope, low, high: slope and its exact interval. [unit of y / unit of t]
        s: Kendall's S.
        p: two-sided p of the Mann-Kendall test.
        method: position in ``kendall.METHODS``.
    """

    slope: Floats
    low: Floats
    high: Floats
    s: Ints
    p: Floats
    method: Ints

    @classmethod
    def none(cls, count: int) -> Slopes:
        """All missing, to be filled in place."""
        missing = [np.full(count, np.nan) for _ in range(4)]
        s, method = np.zeros(count, np.int64), np.zeros(count, np.int64)
        return cls(missing[0], missing[1], missing[2], s, missing[3], method)


def theil_sen(t: Floats, y: Floats, starts: Ints, *, confidence: float = 0.95) -> Slopes:
    """Slope, interval and test of every series.

    Args:
        t: times, strictly increasing within a series, flat, shape (k,).
        y: values at these times, shape (k,).
        starts: offsets of the series, shape (m + 1,).
        confidence: coverage of the interval.

    Returns:
        Slopes, arrays of shape (m,).

    Examples:
        Two courses at once: ALT of five weeks, and two results of another person. The slope of the first is the
        median of its ten pairwise slopes, 1 U/L a day (the mean rise is 33 / 28 = 1.18); five values that all rise
        have p = 2 / 5!. Two values have a slope and neither interval nor a small p.

        >>> t = np.array([0.0, 7, 14, 21, 28, 0, 7])
        >>> y = np.array([31.0, 38, 45, 52, 64, 40, 33])
        >>> found = theil_sen(t, y, np.array([0, 5, 7]))
        >>> found.slope.tolist()
        [1.0, -1.0]
        >>> found.low.round(3).tolist(), found.high.round(3).tolist()
        ([1.0, nan], [1.714, nan])
        >>> found.s.tolist(), found.p.round(4).tolist()
        ([10, -1], [0.0167, 1.0])
    """
    out = Slopes.none(len(starts) - 1)
    for which, at in buckets(starts, least=2):
        values = y[at]
        pairs = pairwise(t[at], values)
        out.s[which] = np.sign(pairs).sum(axis=1).astype(np.int64)
        pairs.sort(axis=1)
        out.slope[which], out.low[which], out.high[which] = _ranks(pairs, at.shape[1], confidence)
        _test(out, which, values)
    return out


def pairwise(t: Floats, y: Floats) -> Floats:
    """Slopes of all pairs in each row of t and y, shape (r, n) to (r, n (n - 1) / 2)."""
    rows, n = y.shape
    out = np.empty((rows, n * (n - 1) // 2))
    begin = 0
    for lag in range(1, n):
        part = out[:, begin : begin + n - lag]
        np.subtract(y[:, lag:], y[:, :-lag], out=part)
        part /= t[:, lag:] - t[:, :-lag]
        begin += n - lag
    return out


def _ranks(pairs: Floats, n: int, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Median and interval ends of sorted pairwise slopes, each shape (r,)."""
    count = pairs.shape[1]
    half = count // 2
    middle = pairs[:, half] if count % 2 else (pairs[:, half - 1] + pairs[:, half]) / 2
    c = kendall.critical(n, (1 - confidence) / 2)
    if c is None:
        none = np.full(len(pairs), np.nan)
        return middle, none, none
    return middle, pairs[:, (count - c) // 2 - 1], pairs[:, (count + c) // 2]


def _test(out: Slopes, which: Ints, values: Floats) -> None:
    """Fill in p and method of one bucket."""
    n, s = values.shape[1], out.s[which]
    ordered = np.sort(values, axis=1)
    equal = ordered[:, 1:] == ordered[:, :-1]
    tied = equal.any(axis=1)
    out.p[which], out.method[which] = kendall.p_untied(n, s)
    if tied.any():
        out.p[which[tied]], out.method[which[tied]] = kendall.p_tied(n, s[tied], equal[tied])


def line_through(t: Floats, y: Floats, exact: Bools, starts: Ints, slope: Floats) -> tuple[Floats, Floats]:
    """Height of each line (median intercept) in the middle of its time, and the scatter about it.

    Args:
        t: times, flat, shape (k,).
        y: values, shape (k,).
        exact: whether the value is exact; others count for neither.
        starts: offsets, shape (m + 1,).
        slope: of each series; a missing one is read as level, shape (m,).

    Returns:
        Heights and sums of squared residuals, each shape (m,).
    """
    height, squares = np.full(len(starts) - 1, np.nan), np.zeros(len(starts) - 1)
    level = np.where(np.isnan(slope), 0.0, slope)
    for which, at in buckets(starts):
        times, known = t[at], exact[at]
        residual = y[at] - level[which][:, None] * (times - (times[:, :1] + times[:, -1:]) / 2)
        if known.all():
            height[which] = np.median(residual, axis=1)
        else:
            height[which] = _median_where(residual, known)
        squares[which] = np.where(known, (residual - height[which, None]) ** 2, 0.0).sum(axis=1)
    return height, squares


def local_scatter(t: Floats, y: Floats, starts: Ints) -> Floats:
    """Mean square of each inner value against the straight line between its neighbours, in units of the noise.

    A bend of the course does not enter, as it does in the scatter about one line; it is worth about half as many
    degrees of freedom.

    Args:
        t: times, strictly increasing within a series, flat, shape (k,).
        y: values, shape (k,).
        starts: offsets, shape (m + 1,).

    Returns:
        Variance of one value, NaN below three values, shape (m,).

    References:
        T. Gasser, L. Sroka, C. Jennen-Steinmetz, Biometrika 73 (1986) 625-633, doi:10.1093/biomet/73.3.625.
    """
    length = np.diff(starts)
    inner = np.ones(len(t), bool)
    filled = length > 0
    inner[starts[:-1][filled]] = inner[starts[1:][filled] - 1] = False
    at = np.flatnonzero(inner)
    left = (t[at + 1] - t[at]) / (t[at + 1] - t[at - 1])
    off = left * y[at - 1] + (1 - left) * y[at + 1] - y[at]
    series = np.repeat(np.arange(len(length)), length)[at]
    total = np.bincount(series, weights=off**2 / (left**2 + (1 - left) ** 2 + 1), minlength=len(length))
    return np.where(length > 2, total / np.maximum(length - 2, 1), np.nan)


def _median_where(values: Floats, known: Bools) -> Floats:
    """Median of the known values of each row; NaN where none is."""
    ordered = np.sort(np.where(known, values, np.inf), axis=1)
    count, rows = known.sum(axis=1), np.arange(len(values))
    low, high = ordered[rows, np.maximum(count - 1, 0) // 2], ordered[rows, np.minimum(count // 2, values.shape[1] - 1)]
    return np.where(count > 0, (low + high) / 2, np.nan)
