"""Results that are given as limits ("<x" and ">x"): what they prove counts, what they leave open decides nothing."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import hepatrend
from analytics.analysis import analyse
from analytics.arrays import FAR
from analytics.derive.points import points_of
from analytics.grades.ctcae import grades_of
from analytics.grades.explain import explain
from analytics.rules import rules
from analytics.rules._discover import assessment_of
from analytics.scores import computed_of, scores
from tests.analytics.answers.test_contradictions import by_lot
from tests.builders import panel_of, together

DRUG = [("2023-12-25", "systemic", "pembrolizumab")]
BEFORE = [("2024-01-01", "ALT", 30), ("2024-01-01", "BILI", 0.6), ("2024-01-01", "ALP", 90)]
MET, OPEN, NOT_MET = "met", "not decided", "not met"


def answer(labs, rule, events=()):
    """(met, not decided or not met; the words of the finding, or of the nearest miss)."""
    own = analyse(panel_of(labs, list(events)))
    found = own.findings[own.findings["rule"] == rule]
    if len(found):
        return MET, str(found["says"].iloc[0])
    says = str(own.near[own.near["rule"] == rule]["says"].iloc[0])
    return OPEN if "not decided" in says else NOT_MET, says


def hys_law(alt, bili, alp):
    labs = [*BEFORE, ("2024-01-10", "ALT", *alt), ("2024-01-12", "BILI", *bili), ("2024-01-10", "ALP", *alp)]
    return answer(labs, "hys_law", DRUG)


@pytest.mark.parametrize(
    ("alt", "bili", "alp", "expected"),
    [
        ((200,), (3.2,), (100,), MET),
        ((200, "<"), (3.2,), (100,), OPEN),
        ((119, "<"), (3.2,), (100,), NOT_MET),  # proven below 3 x ULN
        ((120, "<"), (3.2,), (100,), NOT_MET),  # below the limit itself
        ((121, "<"), (3.2,), (100,), OPEN),
        ((200, ">"), (3.2,), (100,), MET),
        ((120, ">"), (3.2,), (100,), MET),
        ((104, ">"), (3.2,), (100,), NOT_MET),
        ((200,), (3.2, "<"), (100,), OPEN),
        ((200,), (2.4,), (100,), NOT_MET),  # the criterion is above 2 x ULN
        ((200,), (2.4, ">"), (100,), MET),
        ((200,), (2.4, "<"), (100,), NOT_MET),
        ((200,), (0.3, "<"), (100,), NOT_MET),
        ((200,), (3.2,), (100, "<"), MET),  # nR is at least that
        ((200,), (3.2,), (100, ">"), OPEN),  # nR is at most that
        ((200, ">"), (3.2, ">"), (100, "<"), MET),
        ((200, "<"), (3.2,), (100, "<"), OPEN),  # nR is open, and ALT is
    ],
)
def test_hys_law_counts_what_a_limit_proves(alt, bili, alp, expected):
    assert hys_law(alt, bili, alp)[0] == expected


def test_a_finding_says_which_result_is_given_as_a_limit():
    says = hys_law((200,), (5.0, ">"), (100,))[1]
    assert "bilirubin above 4.2 × ULN" in says
    assert says.endswith("Given only as bilirubin >5.0 mg/dL.")
    assert "Given only as" not in hys_law((200,), (5.0,), (100,))[1]


def test_a_nearest_miss_says_which_result_decides_nothing():
    assert hys_law((200, "<"), (3.2,), (100,))[1] == "2024-01-10: not decided: given only as ALT <200 U/L"
    assert hys_law((104, ">"), (3.2,), (100,))[1].endswith(
        "ALT or AST 2.6 × ULN (criterion: at least 3 × ULN); given only as ALT >104 U/L"
    )


def test_a_nearest_miss_names_no_limit_of_another_test_than_the_one_that_misses():
    says = hys_law((90,), (0.3, "<"), (100, "<"))[1]
    assert says.endswith("(criterion: at least 3 × ULN)")


def test_what_is_not_decided_ends_no_episode():
    rising = [*BEFORE, ("2024-01-10", "ALT", 300), ("2024-01-10", "BILI", 3.2), ("2024-01-10", "ALP", 90)]
    later = [("2024-02-20", "ALT", 300), ("2024-02-20", "BILI", 3.2), ("2024-02-20", "ALP", 90)]

    def episodes(value, sign):
        between = [("2024-01-30", "ALT", value, sign), ("2024-01-30", "BILI", 3.2), ("2024-01-30", "ALP", 90)]
        found = analyse(panel_of([*rising, *between, *later], DRUG)).findings
        return len(found[found["rule"] == "hys_law"])

    assert episodes(30, "") == 2
    assert episodes(30, "<") == 2  # proven to be low
    assert episodes(30, ">") == 1
    assert episodes(300, "<") == 1


@pytest.fixture(scope="module")
def by_limits():
    """People whose results are made limits by lot, and the same with each limit at the far end of what it may be."""
    panel = by_lot(24, seed=12)
    lot = np.random.default_rng(4).choice(["", "", "", "", "<", ">"], len(panel.labs))
    factor = np.where(lot == "<", 1 / FAR, np.where(lot == ">", FAR, 1.0))
    return (
        analyse(_with(panel, comparator=lot)).case,
        analyse(_with(panel, comparator=lot, value=panel.labs["value"] * factor)).case,
    )


def _with(panel, **columns):
    return replace(panel, labs=panel.labs.assign(**columns))


@pytest.mark.parametrize("code", rules())
def test_no_rule_counts_a_limit_that_its_far_end_takes_back(code, by_limits):
    case, far = by_limits
    held, there = assessment_of(case, code), rules()[code].assess(far)
    assert set(held.patient[held.holds]) <= set(there.patient[there.holds])


def test_who_has_no_limit_has_the_same_findings_beside_one_who_has():
    one = panel_of([*BEFORE, ("2024-01-10", "ALT", 300), ("2024-01-12", "BILI", 3.2)], DRUG)
    two = panel_of([*BEFORE, ("2024-01-10", "ALT", 300, "<"), ("2024-01-12", "BILI", 3.2)], DRUG)
    both = analyse(together(one, two)).findings
    alone = analyse(one).findings
    assert both[both["patient_id"] == "P1"]["says"].tolist() == alone["says"].tolist()
    assert "hys_law" not in set(both[both["patient_id"] == "P2"]["rule"])


@pytest.mark.parametrize(
    ("code", "value", "sign", "grade"),
    [
        ("ALT", 130, "", 2),
        ("ALT", 130, "<", -1),  # anything from none to grade 2
        ("ALT", 40, "<", 0),
        ("ALT", 130, ">", 2),  # at least
        ("ALT", 120, ">", 2),  # above 3 x ULN
        ("ALT", 30, ">", -1),
        ("ALT", 900, ">", 4),
        ("BILI", 0.2, "<", 0),
        ("BILI", 5.0, ">", 3),
        ("ALB", 1.5, "<", 3),
        ("ALB", 2.5, ">", -1),
        ("ALB", 3.5, ">", 0),
        ("PLAT", 50, "<", 3),
        ("PLAT", 200, "<", -1),
    ],
)
def test_a_grade_is_what_the_limit_proves(code, value, sign, grade):
    case = analyse(panel_of([("2024-01-10", code, value, sign)])).case
    assert grades_of(case, "5.0").tolist() == [grade]


def test_the_explanation_of_a_grade_says_what_a_limit_leaves_open():
    case = analyse(panel_of([("2024-01-10", "BILI", 5, ">"), ("2024-01-10", "ALT", 130, "<")])).case
    at = {int(points_of(case).comparator[k]): k for k in range(2)}
    assert explain(case, at[1]).says.endswith(
        ">5.0 mg/dL, 4.17 × ULN; the result is given only as above this number: at least this grade"
    )
    assert explain(case, at[-1]).grade is None
    assert explain(case, at[-1]).says.endswith(
        "the result is given only as below this number, which leaves the grade open"
    )


DAY = "2024-01-10"
SCORED = [
    (DAY, "BILI", 2.0), (DAY, "ALB", 3.0), (DAY, "INR", 1.5), (DAY, "CREAT", 1.5), (DAY, "SODIUM", 130),
    (DAY, "ALT", 100), (DAY, "AST", 100), (DAY, "ALP", 100), (DAY, "PLAT", 100), (DAY, "CRP", 20),
]  # fmt: skip


def scored(score, **limits):
    labs = [(when, code, *limits.get(code, (value,))) for when, code, value in SCORED]
    table = analyse(panel_of(labs, age=60.0, sex="F")).scores
    return table[table["score"] == score].iloc[0]


@pytest.mark.parametrize(
    ("score", "limits", "known"),
    [
        ("albi", {"BILI": (0.3, "<")}, False),
        ("albi", {"ALB": (3.0, ">")}, False),
        ("fib4", {"PLAT": (50.0, "<")}, False),
        ("r_value", {"ALT": (1000, ">")}, False),
        ("r_value", {"ALP": (20, "<")}, False),
        ("apri", {"AST": (10, "<")}, False),
        ("meld", {"BILI": (0.3, "<")}, True),  # counts as 1.0 in any case
        ("meld", {"BILI": (1.0, "<")}, True),
        ("meld", {"BILI": (1.2, "<")}, False),
        ("meld", {"CREAT": (5.0, ">")}, True),  # counts as 4.0 in any case
        ("meld", {"INR": (1.5, ">")}, False),
        ("meld3", {"ALB": (1.4, "<")}, True),
        ("mgps", {"CRP": (5.0, "<")}, True),
        ("mgps", {"CRP": (12.0, "<")}, False),
        ("mgps", {"CRP": (10.0, ">")}, True),
    ],
)
def test_a_score_is_known_where_its_limits_decide_it(score, limits, known):
    row = scored(score, **limits)
    assert (row["band"] != "not computable") == known
    assert np.isnan(row["value"]) != known
    assert ("an input is given only as < or >" in row["note"]) != known
    code = next(iter(limits))
    assert json.loads(row["inputs"])[code][0] == limits[code][0]


def test_a_score_that_is_open_is_said_once_and_not_by_any_number():
    labs = [(f"2024-0{month}-10", code, *v) for month in (1, 2) for code, v in (("BILI", (0.3, "<")), ("ALB", (3.0,)))]
    case = analyse(panel_of(labs)).case
    assert np.isnan(computed_of(case, scores()["albi"]).value).all()
    table = analyse(panel_of(labs)).scores
    assert table[table["score"] == "albi"]["date"].astype(str).tolist() == ["2024-02-10"]


def test_a_marker_that_was_below_what_its_method_reads_has_risen_once_it_is_far_above():
    values = ["<2", "3", "<2", "4", "<2", "60", "120", "300"]  # the limits say nothing of how far results scatter
    days = pd.date_range("2024-01-01", periods=len(values), freq="28D")
    frame = pd.DataFrame({"collected_at": days, "value": values}).assign(
        patient_id="P1", analyte="CA19_9AG", unit="U/mL", uln=37.0
    )
    found = hepatrend.analyse(hepatrend.read(frame)).findings.set_index("rule").loc["marker_rise"]
    assert str(found["onset"])[:10] == "2024-06-17"


def marker(*values):
    rows = [(f"2024-{month:02d}-05", "CEA", *value) for month, value in enumerate(values, 1)]
    return answer(rows, "marker_rise")


def test_a_marker_rises_from_a_number_or_from_less_never_from_more_than_a_limit():
    assert marker((100, ">"), (100, ">"), (1000, ">"), (1000, ">"))[0] == NOT_MET
    assert marker((100, ">"), (90,), (91,), (300, ">"), (300, ">"))[0] == MET
    assert "3.3 × nadir (90 ng/mL" in marker((100, ">"), (90,), (91,), (300, ">"), (300, ">"))[1]
    assert "above 44.0 × nadir (<0.5 ng/mL" in marker((3, "<"), (0.5, "<"), (20,), (22,))[1]


def test_a_multiple_of_two_limits_is_told_as_one_of_their_numbers():
    labs = [("2024-01-05", "ALT", 100, ">"), ("2024-01-25", "ALT", 100, ">"), ("2024-03-05", "ALT", 1000, ">")]
    assert (
        "(by the numbers given 10.0 × baseline)" in answer(labs, "changed", [("2024-02-01", "systemic", "FOLFOX")])[1]
    )
