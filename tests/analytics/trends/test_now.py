"""What the last results do: since when, from what, and how sure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.analytes import INDEX
from analytics.tables import SERIES
from analytics.trends.now_words import now_sentence, now_short
from analytics.trends.variation import SIGMA, reference_change
from tests.builders import panel_of


def _days(values, analyte="ALT", step=21, start="2024-01-01"):
    first = pd.Timestamp(start)
    return [(first + pd.Timedelta(days=step * k), analyte, value) for k, value in enumerate(values)]


def _last(rows, events=()):
    series = analyse(panel_of(rows, events)).series
    SERIES.check(series)
    return series.iloc[-1]


def _told(row):
    since = None if pd.isna(row.now_since) else f"{row.now_since:%Y-%m-%d}"
    return row.now, since, None if pd.isna(row.now_from) else float(row.now_from)


def test_a_rise_and_a_fall_is_falling_since_its_peak_and_not_rising():
    row = _last(_days([60, 70, 90, 110, 130, 150, 169, 150, 120, 90, 70, 60, 51], "GGT", step=7))
    assert _told(row) == ("falling", "2024-02-12", 169.0)
    assert bool(row.now_confirmed) and row.now_n == 7 and row.now_days == 42
    assert row.now_change_pct == pytest.approx(100 * (51 / 169 - 1))
    assert row.verdict not in ("rising", "stable") and row.alarm == ""


def test_a_spike_that_comes_down_is_falling_from_the_spike():
    row = _last(_days([30, 28, 31, 29, 649, 320, 120, 60, 32], step=5))
    assert _told(row) == ("falling", "2024-01-21", 649.0)


def test_a_last_result_that_goes_back_by_two_thirds_is_no_rise_however_much_the_results_scatter():
    values = [1.0, 1.4, 2.4, 2.6, 4.5, 5.1, 13.5, 15.2, 21.7, 32.2]
    assert _last(_days(values, "BILI", step=14)).now == "rising"
    row = _last(_days([*values, 10.3], "BILI", step=14))
    assert row.now == "higher" and row.verdict != "falling" and row.alarm != "falling"


def test_what_was_reached_before_a_stent_counts_after_it():
    rows = _days([1, 2, 4, 7.3, 3.6, 2.2], "BILI", step=7)
    row = _last(rows, [("2024-01-24", "biliary_stent")])
    assert row.segment == 1 and row.n == 2
    assert _told(row) == ("falling", "2024-01-22", 7.3)
    assert not row.now_confirmed


def test_a_sudden_rise_after_many_steady_days_is_rising():
    row = _last(_days([0.36, 0.35, 0.4, 0.36, 0.35, 0.38] * 8 + [2.0, 3.6], "BILI", step=1))
    assert row.now == "rising" and row.verdict != "stable" and row.alarm != "falling"


def test_two_steps_down_after_a_stent_are_falling_though_treated_people_may_vary_more():
    row = _last(_days([2, 5, 11, 16.5, 11.2, 7.1], "BILI", step=4), [("2024-01-14", "biliary_stent")])
    assert row.segment == 1 and row.n == 2
    assert _told(row) == ("falling", "2024-01-13", 16.5)
    assert row.now_change_pct < row.now_limit_pct < 0
    assert now_sentence(row).endswith("to be confirmed by the next result.")


def test_a_halved_bilirubin_after_a_drain_is_falling_where_the_finding_says_so():
    labs = _days([3, 6, 14.4, 6.9], "BILI", step=5)
    found = analyse(panel_of(labs, [("2024-01-12", "drainage")]))
    assert "stent_response" in set(found.findings["rule"])
    assert _told(found.series.iloc[-1]) == ("falling", "2024-01-11", 14.4)


def test_a_jump_after_many_quiet_days_rises_from_their_level_since_the_last_of_them():
    quiet = [0.96, 1.05, 1.02, 1.1, 1.0, 1.04] * 6
    row = _last(_days([*quiet, 1.9, 2.4], "INR", step=1))
    assert row.now == "rising" and row.now_from_is == "about"
    assert f"{row.now_since:%Y-%m-%d}" == "2024-02-05" and row.now_from == 1.04
    assert now_short(row) == "rising since 2024-02-05 (about 1.04)"
    assert row.now_change_pct == pytest.approx(100 * (2.4 / 1.04 - 1))


def test_a_last_result_above_many_quiet_ones_is_told_as_itself_and_not_as_their_level():
    row = _last(_days([30, 31, 29, 33, 28, 32] * 8 + [31, 44], step=1))
    assert _told(row) == ("higher", "2024-02-19", 44.0)
    assert now_sentence(row) == "44 on 2024-02-19, higher than baseline."


def test_a_level_that_the_last_two_results_are_on_beyond_all_before_is_higher_though_it_no_longer_climbs():
    row = _last(_days([0.7, 0.8, 0.9, 1.2, 2.4, 3.8, 3.1, 2.2], "BILI", step=16), [("2023-11-01", "systemic")])
    assert _told(row)[:2] == ("higher", "2024-03-05") and now_short(row).endswith("higher than before")


def test_a_level_holds_only_results_that_cannot_be_told_from_the_last_one():
    row = _last(_days([80, 81, 79, 140, 150, 100], "ALP", step=14))
    assert _told(row) == ("higher", "2024-03-11", 100.0)
    assert now_short(row) == "100 on 2024-03-11, higher than baseline"


PEAK = [20, 22, 582, 460, 279, 179, 107, 54, 26]
"""A peak after a procedure, and most of the way back."""


def test_a_peak_of_long_ago_says_nothing_of_now():
    row = _last(_days([*PEAK, 21, 20, 22, 21, 24, 20, 23, 22, 24, 21, 23], "AST", step=14))
    assert now_short(row) == "steady since 2024-04-22" and row.now_than == ""


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            {"now": "higher", "now_than": "before and baseline", "now_n": 4},
            "about 59 since 2026-01-11, higher than before and than baseline",
        ),
        (
            {"now": "lower", "now_than": "before, not baseline", "now_n": 4},
            "about 59 since 2026-01-11, lower than before, higher than baseline",
        ),
        ({"now": "lower", "now_than": "baseline", "now_n": 1}, "59 on 2026-01-11, lower than baseline"),
    ],
)
def test_a_level_is_told_with_what_it_is_higher_or_lower_than(rows, told):
    row = {"analyte": "ALT", "now_since": pd.Timestamp("2026-01-11"), "now_from": 58.8, **rows}
    assert now_short(row) == told


def test_a_level_above_baseline_after_a_fall_is_that_of_the_last_results():
    values = [18, 19, 18, 17, 59, 160, 661, 469, 360, 291, 139, 52, 38, 44]
    row = _last(_days(values, "ALT", step=7), [("2024-01-24", "systemic", "FOLFOX")])
    assert now_short(row) == "about 44 since 2024-03-18, lower than before, higher than baseline"


def test_what_the_exact_test_calls_is_not_left_to_be_confirmed():
    row = _last(_days([100, 105, 112, 118, 125, 133, 140, 150, 158, 168], "ALP", step=28))
    assert row.verdict == row.now == "rising" and bool(row.now_confirmed)


def test_a_last_result_beyond_the_published_reference_change_is_not_steady():
    up, _ = reference_change(SIGMA[[INDEX["ALT"]]], 1.96)
    inside, beyond = 30 * (1 + up[0] / 100) - 1, 30 * (1 + up[0] / 100) + 1
    assert _last(_days([30, 30, 30, 30, 30, inside], step=30)).now == "steady"
    assert _last(_days([30, 30, 30, 30, 30, beyond], step=30)).now != "steady"


def test_a_marker_that_may_be_a_flare_is_rising_to_be_confirmed_and_not_steady():
    rows = [(pd.Timestamp(d), "CEA", v) for d, v in (("2024-01-01", 25), ("2024-02-20", 18), ("2024-03-25", 29))]
    row = _last(rows, [("2024-03-01", "systemic", "FOLFOX")])
    assert _told(row) == ("rising", "2024-02-20", 18.0) and not row.now_confirmed


@pytest.mark.parametrize("values", [(9, 36, 29, 26, 24), (6, 9, 9.5, 9.2, 9.4, 9.1)])
def test_a_marker_that_no_longer_climbs_is_higher_while_its_rise_is_open(values):
    found = analyse(panel_of(_days(values, "CEA", step=30)))
    assert set(found.findings.query("rule == 'marker_rise'")["state"]) == {"ongoing"}
    row = found.series.iloc[-1]
    assert _told(row)[:2] == ("higher", "2024-01-31")


def test_a_fall_that_ended_is_no_longer_falling():
    row = _last(_days([160, 120, 80, 40, 41, 39, 40, 42, 40]))
    assert row.now not in ("falling", "rising")
    assert row.now_from == pytest.approx(40, rel=0.05)


def test_one_outlier_between_steady_results_is_no_confirmed_movement():
    values = [30, 31, 29, 30, 90, 30, 31]
    for end in range(5, 8):
        row = _last(_days(values[:end]))
        assert pd.isna(row.now_confirmed) or not row.now_confirmed
    assert row.now == "unclear" and row.alarm == ""


def test_a_doubling_in_one_result_is_to_be_confirmed_and_by_the_next_is():
    values = [30, 31, 29, 30, 32, 31, 30, 80, 85]
    one, two = _last(_days(values[:-1])), _last(_days(values))
    assert (one.now, bool(one.now_confirmed)) == ("rising", False)
    assert (two.now, bool(two.now_confirmed)) == ("rising", True)


def test_steady_results_are_steady_and_one_is_told_as_one():
    assert _last(_days([30, 32, 29, 31, 30])).now == "steady"
    assert _told(_last(_days([30]))) == ("one_result", "2024-01-01", 30.0)
    assert _last(_days([30, 32])).now == "unclear"


def test_a_new_level_is_higher_and_neither_steady_nor_rising_and_the_sum_needs_a_second_result():
    values = [30, 31, 29, 30, 62, 61, 60, 63, 62]
    row, next_row = _last(_days(values)), _last(_days([*values, 61]))
    assert _told(row) == ("higher", "2024-03-25", 62.0)
    assert row.alarm == "" and next_row.alarm == "rising"
    assert _told(next_row)[:2] == ("higher", "2024-03-25")


def test_the_second_result_of_a_new_level_confirms_the_rise_to_it_and_one_outlier_does_not():
    quiet = [30, 34, 28, 31, 33]
    two, spike = _last(_days([*quiet, 75, 72])), _last(_days([*quiet, 75, 33]))
    assert two.now == "rising" and bool(two.now_confirmed)
    assert spike.now != "rising"
    noisy = _last(_days([30, 55, 22, 41, 26, 60, 62]))
    assert noisy.now != "rising" or not noisy.now_confirmed


def test_results_before_another_laboratory_are_no_start_of_a_movement():
    labs = _days([5, 6, 7, 20, 21, 20, 22], "CEA")
    panel = panel_of(labs)
    panel.labs["lab"] = ["A", "A", "A", "B", "B", "B", "B"]
    row = analyse(panel).series.iloc[-1]
    assert row.began_with == "lab change" and row.now != "rising"


def test_below_a_limit_after_a_lower_value_is_no_rise():
    first = pd.Timestamp("2024-01-01")
    rows = [(first, "CEA", 1.0), (first + pd.Timedelta(days=30), "CEA", 1.0)]
    rows += [(first + pd.Timedelta(days=60), "CEA", 5.0, "<")]
    assert _last(rows).now != "rising"


def test_a_longer_time_scale_gives_the_same_reading():
    values = np.array([60, 70, 90, 110, 130, 150, 169, 150, 120, 90, 70, 60, 51])
    short, long = _last(_days(values, step=3)), _last(_days(values, step=6))
    assert (short.now, short.now_n, short.now_from) == (long.now, long.now_n, long.now_from)
    scaled = _last(_days(values * 10, step=3))
    assert scaled.now == short.now and scaled.now_from == pytest.approx(10 * short.now_from)


def test_the_sentence_holds_the_evidence():
    row = _last(_days([60, 70, 90, 110, 130, 150, 169, 150, 120, 90, 70, 60, 51], "GGT", step=7))
    assert now_short(row) == "falling since 2024-02-12 (peak 169)"
    sentence = now_sentence(row)
    for part in ("−70%", "7 days with results in 42 days", "confirmed by a second result"):
        assert part in sentence
    assert now_short(_last(_days([30]))) == "one result only"
    assert now_short(_last(_days([30, 32, 29, 31, 30]))) == "steady since 2024-01-01"


def _visits(*values, step=30, at=0):
    return [(at + step * k, value) for k, value in enumerate(values)]


@pytest.mark.parametrize(
    ("analyte", "visits", "event", "told"),
    [
        ("CA19_9AG", _visits(900, 600, 380, 240, 150, 95, 90, 130, 190, 300), None, ("rising", 180, 90, True)),
        ("CEA", _visits(60, 30, 14, 8, 6, 6.4, 7.5, 9.5, 12.5), None, ("rising", 120, 6, True)),
        ("GGT", _visits(60, 62, 58, 190, 61, 59, 63), None, ("steady", 120, 61, None)),
        ("ALP", _visits(90, 95, 88, 92, 91, 185, 190), None, ("rising", 60, 88, True)),
        (  # of equal lowest values the last one is where a slow rise began
            "ALP",
            _visits(*[250] * 5, 262, 280, 298, 315, 332, 350, 365, step=14),
            None,
            ("rising", 56, 250, True),
        ),
        ("AFP", _visits(32, 28, 35, 30, 27, 33, 36, 34), None, ("steady", 0, 32.5, None)),
        ("BILI", [(-30, 0.8), (0, 9.5), (2, 6.1), (6, 3.0), (14, 1.4)], "biliary_stent", ("falling", 0, 9.5, False)),
        ("BILI", _visits(11, 6, 3, 1.6, 1.2, 2.2, 4.1, step=7), "biliary_stent", ("rising", 28, 1.2, False)),
        ("BILI", _visits(12, 6, 3, 1.5, 0.7, 0.3, 0.1, step=3), None, ("falling", 0, 12, True)),
        ("PLAT", _visits(250, 240, 245, 120, 60, step=14), None, ("falling", 0, 250, True)),
        (
            "ALB",  # two admissions four years apart: the first says nothing of the second
            _visits(3.9, 3.5, 3.1, 2.9, step=2) + _visits(4.1, 4.0, 3.6, 3.2, step=2, at=1500),
            None,
            ("falling", 1500, 4.1, False),
        ),
        (
            "ALT",  # days of one admission between months
            _visits(30, 28, 32, 31) + _visits(210, 420, 380, 300, 220, 150, step=1, at=120) + _visits(45, 33, at=150),
            None,
            ("falling", 121, 420, True),
        ),
    ],
)
def test_courses_as_a_clinician_would_tell_them(analyte, visits, event, told):
    day0 = pd.Timestamp("2023-01-02")
    events = [(day0 + pd.Timedelta(days=1), event)] if event else ()
    row = _last([(day0 + pd.Timedelta(days=d), analyte, v) for d, v in visits], events)
    sure = None if pd.isna(row.now_confirmed) else bool(row.now_confirmed)
    assert (row.now, (row.now_since - day0).days, row.now_from, sure) == told
    values = np.array([v for _, v in visits])
    if not np.isnan(row.change_pct):  # nothing below zero, and nothing beyond what was seen
        assert -100 < row.change_pct <= 1.5 * 100 * (values.max() / values.min() - 1)


@pytest.mark.parametrize("scale", [0.03, 0.17104, 0.5, 0.7, 0.884, 1.0])
def test_a_marker_that_has_doubled_or_halved_exactly_has_done_so_in_every_unit(scale):
    assert _last(_days([v * scale for v in (1, 28, 14)], "CA19_9AG", step=1)).now == "falling"


@pytest.mark.parametrize(
    ("analyte", "values", "told"),
    [
        # the enzyme came down within three weeks and has been where it is for half a year, a little lower each time
        ("ALT", [30, 28, 335, 158, 69, 26, 16.2, 17.4, 14.4, 15.6, 15.6, 16.2, 14.4, 15, 15, 13.8], "lower"),
        # after a resection: peak, fall, and four results that cannot be told apart, back in range
        ("BILI", [0.4, 0.5, 2.4, 4.3, 10.2, 7.7, 6.0, 1.6, 0.9, 0.9, 0.6, 0.6], "lower"),
        # rose to a plateau
        ("ALP", [126, 130, 122, 160, 246, 287, 280, 286, 290, 275, 285], "higher"),
        ("CA15_3AG", [70, 72, 110, 190, 300, 321, 307, 298, 322, 310], "higher"),
        ("PLAT", [285, 270, 234, 187, 123, 106, 91, 106, 91, 95, 101, 95], "lower"),
        # down from a peak, and the last of those that stand is a little lower: a thirtieth of the pace is no fall
        ("ALP", [104, 110, 106, 1016, 749, 113, 110, 113, 100], "steady"),
        ("ALP", [104, 110, 106, 1016, 749, 400, 113, 110, 113, 100], "steady"),
    ],
)
def test_a_movement_that_has_come_to_a_stand_is_told_by_where_it_stands(analyte, values, told):
    row = _last(_days(values, analyte))
    assert row.now == told
    stood = [v for v in values if abs(np.log(v / values[-1])) < 0.9][-int(row.now_n) :]
    assert row.now_n >= 4 and row.now_from == pytest.approx(np.median(stood), rel=0.01)
    assert "since" in now_short(row) and told in now_short(row)


@pytest.mark.parametrize(
    ("analyte", "values", "told"),
    [
        ("BILI", [0.6, 3.0, 12.0, 16.0, 7.8, 5.0, 3.9, 2.5], "falling"),  # slower than at first, and goes on
        ("CEA", [5.0, 5.8, 6.9, 8.1, 9.5, 11.3, 13.2, 15.5, 18.3], "rising"),  # at one pace all the time
        ("ALB", [4.4, 4.2, 4.1, 3.9, 3.7, 3.6, 3.4, 3.2], "falling"),
        ("GGT", [60, 75, 95, 118, 147, 183, 229], "rising"),
        ("ALT", [30, 32, 29, 120, 240, 500], "rising"),
    ],
)
def test_a_movement_that_goes_on_is_told_though_its_last_results_cannot_be_told_apart(analyte, values, told):
    assert _last(_days(values, analyte)).now == told


def _on(points, analyte):
    first = pd.Timestamp("2024-01-01")
    return [(first + pd.Timedelta(days=day), analyte, value) for day, value in points]


@pytest.mark.parametrize(
    ("analyte", "points", "told"),
    [
        # a value on its way down makes no return of the one after it: the last result alone is back
        ("INR", [(0, 1.1), (38, 4.43), (68, 3.16), (80, 1.06)], "falling since 2024-02-08 (peak 4.43)"),
        (
            "BILI",
            [(0, 0.5), (34, 0.4), (54, 0.7), (75, 0.7), (94, 0.6), (95, 3.1), (96, 1.8), (143, 0.5)],
            "falling since 2024-04-05 (peak 3.1)",
        ),
        ("INR", [(0, 1.1), (30, 1.1), (38, 4.43), (68, 1.08), (80, 1.06), (90, 1.1)], "steady since 2024-03-09"),
        # results of long ago outside the limits of the last ones do not keep these from being steady
        (
            "BILI",
            [(0, 0.5), (95, 0.5), (178, 1.2), (259, 0.9), (361, 0.4), (453, 0.4), (542, 0.5), (625, 0.4), (721, 0.4)],
            "steady since 2024-09-16",
        ),
        # but a level that has been left does
        ("BILI", [(0, 1.6), (95, 1.7), (178, 1.5), (259, 1.4), (361, 0.6), (453, 0.6), (542, 0.6)], "lower"),
    ],
)
def test_what_came_back_is_falling_until_it_stands_and_steady_then(analyte, points, told):
    row = _last(_on(points, analyte), [("2023-12-01", "systemic", "FOLFOX")])
    assert told in now_short(row.to_dict())
