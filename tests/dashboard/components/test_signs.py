"""Numbers that rest on results given as limits carry their sign wherever people read them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analytics.analysis import Analysis, analyse
from dashboard.components.patient_events import event_table
from dashboard.components.patient_last import last_rows, limit_words
from dashboard.figures import event_course
from dashboard.figures.choice import Choice
from dashboard.figures.tracks import outside, tracks_of
from dashboard.wording import multiple
from tests.builders import panel_of
from tests.dashboard.figures.criteria import texts_of

DAY = pd.Timestamp("2024-03-01")
RESULTS = ((-20, 30, "<"), (-5, 35, "<"), (1, 900, ">"), (1.5, 300), (40, 10, "<"))


def _analysis() -> Analysis:
    rows = [(DAY + pd.Timedelta(days=day), "ALT", *value) for day, *value in RESULTS]
    return analyse(panel_of(rows, [(DAY, "hepatectomy", "right")]))


def _texts(part: Any) -> list[str]:
    """Every text of a component, in order."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, list | tuple):
        return [text for child in part for text in _texts(child)]
    return _texts(getattr(part, "children", None)) if hasattr(part, "children") else []


def test_before_lowest_and_highest_of_an_event_carry_it():
    told = _texts(event_table(_analysis(), 0))
    assert {"<35", "<10, day 40", ">900, day 1"} <= set(told)


def test_marks_of_the_figure_are_results_of_their_very_day_as_they_were_given():
    told = texts_of(event_course.draw(_analysis(), Choice(key="K-1"), 0))
    assert "lowest: day 40, <10" in told


def test_multiples_of_the_last_result_carry_it():
    row = last_rows(_analysis())[0]
    assert (limit_words(row), row.outside) == ("<0.25\u202f× ULN", "within")
    assert tracks_of(_analysis())["ALT"].multiples["x_uln"] == ["<0.75", "<0.88", ">22", "7.5", "<0.25"]
    assert multiple(3.0, ">") == ">3.0\u202f×" and multiple(3.0) == "3.0\u202f×"


@pytest.mark.parametrize(
    ("value", "comparator", "sign"),
    [
        (50, "", "H"),
        (40, "", ""),
        (40, ">", "H"),
        (50, "<", ""),  # below 50 may be 30
        (5, "", "L"),
        (10, "<", "L"),
        (10, ">", ""),
        (5, ">", ""),
    ],
)
def test_a_result_lies_outside_its_range_only_where_its_limit_proves_it(value: float, comparator: str, sign: str):
    assert outside(value, 10, 40, comparator) == sign
