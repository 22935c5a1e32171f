"""A patient without numbers, with nothing but limits of detection, or without upper limits: said as what it is."""

from __future__ import annotations

import pytest

from analytics.data_notes import notes_of
from tests.builders import labs_of

DAY = "2024-01-01"


def test_no_result_is_said():
    assert notes_of(labs_of([(DAY, "ALT", 20)]).iloc[:0]) == ["no result on record"]


def test_results_that_are_no_numbers_are_said():
    labs = labs_of([(DAY, "ALT", 20), (DAY, "AST", 20)]).assign(value=float("nan"))
    assert notes_of(labs) == ["none of the 2 results is a number: no trend, score or rule is assessable"]


@pytest.mark.parametrize(("signs", "told"), [(("<", "<"), True), (("<", ""), False)])
def test_a_test_with_nothing_but_limits_of_detection_is_said(signs, told):
    notes = notes_of(labs_of([(DAY, "CEA", 0.5, sign) for sign in signs]))
    assert bool(notes) == told
    assert not told or notes[0].startswith("CEA: every result lies beyond a limit of detection")


def test_tests_without_upper_limits_are_said_where_rules_need_them():
    labs = labs_of([(DAY, "ALT", 20), (DAY, "ALP", 80), (DAY, "ALB", 4.0)])
    assert notes_of(labs) == []
    assert notes_of(labs.assign(uln=None)) == [
        "ALT, ALP: no upper limit in the data, rules in multiples of it are not assessable"
    ]
