"""FIB-4."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.scores._score import Person, Score


def compute(x: Mapping[str, Floats], person: Person) -> Floats:
    """Age x AST / (platelets x sqrt(ALT))."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(person.age * x["AST"] / (x["PLAT"] * np.sqrt(x["ALT"])))


SCORE = Score(
    code="fib4",
    title="FIB-4",
    inputs=("PLAT", "AST", "ALT"),
    compute=compute,
    formula="age × AST / (platelets × √ALT); years, U/L, 10⁹/L",
    bands=(("below 1.45", np.nextafter(1.45, 0)), ("1.45 to 3.25", 3.25), ("above 3.25", np.inf)),
    reference="formula and the cut points 1.45 and 3.25; Sterling et al., 2006 (citation recalled, to be confirmed)",
    tag="verified",
    note="rises with platelets lost to chemotherapy and with the spleen under oxaliplatin: read as a trend",
)
