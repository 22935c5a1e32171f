"""Findings are episodes: onset, state, and a name that stays."""

import json

import pandas as pd
import pytest

from analytics.analysis import analyse
from tests.builders import panel_of

D = "2024-03-01"


def day(n):
    return str(pd.Timestamp(D).date() + pd.Timedelta(days=n))


def temple(rows, **kw):
    """Findings of Temple's corollary of (day, ALT) pairs with a normal bilirubin each."""
    labs = [(day(n), code, v) for n, alt in rows for code, v in (("ALT", alt), ("BILI", 0.6))]
    found = analyse(panel_of(labs, **kw)).findings
    return found[found["rule"] == "temple"].reset_index(drop=True)


def test_an_episode_at_the_last_result_is_new_and_becomes_ongoing_then_resolved():
    assert temple([(0, 30), (10, 200)])["state"].tolist() == ["new"]
    assert temple([(0, 30), (10, 200), (17, 180)])["state"].tolist() == ["ongoing"]
    row = temple([(0, 30), (10, 200), (17, 180), (40, 60)]).iloc[0]
    assert row["state"] == "resolved"
    assert (row["onset"], row["last_seen"], row["resolved_at"]) == tuple(pd.Timestamp(day(n)) for n in (10, 17, 40))


def test_an_old_single_hit_is_ongoing_and_not_new():
    assert temple([(0, 30), (10, 200)], as_of=day(38))["state"].tolist() == ["new"]
    assert temple([(0, 30), (10, 200)], as_of=day(39))["state"].tolist() == ["ongoing"]


def test_a_result_without_the_inputs_ends_nothing():
    rows = [(day(0), "ALT", 200), (day(0), "BILI", 0.6), (day(20), "ALB", 4.0)]
    found = analyse(panel_of(rows)).findings
    assert found[found["rule"] == "temple"]["state"].tolist() == ["new"]


@pytest.mark.parametrize(("gap", "episodes"), [(14, 1), (15, 2)])
def test_runs_close_together_are_one_episode(gap, episodes):
    assert len(temple([(-30, 30), (0, 200), (7, 100), (gap, 200)])) == episodes


def test_the_worst_moment_tells_the_sentence_and_evidence_holds_every_moment():
    row = temple([(-30, 30), (0, 150), (7, 400), (14, 160)]).iloc[0]
    assert row["says"].startswith("ALT 10.0 × ULN")
    assert "Criteria met since 2024-03-01, last on 2024-03-15." in row["says"]
    assert sorted(json.loads(row["evidence"])) == [2, 3, 4, 5, 6, 7]
    assert json.loads(row["numbers"])["at"] == 10.0


def test_later_results_leave_the_name_and_earlier_ones_that_move_the_onset_make_another():
    rows = [(0, 30), (20, 200)]
    name = temple(rows)["finding_id"].tolist()
    assert temple([*rows, (27, 300), (90, 30)])["finding_id"].tolist() == name
    assert temple([(-40, 30), *rows])["finding_id"].tolist() == name  # earlier, but the onset stays
    assert temple([(0, 30), (12, 190), (20, 200)])["finding_id"].tolist() != name


def test_a_finding_of_an_event_keeps_its_name_when_its_onset_moves():
    stent = [(day(0), "biliary_stent")]

    def names(rows):
        found = analyse(panel_of([(day(n), "BILI", v) for n, v in rows], stent)).findings
        return found[found["rule"] == "stent_no_response"]["finding_id"].tolist()

    assert names([(-1, 9.0), (20, 8.0)]) == names([(-1, 9.0), (16, 8.5), (20, 8.0)]) != []


def test_an_episode_after_a_stent_is_over_with_the_next_one():
    labs = [(day(9), "BILI", 1.0), (day(9), "GGT", 100), (day(40), "BILI", 5.0), (day(40), "GGT", 400)]
    events = [(day(0), "biliary_stent"), (day(42), "biliary_stent")]
    found = analyse(panel_of(labs, events, as_of=day(60))).findings
    row = found[found["rule"] == "recurrent_obstruction"].iloc[0]
    assert row["state"] == "superseded" and row["end_why"] == "next biliary stent"
    assert f"; superseded on {day(42)} (next biliary stent)." in row["says"]


def test_times_follow_the_clock_of_the_patient():
    rows = [
        (pd.Timestamp("2000-01-01") + pd.Timedelta(days=192), "ALT", 200.0),
        (pd.Timestamp("2000-01-01") + pd.Timedelta(days=192), "BILI", 0.6),
    ]
    found = analyse(panel_of(rows, clock="study_day")).findings
    says = found[found["rule"] == "temple"]["says"].iloc[0]
    assert "on day 192" in says and "2000" not in says


def test_grades_explain_themselves():
    from analytics.grades import explain, shift, time_at_grade, worst_grades

    panel = panel_of([(day(-5), "ALT", 100), (day(10), "ALT", 450), (day(20), "ALT", 110)], [(day(0), "systemic", "A")])
    case = analyse(panel).case
    five, six = explain(case, 1, "5.0"), explain(case, 1, "6.0")
    assert (five.grade, six.grade) == (2, 4)
    assert five.says == (
        "CTCAE 5.0, ALT, baseline above ULN: grade 2; > 3 × baseline; 450 U/L, 11.25 × ULN, 4.50 × baseline, "
        "2.50 × ULN at baseline"
    )
    gap = explain(case, 2, "5.0")
    assert gap.grade == 0 and gap.note == "above ULN, below 1.5 × baseline"
    assert "baseline unknown" in explain(case, 0, "5.0").branch
    worst = worst_grades(case, "5.0", after_start=True)
    assert worst["grade"].tolist() == [2]
    spent = time_at_grade(case, "5.0").set_index("grade")["days"]
    assert spent.to_dict() == {0: 0.0, 1: 15.0, 2: 10.0}
    assert shift(case, "ALT", "5.0").loc[1, 2] == 1
