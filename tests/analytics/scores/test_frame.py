"""Scores as rows: their day, inputs and validity."""

import json

import numpy as np
import pytest

from analytics.analysis import analyse
from analytics.panel import Panel
from tests.builders import events_of, panel_of

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


def signs(*rows):
    """Events of kind symptom on the day of the panel or near it: (day, name[, grade])."""
    events = events_of([(day, "symptom", name) for day, name, *_ in rows])
    return events.assign(grade=[row[2] if len(row) > 2 else None for row in rows])


def child_pugh_of(*rows):
    base = panel_of(PANEL)
    return rows_of(Panel.of(base.labs, signs(*rows) if rows else None, None, base.patients))


def rows_of(panel):
    return rows(panel, "child_pugh")[["value", "band", "note"]].iloc[-1]


@pytest.mark.parametrize(
    ("signs_", "points", "band"),
    [
        ((("2024-02-20", "no ascites"), ("2024-02-20", "no encephalopathy")), 5, "A"),
        ((("2024-02-20", "ascites", 2), ("2024-02-20", "encephalopathy absent")), 6, "A"),
        ((("2024-02-20", "mild ascites, no encephalopathy"),), 6, "A"),
        ((("2024-02-20", "ascites, tense"), ("2024-02-20", "encephalopathy", 3)), 9, "B"),
        ((("2024-02-20", "ascites", 0), ("2024-02-20", "encephalopathy", 0)), 5, "A"),
    ],
)
def test_child_pugh_is_computed_where_both_signs_are_recorded_or_recorded_as_absent(signs_, points, band):
    found = child_pugh_of(*signs_)
    assert (found["value"], found["band"]) == (points, band)
    assert "not computable" not in found["note"]


@pytest.mark.parametrize(
    ("signs_", "missing"),
    [
        ((("2024-02-20", "no ascites"),), "encephalopathy is not recorded"),
        ((("2024-02-20", "no encephalopathy"),), "ascites is not recorded"),
        ((("2024-02-20", "ascites"), ("2024-02-20", "no encephalopathy")), "ascites is not recorded with a grade"),
        ((("2023-12-01", "no ascites"), ("2024-02-20", "no encephalopathy")), "ascites is not recorded"),
    ],
)
def test_child_pugh_says_what_is_missing(signs_, missing):
    found = child_pugh_of(*signs_)
    assert np.isnan(found["value"]) and missing in found["note"] and "never assumed" in found["note"]


@pytest.mark.parametrize(("when", "meld"), [("2024-02-26", 20), ("2024-02-20", 6), ("2024-03-02", 6)])
def test_meld_reads_dialysis_of_the_week_before(when, meld):
    labs = [*PANEL, ("2024-03-01", "CREAT", 1.0)]
    found = rows(panel_of(labs, [(when, "other", "haemodialysis")]), "meld").iloc[-1]
    assert found["value"] == meld
    assert ("dialysis on record" in found["note"]) == (meld == 20)
