"""Body weight in kilograms and pounds, its loss over months, and the score of CRP with albumin."""

from __future__ import annotations

import pytest

from analytics.analysis import analyse
from analytics.scores import mgps
from analytics.units import unit_of
from tests.builders import panel_of


@pytest.mark.parametrize(
    ("code", "unit", "factor"),
    [("WEIGHT", "lbs", 0.45359237), ("WEIGHT", "kg", 1.0), ("HEIGHT", "inches", 2.54), ("HEIGHT", "m", 100.0)],
)
def test_units_of_weight_and_height(code, unit, factor):
    assert unit_of(code, unit).factor == factor and not unit_of(code, unit).reason


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ([("2024-01-01", 80), ("2024-05-01", 76)], None),  # 5% is not above 5%
        ([("2024-01-01", 80), ("2024-05-01", 75.9)], "5% below the highest of 6 months"),
        ([("2024-01-01", 80), ("2024-05-01", 71)], "stage 2"),
        ([("2023-06-01", 80), ("2024-05-01", 73)], None),  # 8.75% over 11 months
        ([("2023-06-01", 80), ("2024-05-01", 71)], "11% below the highest before"),
        ([("2024-01-01", 80), ("2024-05-01", 84)], None),
    ],
)
def test_loss_of_weight(weights, told):
    found = analyse(panel_of([(day, "WEIGHT", kg) for day, kg in weights])).findings
    mine = found[found["rule"] == "weight_loss"]
    assert bool(len(mine)) == bool(told)
    if told:
        assert told in mine["says"].iloc[0] and mine["level"].tolist() == ["information"]


@pytest.mark.parametrize(("crp", "albumin", "points"), [(10, 2.0, 0), (10.1, 3.5, 1), (10.1, 3.4, 2), (3, 4.0, 0)])
def test_the_modified_glasgow_prognostic_score(crp, albumin, points):
    scores = analyse(panel_of([("2024-01-01", "CRP", crp), ("2024-01-01", "ALB", albumin)])).scores
    mine = scores[scores["score"] == mgps.SCORE.code]
    assert (mine["value"].iloc[0], mine["band"].iloc[0]) == (points, str(points))
