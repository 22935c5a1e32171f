"""How much a result changes by itself: biological and analytical variation and reference change values.

Log-normal form throughout: sigma² = ln(1 + CVa²) + ln(1 + CVi²), and a change from one result to another is beyond
chance above exp(+z √2 sigma) or below exp(-z √2 sigma).

References:
    R. Fokkema et al., Clin. Chem. 52 (2006) 1602 (log-normal limits); C. G. Fraser, Clin. Chem. Lab. Med. 50 (2012)
    (symmetric limits).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import special

from analytics.analytes import ANALYTES
from analytics.case import Bools, Floats


def _sigmas() -> Floats:
    out = np.full(len(ANALYTES), np.nan)
    for at, analyte in enumerate(ANALYTES.values()):
        if analyte.variation is not None:
            out[at] = log_sigma(analyte.variation.within, analyte.variation.analytical)
    return out


def log_sigma(within_pct: float, analytical_pct: float) -> float:
    """Standard deviation of the logarithm of one result, from the two variations in percent."""
    return float(np.sqrt(np.log1p((within_pct / 100) ** 2) + np.log1p((analytical_pct / 100) ** 2)))


SIGMA: Final = _sigmas()
"""Standard deviation of ln(result) in a stable healthy person, by analyte code, shape (analytes,); NaN if unknown."""

IS_LOG: Final[Bools] = np.array([a.scale == "log" for a in ANALYTES.values()])
"""Whether trends of the analyte are fitted on the logarithm, by analyte code."""


def reference_change(sigma: Floats, z: float) -> tuple[Floats, Floats]:
    """Reference change values between two results, up and down.

    Args:
        sigma: standard deviation of ln(result), widened where the person is under treatment.
        z: normal quantile: 1.645 where the question has a direction, 1.960 where it has none.

    Returns:
        Up and down, in percent, with (1 + up/100)(1 + down/100) = 1.
    """
    beyond = z * np.sqrt(2.0) * sigma
    return 100.0 * np.expm1(beyond), 100.0 * np.expm1(-beyond)


def symmetric_change_pct(within_pct: float, analytical_pct: float, z: float) -> float:
    """The older symmetric reference change value, in percent."""
    return float(z * np.sqrt(2.0) * np.hypot(within_pct, analytical_pct))


def family_z(level: float, comparisons: Floats) -> Floats:
    """Two-sided normal quantile that keeps ``level`` over several comparisons (Bonferroni)."""
    return np.asarray(-special.ndtri(level / 2.0 / np.maximum(comparisons, 1.0)), np.float64)
