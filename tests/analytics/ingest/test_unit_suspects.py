"""A jump by the factor between two units that laboratories confuse is held; a true rise or fall is not for long."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.analytes import ANALYTES, INDEX
from analytics.ingest.unit_suspects import Results, unit_suspects


def held(code, *values, unit="", judged=None, order=None):
    """Positions that are held of a series given in the unit as written."""
    factor = ANALYTES[code].conversions[unit or ANALYTES[code].unit]
    at = np.arange(len(values)) if order is None else np.array(order)
    written = np.array(values, float)[at]
    results = Results(
        series=np.zeros(len(at), np.int64),
        analyte=np.full(len(at), INDEX[code]),
        time=at.astype(np.int64),
        value=written * factor,
        row_id=at.astype(np.int64),
        texts=([""] * len(at), [f"{w:g}" for w in written], [unit] * len(at)),
    )
    return sorted(int(at[j.row]) for j in unit_suspects(results, judged))


@pytest.mark.parametrize(
    ("code", "unit", "values"),
    [
        ("BILI", "mg/dL", (0.8, 13.7)),
        ("BILI", "mg/dL", (1.0, 15.0)),
        ("BILI", "mg/dL", (1.0, 19.0)),
        ("BILI", "umol/L", (205, 12)),
        ("ALB", "g/dL", (0.6, 6.1)),
        ("ALB", "g/L", (52, 5.2)),
        ("ALT", "ukat/L", (0.5, 30)),
        ("ALT", "U/L", (30, 0.5)),
        ("CREAT", "mg/dL", (0.2, 17.7)),
    ],
)
def test_a_jump_by_the_factor_between_two_units_is_held(code, unit, values):
    assert held(code, *values, unit=unit) == [1]


@pytest.mark.parametrize(
    ("code", "unit", "values", "why"),
    [
        ("BILI", "mg/dL", (1.0, 14.9), "less than 15 times"),
        ("BILI", "mg/dL", (1.0, 19.1), "more than 19 times"),
        ("BILI", "mg/dL", (12.0, 0.7), "a fall in mg/dL: umol/L would make it smaller still"),
        ("BILI", "umol/L", (12, 205), "a rise in umol/L: mg/dL would make it larger still"),
        ("BILI", "umol/L", (12, 205, 12), "the person has had that level before"),
        ("ALT", "U/L", (1000, 17), "17 U/L is common; after surgery it falls so"),
        ("CRP", "mg/L", (5, 50), "no pair of units is confused for it"),
        ("BILI", "mg/L", (8, 137), "mg/L is not confused with umol/L"),
    ],
)
def test_what_the_other_unit_does_not_explain_is_not_held(code, unit, values, why):
    assert held(code, *values, unit=unit) == [], why


def test_all_results_after_a_silent_change_of_unit_are_held_until_one_is_as_before():
    assert held("BILI", 0.8, 13.7, 12.0, 15.4, 0.9, 1.1) == [1, 2, 3]


def test_a_later_result_between_the_levels_shows_that_the_rise_was_true():
    assert held("BILI", 1.0, 17.0) == [1]
    assert held("BILI", 1.0, 17.0, 12.0) == [1, 2]
    assert held("BILI", 1.0, 17.0, 12.0, 6.0) == []


def test_what_a_person_judged_is_kept_whatever_comes_later():
    assert held("BILI", 1.0, 17.0, 16.0, judged={1: True}) == []
    assert held("BILI", 1.0, 17.0, 12.0, 6.0, judged={1: False}) == [1]


@given(st.data())
def test_the_order_of_rows_makes_no_difference(data):
    levels = st.sampled_from([0.8, 1.0, 13.7, 15.4, 17.1, 12.0, 6.0, 0.05, 30.0])
    values = data.draw(st.lists(levels, min_size=2, max_size=12))
    order = data.draw(st.permutations(range(len(values))))
    assert held("BILI", *values, order=order) == held("BILI", *values)


def test_a_step_that_is_not_the_factor_between_two_units_reads_no_text():
    """A large file has many series that span the factor: their texts, read one by one, took a quarter of a bucket."""

    class Unread:
        def __getitem__(self, row):
            raise AssertionError(f"the text of row {row} was read")

    values = np.array([0.8, 2, 5, 12, 30, 11, 3, 0.9])
    n = len(values)
    results = Results(
        series=np.zeros(n, np.int64),
        analyte=np.full(n, INDEX["BILI"]),
        time=np.arange(n),
        value=values,
        row_id=np.arange(n),
        texts=([""] * n, Unread(), Unread()),
    )
    assert unit_suspects(results) == []
