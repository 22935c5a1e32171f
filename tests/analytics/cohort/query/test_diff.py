"""Running a kept question on new data: who entered, who left, whose past values changed."""

from __future__ import annotations

import json

import pytest

from analytics.analysis import analyse
from analytics.cohort.query.definition import parse
from analytics.cohort.query.diff import diff
from analytics.cohort.query.run import run, shown
from analytics.errors import QuestionError
from tests.builders import panel_of, together

ASK = parse("name: high ALT\nfind ALT above 3 x ULN")


def high(value: float):
    return panel_of([("2025-01-01 08:30", "ALT", value), ("2025-02-01", "AST", 20)])


def test_a_run_compared_with_itself_differs_in_nothing() -> None:
    result = run(ASK, analyse(together(high(200), high(20))))
    same = diff(json.loads(json.dumps(result.to_json())), result)
    assert (same.entered, same.left, same.stayed, same.changed, same.same_question) == ([], [], 1, [], True)


def test_entered_left_and_changed_values_are_named() -> None:
    old = json.loads(json.dumps(run(ASK, analyse(together(high(200), high(20), high(300)))).to_json()))
    new = run(ASK, analyse(together(high(30), high(400), high(350))))
    found = diff(old, new)
    assert (found.entered, found.left, found.stayed) == (["P2"], ["P1"], 1)
    assert [(c.patient_id, c.analyte, c.at, c.was, c.now) for c in found.changed] == [
        ("P1", "ALT", "2025-01-01 08:30:00", 200.0, 30.0),
        ("P3", "ALT", "2025-01-01 08:30:00", 300.0, 350.0),
    ]


def test_a_result_that_is_gone_is_named_too() -> None:
    old = run(ASK, analyse(high(200))).to_json()
    gone = panel_of([("2025-02-01", "AST", 20)])
    found = diff(old, run(ASK, analyse(gone)))
    assert found.left == ["P1"] and found.changed[0].now is None


def test_another_question_is_said() -> None:
    old = run(parse("ALT above 4 x ULN"), analyse(high(200))).to_json()
    assert not diff(old, run(ASK, analyse(high(200)))).same_question


def test_what_is_no_kept_run_is_refused() -> None:
    with pytest.raises(QuestionError, match="not a kept run"):
        diff({"patients": []}, run(ASK, analyse(high(200))))


def test_shown_rows_never_show_a_study_day_as_a_date() -> None:
    panel = panel_of([("2000-01-15", "ALT", 200)], clock="study_day")
    assert shown(run(ASK, analyse(panel)))["at_1"].tolist() == ["day 14"]
