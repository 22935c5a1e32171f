"""Scores as rows: their day, inputs and validity."""

import json

import numpy as np

from analytics.analysis import analyse
from tests.builders import panel_of

PANEL = [
    ("2024-03-01", "ALB", 4.0),
    ("2024-03-01", "BILI", 0.6),
    ("2024-02-27", "PLAT", 200),
    ("2024-03-01", "INR", 1.0),
    ("2024-03-01", "ALT", 40),
    ("2024-03-01", "AST", 40),
    ("2024-03-01", "ALP", 120),
]


def rows(panel, score):
    frame = analyse(panel).scores
    return frame[frame["score"] == score]


def test_a_score_names_its_inputs_with_units_and_age():
    row = rows(panel_of(PANEL), "palbi").iloc[0]
    assert json.loads(row["inputs"]) == {
        "ALB": [4.0, "g/dL", 0],
        "BILI": [0.6, "mg/dL", 0],
        "PLAT": [200.0, "10*9/L", 3],
    }


def test_inputs_older_than_a_week_make_no_score():
    late = [("2024-02-22", "PLAT", 200) if r[1] == "PLAT" else r for r in PANEL]
    assert len(rows(panel_of(late), "palbi")) == 0
    assert len(rows(panel_of(late), "albi")) == 1


def test_child_pugh_is_said_not_to_be_computable_and_never_guessed():
    found = rows(panel_of(PANEL), "child_pugh")
    assert found["band"].tolist() == ["not computable"]
    assert np.isnan(found["value"].iloc[0])
    assert "never assumed" in found["note"].iloc[0]


def test_in_jaundice_albi_says_that_it_measures_the_stent():
    jaundiced = [("2024-03-01", "ALB", 3.0), ("2024-03-01", "BILI", 2.0)]
    assert "stent" in rows(panel_of(jaundiced), "albi").iloc[0]["note"]
    assert "stent" not in rows(panel_of(PANEL), "albi").iloc[0]["note"]


def test_fib4_needs_an_age():
    assert len(rows(panel_of(PANEL), "fib4")) == 0
    value = rows(panel_of(PANEL, age=60.0), "fib4")["value"].iloc[0]
    assert round(value, 3) == 1.897  # 60 x 40 / (200 x 6.3246)
