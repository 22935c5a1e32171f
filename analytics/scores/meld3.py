"""MELD 3.0."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Floats
from analytics.scores._score import Person, Score
from analytics.scores.meld import bounded


def unrounded(x: Mapping[str, Floats], person: Person) -> Floats:
    """MELD 3.0 before rounding; NaN for adults of unknown sex."""
    bili, inr = np.log(np.maximum(x["BILI"], 1.0)), np.log(np.maximum(x["INR"], 1.0))
    creat = np.log(np.clip(x["CREAT"], 1.0, 3.0))
    albumin, sodium = 3.5 - np.clip(x["ALB"], 1.5, 3.5), 137 - np.clip(x["SODIUM"], 125, 137)
    minor = np.nan_to_num(person.age, nan=18.0) < 18
    start = np.where(minor, 7.33, 6.0 + 1.33 * person.female)
    return np.asarray(
        start
        + 4.56 * bili
        + 0.82 * sodium
        - 0.24 * sodium * bili
        + 9.09 * inr
        + 11.14 * creat
        + 1.85 * albumin
        - 1.83 * albumin * creat
    )


def compute(x: Mapping[str, Floats], person: Person) -> Floats:
    """Whole MELD 3.0."""
    return bounded(unrounded(x, person))


SCORE = Score(
    code="meld3",
    title="MELD 3.0",
    inputs=("BILI", "CREAT", "INR", "SODIUM", "ALB"),
    compute=compute,
    formula="1.33 (women) + 4.56 ln bilirubin + 0.82 (137 − Na) − 0.24 (137 − Na) ln bilirubin + 9.09 ln INR + "
    "11.14 ln creatinine + 1.85 (3.5 − albumin) − 1.83 (3.5 − albumin) ln creatinine + 6; creatinine 1 to 3, "
    "albumin 1.5 to "
    "3.5, Na 125 to 137; under 18 years 7.33 in place of 6 and the term of sex; 6 to 40",
    bands=(("6-9", 9), ("10-19", 19), ("20-29", 29), ("30-39", 39), ("40", np.inf)),
    reference="two public test suites agree on the formula; Kim et al., 2021 (citation recalled, to be confirmed)",
    tag="verified",
    decimals=0,
    obstruction=True,
)
