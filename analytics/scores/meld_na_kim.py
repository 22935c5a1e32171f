"""MELD-Na, the form of Kim 2008. Another formula than OPTN's, with other results."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.scores._score import Person, Score
from analytics.scores.meld import bounded, unrounded


def from_meld(meld: Floats, sodium: Floats) -> Floats:
    """MELD-Na before rounding; sodium 125 to 140 mmol/L."""
    low = 140 - np.clip(sodium, 125, 140)
    return np.asarray(meld + low - 0.025 * meld * low)


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """Whole MELD-Na from the unrounded MELD."""
    return bounded(from_meld(unrounded(x["CREAT"], x["BILI"], x["INR"]), x["SODIUM"]))


SCORE = Score(
    code="meld_na_kim",
    title="MELD-Na (Kim 2008)",
    inputs=("BILI", "CREAT", "INR", "SODIUM"),
    compute=compute,
    formula="M + (140 − Na) − 0.025 M (140 − Na), Na 125 to 140, M not rounded first; 6 to 40",
    bands=(("6-9", 9), ("10-19", 19), ("20-29", 29), ("30-39", 39), ("40", np.inf)),
    reference="Kim et al., 2008, as computed by the R package transplantr 0.2.0",
    tag="verified",
    decimals=0,
    obstruction=True,
)
