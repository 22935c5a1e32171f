"""Level and slope change at an event: two straight lines that meet nowhere by force, with one common noise.

The model y ~ t + post + (t - t0) post has its own level and slope on both sides, so it is two ordinary lines and one
pooled residual variance: closed form over sums, for all events at once.

References:
    A. K. Wagner et al., J. Clin. Pharm. Ther. 27 (2002) 299-309 (segmented regression of interrupted time series).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics.arrays import Floats, Ints


@dataclass(frozen=True)
class Line:
    """Sums of some ordinary lines through points at t (relative to the event), each of shape (r,)."""

    n: Ints
    mean_t: Floats
    mean_y: Floats
    spread: Floats
    slope: Floats
    residual: Floats

    @property
    def at_zero(self) -> Floats:
        """Height of the line at the event."""
        return self.mean_y - self.slope * self.mean_t

    @property
    def var_at_zero(self) -> Floats:
        """Variance of that height in units of the noise."""
        return 1.0 / self.n + self.mean_t**2 / self.spread


def lines(t: Floats, y: Floats, starts: Ints) -> Line:
    """Ordinary line through each ragged series; NaN below two distinct times.

    Args:
        t: times relative to the event, flat, shape (k,).
        y: values, shape (k,).
        starts: offsets, shape (m + 1,).
    """
    n = np.diff(starts)
    which = np.repeat(np.arange(len(n)), n)
    count = len(n)

    def total(values: Floats) -> Floats:
        return np.bincount(which, weights=values, minlength=count).astype(np.float64)

    with np.errstate(divide="ignore", invalid="ignore"):
        mean_t, mean_y = total(t) / n, total(y) / n
        dt, dy = t - mean_t[which], y - mean_y[which]
        spread, shared = total(dt * dt), total(dt * dy)
        slope = np.where(spread > 0, shared / spread, np.nan)
        residual = np.maximum(total(dy * dy) - slope * shared, 0.0)
    return Line(n, mean_t, mean_y, spread, slope, residual)


@dataclass(frozen=True)
class Breakpoint:
    """Change at the event on the scale of y, each of shape (r,): estimates, standard errors, degrees of freedom."""

    level: Floats
    level_se: Floats
    slope: Floats
    slope_se: Floats
    freedom: Ints


def change_at(before: Line, after: Line) -> Breakpoint:
    """Level and slope change between two lines at time zero.

    Examples:
        Flat at 10 before an event at day 0, from 16 on rising by 1 a day after it: the level changes by 6, the slope
        by 1.

        >>> before = lines(np.array([-3.0, -2, -1]), np.array([10.0, 10, 10]), np.array([0, 3]))
        >>> after = lines(np.array([0.0, 1, 2]), np.array([16.0, 17, 18]), np.array([0, 3]))
        >>> found = change_at(before, after)
        >>> found.level.tolist(), found.slope.tolist(), found.freedom.tolist()
        ([6.0], [1.0], [2])
    """
    freedom = before.n + after.n - 4
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = np.where(freedom > 0, (before.residual + after.residual) / freedom, np.nan)
        level_se = np.sqrt(noise * (before.var_at_zero + after.var_at_zero))
        slope_se = np.sqrt(noise * (1 / before.spread + 1 / after.spread))
    return Breakpoint(after.at_zero - before.at_zero, level_se, after.slope - before.slope, slope_se, freedom)


def student_quantile(freedom: Ints, confidence: float) -> Floats:
    """Two-sided quantile of Student's t; NaN without degrees of freedom."""
    return np.where(freedom > 0, special.stdtrit(np.maximum(freedom, 1), 0.5 + confidence / 2), np.nan)
