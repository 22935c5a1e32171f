"""R: ALT against ALP."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.scores._score import Person, Score


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """Multiples of ULN of ALT over those of ALP."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(x["ALT_X_ULN"] / x["ALP_X_ULN"])


SCORE = Score(
    code="r_value",
    title="R",
    inputs=("ALT", "ALP"),
    compute=compute,
    formula="(ALT / ULN) / (ALP / ULN)",
    bands=(("cholestatic", 2.0), ("mixed", np.nextafter(5.0, 0)), ("hepatocellular", np.inf)),
    reference="safety.viz hepatic guide; 5 and 2 themselves counted as in Robles-Diaz et al., 2014 (recalled, to "
    "be confirmed)",
    tag="verified",
    note="says where a rise comes from; within limits it says nothing. ALP also comes from bone",
)
