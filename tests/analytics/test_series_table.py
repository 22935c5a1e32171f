"""Table SERIES: gates, verdicts and segments of a panel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.derive.points import points_of
from analytics.tables import SERIES
from tests.builders import panel_of, together


def _days(values, analyte="ALT", step=21, start="2024-01-01"):
    first = pd.Timestamp(start)
    return [(first + pd.Timedelta(days=step * k), analyte, value) for k, value in enumerate(values)]


def _only(panel):
    series = analyse(panel).series
    SERIES.check(series)
    assert len(series) == 1
    return series.iloc[0]


def test_five_rising_values_beyond_the_reference_change_are_rising():
    row = _only(panel_of(_days([30, 40, 55, 75, 100])))
    assert row.verdict == "rising"
    assert row.still_needed == 0
    assert row.p_exact == pytest.approx(2 / 120)


def test_four_values_are_never_enough_and_one_more_is_needed():
    row = _only(panel_of(_days([30, 60, 120, 240])))
    assert (row.verdict, row.still_needed, row.n_days) == ("not_enough_data", 1, 4)
    assert row.slope_pct_per_week == pytest.approx(100 * (2 ** (1 / 3) - 1))
    assert pd.isna(row.slope_low) and pd.isna(row.slope_high)


def test_two_values_have_no_slope():
    row = _only(panel_of(_days([30, 60])))
    assert pd.isna(row.slope_pct_per_week)
    assert (row.verdict, row.still_needed) == ("not_enough_data", 3)


def test_five_values_that_rise_within_chance_are_not_rising():
    row = _only(panel_of(_days([40, 41, 42, 43, 44])))
    assert row.p_exact < 0.05
    assert row.verdict == "stable"


def test_halving_is_told_in_days():
    row = _only(panel_of(_days([160, 80, 40, 20, 10], step=14)))
    assert row.verdict == "falling"
    assert row.doubling_days == pytest.approx(-14)


def test_no_trend_runs_through_a_stent():
    panel = panel_of(
        _days([1.0, 2.0, 4.0, 8.0, 16.0, 8.0, 4.0, 2.0, 1.0, 0.5], "BILI", step=7), [("2024-01-29", "biliary_stent")]
    )
    series = analyse(panel).series
    assert list(series.verdict) == ["rising", "falling"]
    assert list(series.began_with) == ["", "biliary_stent"]
    assert list(series.is_last) == [False, True]
    assert list(series.n) == [5, 5]


def test_results_of_one_day_count_once_by_their_median_and_all_are_counted():
    rows = [
        *_days([30, 40, 55, 75, 100]),
        (pd.Timestamp("2024-01-01 18:00"), "ALT", 900.0),
        (pd.Timestamp("2024-01-01 12:00"), "ALT", 30.0),
    ]
    row = _only(panel_of(rows))
    assert (row.n, row.n_days) == (7, 5)
    assert row.verdict == "rising"
    assert row.peak == 900


def test_a_linear_analyte_changes_a_week_against_the_middle_of_its_line_and_in_all_against_its_begin():
    row = _only(panel_of(_days([4.4, 4.2, 4.0, 3.8, 3.6], "ALB", step=7)))
    assert row.slope_per_day == pytest.approx(-0.2 / 7)
    assert row.slope_pct_per_week == pytest.approx(-5.0)
    assert row.change_pct == pytest.approx(100 * (3.6 / 4.4 - 1)) == pytest.approx(row.now_change_pct)
    assert pd.isna(row.doubling_days)
    assert (row.now, row.verdict) == ("falling", "unclear") and not row.now_confirmed
    assert "neither the running sum nor the last two results" in row.why


def test_no_fitted_fall_is_more_than_all_of_a_value():
    row = _only(panel_of(_days([5.6, 4.9, 4.1, 3.2, 2.4, 1.6, 1.1], "INR", step=2)))
    assert -100 < row.change_pct < -70 and row.rcv_down_pct > -100
    assert row.verdict == "falling"


def test_a_rate_a_week_is_not_told_beyond_what_dense_days_have_shown():
    dense = _only(panel_of(_days([40, 160, 640], "ALT", step=1)))
    assert pd.isna(dense.slope_pct_per_week) and dense.change_pct == pytest.approx(1500)
    spread = _only(panel_of(_days([40, 160, 640], "ALT", step=4)))
    assert spread.slope_pct_per_week == pytest.approx(100 * (4 ** (7 / 4) - 1))


def test_a_mostly_censored_series_is_unclear_and_has_no_slope():
    rows = [(d, "CEA", 0.5, "<") for d, *_ in _days([0] * 4)] + [(pd.Timestamp("2024-06-01"), "CEA", 0.9)]
    row = _only(panel_of(rows))
    assert row.n_censored == 4
    assert row.verdict == "unclear"
    assert pd.isna(row.slope_pct_per_week)


def test_a_zero_on_the_log_scale_is_read_as_below_the_last_decimal():
    row = _only(panel_of(_days([0.0, 0.2, 0.4, 0.8, 1.6], "CEA")))
    assert np.isfinite(row.slope_pct_per_week)
    assert row.verdict == "rising"


def test_a_window_uses_the_same_code(rng):
    from analytics.series_table import describe

    case = analyse(panel_of(_days([*(40 * np.exp(0.05 * rng.normal(size=8))), 60, 90, 130, 190, 280]))).case
    origin = points_of(case).day[0]
    part = describe(case, (origin + 8 * 21, origin + 12 * 21))
    alone = analyse(panel_of(_days([60, 90, 130, 190, 280]))).series
    assert part.slope_per_day.iloc[0] == alone.slope_per_day.iloc[0]
    assert list(part.n) == [5]


def test_adding_a_patient_changes_nothing_of_the_others():
    first = panel_of(_days([30, 40, 55, 75, 100]), [("2024-02-01", "systemic", "FOLFOX")])
    other = panel_of(_days([500, 1, 500, 1, 500], start="1990-01-01"), [("1990-02-01", "hepatectomy")])
    alone = analyse(together(first)).series
    both = analyse(together(first, other)).series
    pd.testing.assert_frame_equal(alone, both[both.patient_id == "P1"].reset_index(drop=True))


def test_a_flare_before_a_long_fall_does_not_hide_the_fall():
    row = _only(panel_of(_days([100, 150, 190, 150, 110, 85, 65, 50, 38, 29, 22, 17], "ALT", step=14)))
    assert row.verdict == "falling"


def test_a_scatter_of_slips_by_ten_and_a_hundred_is_told_as_no_variation():
    values = [4.1, 3.7, 35.4, 49.1, 41.7, 434.5, 4.0, 4.1, 3.5, 4.6, 3.5, 3.5, 3.6, 4.3]
    assert np.isnan(_only(panel_of(_days(values, "ALB"))).noise_pct)
    assert 0 < _only(panel_of(_days([4.1, 3.7, 3.5, 4.9, 4.2, 4.3, 4.0, 4.1], "ALB"))).noise_pct < 30


@pytest.mark.parametrize(
    ("values", "told"),
    [
        # two results on the day of the peak: the higher of them is the peak, not the middle of both
        (
            [(0, 60), (7, 62), (14.3, 500), (14.8, 640), (21, 300), (28, 150), (35, 70)],
            ("falling", 640.0, 70 / 640 - 1),
        ),
        ([(0, 200), (7, 90), (14.3, 22), (14.8, 30), (21, 70), (28, 300), (35, 600)], ("rising", 22.0, 600 / 22 - 1)),
        # the last result of the last day is below the lowest: no rise, though the middle of the day is above it
        ([(0, 90), (7, 40), (14, 60), (21, 95), (28.3, 300), (28.8, 38)], ("unclear", None, None)),
    ],
)
def test_what_a_movement_is_told_from_is_a_result_also_where_a_day_holds_several(values, told):
    first = pd.Timestamp("2024-01-01")
    row = analyse(panel_of([(first + pd.Timedelta(days=d), "ALT", v) for d, v in values])).series.iloc[-1]
    assert row["now"] == told[0]
    if told[1] is not None:
        assert row["now_from"] == told[1] and row["now_change_pct"] == pytest.approx(100 * told[2])


def test_no_fitted_change_is_told_beyond_what_was_printed_also_with_results_beyond_a_limit():
    first = pd.Timestamp("2024-01-01")
    values = [(8366.2, ""), (26822.3, ""), (52993.4, ""), (60500.0, ">"), (60500.0, ">"), (60500.0, ">")]
    rows = [(first + pd.Timedelta(days=20 * k), "AFP", v, sign) for k, (v, sign) in enumerate(values)]
    row = _only(panel_of(rows))
    assert row["n_censored"] == 3 and np.isnan(row["change_pct"]) and np.isnan(row["doubling_days"])
    assert row["verdict"] not in ("falling", "stable") and row["now"] in ("rising", "higher")


def test_numbers_of_series_and_points_carry_the_sign_of_a_limit():
    rows = [("2024-01-01", "CEA", 5, "<"), ("2024-01-10", "CEA", 5), ("2024-02-01", "CEA", 100, ">")]
    rows += [("2024-03-01", "CEA", 5, "<"), ("2024-03-20", "CEA", 100)]
    made = analyse(panel_of(rows, [("2024-01-02", "systemic", "FOLFOX")]))
    SERIES.check(made.series)
    row = made.series.iloc[-1]
    names = ("last", "baseline", "nadir", "peak")
    assert tuple(row[f"{name}_comparator"] for name in names) == ("", "<", "<", ">")
    assert made.points["baseline_comparator"].tolist() == ["", "<", "<", "<", "<"]
    # above 100 of below 5 is at least 20 times it; below 5 of below 5 is nothing that is known
    assert made.points["x_baseline_comparator"].tolist() == ["", ">", ">", "", ">"]
    told = [None if pd.isna(x) else x for x in made.points["x_baseline"]]
    assert told == [None, 1, 20, None, 20]
