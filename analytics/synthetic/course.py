"""Shapes that a planted journey multiplies a set point with. Each maps days (shape (n,)) to ln of a factor."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from analytics.arrays import Floats

Shape: TypeAlias = Callable[[Floats], Floats]


def pulse(onset: float, rise: float, peak: float, half_life: float) -> Shape:
    """Rises to ``peak`` times within ``rise`` days of ``onset``; the excess then halves every ``half_life`` days."""

    def shape(day: Floats) -> Floats:
        up = math.log(peak) * np.clip((day - onset) / rise, 0, 1)
        excess = (peak - 1) * 0.5 ** (np.maximum(day - onset - rise, 0) / half_life)
        return np.where(day <= onset + rise, up, np.log1p(excess))

    return shape


def ramp(start: float, end: float, factor: float) -> Shape:
    """Moves log-linearly to ``factor`` times between two days and stays."""
    return lambda day: math.log(factor) * np.clip((day - start) / (end - start), 0, 1)


def step(at: float, factor: float, until: float = math.inf) -> Shape:
    """``factor`` times from one day on, before another."""
    return lambda day: np.where((day >= at) & (day < until), math.log(factor), 0.0)


def decay_to(start: float, factor: float, half_life: float) -> Shape:
    """From 1 towards ``factor`` (below 1): what is above it halves every ``half_life`` days."""
    return lambda day: np.log(factor + (1 - factor) * 0.5 ** (np.maximum(day - start, 0) / half_life))
