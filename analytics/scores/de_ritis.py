"""De Ritis ratio."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.scores._score import Person, Score


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """AST / ALT."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(x["AST"] / x["ALT"])


SCORE = Score(
    code="de_ritis",
    title="De Ritis ratio",
    inputs=("ALT", "AST"),
    compute=compute,
    formula="AST / ALT",
    bands=(("at most 2", 2.0), ("above 2", 5.0), ("above 5", np.inf)),
    reference="safety.viz hepatic guide: above 2 with AST below 400 alcohol, above 5 outside the liver",
    tag="verified",
    note="an AST that rises alone also comes from muscle (CK) and red cells (LDH, potassium)",
)
