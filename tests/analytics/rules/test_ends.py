"""How findings end, which one carries an episode, and what the latest values are."""

import pandas as pd
import pytest

from analytics.analysis import analyse
from tests.builders import panel_of

D = pd.Timestamp("2024-03-01")
LINE = [("2024-02-15", "systemic", "FOLFOX")]


def day(n):
    return str((D + pd.Timedelta(days=n)).date())


def grades(values, as_of=None, before=30):
    labs = [("2024-02-10", "ALT", before), *((day(n), "ALT", *value) for n, *value in values)]
    found = analyse(panel_of(labs, LINE, as_of=as_of)).findings
    return found[found["rule"] == "ctcae_grade"].iloc[0]


def test_off_the_criterion_without_a_fall_goes_on():
    row = grades([(0, 205), (7, 198)])  # grade 3 ends at 200 U/L, and 198 is 0.97 of 205
    assert row["state"] == "ongoing" and pd.isna(row["resolved_at"])
    assert "no longer" not in row["says"] and row["says"].endswith("Latest (2024-03-08): ALT 198 U/L.")


def test_resolved_is_told_from_the_first_value_that_came_down():
    row = grades([(0, 205), (7, 198), (14, 180)])
    assert (row["state"], row["resolved_at"]) == ("resolved", pd.Timestamp(day(14)))
    assert "Criteria met on 2024-03-01; no longer met on 2024-03-15." in row["says"]


@pytest.mark.parametrize(
    ("met", "later", "resolved"),
    [
        ((300,), (190, ">"), False),  # it may be 300 still
        ((300,), (39, "<"), True),
        ((300, ">"), (190,), True),
        ((300, ">"), (190, ">"), False),
        ((300,), (190, "<"), False),  # its grade is open
    ],
)
def test_a_fall_that_a_limit_does_not_prove_ends_nothing(met, later, resolved):
    assert (grades([(0, *met), (7, *later)])["state"] == "resolved") == resolved


@pytest.mark.parametrize(("value", "sign", "resolved"), [(60, "", True), (160, ">", True), (60, "<", False)])
def test_what_was_low_is_over_only_where_a_limit_proves_that_it_came_up(value, sign, resolved):
    labs = [("2024-02-10", "PLAT", 250), (day(0), "PLAT", 30), (day(7), "PLAT", value, sign)]
    found = analyse(panel_of(labs, LINE)).findings
    assert (found[found["rule"] == "ctcae_grade"].iloc[0]["state"] == "resolved") == resolved


@pytest.mark.parametrize(("sign", "resolved"), [("", True), (">", False)])
def test_a_score_of_a_result_that_is_a_limit_ends_nothing(sign, resolved):
    albumin = [("2024-02-10", 4.6), (day(100), 3.9), (day(128), 3.9), (day(150), 4.2)]
    labs = [row for on, alb in albumin for row in ((on, "ALB", alb), (on, "BILI", 0.6, sign if on == day(150) else ""))]
    found = analyse(panel_of(labs, LINE, as_of=day(151))).findings
    assert (found[found["rule"] == "albi_decline"].iloc[0]["state"] == "resolved") == resolved


def test_six_weeks_without_a_result_are_not_seen_since():
    assert grades([(0, 300)], as_of=day(42))["state"] == "ongoing"
    row = grades([(0, 300)], as_of=day(43))
    assert row["state"] == "not_seen" and row["says"].endswith("Not measured since.")


def test_what_was_measured_again_without_a_fall_says_when():
    row = grades([(0, 205), (7, 198)], as_of=day(60))
    assert row["state"] == "not_seen"
    assert row["says"].endswith("Last measured on 2024-03-08. Latest (2024-03-08): ALT 198 U/L.")


def test_a_finding_about_a_score_ends_where_the_score_came_down():
    albumin = [("2024-02-10", 4.6), (day(100), 3.9), (day(128), 3.9), (day(150), 4.2), (day(170), 4.3)]
    labs = [(on, code, value) for on, alb in albumin for code, value in (("ALB", alb), ("BILI", 0.6))]
    found = analyse(panel_of(labs, LINE, as_of=day(171))).findings
    row = found[found["rule"] == "albi_decline"].iloc[0]  # albumin rose by less than a tenth, ALBI fell by half
    assert (row["state"], row["resolved_at"]) == ("resolved", pd.Timestamp(day(150)))


def test_one_finding_carries_an_episode_and_the_others_name_it():
    labs = [
        ("2024-02-10", "ALT", 30), ("2024-02-10", "BILI", 0.6), ("2024-02-10", "ALP", 90),
        (day(0), "ALT", 500), (day(0), "ALP", 100), (day(3), "BILI", 5.0), (day(3), "ALT", 480),
        (day(60), "ALT", 30), (day(60), "ALP", 90), (day(60), "BILI", 0.6),
        (day(200), "ALT", 400), (day(200), "BILI", 0.6), (day(200), "ALP", 90),
    ]  # fmt: skip
    found = analyse(panel_of(labs, LINE)).findings
    hys = found[found["rule"] == "hys_law"].iloc[0]
    early = found[(found["onset"] < day(100)) & found["rule"].isin(["ctcae_grade", "changed", "parks", "hys_law"])]
    assert len(early) > 3
    assert set(early["headline_id"]) == {hys["finding_id"]} and early["headline"].sum() == 1
    late = found[(found["onset"] > day(100)) & (found["rule"] != "edish_migration")]
    assert hys["finding_id"] not in set(late["headline_id"])
