"""Hy's law, laboratory part: both sides of every edge."""

import pytest

from analytics.analysis import analyse
from tests.builders import panel_of


def findings(labs, events=(), **kw):
    found = analyse(panel_of(labs, events, **kw)).findings
    return found[found["rule"] == "hys_law"]


def case(alt=130, bili=2.5, bili_date="2024-03-05", alp=100):
    return [("2024-03-01", "ALT", alt), ("2024-03-01", "ALP", alp), (bili_date, "BILI", bili)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 1),
        ({"alt": 120}, 1),  # exactly 3 x ULN counts
        ({"alt": 119}, 0),
        ({"bili": 2.4}, 0),  # exactly 2 x ULN does not
        ({"bili": 2.41}, 1),
        ({"alt": 160, "alp": 240}, 1),  # nR exactly 2
        ({"alt": 159, "alp": 240}, 0),
        ({"alt": 200, "alp": 241}, 1),  # a higher one is a mixed pattern, at a lower level
        ({"alp": 241}, 0),  # nR 1.6
        ({"bili_date": "2024-03-01"}, 1),  # same day
        ({"bili_date": "2024-03-29"}, 1),  # last day of the window
        ({"bili_date": "2024-03-30"}, 0),
        ({"bili_date": "2024-02-29"}, 0),  # jaundice came first
    ],
)
def test_each_condition_has_its_edge(change, expected):
    assert len(findings(case(**change))) == expected


def test_the_sentence_tells_values_dates_windows_and_strictness():
    row = findings(case()).iloc[0]
    assert row["says"].startswith(
        "ALT 3.2 × ULN on 2024-03-01, and bilirubin 2.1 × ULN on 2024-03-05 (within 14 days), ALP 0.8 × ULN, nR 3.9: "
        "meets the laboratory criteria of Hy's law, also with strict inequalities; no drug on record in the time "
        "before."
    )
    assert row["level"] == "attention"  # nothing on record that could do it
    assert row["evidence"] == "[0, 1, 2]"
    assert "within 28 days, not within 14" in findings(case(bili_date="2024-03-20")).iloc[0]["says"]
    assert "strict" not in findings(case(alt=120)).iloc[0]["says"]


def test_under_a_drug_it_is_of_the_highest_level_and_names_the_drug():
    row = findings(case(), [("2024-02-01", "systemic", "FOLFIRI")]).iloc[0]
    assert row["level"] == "urgent" and "day 29 of FOLFIRI" in row["says"]


def test_an_unknown_alp_is_said_and_lowers_the_level():
    row = findings([("2024-03-01", "ALT", 130), ("2024-03-05", "BILI", 2.5)]).iloc[0]
    assert "ALP missing, cholestasis not excluded" in row["says"]
    assert row["level"] == "attention"


def test_a_float_trap_does_not_move_the_edge():
    labs = [("2024-03-01", "ALT", 3.3), ("2024-03-01", "ALP", 100), ("2024-03-02", "BILI", 9.0)]
    panel = panel_of(labs)
    panel.labs.loc[panel.labs["analyte"] == "ALT", "uln"] = 1.1  # 3.3 / 1.1 is just below 3 to a computer
    found = analyse(panel).findings
    assert (found["rule"] == "hys_law").sum() == 1


def test_the_rise_after_an_ablation_is_of_a_lower_level_and_says_so():
    masked = findings(case(), [("2024-02-20", "ablation")]).iloc[0]
    assert masked["level"] == "attention" and "expected-rise window" in masked["says"]
    after = findings(case(), [("2024-02-15", "ablation")]).iloc[0]  # day 15 after
    assert "expected-rise window" not in after["says"]


def test_the_nearest_miss_names_the_failing_condition():
    near = analyse(panel_of(case(bili=2.0))).near
    says = near[near["rule"] == "hys_law"].iloc[0]["says"]
    assert says == "2024-03-01: highest bilirubin within 28 days after 1.7 × ULN (criterion: above 2 × ULN)"
