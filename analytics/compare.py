"""Threshold comparisons that agree with a calculator. No other module compares a result with a cut point.

3.3 / 1.1 is 2.9999999999999996 to a computer and 3 to a clinician: both sides are rounded to ten significant digits
before they are compared, far below what any laboratory reports and far above the error of a few divisions.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from analytics.case import Bools, Floats

DIGITS = 10
"""Significant digits that a comparison looks at (the public CTCAE code of the field rounds for the same reason)."""

Op: TypeAlias = Literal[">", ">=", "<", "<="]


def compare(value: Floats | float, op: Op, limit: Floats | float) -> Bools:
    """``value op limit`` at ten significant digits; False where either is missing."""
    x, cut = np.asarray(value, dtype=np.float64), np.asarray(limit, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        # two numbers that agree to ten digits are equal; everything else is decided by the plain comparison
        same = (x == cut) | (np.abs(x - cut) < 0.5 * 10.0 ** (1 - DIGITS) * np.maximum(np.abs(x), np.abs(cut)))
        above = (x > cut) & ~same
        below = (x < cut) & ~same
    if op == ">":
        return np.asarray(above)
    if op == "<":
        return np.asarray(below)
    return np.asarray((above if op == ">=" else below) | same)


def reaches(value: Floats | float, limit: Floats | float) -> Bools:
    """At or above the limit."""
    return compare(value, ">=", limit)


def exceeds(value: Floats | float, limit: Floats | float) -> Bools:
    """Above the limit; a value that equals it to ten digits is not above."""
    return compare(value, ">", limit)
