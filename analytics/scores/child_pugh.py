"""Child-Pugh. Ascites and encephalopathy are never assumed to be absent: unless recorded there is no score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.compare import compare
from analytics.scores._score import NOT_FOR_METASTASES, Person, Score

INR_CUT = 2.3
"""Three points above this INR; some tables print 2.2."""


def _points(x: Floats, two: tuple[str, float], three: tuple[str, float]) -> Floats:
    ops = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
    points = 1.0 + compare(x, ops[two[0]], two[1]) + compare(x, ops[three[0]], three[1])  # type: ignore[arg-type]
    return np.where(np.isnan(x), np.nan, points)


def laboratory_points(bili: Floats, albumin: Floats, inr: Floats, inr_cut: float = INR_CUT) -> Floats:
    """Points of bilirubin (mg/dL), albumin (g/dL) and INR, 3 to 9."""
    return (
        _points(bili, (">=", 2.0), (">", 3.0))
        + _points(albumin, ("<=", 3.5), ("<", 2.8))
        + _points(inr, (">=", 1.7), (">", inr_cut))
    )


def total(laboratory: Floats, ascites: Floats, encephalopathy: Floats) -> Floats:
    """Child-Pugh points; ascites and encephalopathy in points 1 to 3, NaN where not known."""
    return laboratory + ascites + encephalopathy


def class_of(points: float) -> str:
    """A, B or C."""
    return "A" if points <= 6 else "B" if points <= 9 else "C"


def compute(x: Mapping[str, Floats], person: Person | None = None) -> Floats:
    """Points where ascites and encephalopathy are recorded with a grade, or as absent; else NaN."""
    if person is None or person.ascites is None or person.encephalopathy is None:
        return np.full(len(x["BILI"]), np.nan)
    return total(laboratory_points(x["BILI"], x["ALB"], x["INR"]), person.ascites, person.encephalopathy)


MISSING = (
    NOT_FOR_METASTASES,
    "not computable: ascites is not recorded with a grade or as absent, and is never assumed to be absent",
    "not computable: encephalopathy is not recorded with a grade or as absent, and is never assumed to be absent",
    "not computable: ascites and encephalopathy are not recorded with a grade or as absent, and are never assumed to "
    "be absent",
)
"""What is said of a row: whether it is computed, else what is missing (1 ascites, 2 encephalopathy, 3 both)."""


def missing_of(person: Person) -> Ints:
    """Position in MISSING at each moment."""
    n = len(person.age)
    unknown = [np.ones(n, bool) if p is None else np.isnan(p) for p in (person.ascites, person.encephalopathy)]
    return np.asarray(unknown[0] + 2 * unknown[1].astype(np.int64))


SCORE = Score(
    code="child_pugh",
    title="Child-Pugh",
    inputs=("BILI", "ALB", "INR"),
    compute=compute,
    formula="bilirubin <2 / 2-3 / >3 mg/dL, albumin >3.5 / 2.8-3.5 / <2.8 g/dL, INR <1.7 / 1.7-2.3 / >2.3, ascites, "
    "encephalopathy: 1 to 3 points each; A 5-6, B 7-9, C 10-15",
    bands=(("A", 6), ("B", 9), ("C", np.inf)),
    reference="points as printed, INR cut 2.2 or 2.3 disputed; Pugh et al., 1973 (citation recalled, to be confirmed)",
    tag="verified",
    decimals=0,
    note=MISSING[3],
    obstruction=True,
)
