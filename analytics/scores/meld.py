"""MELD (2001): creatinine, bilirubin, INR."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.scores._score import Person, Score


def unrounded(creat: Floats, bili: Floats, inr: Floats) -> Floats:
    """MELD before rounding and limits; inputs at least 1, creatinine at most 4 mg/dL (also for dialysis)."""
    ln_creat = np.log(np.clip(creat, 1.0, 4.0))
    ln_bili, ln_inr = np.log(np.maximum(bili, 1.0)), np.log(np.maximum(inr, 1.0))
    return np.asarray(10 * (0.957 * ln_creat + 0.378 * ln_bili + 1.12 * ln_inr + 0.643))


def bounded(score: Floats) -> Floats:
    """Whole number from 6 to 40, halves upwards; NaN stays."""
    return np.asarray(np.clip(np.floor(np.round(score, 9) + 0.5), 6, 40))


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """Whole MELD."""
    return bounded(unrounded(x["CREAT"], x["BILI"], x["INR"]))


SCORE = Score(
    code="meld",
    title="MELD",
    inputs=("BILI", "CREAT", "INR"),
    compute=compute,
    formula="10 × (0.957 ln creatinine + 0.378 ln bilirubin + 1.12 ln INR + 0.643), mg/dL; inputs at least 1, "
    "creatinine at most 4; rounded, 6 to 40",
    bands=(("6-9", 9), ("10-19", 19), ("20-29", 29), ("30-39", 39), ("40", np.inf)),
    reference="four public test suites agree on the formula; Kamath et al., 2001 (citation recalled, to be confirmed)",
    tag="verified",
    decimals=0,
    obstruction=True,
    note="built for cirrhosis: read as a trend, not as a stage; dialysis is not known here",
)
