"""Summaries of results some of which are only known to be below a limit: no limit is replaced by half of itself.

References:
    D. R. Helsel, Statistics for Censored Environmental Data, 2012; B. W. Turnbull, J. R. Stat. Soc. B 38 (1976) 290.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import optimize, special

from analytics.arrays import Bools, Floats


def product_limit(value: Floats, below: Bools) -> tuple[Floats, Floats]:
    """Distribution of left-censored values by the flipped Kaplan-Meier estimate.

    Args:
        value: values, or limits where ``below``, shape (n,).
        below: whether only known to be below.

    Returns:
        Distinct exact values, falling, and P(Y < value) for each.
    """
    levels = np.unique(value[~below])[::-1]
    events = np.array([np.count_nonzero(~below & (value == v)) for v in levels])
    # a limit at v lies below an exact v: it is still at risk there
    at_risk = np.array([np.count_nonzero(value <= v) for v in levels])
    return levels, np.cumprod(1.0 - events / at_risk)


def median_below(value: Floats, below: Bools) -> float:
    """Median of left-censored values; NaN where more than half lie below every exact one."""
    levels, share = product_limit(value, below)
    reached = np.flatnonzero(share <= 0.5 + 1e-12)
    return float(levels[reached[0]]) if len(reached) else float("nan")


@dataclass(frozen=True)
class Tobit:
    """Line through left-censored values with normal noise, by maximum likelihood."""

    intercept: float
    slope: float
    scale: float
    log_likelihood: float


def tobit(t: Floats, y: Floats, below: Bools) -> Tobit:
    """Parametric check of the censored slope: y = a + b t + noise, limits known only from above.

    Args:
        t: times, shape (n,).
        y: values or limits, usually logarithms, shape (n,).
        below: whether only known to be below.
    """
    slope, height = np.polyfit(t, y, 1)
    start = np.array([height, slope, np.log(np.std(y - height - slope * t) + 1e-6)])

    def loss(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        z = (y - x[0] - x[1] * t) / np.exp(x[2])
        exact = -0.5 * z**2 - x[2] - 0.5 * np.log(2 * np.pi)
        return float(-np.where(below, special.log_ndtr(z), exact).sum())

    best = optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 9999}
    )
    return Tobit(float(best.x[0]), float(best.x[1]), float(np.exp(best.x[2])), float(-best.fun))


@dataclass(frozen=True)
class Summary:
    """Mean and standard deviation with the censored ones filled from the fitted order statistics."""

    mean: float
    sd: float
    intercept: float
    slope: float


def order_statistics(value: Floats, below: Bools) -> Summary:
    """Robust regression on order statistics of the logarithm (ROS).

    Args:
        value: values, or limits where ``below``, all above zero, shape (n,).
        below: whether only known to be below.
    """
    share_exact, share_below = _plotting_positions(value, below)
    scores = special.ndtri(share_exact)
    log = np.log(np.sort(value[~below]))
    slope, intercept = np.polyfit(scores, log, 1)
    filled = np.exp(intercept + slope * special.ndtri(share_below))
    both = np.concatenate([value[~below], filled])
    return Summary(float(both.mean()), float(both.std(ddof=1)), float(intercept), float(slope))


def _plotting_positions(value: Floats, below: Bools) -> tuple[Floats, Floats]:
    """Weibull positions between limits (Hirsch & Stedinger, 1987), of exact values (sorted) and of censored ones."""
    exact, censored = np.sort(value[~below]), np.sort(value[below])
    limits = np.unique(censored)
    edges = np.append(limits, np.inf)
    # share above each limit, from the highest down
    above = np.zeros(len(edges))
    inside = np.array([np.count_nonzero((exact >= low) & (exact < high)) for low, high in pairwise(edges.tolist())])
    under = np.array([np.count_nonzero(exact < limit) + np.count_nonzero(censored <= limit) for limit in limits])
    for k in range(len(limits) - 1, -1, -1):
        above[k] = above[k + 1] + inside[k] / (inside[k] + under[k]) * (1.0 - above[k + 1])
    shares = np.concatenate([[1.0], above[:-1], [0.0]])
    edges = np.concatenate([[-np.inf], edges])
    out = np.empty(len(exact))
    for k in range(len(edges) - 1):
        these = np.flatnonzero((exact >= edges[k]) & (exact < edges[k + 1]))
        rank = np.arange(1, len(these) + 1)
        out[these] = (1.0 - shares[k]) + (shares[k] - shares[k + 1]) * rank / (len(these) + 1)
    share_below = np.concatenate(
        [
            (1.0 - above[k]) * np.arange(1, count + 1) / (count + 1)
            for k, count in enumerate(np.count_nonzero(censored == limit) for limit in limits)
        ]
        or [np.zeros(0)]
    )
    return out, share_below


def turnbull(
    low: Floats, high: Floats, *, tolerance: float = 1e-7, most: int = 10_000
) -> tuple[Floats, Floats, Floats]:
    """Distribution of values known only to lie in closed intervals (a point where both ends are equal).

    Args:
        low: lower ends, -inf where unknown, shape (n,).
        high: upper ends, +inf where unknown, shape (n,).
        tolerance: largest change of a mass at which the iteration ends.
        most: iterations at most.

    Returns:
        Lower ends, upper ends and masses of the innermost intervals, in order.
    """
    left, right = np.unique(low), np.unique(high)
    # innermost intervals: a lower end directly followed by an upper end
    ends = np.concatenate([left, right])
    kind = np.concatenate([np.zeros(len(left)), np.ones(len(right))])
    order = np.lexsort((kind, ends))
    ends, kind = ends[order], kind[order]
    at = np.flatnonzero((kind[:-1] == 0) & (kind[1:] == 1))
    inner_low, inner_high = ends[at], ends[at + 1]
    inside = ((inner_low >= low[:, None]) & (inner_high <= high[:, None])).astype(np.float64)
    mass = np.full(len(at), 1.0 / len(at))
    for _ in range(most):
        share = inside * mass
        fresh = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(fresh - mass).max() < tolerance:
            return inner_low, inner_high, fresh
        mass = fresh
    return inner_low, inner_high, mass


def turnbull_median(low: Floats, high: Floats) -> float:
    """Upper end of the innermost interval in which Turnbull's distribution passes one half."""
    _, ends, mass = turnbull(low, high)
    return float(ends[np.searchsorted(np.cumsum(mass), 0.5 - 1e-9)])
