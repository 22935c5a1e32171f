"""The worklist finds an id however it is typed, and says which side of its range a value lies on."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.analysis import analyse
from dashboard.components.worklist import _outside, found, peek, single_hit
from dashboard.figures.choice import Choice
from tests.builders import panel_of

ROWS = pd.DataFrame({"patient_id": ["HT-026", "HT-126", "HT-027"], "key": ["k1", "k2", "k3"]})


@pytest.mark.parametrize("typed", ["HT-026", "ht026", "HT 026", "t-026", "k1"])
def test_an_id_is_found_without_its_signs(typed: str):
    assert ROWS[found(ROWS, typed.casefold())]["key"].tolist() == ["k1"]
    assert single_hit(ROWS, f" {typed} ") == "k1"


@pytest.mark.parametrize("typed", ["", "  ", "26", "HT", "-", "nothing"])
def test_enter_opens_no_patient_where_none_or_several_are_found(typed: str):
    assert single_hit(ROWS, typed) == ""


def test_a_whole_id_opens_its_patient_where_a_longer_one_holds_it_too():
    rows = pd.DataFrame({"patient_id": ["P1", "P11"], "key": ["a", "b"]})
    assert single_hit(rows, "p1") == "a"


@pytest.mark.parametrize(
    ("value", "x_uln", "lln", "sign"),
    [(52.0, 1.2, 6.0, "H"), (3.1, 0.6, 3.5, "L"), (4.0, 0.8, 3.5, ""), (4.0, None, None, "")],
)
def test_a_value_outside_its_range_is_marked_high_or_low(value: float, x_uln: float, lln: float, sign: str):
    assert _outside({"last_ALB": value, "last_ALB_x_uln": x_uln}, "ALB", lln) == sign


def test_the_small_table_names_its_patient_and_says_so_where_there_is_no_number():
    analysis = analyse(panel_of([("2024-01-01", "ALT", 52), ("2024-02-01", "ALT", 61)]))
    words = str(peek(analysis, "k1", Choice(key="K-7")))
    assert "'k1'" in words
    assert "K-7: latest results" in words
    assert "61" in words
    assert "× limit" in words.replace("\\xa0", " ").replace("\xa0", " ")
    empty = analyse(panel_of([("2024-01-01", "ALT", float("nan"))]))
    assert "No number result of this patient is stored." in str(peek(empty, "k1", Choice(key="K-7")))
