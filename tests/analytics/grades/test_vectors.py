"""Every published CTCAE row is graded as expected."""

import numpy as np
import pytest

from analytics.grades import Inputs, grade
from tests.analytics.vectors import Vector, rules_vectors

CODE = {"PLT": "PLAT", "ANC": "NEUT"}
TO_CANONICAL = {"g/L": 0.1, "g/dL": 1.0, "10*9/L": 1.0}
DISPUTED = {("CTCAE_v5_GGT", 2.0)}


def inputs(given: dict) -> Inputs:
    nan = float("nan")
    code = given["analyte"]
    in_mass = code in ("ALB", "HGB")
    factor = TO_CANONICAL.get(given.get("unit"), nan) if "unit" in given else 1.0
    if in_mass and given.get("unit") is None:
        factor = nan

    def number(name):
        return nan if given.get(name) is None else given[name] * factor

    value, uln, lln, baseline = (number(n) for n in ("value", "uln", "lln", "baseline"))
    flag = given.get("baseline_flag")
    above = {"HIGH": 1.01, "NORMAL": 1.0, "LOW": 0.5}.get(flag, nan)
    below = {"LOW": 0.99}.get(flag, nan)
    array = lambda x: np.array([x], dtype=float)  # noqa: E731
    return Inputs(
        value=array(value),
        x_uln=array(value / uln if uln else nan),
        x_lln=array(value / lln if lln else nan),
        x_baseline=array(value / baseline if baseline else nan),
        baseline_x_uln=array(above),
        baseline_x_lln=array(below),
        anticoagulated=np.array([bool(given.get("assume_on_anticoagulation"))]),
    )


@pytest.mark.parametrize("row", rules_vectors("CTCAE"), ids=lambda r: f"{r.rule}-{r.case_id}")
def test_grade_agrees_with_the_published_row(row: Vector):
    given = row.given
    code = CODE.get(given["analyte"], given["analyte"])
    result = int(grade(given["ctcae"], code, inputs(given))[0])
    assert (None if result < 0 else result) == row.expected["grade"]
