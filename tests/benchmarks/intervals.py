"""Intervals of 95 % for the numbers of docs/calibration.md."""

from __future__ import annotations

import numpy as np
from scipy import stats

from analytics.arrays import Bools, Floats

_LEVEL = 0.95


def share_interval(hits: Bools) -> str:
    """A share with its exact interval (Clopper-Pearson, 1934)."""
    found = stats.binomtest(int(hits.sum()), len(hits)).proportion_ci(_LEVEL, method="exact")
    return f"{hits.mean():.3f} [{found.low:.3f}-{found.high:.3f}]"


def rate_interval(count: int, years: float) -> str:
    """A rate a year with its exact interval (Garwood, 1936)."""
    low = stats.chi2.ppf((1 - _LEVEL) / 2, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(1 - (1 - _LEVEL) / 2, 2 * count + 2) / 2
    return f"{count / years:.3f} [{low / years:.3f}-{high / years:.3f}]"


def median_interval(days: Floats) -> tuple[float, float, float]:
    """Median with the interval of its order statistics; infinite where never."""
    ordered, n = np.sort(days), len(days)
    low, high = stats.binom.ppf([(1 - _LEVEL) / 2, 1 - (1 - _LEVEL) / 2], n, 0.5).astype(int)
    return (
        float(np.quantile(ordered, 0.5, method="inverted_cdf")),
        float(ordered[low]),
        float(ordered[min(high, n - 1)]),
    )
