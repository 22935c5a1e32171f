"""Regression and growth at once: f(t) = exp(-d t) + exp(g t) - 1, for tumour size or a marker under treatment.

References:
    W. D. Stein et al., Oncologist 13 (2008) 1046-1054; R package tumgr (same model).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from analytics.arrays import Floats

_LEAST = 4


@dataclass(frozen=True)
class Growth:
    """Rates of regression and growth per day, both at least zero, and the residual of the fitted ratio."""

    d: float
    g: float
    residual: float


def fit_growth(day: Floats, size: Floats) -> Growth | None:
    """Fit both rates by least squares on the ratio to the first value.

    Args:
        day: times, shape (n,); the first day counts as day 1, as in tumgr. [d]
        size: marker or sum of diameters, shape (n,), the first above zero.

    Returns:
        Rates, or None below four values.

    Examples:
        A sum of diameters that shrinks by 2% a day while 0.5% a day grows back is found again, nearly: the first
        value counts as day 1.

        >>> day = np.arange(1.0, 100, 14)
        >>> found = fit_growth(day, 80 * (np.exp(-0.02 * day) + np.expm1(0.005 * day)))
        >>> (round(found.d, 3), round(found.g, 3)) if found else None
        (0.019, 0.005)
        >>> fit_growth(day[:3], day[:3]) is None
        True
    """
    if len(day) < _LEAST or not size[0] > 0:
        return None
    t = day - day[0] + 1.0
    ratio = size / size[0]

    def off(x: Floats) -> Floats:
        return np.asarray(np.exp(-x[0] * t) + np.expm1(np.minimum(x[1] * t, 50.0)) - ratio, np.float64)

    found = [
        optimize.least_squares(off, start, bounds=(0, np.inf), xtol=1e-12, ftol=1e-12, gtol=1e-12)
        for start in ((0.01, 0.001), (0.001, 0.01), (0.05, 0.0001))
    ]
    best = min(found, key=lambda r: float(r.cost))
    return Growth(float(best.x[0]), float(best.x[1]), float(np.sqrt(2 * best.cost / len(t))))
