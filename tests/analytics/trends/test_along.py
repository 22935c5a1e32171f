"""What runs along a series: alarm, comparisons, days held, personal limits, growth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from analytics.analysis import analyse
from analytics.trends import smoother
from analytics.trends.criterion_duration import held
from analytics.trends.cusum import alarms, scores
from analytics.trends.daily import daily_of
from analytics.trends.growth import fit_growth
from analytics.trends.reference_change import STATES, against
from analytics.trends.variation import (
    NOISE_WEIGHTS,
    SIGMA,
    family_z,
    log_sigma,
    noises,
    reference_change,
    series_beyond,
    symmetric_change_pct,
)
from tests.analytics.vectors.reading import vectors
from tests.builders import panel_of

DAY0 = pd.Timestamp("2024-01-01")


def _case(values, analyte="ALT", step=21, events=()):
    rows = [(DAY0 + pd.Timedelta(days=step * k), analyte, v) for k, v in enumerate(values)]
    return analyse(panel_of(rows, events)).case


def _origin(case):
    return daily_of(case).day[0]


@pytest.mark.parametrize("case", vectors("trends", "RCV_LOGNORMAL_IDENTITY"), ids=str)
def test_published_pairs_are_log_normal_and_so_are_ours(case):
    up, down = case.inputs["rcv_up_pct"], case.inputs["rcv_down_pct"]
    sigma = np.log1p(up / 100) / 1.96 / np.sqrt(2)
    ours = reference_change(np.array([sigma]), 1.96)
    assert ours[0][0] == pytest.approx(up)
    assert ours[1][0] == pytest.approx(down, abs=0.1)


def test_reference_change_of_alt_as_published():
    up, down = reference_change(np.array([log_sigma(9.3, 4.65)]), 1.96)
    assert (round(up[0]), round(down[0])) == (33, -25)
    up, down = reference_change(np.array([log_sigma(2.5, 1.5)]), 1.96)
    assert (round(up[0], 1), round(down[0], 1)) == (8.4, -7.8)
    assert symmetric_change_pct(9.3, 4.65, 1.96) == pytest.approx(2.77 * np.hypot(9.3, 4.65), rel=1e-3)


def test_the_limit_of_a_series_grows_with_its_days_and_shrinks_with_what_is_known():
    known = series_beyond(np.ones(3), np.full(3, 1e9), 0.05, np.array([2, 6, 11]))
    assert known == pytest.approx(np.sqrt(2) * family_z(0.05, np.array([1.0, 5, 10])))
    assert series_beyond(np.ones(1), np.full(1, 5.0), 0.05, np.array([6]))[0] > known[1]


def test_a_score_is_that_of_the_mixture_of_noises():
    y = np.log(np.array([[40.0, 44, 41, 70]]))
    sigma = SIGMA[:1]
    below, weights = np.zeros(len(NOISE_WEIGHTS)), np.zeros(len(NOISE_WEIGHTS))
    for j, noise in enumerate(noises(sigma)[0]):
        like = 1.0
        for k in (1, 2):
            spread = noise * np.sqrt(1 + 1 / k)
            like *= np.exp(-0.5 * ((y[0, k] - y[0, :k].mean()) / spread) ** 2) / spread
        below[j] = special.ndtr((y[0, 3] - y[0, :3].mean()) / (noise * np.sqrt(1 + 1 / 3)))
        weights[j] = NOISE_WEIGHTS[j] * like
    assert scores(y, sigma)[0, 3] == pytest.approx(special.ndtri(np.average(below, weights=weights)))
    assert scores(y, sigma)[0, 0] == 0


def test_a_slow_rise_sets_off_the_alarm_and_its_first_day_is_told():
    case = _case([40, 41, 39, 40, 42, 40, 48, 54, 60, 66, 72, 80])
    alarm = alarms(daily_of(case), case.settings)
    first = int(np.flatnonzero(alarm.direction)[0])
    assert 6 <= first <= 10 and (alarm.direction[first:] == 1).all()
    row = analyse(case.panel).series.iloc[0]
    assert row.alarm == "rising"
    assert row.alarm_at == DAY0 + pd.Timedelta(days=21 * first)


def test_a_single_result_far_off_in_size_and_chance_sets_off_the_alarm_from_the_fourth_day_on():
    usual = [30, 48, 33, 52, 36, 42]
    for before in (2, 3, 6):
        case = _case([*usual[:before], 125])
        alarm = alarms(daily_of(case), case.settings)
        score = scores(np.log(np.array([[*usual[:before], 125.0]])), SIGMA[:1])[0, -1]
        assert alarm.up[-1] < case.settings.change.alarm_limit and score < case.settings.change.alarm_single
        assert alarm.direction[-1] == (score > 3 and before >= 3)
    assert alarm.direction[-1] == 1


def test_an_alarm_starts_anew_after_an_event():
    values = [40, 41, 39, 40, 42, 40, 400, 420, 390, 410]
    assert analyse(_case(values).panel).series.iloc[0].alarm == "rising"
    event = [(DAY0 + pd.Timedelta(days=110), "hepatectomy")]
    assert list(analyse(_case(values, events=event).panel).series.alarm) == ["", ""]


def test_one_result_beyond_is_unconfirmed_and_the_next_one_confirms():
    case = _case([40, 80, 82, 41, 40])
    made = against(daily_of(case), "baseline", case.settings.trend, baseline_days=1)
    assert [STATES[k] for k in made.state] == ["", "unconfirmed", "confirmed", "", ""]
    assert list(made.direction) == [0, 1, 1, 0, 0]
    assert made.change_pct[1] == pytest.approx(100)


def test_opposite_changes_do_not_confirm_each_other():
    case = _case([40, 90, 35, 90])
    made = against(daily_of(case), "previous", case.settings.trend)
    assert list(made.direction) == [0, 1, -1, 1]
    assert [STATES[k] for k in made.state[1:]] == ["unconfirmed"] * 3


def test_the_limit_against_the_previous_result_is_the_reference_change_value():
    case = _case([40, 41])
    once = against(daily_of(case), "previous", case.settings.trend)
    assert once.up_pct[1] == pytest.approx(53.96, abs=0.01)
    asked = against(daily_of(case), "previous", case.settings.trend, is_directional=True)
    assert asked.up_pct[1] == pytest.approx(100 * np.expm1(1.6449 * np.sqrt(2) * 1.5 * SIGMA[0]), rel=1e-3)


def test_a_baseline_of_several_results_narrows_the_limit():
    case = _case([40, 41, 40, 39, 41])
    single = against(daily_of(case), "baseline", case.settings.trend, baseline_days=1, whole_series=False)
    mean = against(daily_of(case), "baseline", case.settings.trend, baseline_days=3, whole_series=False)
    ratio = np.log1p(mean.up_pct[4] / 100) / np.log1p(single.up_pct[4] / 100)
    assert ratio == pytest.approx(np.sqrt((1 + 1 / 3) / 2))


def test_the_lowest_so_far_is_within_the_segment():
    case = _case([10, 40, 41, 80, 85], events=[(DAY0 + pd.Timedelta(days=10), "biliary_stent")])
    made = against(daily_of(case), "nadir", case.settings.trend)
    assert made.change_pct[3] == pytest.approx(100)
    row = analyse(case.panel).series.iloc[-1]
    assert row.against_nadir == "confirmed"
    assert row.against_nadir_pct == pytest.approx(112.5)


def test_days_held_counts_between_days_that_both_hold():
    day = np.array([0.0, 10, 20, 50, 60, 0, 5])
    holds = np.array([True, True, False, True, True, False, False])
    made = held(day, holds, np.array([0, 5, 7]))
    assert (made.first[0], made.last[0], made.since[0]) == (0, 60, 50)
    assert (made.days[0], made.longest[0]) == (20, 10)
    assert np.isnan([made.first[1], made.since[1]]).all() and made.days[1] == 0


def test_a_single_day_lasts_no_known_time():
    made = held(np.array([0.0, 10]), np.array([False, True]), np.array([0, 2]))
    assert (made.first[0], made.since[0], made.days[0]) == (10, 10, 0)


def test_personal_limits_need_stable_days_away_from_events():
    values = [40, 42, 41, 39, 40, 41]
    row = analyse(_case(values).panel).series.iloc[0]
    n = row.personal_n
    half = 1.96 * 1.5 * SIGMA[0] * np.sqrt((n + 1) / n)
    assert n == 6
    assert row.personal_high == pytest.approx(np.exp(np.log(values).mean() + half), rel=1e-4)
    assert row.personal_low * row.personal_high == pytest.approx(np.exp(2 * np.log(values).mean()))
    near = [(DAY0 + pd.Timedelta(days=63), "radiation")]
    assert analyse(_case(values, events=near).panel).series.iloc[0].personal_n == 5
    assert pd.isna(analyse(_case([30, 40, 55, 75, 100]).panel).series.iloc[0].personal_low)


@pytest.mark.parametrize("case", vectors("trends", "GROWTH_REGRESSION_GD"), ids=str)
def test_regression_and_growth_equal_tumgr(case):
    made = fit_growth(np.array(case.inputs["day"], float), np.array(case.inputs["size"], float))
    assert made.d == pytest.approx(case.expected["d_per_day"], abs=1e-5)
    assert made.g == pytest.approx(case.expected["g_per_day"], abs=1e-5)


def test_growth_needs_four_values():
    assert fit_growth(np.array([0.0, 7, 14]), np.array([10.0, 8, 6])) is None


def test_a_value_of_the_table_lies_at_the_quiet_end_of_the_possible_noises():
    possible = noises(np.array([0.029, 0.1, 0.34]))
    assert (np.diff(possible[:, :5], axis=1) > 0).all()
    assert possible[:, 5] == pytest.approx([0.32, 0.32, possible[2, 4]])
    assert possible[:, 0] == pytest.approx([0.029, 0.1, 0.34])
    assert possible[:, 4] == pytest.approx([0.116, 0.32, 0.51])
    assert smoother.WANDERING_WEIGHTS.sum() == pytest.approx(1) and NOISE_WEIGHTS.sum() == pytest.approx(1)
