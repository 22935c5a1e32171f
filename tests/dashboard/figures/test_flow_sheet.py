"""The flow sheet, and the signs and multiples that stand beside a last result wherever it is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from analytics.analysis import Analysis, analyse
from dashboard.components.patient_last import last_rows, limit_words
from dashboard.figures.choice import Choice
from dashboard.figures.flow_sheet import DAYS, flow_sheet
from dashboard.figures.tracks import grades_words, tracks_of
from dashboard.reports._report_input import ReportInput
from dashboard.reports._results import flow_tables, last_panel
from tests.builders import panel_of


def analysis_of(*labs: tuple[object, ...]) -> Analysis:
    return analyse(panel_of(list(labs)))


def test_days_are_columns_the_newest_last_and_what_is_out_of_range_has_its_letter():
    told = analysis_of(
        ("2024-01-01", "ALT", 30), ("2024-01-08 07:00", "ALT", 90), ("2024-01-08 19:00", "ALT", 20),
        ("2024-01-08", "ALB", 2.9), ("2024-01-15", "ALB", 4.0),
    )  # fmt: skip
    sheet = flow_sheet(tracks_of(told))
    assert [f"{d:%Y-%m-%d}" for d in sheet.days] == ["2024-01-01", "2024-01-08", "2024-01-15"]
    cells = {row.analyte: row.cells for row in sheet.rows}
    assert cells == {"ALT": ("30", "90 H / 20", ""), "ALB": ("", "2.9 L", "4.0")}


def test_it_holds_the_last_days_only_and_says_how_many_there_are():
    days = pd.date_range("2024-01-01", periods=14, freq="7D")
    told = analysis_of(*[(day, "ALT", 30) for day in days], (days[0], "CEA", 3.0))
    sheet = flow_sheet(tracks_of(told))
    assert (len(sheet.days), sheet.n_days) == (DAYS, 14)
    assert [row.analyte for row in sheet.rows] == ["ALT"], "a test without a result on these days is left out"
    assert flow_sheet({}).days == ()


@pytest.mark.parametrize(
    ("code", "value", "says"),
    [
        ("ALT", 80, "ULN"),
        ("BILI", 2.4, "ULN"),
        ("ALB", 3.0, "LLN"),
        ("PLAT", 90, "LLN"),
        ("SODIUM", 120, ""),
        ("WBC", 2, ""),
    ],
)
def test_a_multiple_is_of_the_limit_that_is_bad_and_there_is_none_where_both_are(code: str, value: float, says: str):
    told = analysis_of(("2024-01-01", code, value), ("2024-01-08", code, value))
    (row,) = last_rows(told)
    assert limit_words(row).endswith(says or "–")
    text = tracks_of(told)[code].multiples["x_uln"][-1]
    assert (text != "–") == (says == "ULN"), "hover, evidence and reports tell x ULN of the same tests"


@pytest.mark.parametrize(
    ("five", "six", "words"),
    [(2, 2, "2"), (0, 0, "0"), (1, 3, "v5 1 · v6 3"), (None, None, "–"), (1, None, "v5 1 · v6 –")],
)
def test_a_grade_stands_once_where_both_versions_agree(five: float | None, six: float | None, words: str):
    assert grades_words(five, six) == words


def test_the_report_shows_the_rows_of_the_page():
    told = analysis_of(
        ("2024-01-01", "ALT", 30), ("2024-01-08", "ALT", 90), ("2024-01-08", "PLAT", 90), ("2024-01-08", "SODIUM", 120),
    )  # fmt: skip
    one = next(ReportInput(told, {"P1": "P1"}, datetime(2024, 1, 9, tzinfo=UTC)).each())
    tracks = tracks_of(one.analysis)
    table = last_panel(one, tracks, Choice(key="P1"), "date")
    at = {c.title: i for i, c in enumerate(table.columns)}
    rows = {str(r[0]): r for r in table.rows}
    for row in last_rows(told):
        name = {"ALT": "ALT", "PLAT": "Platelets", "SODIUM": "Sodium"}[row.analyte]
        sign = {"above": " H", "below": " L"}.get(row.outside, "")
        assert rows[name][at["Latest"]] == f"{row.value}{sign}"
        assert rows[name][at["× limit"]] == limit_words(row)
        assert rows[name][at["Range"]] == (row.range or "–")
    assert rows["ALT"][at["Latest"]] == "90 H"
    assert rows["ALT"][at["Previous"]] == "30 (2024-01-01)"
    assert rows["Platelets"][at["Latest"]] == "90 L"
    (flow,) = flow_tables(tracks, "date")
    assert [c.title for c in flow.columns] == ["Test", "Unit", "2024-01-01", "2024-01-08"]
