"""Before and after of events: landmarks, level change, expected course."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.tables import RESPONSES_TABLE
from tests.builders import LLN, ULN, panel_of, together

STENT = pd.Timestamp("2024-03-01")


def _around(values, analyte="BILI", event=STENT):
    """Pairs of (day relative to the event, value[, comparator])."""
    return [(event + pd.Timedelta(days=day), analyte, *value) for day, *value in values]


def _row(panel, analyte="BILI", kind=None):
    frame = analyse(panel).responses
    RESPONSES_TABLE.check(frame)
    frame = frame[frame.analyte == analyte]
    if kind:
        frame = frame[frame.kind == kind]
    assert len(frame) == 1
    return frame.iloc[0]


def _stent(*values, events=()):
    return _row(panel_of(_around(values), [(STENT, "biliary_stent"), *events]), kind="biliary_stent")


def test_a_stent_that_halves_bilirubin_within_14_days_is_on_course():
    row = _stent((-1, 8.0), (3, 6.0), (7, 4.5), (14, 4.0), (20, 1.9))
    assert row.verdict == "on_course"
    assert (row.before, row.before_n, row.day_before) == (8.0, 1, -1)
    assert (row.day_half, row.target, row.day_target) == (14, 2.0, 20)


def test_just_above_half_on_day_14_is_slow():
    assert _stent((-1, 8.0), (3, 6.0), (14, 4.1)).verdict == "slow"


def test_before_day_14_nothing_is_held_against_the_stent():
    row = _stent((-1, 8.0), (3, 6.0), (13, 4.1))
    assert row.verdict == "not_enough_data"
    assert "no result yet" in row.why


def test_halved_but_above_2_after_three_weeks_is_slow_and_above_10_before_after_six():
    assert _stent((-1, 8.0), (10, 3.9), (21, 2.1)).verdict == "slow"
    assert _stent((-1, 8.0), (10, 3.9), (21, 2.0)).verdict == "on_course"
    assert _stent((-1, 10.0), (10, 4.0), (21, 3.0)).verdict == "on_course"
    assert _stent((-1, 10.0), (10, 4.0), (42, 2.1)).verdict == "slow"


def test_twice_the_lowest_value_after_the_stent_is_rising_again_at_its_first_day():
    row = _stent((-1, 8.0), (7, 3.0), (14, 1.0), (30, 1.5), (40, 2.1), (50, 4.0))
    assert (row.verdict, row.nadir, row.day_nadir, row.rebound_day) == ("rising_again", 1.0, 14, 40)


def test_twice_the_lowest_value_within_normal_is_no_rebound():
    row = _stent((-1, 8.0), (7, 2.0), (14, 0.5), (30, 1.1))
    assert row.verdict == "on_course"
    assert pd.isna(row.rebound_day)


def test_a_stent_with_normal_bilirubin_has_nothing_to_bring_down():
    assert _stent((-1, 1.0), (14, 0.9)).verdict == "no_expectation"


def test_a_result_of_the_day_of_the_stent_without_a_time_is_on_neither_side():
    row = _stent((-2, 6.0), (0, 8.0), (14, 4.0))
    assert (row.before, row.day_before, row.n_after) == (6.0, -2, 1)
    assert row.peak == 4.0


def test_on_the_day_of_a_procedure_a_morning_result_is_before_and_an_evening_one_after():
    day = STENT + pd.Timedelta(hours=7), STENT + pd.Timedelta(hours=21)
    rows = [(STENT - pd.Timedelta(days=5), "ALT", 31.0), (day[0], "ALT", 29.0), (day[1], "ALT", 74.5)]
    row = _row(panel_of(rows, [(STENT, "hepatectomy")]), "ALT")
    assert (row.before, row.before_n, row.n_after, row.peak) == (30.0, 2, 1, 74.5)
    at_six = STENT + pd.Timedelta(hours=6)
    early = _row(panel_of(rows, [(at_six, "hepatectomy")]), "ALT")
    assert early.before == 31.0


def test_an_evening_result_of_a_later_procedure_is_no_rise_of_an_earlier_stent():
    later = STENT + pd.Timedelta(days=30)
    rows = _around([(-1, 200), (10, 60), (28, 29)], "ALT")
    rows += [(later + pd.Timedelta(hours=21), "ALT", 300.0)]
    panel = panel_of(rows, [(STENT, "biliary_stent"), (later, "hepatectomy")])
    frame = analyse(panel).responses.set_index("kind")
    assert pd.isna(frame.loc["biliary_stent", "rebound_day"])
    assert frame.loc["hepatectomy", "before"] == 29.0 and frame.loc["hepatectomy", "peak"] == 300.0


def test_the_whole_day_of_a_dose_is_before_it():
    rows = [(STENT + pd.Timedelta(hours=15), "ALT", 30.0), (STENT + pd.Timedelta(days=8), "ALT", 60.0)]
    row = _row(panel_of(rows, [(STENT, "systemic", "FOLFOX")]), "ALT")
    assert (row.before, row.n_after) == (30.0, 1)


def test_after_a_stent_back_means_in_range_and_never_the_obstructed_value():
    row = _stent((-1, 6.0), (3, 5.0), (14, 2.5))
    assert pd.isna(row.day_recovery)
    assert _stent((-1, 6.0), (3, 5.0), (14, 2.5), (30, 1.1)).day_recovery == 30


def test_half_and_target_count_only_after_the_highest_value():
    row = _stent((-1, 3.0), (1, 1.4), (4, 2.2), (9, 1.3))
    assert (row.day_peak, row.day_target, row.day_half) == (4, 9, 9)
    again = _stent((-1, 8.0), (7, 3.0), (14, 1.0), (30, 1.5), (40, 2.1), (50, 4.0))
    assert (again.day_half, again.day_target, again.rebound_day) == (7, 14, 40)


def test_the_change_of_level_compares_the_results_that_its_column_names():
    row = _row(
        panel_of(
            _around([(-3, 5.5), (-1, 6.0), (3, 5.0), (9, 3.0), (16, 1.6), (23, 1.1), (60, 0.9)]),
            [(STENT, "biliary_stent")],
        )
    )
    last = np.exp(np.log([5.5, 6.0]).mean())
    first = np.exp(np.log([3.0, 1.6, 1.1]).mean())
    assert row.level_change_pct == pytest.approx(100 * (first / last - 1))


def test_the_tests_that_an_event_can_move_and_those_that_moved_are_marked():
    rows = (
        _around([(-1, 8.0), (14, 2.0)]) + _around([(-1, 140), (14, 141)], "SODIUM") + _around([(-1, 4), (14, 8)], "K")
    )
    frame = analyse(panel_of(rows, [(STENT, "biliary_stent")])).responses.set_index("analyte")
    assert (bool(frame.loc["BILI", "can_move"]), bool(frame.loc["BILI", "moved"])) == (True, True)
    assert (bool(frame.loc["SODIUM", "can_move"]), bool(frame.loc["SODIUM", "moved"])) == (False, False)
    assert (bool(frame.loc["K", "can_move"]), bool(frame.loc["K", "moved"])) == (False, True)


def test_the_next_breaking_event_ends_the_time_after():
    exchange = (STENT + pd.Timedelta(days=20), "biliary_stent", "exchange")
    frame = analyse(
        panel_of(_around([(-1, 8.0), (10, 3.0), (19, 6.0), (25, 2.0)]), [(STENT, "biliary_stent"), exchange])
    )
    first, second = frame.responses.itertuples()
    assert (first.n_after, first.peak, first.nadir) == (2, 6.0, 3.0)
    assert (second.before, second.day_before, second.n_after) == (6.0, -1, 1)


def test_without_a_value_before_or_after_there_is_not_enough_data():
    assert _stent((3, 6.0), (14, 4.0)).verdict == "not_enough_data"
    assert _stent((-1, 6.0)).verdict == "not_enough_data"


def test_a_rise_after_ablation_is_expected_for_14_days_and_then_not():
    def verdict(*values):
        panel = panel_of(_around([(-20, 30), (-10, 31), (-1, 30), *values], "ALT"), [(STENT, "ablation")])
        return _row(panel, "ALT")

    assert verdict((2, 400)).verdict == "on_course"
    back = verdict((2, 400), (7, 90), (14, 32))
    assert (back.verdict, back.peak, back.day_peak, back.day_recovery) == ("recovered", 400, 2, 14)
    assert verdict((2, 400), (14, 90)).verdict == "not_recovered"


def test_platelets_recover_from_below_after_hepatectomy():
    rows = _around([(-10, 200), (-1, 210), (1, 120), (3, 110), (7, 160)], "PLAT")
    row = _row(panel_of(rows, [(STENT, "hepatectomy")]), "PLAT")
    assert (row.verdict, row.nadir, row.day_nadir, row.day_recovery) == ("recovered", 110, 3, 7)
    low = _around([(-10, 200), (-1, 210), (1, 120), (3, 110), (7, 100)], "PLAT")
    assert _row(panel_of(low, [(STENT, "hepatectomy")]), "PLAT").verdict == "not_recovered"


def test_level_change_of_single_results_is_that_of_the_reference_change():
    row = _row(panel_of(_around([(-1, 100), (20, 100)], "ALT"), [(STENT, "radiation")]), "ALT")
    assert row.level_change_pct == pytest.approx(0)
    assert row.level_high == pytest.approx(53.96, abs=0.01)
    assert row.method.startswith("means before and after")


def test_enough_days_on_both_sides_give_the_change_of_slope_by_segmented_regression():
    noise = iter([0.02, -0.02, 0.01, -0.02, 0.01, -0.01, 0.02, -0.02, 0.02, -0.01])
    before = [(d, 40 * np.exp(0.002 * d + next(noise))) for d in (-80, -60, -40, -20, -1)]
    after = [(d, 80 * np.exp(-0.01 * d + next(noise))) for d in (10, 20, 40, 60, 80)]
    row = _row(panel_of(_around([*before, *after], "ALP"), [(STENT, "radioembolisation")]), "ALP")
    assert row.method.endswith("slopes by segmented regression")
    assert row.slope_change_low < 100 * (np.exp(-0.084) - 1) < row.slope_change_high


def test_each_cycle_of_one_line_is_no_event_of_its_own():
    cycles = [(STENT + pd.Timedelta(days=14 * k), "systemic", "FOLFOX") for k in range(4)]
    frame = analyse(panel_of(_around([(-1, 40), (10, 50), (30, 60)], "ALT"), cycles)).responses
    assert list(frame.start_date) == [STENT]


def test_symptoms_have_no_before_and_after():
    assert analyse(panel_of(_around([(-1, 40), (10, 50)], "ALT"), [(STENT, "symptom", "fever")])).responses.empty


def test_another_patient_changes_nothing():
    one = panel_of(_around([(-1, 8.0), (7, 3.0), (14, 1.0)]), [(STENT, "biliary_stent")])
    other = panel_of(_around([(-9, 3.0), (7, 9.0)]), [(STENT, "drainage"), ("2024-03-05", "hepatectomy")])
    both = analyse(together(one, other)).responses
    pd.testing.assert_frame_equal(
        analyse(together(one)).responses, both[both.patient_id == "P1"].reset_index(drop=True)
    )


def test_the_expected_band_of_a_stent_falls_to_its_goal_and_carries_the_published_course():
    from analytics.settings import Settings
    from analytics.trends.expected import band

    made = band("biliary_stent", "BILI", 8.0, 1.2, Settings())
    assert (made.day[0], made.day[-1]) == (0, 14)
    assert (made.high[0], made.high[-1]) == pytest.approx((8.0, 4.0))
    assert made.typical[[0, 1, 7]] == pytest.approx([8.0, 6.56, 4.96])
    assert "TOKYO" in made.source
    platelets = band("hepatectomy", "PLAT", 200.0, 150.0, Settings())
    assert platelets.low[-1] == 150.0 and np.isnan(platelets.high).all()
    assert band("radiation", "ALT", 40.0, 40.0, Settings()) is None
    assert band("biliary_stent", "BILI", float("nan"), 1.2, Settings()) is None


def test_bilirubin_after_hepatectomy_is_normal_by_day_14():
    def verdict(*values):
        return _row(panel_of(_around([(-1, 0.8), *values]), [(STENT, "hepatectomy")])).verdict

    assert verdict((1, 4.0), (5, 2.0)) == "on_course"
    assert verdict((1, 4.0), (14, 1.2)) == "recovered"
    assert verdict((1, 4.0), (14, 2.4)) == "not_recovered"


def test_a_marker_rise_in_the_first_weeks_of_a_line_is_no_rebound():
    def row(day):
        values = [(-1, 40), (7, 30), (day, 300)]
        return _row(panel_of(_around(values, "CEA"), [(STENT, "systemic", "FOLFOX")]), "CEA")

    assert pd.isna(row(42).rebound_day) and row(42).verdict == "no_expectation"
    assert row(43).rebound_day == 43 and row(43).verdict == "rising_again"


@pytest.mark.parametrize(("analyte", "before"), [("BILI", 1.6), ("BILI", 0.5), ("PLAT", 140.0), ("PLAT", 260.0)])
def test_the_edge_that_is_drawn_is_the_goal_that_the_verdict_asks_for(analyte, before):
    from analytics.settings import Settings
    from analytics.trends.expected import band

    rows = [("2024-01-01", analyte, before), ("2024-01-20", analyte, before * 1.1), ("2024-02-01", analyte, before)]
    row = _row(panel_of(rows, [("2024-01-10", "hepatectomy", "right")]), analyte)
    limit = (LLN if analyte == "PLAT" else ULN)[analyte]
    made = band("hepatectomy", analyte, row["before"], limit, Settings())
    assert (made.low if analyte == "PLAT" else made.high)[-1] == pytest.approx(row["target"])


def test_what_was_left_of_an_obstruction_is_no_value_before_a_line():
    values = [(-31, 8.1), (-23, 4.1), (-12, 2.4), (-2, 1.1), (12, 1.0), (26, 1.1)]
    events = [(STENT - pd.Timedelta(days=30), "biliary_stent"), (STENT, "systemic", "FOLFOX")]
    rows = _around(values) + _around([(day, 60 * value) for day, value in values], "ALP")
    row = _row(panel_of(rows, events), kind="systemic")
    assert (row.before, row.before_n, row.day_before) == (1.1, 1, -2)
    assert pd.isna(row.day_half)
    assert row.level_change_pct == pytest.approx(100 * (np.sqrt(1.0 * 1.1) / 1.1 - 1))


def test_nobody_is_back_at_an_obstructed_value_before_an_ablation():
    high = [(day, *parts) for day, *parts in ((-9, 7.0), (-2, 8.4), (3, 9.9), (9, 8.6), (20, 8.5))]
    rows = _around(high) + _around([(day, 60 * value[0]) for day, *value in high], "ALP")
    row = _row(panel_of(rows, [(STENT, "ablation")]))
    assert (row.before, row.before_n) == (8.4, 1)
    assert pd.isna(row.day_recovery)


@pytest.mark.parametrize(
    ("before", "after", "half", "back"),
    [
        ((10,), [(14, 4), (40, 1)], 4, 30),
        ((10,), [(14, 4, ">"), (40, 1, "<")], 30, 30),  # above four may be ten
        ((10, "<"), [(14, 4), (40, 1)], None, 30),  # half of what is not known
        ((20, ">"), [(14, 9), (40, 1.3)], 4, None),
    ],
)
def test_half_and_back_after_a_stent_are_told_where_results_given_as_limits_prove_them(before, after, half, back):
    first = pd.Timestamp("2024-01-10")
    labs = [("2024-01-08", "BILI", *before)]
    labs += [(first + pd.Timedelta(days=day - 10), "BILI", *value) for day, *value in after]
    row = analyse(panel_of(labs, [(first, "biliary_stent")])).responses.iloc[0]
    told = [None if pd.isna(x) else int(x) for x in (row["day_half"], row["day_recovery"])]
    assert told == [half, back]


def test_nothing_comes_back_to_a_value_before_that_is_only_a_limit():
    def back(*before):
        labs = [("2024-01-08", "ALT", *before), ("2024-01-11", "ALT", 300), ("2024-01-20", "ALT", 28)]
        return analyse(panel_of(labs, [("2024-01-10", "hepatectomy")])).responses.iloc[0]["day_recovery"]

    assert back(30) == 10 and pd.isna(back(30, "<"))


@pytest.mark.parametrize(
    ("before", "after", "signs", "moved"),
    [
        ([(30,)], [(200,), (31,)], ("", "", ""), True),
        ([(30, "<")], [(200, ">"), (31,)], ("<", "", ">"), True),
        ([(30,), (10, "<"), (35,)], [(40,)], ("", "", ""), False),  # the middle one of three is a number
        ([(30,), (40, "<")], [(35,), (32,)], ("<", "", ""), False),
        ([(30, "<"), (40, ">")], [(35,), (32,)], ("<>", "", ""), False),
        ([(100, ">")], [(150,), (140,)], (">", "", ""), False),  # above 100 may have been 150
        ([(100, ">")], [(5, "<"), (5,)], (">", "<", ""), True),  # below 5 is lower than 5
        ([(30,)], [(100, "<"), (90, "<")], ("", "<", "<"), False),  # below 100 may be 30
        ([(300,)], [(200, ">"), (200,)], ("", "", ">"), False),
    ],
)
def test_numbers_given_as_limits_carry_their_sign_and_prove_no_move_that_may_not_be(before, after, signs, moved):
    labs = [(STENT + pd.Timedelta(days=at - 9), "ALT", *value) for at, value in enumerate(before)]
    labs += [(STENT + pd.Timedelta(days=20 + 9 * at), "ALT", *value) for at, value in enumerate(after)]
    row = _row(panel_of(labs, [(STENT, "hepatectomy")]), "ALT")
    told = tuple(row[f"{name}_comparator"] for name in ("before", "nadir", "peak"))
    assert (told, bool(row["moved"])) == (signs, moved)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((10, "<"), 4, "not_enough_data"),  # half of what is not known
        ((10, "<"), 1.0, "not_enough_data"),  # it may have been normal: nothing had to come down
        ((10, ">"), 4, "on_course"),  # at most half of ten is at most half of more
        ((10, ">"), 6, "not_enough_data"),
        ((1.0, "<"), 1.0, "no_expectation"),
        ((10,), 6, "slow"),
    ],
)
def test_a_course_by_a_value_before_that_is_only_a_limit_is_told_where_it_holds_for_all_that_it_may_be(
    before, after, verdict
):
    labs = [("2024-02-28", "BILI", *before), ("2024-03-16", "BILI", after)]
    assert _row(panel_of(labs, [(STENT, "biliary_stent")])).verdict == verdict


def test_lowest_and_highest_after_an_event_are_results_and_not_medians_of_days():
    values = [(-3, 30), (1.3, 400), (1.5, 600), (1.8, 900), (20.3, 31), (20.8, 25)]
    row = _row(panel_of(_around(values, "ALT"), [(STENT, "hepatectomy", "right")]), "ALT")
    assert (row.peak, row.day_peak, row.nadir, row.day_nadir, row.n_after) == (900, 1, 25, 20, 2)


@pytest.mark.parametrize(
    ("kind", "at", "day", "before", "after"),
    [
        # hours of results on the day of the event; 0 is without a time, and on neither side of a procedure
        ("hepatectomy", 0, [(0, 900), (8, 31)], 31, []),
        ("hepatectomy", 0, [(0, 900), (8, 31), (20, 500)], 31, [500]),
        ("biliary_stent", 0, [(0, 900), (11, 31), (12, 500)], 31, [500]),
        ("ablation", 14, [(0, 900), (13, 31), (15, 500)], 31, [500]),
        ("radiation", 14, [(8, 31), (20, 500)], 31, [500]),
        ("radiation", 0, [(0, 35), (8, 31), (20, 500)], 31, [500]),
        ("radiation", 0, [(0, 900), (20, 500)], 30, [500]),
        ("systemic", 0, [(0, 31), (8, 31), (20, 31)], 31, []),
    ],
)
def test_a_day_that_holds_results_of_both_sides_is_parted_by_time(kind, at, day, before, after):
    rows = [(STENT - pd.Timedelta(days=20), "ALT", 29)] if kind == "radiation" else []
    rows += [(STENT - pd.Timedelta(days=25), "ALT", 31)] if kind == "radiation" and before == 30 else []
    rows += [(STENT + pd.Timedelta(hours=hour), "ALT", value) for hour, value in day]
    rows += [(STENT + pd.Timedelta(days=9), "ALT", 60), (STENT + pd.Timedelta(days=12), "ALT", 70)]
    event = (STENT + pd.Timedelta(hours=at), kind, "FOLFOX" if kind == "systemic" else "x")
    row = _row(panel_of(rows, [event]), "ALT")
    own = 30 if kind == "radiation" and before == 31 else before  # with the one of three weeks before
    assert (row.before, row.nadir, row.peak) == (own, 60, max([70, *after]))
