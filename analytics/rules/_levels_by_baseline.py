"""Tables of limits that depend on the baseline, as rows: which limit of the table a result passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.compare import compare, exceeds


@dataclass(frozen=True)
class Band:
    """Limits for baselines from ``above`` (strict) to ``to`` in multiples of ULN."""

    above: float
    to: float
    first: float
    second: float


def limits(bands: tuple[Band, ...], baseline: Floats) -> tuple[Floats, Floats]:
    """First and second limit for each baseline; an unknown baseline has the limits of the first band."""
    base = np.nan_to_num(baseline, nan=0.0)
    first, second = np.full(len(base), np.nan), np.full(len(base), np.nan)
    for band in bands:
        inside = exceeds(base, band.above) & compare(base, "<=", band.to)
        if band.above == 0:
            inside |= compare(base, "<=", band.to)
        first[inside], second[inside] = band.first, band.second
    return first, second


def passed(value: Floats, first: Floats, second: Floats) -> Ints:
    """0 below both, 1 above the first, 2 above the second limit."""
    return exceeds(value, first).astype(np.int64) + exceeds(value, second)
