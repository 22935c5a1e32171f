"""Threshold comparisons that agree with a calculator. No other module compares a result with a cut point.

3.3 / 1.1 is 2.9999999999999996 to a computer and 3 to a clinician: both sides are rounded to ten significant digits
before they are compared, far below what any laboratory reports and far above the error of a few divisions.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from analytics.arrays import Bools, Floats

DIGITS = 10
"""Significant digits that a comparison looks at (the public CTCAE code of the field rounds for the same reason)."""

Op: TypeAlias = Literal[">", ">=", "<", "<="]


_TOLERANCE = 0.5 * 10.0 ** (1 - DIGITS)


def compare(value: Floats | float, op: Op, limit: Floats | float) -> Bools:
    """``value op limit`` at ten significant digits; False where either is missing."""
    same: Floats | float  # within this of the limit is the limit
    if isinstance(limit, float | int):  # arithmetic of arrays on a single number takes ten times as long
        same = min(abs(float(limit)) * _TOLERANCE, 1e300)
    else:
        same = np.minimum(np.abs(limit) * _TOLERANCE, 1e300)
    if isinstance(same, float) and same < 1e300:  # what is not infinite may be taken from anything
        above = np.asarray(np.subtract(value, limit, dtype=np.float64))
    else:
        with np.errstate(invalid="ignore"):
            above = np.asarray(np.subtract(value, limit, dtype=np.float64))
    if op == ">":
        return np.asarray(above > same)
    if op == ">=":
        return np.asarray(above >= -same)
    if op == "<":
        return np.asarray(above < -same)
    return np.asarray(above <= same)


def reaches(value: Floats | float, limit: Floats | float) -> Bools:
    """At or above the limit."""
    return compare(value, ">=", limit)


def exceeds(value: Floats | float, limit: Floats | float) -> Bools:
    """Above the limit; a value that equals it to ten digits is not above."""
    return compare(value, ">", limit)


def in_sight(value: float, limit: float, decimals: int) -> str:
    """The value with as many decimals, from ``decimals`` to three more, as it takes to see that it is not the limit."""
    text = f"{value:.{decimals}f}"
    for more in range(decimals + 1, decimals + 4):
        if float(text) != limit:
            break
        text = f"{value:.{more}f}"
    return text
