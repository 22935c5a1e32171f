"""MELD-Na, the form of OPTN 2016."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.compare import exceeds
from analytics.scores._score import Person, Score
from analytics.scores.meld import bounded, unrounded


def from_meld(meld: Floats, sodium: Floats) -> Floats:
    """MELD-Na before rounding: MELD above 11 gains by low sodium (125 to 137 mmol/L)."""
    low = 137 - np.clip(sodium, 125, 137)
    return np.where(exceeds(meld, 11), meld + 1.32 * low - 0.033 * meld * low, np.where(np.isnan(sodium), np.nan, meld))


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """Whole MELD-Na; MELD is rounded first, as OPTN does."""
    return bounded(from_meld(bounded(unrounded(x["CREAT"], x["BILI"], x["INR"])), x["SODIUM"]))


SCORE = Score(
    code="meld_na",
    title="MELD-Na (OPTN 2016)",
    inputs=("BILI", "CREAT", "INR", "SODIUM"),
    compute=compute,
    formula="MELD rounded first; if above 11: M + 1.32 (137 − Na) − 0.033 M (137 − Na), Na 125 to 137; 6 to 40",
    bands=(("6-9", 9), ("10-19", 19), ("20-29", 29), ("30-39", 39), ("40", np.inf)),
    reference="OPTN, 2016",
    tag="verified",
    decimals=0,
    obstruction=True,
)
