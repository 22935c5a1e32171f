"""What a person's results look like while nothing happens: a set point, and log-normal variation around it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from analytics.analytes import ANALYTES
from analytics.arrays import Floats

SET_POINTS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "ALT": (24.0, 0.25),
        "AST": (24.0, 0.20),
        "ALP": (82.0, 0.20),
        "GGT": (34.0, 0.35),
        "BILI": (0.6, 0.20),
        "BILDIR": (0.2, 0.20),
        "ALB": (4.1, 0.05),
        "INR": (1.02, 0.03),
        "PLAT": (245.0, 0.15),
        "LDH": (180.0, 0.12),
        "CREAT": (0.85, 0.14),
        "SODIUM": (140.0, 0.008),
        "K": (4.2, 0.04),
        "WBC": (6.2, 0.18),
        "CRP": (3.0, 0.40),
        "CEA": (2.0, 0.40),
        "CA19_9AG": (14.0, 0.35),
        "CGA": (55.0, 0.25),
        "CA15_3AG": (16.0, 0.25),
    }
)
"""Median set point in the canonical unit and the spread of ln(set point) between people (house values for a
plausible picture, near the between-person variation that EuBIVAS reports for healthy adults)."""


def sigma(code: str) -> float:
    """Standard deviation of ln(result) around the set point, from CVi and CVa of the analyte table."""
    variation = ANALYTES[code].variation
    assert variation is not None
    return math.sqrt(
        math.log1p((variation.within / 100) ** 2) + math.log1p((min(variation.analytical, 10.0) / 100) ** 2)
    )


def set_point(code: str, rng: np.random.Generator) -> float:
    """One person's own level."""
    median, spread = SET_POINTS[code]
    return float(median * np.exp(np.clip(rng.normal(), -1.6, 1.6) * spread))


def wobble(code: str, n: int, rng: np.random.Generator) -> Floats:
    """ln of the factors by which n results of one person scatter; cut at 2.5 SD so that no planted fact is undone."""
    scatter: Floats = np.clip(rng.normal(size=n), -2.5, 2.5) * sigma(code)
    return scatter
