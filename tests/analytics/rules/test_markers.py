"""Rises and possible flares of tumour markers: the cases that the rule was agreed on, and what ends one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.settings import Settings
from tests.builders import panel_of

DAY0 = pd.Timestamp("2024-03-01")
LINE = [(DAY0, "systemic", "FOLFOX")]
OPEN = ("new", "ongoing", "not_seen")


def _found(results, events=(), others=(), as_of=None):
    """Findings of markers; results are (day, value) of CEA (ULN 5) or (day, analyte, value)."""
    rows = [(DAY0 + pd.Timedelta(days=r[0]), *(("CEA", r[1]) if len(r) == 2 else r[1:])) for r in results]
    rows += [(DAY0 + pd.Timedelta(days=d), code, v) for d, code, v in others]
    findings = analyse(panel_of(rows, events, as_of=as_of)).findings
    return findings[findings["rule"].str.startswith(("marker_rise", "marker_flare", "ca199"))]


def _every(*values, step=30):
    return [(step * k, v) for k, v in enumerate(values)]


def _rise(results, events=(), others=()):
    found = _found(results, events, others)
    return found[found["rule"] == "marker_rise"]


@pytest.mark.parametrize(
    ("values", "sure"),
    [
        ((3, 5.5, 5.6), "confirmed by a second result"),
        ((3, 4.2, 4.4), None),  # within the limit
        ((8, 12.5), "one result, not confirmed"),
        ((8, 12.5, 12.6), "confirmed by a second result"),
        ((6, 7.4, 7.4), None),  # less than 1.25 ×
        ((4.9, 6.2, 6.2), None),  # less than 0.4 ULN above it
        ((4.9, 6.9, 6.9), "confirmed by a second result"),
        ((12.5,), None),  # nothing to compare with
    ],
)
def test_the_agreed_cases_of_a_rise(values, sure):
    found = _rise(_every(*values))
    assert len(found) == (sure is not None)
    if sure:
        assert sure in found.iloc[0]["says"] and found.iloc[0]["level"] == "attention"


def test_a_rise_never_begins_on_a_result_below_the_one_before():
    rng = np.random.default_rng(4)
    begun = 0
    for _ in range(80):
        values = np.round(8 * np.exp(np.cumsum(0.35 * rng.normal(size=12))), 1)
        for onset in _rise(_every(*values))["onset"]:
            at = (onset - DAY0).days // 30
            begun += 1
            assert values[at] >= values[at - 1]
    assert begun > 40


@pytest.mark.parametrize(
    ("values", "sure"),
    [
        ((13.1, 11.8, 14.2, 12.6, 11.1, 13.4, 14.6, 14.3), None),  # 1.3 × the lowest of six that stand still
        ((13.1, 11.8, 14.2, 12.6, 11.1, 13.4, 18.9, 20.4), "confirmed by a second result"),
        ((13.1, 11.8, 14.2, 12.6, 11.1, 13.4, 16.9, 13.0), None),  # 1.5 × the lowest once, within the scatter
        ((13.1, 11.8, 14.2, 12.6, 11.1, 13.4, 31.0), "one result, not confirmed"),
        ((20, 14, 16, 13, 18, 14.5, 19, 18.5), None),  # scatters by a fifth
        ((120, 60, 30, 15, 9, 12.2, 13.0), "confirmed by a second result"),  # regrowth: nothing stands still
        ((8.0, 8.4, 8.1, 8.3, 8.2, 8.4, 12.3, 13.0), "confirmed by a second result"),
        ((60, 30, 14, 8, 6, 6.4, 7.5, 9.5, 12.5), "confirmed by a second result"),  # every result above the one before
        ((8.0, 8.1, 9.4, 9.9, 11.2, 13.0, 15.1, 17.5), "confirmed by a second result"),  # climbs at every result
    ],
)
def test_the_lowest_of_many_results_that_stand_still_is_low_by_chance(values, sure):
    for scale in (1.0, 3.0):
        found = _rise(_every(*(v * scale for v in values)))
        assert len(found) == (sure is not None)
        assert sure is None or sure in found.iloc[-1]["says"]


def test_the_setting_of_a_site_says_what_the_published_variation_is_worth_beside_the_patients_own_scatter():
    values = (12, 12.1, 11.9, 12.2, 12, 12.1, 15.6, 15.8)
    panel = panel_of([(DAY0 + pd.Timedelta(days=30 * k), "CEA", v) for k, v in enumerate(values)])
    told = []
    for worth in (1.0, 2.0):
        findings = analyse(panel, Settings().changed({"trend": {"noise_prior": worth}})).findings
        told.append("marker_rise" in set(findings["rule"]))
    assert told == [
        True,
        False,
    ]  # 30 % is beyond the 2 % of these results, not beyond a published 20 %


def test_a_marker_that_stands_still_above_its_limit_is_seldom_told_as_rising(rng):
    from tests.benchmarks.calibration import simulate
    from tests.benchmarks.rules_of_thumb import COURSES, _delays, baseline_twice, trend_calls

    stable = simulate(rng, 400, only=("CEA",), cv=(0.1, 0.2))
    assert (trend_calls(stable) > 0).any(axis=1).mean() < 0.16
    doubling = simulate(rng, 200, only=("CEA",), cv=(0.1, 0.2), course=dict(COURSES)["marker doubling in 60 days"])
    ours, theirs = (np.median(_delays(m(doubling), doubling)) for m in (trend_calls, baseline_twice(2.0)))
    assert ours < theirs - 14


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ((40, 90, 4), "resolved"),  # within its limit
        ((20, 60, 60, 21, 21), "resolved"),  # back near the lowest, twice
        ((20, 60, 60, 40), "ongoing"),  # still twice the lowest
        ((20, 60, 60, 21), "ongoing"),  # once
        ((20, 200, 220, 100, 90), "resolved"),  # halved from its highest, twice
    ],
)
def test_a_rise_ends_when_the_values_come_back(values, state):
    found = _rise(_every(*values))
    assert len(found) == 1
    assert (found.iloc[0]["state"] in OPEN) == (state == "ongoing")


@pytest.mark.parametrize("last", [9.9, 10.0])
def test_a_result_that_is_not_above_the_lowest_ends_a_rise(last):
    row = _rise(_every(10, 21, 23, last)).iloc[0]
    assert (row["state"], row["last_seen"]) == ("resolved", DAY0 + pd.Timedelta(days=60))


def test_a_rise_is_over_with_the_first_of_two_results_that_are_back():
    row = _rise(_every(10, 20, 22, 10.6, 10.4)).iloc[0]
    assert (row["state"], row["last_seen"]) == ("resolved", DAY0 + pd.Timedelta(days=60))
    assert _rise(_every(10, 20, 22, 10.6)).iloc[0]["state"] in OPEN
    row = _rise(_every(10, 70, 72, 30, 29)).iloc[0]
    assert row["last_seen"] == DAY0 + pd.Timedelta(days=60)


def test_a_marker_that_rises_into_a_line_is_a_rise_and_no_flare():
    found = _found([(-60, 6), (-5, 9), (20, 14)], LINE)
    assert set(found["rule"]) == {"marker_rise"}


def test_a_rise_after_falling_results_is_a_possible_flare_and_one_that_comes_down_was_one():
    up = _found([(-40, 30), (-5, 20), (20, 32)], LINE)
    assert list(up["rule"]) == ["marker_flare"]
    assert "may be a flare or progression" in up.iloc[0]["says"] and up.iloc[0]["level"] == "information"
    down = _found([(-40, 30), (-5, 20), (20, 32), (60, 14)], LINE)
    assert list(down["rule"]) == ["marker_flare"]
    assert "was a flare" in down.iloc[0]["says"] and down.iloc[0]["state"] not in OPEN


def test_what_is_still_up_after_the_first_weeks_is_a_rise_from_its_first_result():
    found = _found([(-40, 30), (-5, 20), (20, 32), (60, 40)], LINE).set_index("rule")
    assert found.loc["marker_rise", "onset"] == DAY0 + pd.Timedelta(days=20)
    assert "told as a rise" in found.loc["marker_flare", "says"]


def test_a_new_line_ends_no_rise():
    found = _rise([(-90, 10), (-60, 20), (-5, 25), (20, 24), (50, 26)], LINE)
    assert len(found) == 1 and found.iloc[0]["state"] in OPEN


def test_the_lowest_result_counts_anew_four_weeks_after_a_resection():
    events = [(DAY0, "hepatectomy")]
    before = [(-30, 4), (-10, 4)]
    assert len(_rise([*before, (10, 8), (35, 8), (65, 8)], events)) == 0
    assert len(_rise([*before, (10, 8), (35, 8), (65, 11), (95, 11)], events)) == 1


@pytest.mark.parametrize(
    ("after", "is_open"),
    [
        ((3,), False),  # within the limit: the first result after it already ends the rise
        ((8,), True),  # below the highest, above the limit: the next one says
        ((8, 8), False),
        ((8, 9.5), True),
        ((14, 16), True),
        ((12, 3), False),
    ],
)
def test_a_rise_before_an_ablation_is_over_when_it_comes_back_after_it_and_not_before(after, is_open):
    before = [(-120, 2.2), (-90, 4.4), (-60, 7.2), (-5, 9.8)]
    found = _rise([*before, *((30 + 30 * k, v) for k, v in enumerate(after))], [(DAY0, "ablation")])
    assert len(found) == 1 and (found.iloc[0]["state"] in OPEN) == is_open


def test_ca_19_9_in_jaundice_is_said_to_be_left_out_and_begins_no_rise():
    results = [(0, "CA19_9AG", 60), (30, "CA19_9AG", 200), (60, "CA19_9AG", 220)]
    jaundiced = [(d, "BILI", 4.0) for d in (0, 30, 60)]
    assert set(_found(results, (), jaundiced)["rule"]) == {"ca199_muted"}
    assert set(_found(results, (), [(d, "BILI", 0.8) for d in (0, 30, 60)])["rule"]) == {"marker_rise"}


def test_ca_19_9_counts_anew_four_weeks_after_jaundice():
    bili = [(0, "BILI", 5.0), (20, "BILI", 1.0), (40, "BILI", 1.0), (60, "BILI", 0.8), (90, "BILI", 0.8)]
    results = [(0, "CA19_9AG", 900), (40, "CA19_9AG", 50), (60, "CA19_9AG", 300), (90, "CA19_9AG", 310)]
    assert "marker_rise" not in set(_found(results, (), bili)["rule"])
    found = _found([*results, (120, "CA19_9AG", 500)], (), bili)
    assert "marker_rise" in set(found["rule"])


def test_a_jaundiced_result_within_its_limit_ends_a_rise():
    results = [(0, "CA19_9AG", 40), (30, "CA19_9AG", 90), (60, "CA19_9AG", 95), (90, "CA19_9AG", 20)]
    found = _rise(results, (), [(0, "BILI", 0.8), (30, "BILI", 0.8), (60, "BILI", 0.8), (90, "BILI", 5.0)])
    assert len(found) == 1 and found.iloc[0]["state"] not in OPEN


def test_a_doubling_time_is_told_only_where_the_last_result_is_higher():
    assert "doubling time" in _rise(_every(8, 12.5, 20)).iloc[0]["says"]
    flat = _rise(_every(8, 12.5, 12.5))
    assert "doubling time" in flat.iloc[0]["says"]  # told of the worst result, which was higher than the one before


def test_many_patients_are_judged_as_each_alone():
    from tests.builders import together

    panels = [
        panel_of([(DAY0 + pd.Timedelta(days=d), "CEA", v) for d, v in rows])
        for rows in (_every(3, 5.5, 5.6), _every(8, 12.5), _every(40, 90, 4), _every(20, 60, 60, 21, 21), _every(5, 5))
    ]
    joint = analyse(together(*panels)).findings
    joint = joint[joint["rule"] == "marker_rise"]
    for i, panel in enumerate(panels, start=1):
        alone = analyse(panel).findings
        assert (alone["rule"] == "marker_rise").sum() == (joint["patient_id"] == f"P{i}").sum()


def test_a_marker_that_halves_without_therapy_is_told_without_a_week_of_a_line():
    values = [(DAY0 + pd.Timedelta(days=14 * k), "CEA", v) for k, v in enumerate((40, 40, 40, 40, 12, 10, 9))]
    for events, told in (([], False), ([(DAY0 + pd.Timedelta(days=43), "systemic", "FOLFOX")], True)):
        found = analyse(panel_of(values, events)).findings
        says = found.loc[found["rule"] == "marker_response", "says"].tolist()
        assert len(says) == 1
        assert ("of the line" in says[0]) is told, says
        assert "below its baseline" in says[0]
