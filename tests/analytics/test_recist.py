"""RECIST 1.1 against published cases."""

from datetime import date

import numpy as np
import pytest

from analytics import recist
from tests.analytics.vectors import rules_vectors


def rows(rule):
    return [pytest.param(r.given, r.expected, id=r.case_id) for r in rules_vectors(rule) if r.rule == rule]


@pytest.mark.parametrize(("given", "expected"), rows("RECIST_TARGET"))
def test_target_response(given, expected):
    if "visits_mm" in given:
        assert recist.course(given["baseline_mm"], given["visits_mm"], given["is_node"]) == expected["target"]
    elif "current_mm" in given:
        assert (
            recist.target_response(given["baseline_mm"], given["current_mm"], given["prior_nadir_sum"])
            == (expected["target"])
        )
    else:
        sums = (np.array(float(given[k])) for k in ("baseline_sum", "nadir", "current"))
        assert recist.BY_SUM[int(recist.by_sums(*sums))] == expected["target"]


@pytest.mark.parametrize(("given", "expected"), rows("RECIST_OVERALL"))
def test_overall_response(given, expected):
    assert recist.overall(given["target"], given["non_target"], given["new_lesion"]) == expected["overall"]


@pytest.mark.parametrize(("given", "expected"), rows("RECIST_MEASURABLE"))
def test_measurable(given, expected):
    assert (
        recist.measurable(given["baseline_mm"], slice_mm=given["slice_mm"], nodal=given["nodal"])
        == expected["measurable"]
    )
    assert recist.measurable(12.0, slice_mm=6)


@pytest.mark.parametrize(("given", "expected"), rows("RECIST_SELECTION"))
def test_targets_are_the_largest_two_an_organ_and_five_in_all(given, expected):
    total = recist.baseline_sum(given["lesions_mm"], most=given["max_total"], most_per_organ=given["max_per_organ"])
    assert total == expected["baseline_sum"]


def days(given):
    start = date.fromisoformat(given["treatment_start"])
    return start, [((date.fromisoformat(d) - start).days, r) for d, r in given["overall_by_date"]]


@pytest.mark.parametrize(("given", "expected"), rows("RECIST_BOR"))
def test_best_response_without_confirmation(given, expected):
    start, responses = days(given)
    best, day = recist.best_response(responses, given["ref_start_window"])
    assert best == expected["bor"]
    assert (None if day is None else date.fromordinal(start.toordinal() + int(day)).isoformat()) == expected["date"]


@pytest.mark.parametrize(("given", "expected"), rows("RECIST_CBOR"))
def test_best_confirmed_response(given, expected):
    if "baseline_sum" in given:
        how = recist.Confirmation(min_sd_days=given["min_sd_days"], confirm_days=given["confirm_days"])
        responses = recist.sums_to_responses(given["baseline_sum"], given["visits_day_sum"])
        assert recist.confirmed_response(responses, how)[0] == expected["best_overall"]
        return
    start, responses = days(given)
    how = recist.Confirmation(
        min_sd_days=given["ref_start_window"],
        confirm_days=given["ref_confirm"],
        most_missing=given["max_nr_ne"],
        accept_sd=given["accept_sd"],
        missing_as_ne=given["missing_as_ne"],
    )
    pd_day = given["pd_date"] and (date.fromisoformat(given["pd_date"]) - start).days
    best, day = recist.confirmed_response(responses, how, progression=pd_day)
    assert best == expected["confirmed_bor"]
    assert (None if day is None else date.fromordinal(start.toordinal() + int(day)).isoformat()) == expected["date"]


@pytest.mark.parametrize(
    ("nadir", "now", "expected"),
    [(100, 120, "PD"), (100, 119.9, "SD"), (20, 24.9, "SD"), (20, 25, "PD"), (24, 28.8, "SD")],
)
def test_progression_needs_both_a_fifth_and_five_millimetres(nadir, now, expected):
    code = recist.by_sums(np.array(30.0 if nadir < 30 else 130.0), np.array(float(nadir)), np.array(float(now)))
    assert recist.BY_SUM[int(code)] == expected
