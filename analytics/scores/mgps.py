"""Modified Glasgow prognostic score: CRP with albumin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.compare import compare, exceeds
from analytics.scores._score import Person, Score

CRP_MG_L, ALBUMIN_G_DL = 10.0, 3.5
"""CRP above, albumin below: the cut points as published."""


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """0 where CRP is at most 10 mg/L, 1 above it, 2 where albumin is below 3.5 g/dL too."""
    high = exceeds(x["CRP"], CRP_MG_L)
    low = compare(x["ALB"], "<", ALBUMIN_G_DL)
    points = high.astype(np.float64) + (high & low)
    return np.where(np.isnan(x["CRP"]) | np.isnan(x["ALB"]), np.nan, points)


SCORE = Score(
    code="mgps",
    title="mGPS",
    inputs=("CRP", "ALB"),
    compute=compute,
    formula="CRP at most 10 mg/L: 0; above it: 1; above it with albumin below 3.5 g/dL: 2",
    bands=(("0", 0), ("1", 1), ("2", np.inf)),
    reference="McMillan, 2013 (recalled, to be confirmed)",
    tag="recalled",
    note="systemic inflammation, whatever causes it: an infection raises it too; for information",
    decimals=0,
)
