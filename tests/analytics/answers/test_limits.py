"""Results that are given as limits in the answers: what they leave open is not answered, multiples say at least."""

import json

import pandas as pd
import pytest

from analytics.analysis import analyse
from tests.builders import panel_of

DAYS = pd.date_range("2024-01-01", periods=6, freq="21D").strftime("%Y-%m-%d")
DOSE = [("2024-01-20", "systemic", "FOLFOX")]
QUIET = {"ALT": [30, 30, 31], "AST": [20, 21, 20], "BILI": [0.5, 0.5, 0.5], "ALP": [80, 82, 80], "ALB": [4.2, 4.2, 4.2]}


def course(events=DOSE, **tests):
    """Answers and findings of results by test, "<5" and ">5" as limits, on days three weeks apart."""
    labs = []
    for code, values in tests.items():
        for day, value in zip(DAYS, values, strict=False):
            number = str(value).lstrip("<>")
            labs.append((day, code, float(number), str(value)[: -len(number)]))
    return analyse(panel_of(labs, events))


def answer(question, events=DOSE, **tests):
    table = course(events, **tests).answers
    row = table[table["question"] == question].iloc[0]
    return row["state"], row["says"]


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (31, "none"),
        ("<60", "none"),  # 1.5 x ULN
        ("<61", "not_evaluable"),
        (">30", "not_evaluable"),
        (">1000", "rising"),
    ],
)
def test_injury_is_answered_where_a_limit_decides(last, state):
    assert answer("injury", **{**QUIET, "ALT": [30, 30, last]})[0] == state


def test_what_a_limit_leaves_open_is_named():
    says = answer("injury", **{**QUIET, "ALT": [30, 30, "<100"]})[1]
    assert says == (
        "ALT <100 U/L (below 2.5 × ULN, below 3.3 × baseline) on 2024-02-12: given only as a limit, which leaves open "
        "whether it is above 1.5 × ULN."
    )


def test_multiples_of_a_limit_say_at_least():
    says = answer("injury", **{**QUIET, "ALT": [30, 30, ">1000"]})[1]
    assert says.startswith("ALT >1000 U/L (above 25.0 × ULN, above 33.3 × baseline) on 2024-02-12; CTCAE 5.0 at least")


def test_recovery_from_a_peak_is_told_where_the_limit_proves_it():
    kept = {**QUIET, "BILI": [0.5] * 5, "ALP": [80] * 5}
    states = [answer("injury", **{**kept, "ALT": [30, 30, 900, last]})[0] for last in (400, "<400", ">400")]
    assert states == ["recovering", "recovering", "at_peak"]


@pytest.mark.parametrize(
    ("albumin", "bilirubin", "state", "words"),
    [
        (4.2, 0.5, "preserved", "ALBI −"),
        (4.2, "<0.2", "preserved", "bilirubin is given only as a limit"),
        ("<3.0", 0.5, "reduced", "albumin is given only as a limit"),
        ("<4.0", 0.5, "not_evaluable", "given only as a limit, which leaves it open"),
        (">3.0", 0.5, "not_evaluable", "given only as a limit, which leaves it open"),
    ],
)
def test_function_is_answered_where_a_limit_decides(albumin, bilirubin, state, words):
    tests = {**QUIET, "ALB": [4.2, 4.2, albumin], "BILI": [0.5, 0.5, bilirubin]}
    found, says = answer("function", **tests)
    assert found == state and words in says


@pytest.mark.parametrize(
    ("bilirubin", "state"),
    [([12, 6, 0.9], "stent_open"), ([12, 6, "<1.0"], "stent_open"), ([12, 6, ">0.9"], "not_evaluable")],
)
def test_a_stent_is_open_where_a_limit_proves_it(bilirubin, state):
    stent = [("2024-01-10", "biliary_stent")]
    assert answer("ducts", stent, BILI=bilirubin, ALP=[300, 200, 110])[0] == state


def test_bilirubin_before_a_stent_keeps_its_sign():
    stent = [("2024-01-10", "biliary_stent")]
    assert "before it >20.0 mg/dL" in answer("ducts", stent, BILI=[">20", 12, 8], ALP=[300, 280, 260])[1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["<0.5", "<0.5", 6, 20], "from <0.5 ng/mL on "),
        ([8, 9, 20, 60, ">1000"], "rising from 8 ng/mL on 2024-01-01 (now >1000 ng/mL)"),
    ],
)
def test_a_rise_of_a_marker_keeps_the_signs_of_its_results(values, words):
    assert words in answer("tumour", [], CEA=values)[1]


def test_a_marker_that_may_have_grown_beyond_its_limit_is_not_stable():
    assert answer("tumour", [], CEA=[1200, ">1000", ">1000"])[0] == "not_evaluable"
    assert answer("tumour", [], CEA=["<0.5", "<0.5", "<0.5"])[0] == "stable"


def finding(rule, **tests):
    table = course(**tests).findings
    return table[table["rule"] == rule].iloc[0]


def test_a_multiple_of_a_nadir_that_is_a_limit_says_above_and_has_no_doubling_time():
    row = finding("marker_rise", CEA=["<0.5", "<0.5", 6, 20, 40])
    assert row["says"].startswith("CEA 40 ng/mL")
    assert "above 80.0 × nadir (<0.5 ng/mL on 2024-01-01)" in row["says"] and "doubling" not in row["says"]
    assert json.loads(row["numbers"])["low"] == "<"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("ctcae_grade", "ALT >1000 U/L on 2024-02-12, above 25.0 × ULN, above 33.3 × baseline"),
        ("temple", "ALT above 25.0 × ULN (above 33.3 × baseline)"),
        ("temple", "highest bilirubin below 0.2 × ULN"),
        ("changed", "same day ALT above 25.0 × ULN, AST 0.5 × ULN, ALP 0.7 × ULN, bilirubin below 0.2 × ULN"),
    ],
)
def test_multiples_in_findings_say_on_which_side_of_a_limit_they_lie(rule, words):
    tests = {**QUIET, "ALT": [30, 30, ">1000"], "BILI": ["<0.2", "<0.2", "<0.2"]}
    assert words in finding(rule, **tests)["says"]


def test_a_multiple_of_a_baseline_that_is_a_limit_says_above():
    assert "CEA 8.0 × ULN (above 80.0 × baseline)" in finding("changed", CEA=["<0.5", "<0.5", 6, 20, 40])["says"]


def test_a_marker_of_somebody_without_a_line_of_therapy_is_not_of_its_first_weeks():
    assert "first weeks" not in answer("tumour", [], CEA=[2.0, 2.1, 2.0])[1]
    assert "first weeks" in answer("tumour", DOSE, CEA=[2.0, 2.1, 2.0])[1]


def test_bilirubin_before_a_stent_is_that_of_the_morning_and_not_of_the_evening_after():
    labs = [("2024-01-08", "BILI", 12), ("2024-01-10 20:00", "BILI", 9), ("2024-01-20", "BILI", 8)]
    table = analyse(panel_of(labs, [("2024-01-10", "biliary_stent")])).answers
    assert "before it 12.0 mg/dL" in table[table["question"] == "ducts"].iloc[0]["says"]
