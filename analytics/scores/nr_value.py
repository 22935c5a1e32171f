"""nR: the larger of ALT and AST against ALP."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.scores._score import Person, Score


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """Multiples of ULN of the larger of ALT and AST over those of ALP."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.fmax(x["ALT_X_ULN"], x["AST_X_ULN"]) / x["ALP_X_ULN"])


SCORE = Score(
    code="nr_value",
    title="nR",
    inputs=("ALT", "ALP", "AST"),
    compute=compute,
    formula="(larger of ALT and AST, × ULN) / (ALP, × ULN)",
    bands=(("cholestatic", 2.0), ("mixed", np.nextafter(5.0, 0)), ("hepatocellular", np.inf)),
    reference="Robles-Diaz et al., 2014 (abstract): nR of 5 or more",
    tag="verified",
    note="says where a rise comes from; within limits it says nothing. ALP also comes from bone",
)
