"""ALBI: albumin and bilirubin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.analytes import UMOL_PER_MG_DL
from analytics.arrays import Floats
from analytics.scores._score import Person, Score


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """0.66 log10(bilirubin in umol/L) - 0.085 albumin in g/L."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(0.66 * np.log10(x["BILI"] * UMOL_PER_MG_DL) - 0.085 * x["ALB"] * 10)


SCORE = Score(
    code="albi",
    title="ALBI",
    inputs=("ALB", "BILI"),
    compute=compute,
    formula="0.66 × log10(bilirubin, µmol/L) − 0.085 × albumin, g/L (the printed coefficient; 0.0852 is often seen)",
    bands=(("grade 1", -2.60), ("grade 2", -1.39), ("grade 3", np.inf)),
    reference="Johnson et al., 2015, PMC4322258",
    tag="verified",
    obstruction=True,
)
