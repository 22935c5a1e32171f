"""PALBI: platelets, albumin, bilirubin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.analytes import UMOL_PER_MG_DL
from analytics.arrays import Floats
from analytics.scores._score import Person, Score


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """Published polynomial in log10 of bilirubin (umol/L) and platelets (10*9/L), and albumin (g/L)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        b, p = np.log10(x["BILI"] * UMOL_PER_MG_DL), np.log10(x["PLAT"])
    return np.asarray(2.02 * b - 0.37 * b**2 - 0.04 * x["ALB"] * 10 - 3.48 * p + 1.01 * p**2)


SCORE = Score(
    code="palbi",
    title="PALBI",
    inputs=("ALB", "BILI", "PLAT"),
    compute=compute,
    formula="2.02 log10B − 0.37 (log10B)² − 0.04 × albumin, g/L − 3.48 log10P + 1.01 (log10P)²; B µmol/L, P 10⁹/L",
    bands=(("grade 1", -2.53), ("grade 2", -2.09), ("grade 3", np.inf)),
    reference="PMC5859293, table 1",
    tag="verified",
    note="platelets fall with chemotherapy: read as a trend, not as a stage",
    obstruction=True,
)
