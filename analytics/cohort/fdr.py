"""False discovery control for one family of tests: one report, one question, many patients or analytes."""

from __future__ import annotations

import numpy as np
from scipy import stats

from analytics.arrays import Bools, Floats


def adjusted(p: Floats) -> Floats:
    """Benjamini-Hochberg adjusted p-values.

    Args:
        p: p-values of the whole family, shape (k,); NaN where a test was not possible. Those do not count.

    Returns:
        Adjusted p-values, shape (k,); NaN stays NaN.

    References:
        Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995) 289-300.
    """
    p = np.asarray(p, np.float64)
    out = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        out[known] = stats.false_discovery_control(p[known], method="bh")
    return out


def discovered(p: Floats, level: float = 0.05) -> Bools:
    """Which tests of the family hold while at most ``level`` of those that do are expected to be false."""
    with np.errstate(invalid="ignore"):
        return np.asarray(adjusted(p) <= level)
