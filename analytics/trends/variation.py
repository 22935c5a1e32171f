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

from analytics.analytes import ANALYTES, INDEX
from analytics.arrays import Bools, Floats, Ints
from analytics.settings import TrendSettings


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


MOST_VARIATION: Final = 0.32
"""Standard deviation of ln(result) that no analyte exceeds in people whose disease stands still (house)."""
MOST_TIMES: Final = 4.0
"""Nor does it exceed this multiple of the table's: albumin and sodium are held tightly in all patients (house)."""
LEAST_TIMES: Final = 1.5
"""At least this multiple of the table is always thought possible (house)."""
NOISE_STEPS: Final = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
NOISE_WEIGHTS: Final = np.array([0.08, 0.16, 0.26, 0.28, 0.19, 0.03])
"""Weights of the possible noises before any result, chosen by the calibration (docs/calibration.md); the last one is
that of the noise beyond the most that is met: a person whose albumin varies like an enzyme is learned, not called."""


def noises(sigma: Floats) -> Floats:
    """Possible noises of one result in people under treatment, by NOISE_WEIGHTS, shape (m, 6).

    From that of the table to the most that is met, in equal ratios: who is treated varies more than the healthy
    people of the table, how much is not known beforehand. The last one is the most of any analyte, seldom but
    possible also for those that are held tightly.
    """
    most = _most(sigma)
    steps = sigma[:, None] * (most / sigma)[:, None] ** NOISE_STEPS
    return np.concatenate([steps, np.maximum(most, MOST_VARIATION)[:, None]], axis=1)


def likely_noise(sigma: Floats) -> Floats:
    """The middle one of :func:`noises`, shape (m,): what the patient's own scatter is pooled with."""
    return np.asarray(np.sqrt(sigma * _most(sigma)), np.float64)


def _most(sigma: Floats) -> Floats:
    return np.maximum(np.minimum(MOST_VARIATION, MOST_TIMES * sigma), LEAST_TIMES * sigma)


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


def two_results_pct(code: str, settings: TrendSettings) -> tuple[float, float]:
    """Reference change values of one analyte between two results under treatment, up and down; NaN if unknown. [%]"""
    sigma = SIGMA[[INDEX[code]]]
    up, down = reference_change(settings.widen * sigma, settings.z_two_sided)
    return float(up[0]), float(down[0])


def same_multiple(analyte: Ints, is_low_bad: Bools, settings: TrendSettings) -> Floats:
    """Multiple of a value that is still the same: within the one-sided reference change value towards the bad side.

    Args:
        analyte: codes, shape (m,).
        is_low_bad: whether low values are the bad ones, shape (m,).
        settings: widening and normal quantile.
    """
    up, down = reference_change(settings.widen * SIGMA[analyte], settings.z_one_sided)
    return 1.0 + np.where(is_low_bad, down, up) / 100.0


def symmetric_change_pct(within_pct: float, analytical_pct: float, z: float) -> float:
    """The older symmetric reference change value, in percent."""
    return float(z * np.sqrt(2.0) * np.hypot(within_pct, analytical_pct))


def family_z(level: float, comparisons: Floats) -> Floats:
    """Two-sided normal quantile that keeps ``level`` over several comparisons (Bonferroni)."""
    return np.asarray(-special.ndtri(level / 2.0 / np.maximum(comparisons, 1.0)), np.float64)


def pooled_sigma(prior: Floats, weight: float, squares: Floats, freedom: Floats) -> tuple[Floats, Floats]:
    """Noise of one result from the table and from the patient's own scatter, and its degrees of freedom.

    Args:
        prior: standard deviation of ln(result) from the table, widened, shape (m,).
        weight: results that the table is worth.
        squares: sum of squared residuals of the patient's own results, on the same scale, shape (m,).
        freedom: degrees of freedom of that sum, shape (m,).
    """
    total = weight + np.maximum(freedom, 0.0)
    return np.sqrt((weight * prior**2 + squares) / total), total


def series_beyond(sigma: Floats, freedom: Floats, level: float, days: Ints) -> Floats:
    """Reference change of a whole series: a change of ln(result) between any two of its days beyond chance.

    Each day after the first is one comparison, and the noise is itself estimated: Student's t at level / (days - 1).
    With the noise known and two days it is the ordinary reference change value.
    """
    part = level / 2.0 / np.maximum(days - 1, 1)
    both, which = np.unique(freedom + 1j * part, return_inverse=True)  # the quantile is slow, and few are different
    return np.asarray(-special.stdtrit(both.real, both.imag)[which] * np.sqrt(2.0) * sigma, np.float64)
