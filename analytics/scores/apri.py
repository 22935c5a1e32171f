"""APRI: AST to platelets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.scores._score import Person, Score


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """100 x (AST / ULN) / platelets. AST comes in multiples of ULN under the name AST_X_ULN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(100 * x["AST_X_ULN"] / x["PLAT"])


SCORE = Score(
    code="apri",
    title="APRI",
    inputs=("PLAT", "AST"),
    compute=compute,
    formula="100 × (AST / ULN) / platelets, 10⁹/L",
    bands=(("below 0.5", np.nextafter(0.5, 0)), ("0.5 to 1.5", 1.5), ("above 1.5", np.inf)),
    reference="before resection 0.365: NSQIP, PMID 34981310; formula and bands: Wai et al., 2003 (citation "
    "recalled, to be confirmed)",
    tag="verified",
    note="rises with platelets lost to chemotherapy and with the spleen under oxaliplatin: read as a trend",
)
