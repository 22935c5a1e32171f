"""Unknown changes of level: place, exact p, and what is told."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import ruptures

from analytics.analysis import analyse
from analytics.panel import Panel
from analytics.trends.pettitt import approximate_p, best_split, exact_p, pettitt_path, shifts
from analytics.trends.pettitt_two import MOST_DAYS, best_pair, pair_p, pairs
from tests.analytics.vectors.reading import vectors
from tests.builders import panel_of

NILE = np.array(vectors("trends", "CHANGEPOINT")[0].inputs["y"], float)


@pytest.mark.parametrize("case", vectors("trends", "CHANGEPOINT"), ids=str)
def test_the_best_shift_lies_where_strucchange_and_ruptures_put_it(case):
    last, _, _ = best_split(np.array([case.inputs["y"]], float))
    assert last[0] + 1 == case.expected["last_index_before_change"]


def test_the_best_shift_of_random_short_series_is_that_of_ruptures(rng):
    for n in (8, 11, 17):
        y = rng.normal(size=n) + 1.5 * (np.arange(n) >= n // 3)
        ends = ruptures.Dynp(model="l2", min_size=2, jump=1).fit(y[:, None]).predict(n_bkps=1)
        assert best_split(y[None])[0][0] + 1 == ends[0]


@pytest.mark.parametrize("case", vectors("trends", "PETTITT"), ids=str)
def test_pettitts_statistic_equals_r_trend(case):
    y = NILE if isinstance(case.inputs["y"], str) else np.array(case.inputs["y"], float)
    path = np.abs(pettitt_path(y[None])[0])
    assert path.max() == case.expected["U"]
    assert path.argmax() + 1 == case.expected.get("k", case.expected.get("k_last_index_before_change"))
    assert approximate_p(path.max(), len(y)) == pytest.approx(case.expected["p_approx"], rel=1e-6)


def test_the_p_of_short_series_is_that_of_all_orders():
    for n in (5, 7):
        null = np.array([np.abs(pettitt_path(np.array([order], float))).max() for order in permutations(range(n))])
        for u in np.unique(null):
            assert exact_p(np.array([u]), n)[0] == pytest.approx((null >= u).mean())


def test_eight_rising_values_have_two_in_seventy():
    assert exact_p(np.array([16.0]), 8)[0] == pytest.approx(2 / 70)


def test_counted_and_drawn_p_meet(rng):
    from analytics.trends import pettitt

    y = rng.normal(size=(50, 12)) + np.linspace(0, 2, 12)
    u = np.abs(pettitt_path(y)).max(axis=1)
    drawn = pettitt._drawn(12)
    other = np.array([(drawn >= x - 1e-9).mean() for x in u])
    assert exact_p(u, 12) == pytest.approx(other, abs=0.015)


def test_the_p_of_stable_series_is_seldom_small(rng):
    found = shifts(rng.normal(size=40_000), np.arange(0, 40_001, 10))
    assert (found.p <= 0.03).mean() == pytest.approx(0.0286, abs=0.006)


def _row(values, first="2024-01-01"):
    first = pd.Timestamp(first)
    rows = [(first + pd.Timedelta(days=21 * k), "ALT", v) for k, v in enumerate(values)]
    return analyse(panel_of(rows)).series.iloc[0]


def test_a_doubled_level_is_told_with_its_first_day():
    row = _row([40, 42, 39, 41, 40, 43, 81, 84, 79, 85, 80, 82])
    assert row.change_at == pd.Timestamp("2024-01-01") + pd.Timedelta(days=126)
    assert row.level_change_pct == pytest.approx(100, abs=5)
    assert row.change_p < 0.01


def test_a_small_shift_that_tests_true_is_not_told():
    row = _row([40, 40.2, 39.9, 40.1, 40, 40.3, 44, 44.1, 43.9, 44.2, 44, 44.3])
    assert row.change_p < 0.01
    assert pd.isna(row.change_at)


def test_below_eight_days_nothing_is_looked_for():
    assert pd.isna(_row([40, 40, 40, 90, 90, 90, 91]).change_p)
    assert not pd.isna(_row([40, 40, 40, 41, 90, 90, 90, 91]).change_p)


UP_AND_DOWN = [58, 62, 60, 59, 61, 300, 310, 295, 305, 290, 80, 82, 79, 81, 83]
SECOND = ["second_change_at", "second_change_p", "second_level_change_pct"]


@pytest.mark.parametrize("side", [2, 3])
@pytest.mark.parametrize("n", [12, 13, 17, 24])
def test_the_best_two_changes_of_random_short_series_are_those_of_ruptures(rng, n, side):
    k = np.arange(n)
    y = rng.normal(size=(12, n)) + rng.normal(size=(12, 1)) * (k >= n // 3) + rng.normal(size=(12, 1)) * (k >= n // 2)
    last, size, squares = best_pair(y, side)
    for row, values in enumerate(y):
        model = ruptures.Dynp(model="l2", min_size=side, jump=1).fit(values[:, None])
        ends = model.predict(n_bkps=2)
        assert [*(last[row] + 1), n] == ends
        assert squares[row] == pytest.approx(model.cost.sum_of_costs(ends))
        levels = [part.mean() for part in np.split(values, ends[:2])]
        assert size[row] == pytest.approx(np.diff(levels))


def test_two_changes_of_many_lengths_at_once_are_those_of_each_alone(rng):
    length = [5, 30, 12, 11, 19, 12, MOST_DAYS, MOST_DAYS + 1]
    starts = np.concatenate([[0], np.cumsum(length)])
    y = rng.normal(size=starts[-1])
    found = pairs(y, starts)
    for k, n in enumerate(length):
        if not 12 <= n <= MOST_DAYS:
            assert found.last_before[k].tolist() == [-1, -1]
            assert np.isnan(found.size[k]).all()
            continue
        last, size, squares = best_pair(y[None, starts[k] : starts[k + 1]])
        assert found.last_before[k].tolist() == last[0].tolist()
        assert found.size[k] == pytest.approx(size[0])
        assert found.squares[k] == pytest.approx(squares[0])


def test_up_and_down_to_where_it_was_is_told_where_a_test_of_one_finds_nothing():
    row = _row([58, 62, 60, 59, 61, 63, 300, 310, 295, 305, 290, 299, 60, 64, 57, 61, 59, 62])
    assert row.change_p > 0.1
    assert row.second_change_p < 0.01
    assert row.change_at == pd.Timestamp("2024-01-01") + pd.Timedelta(days=6 * 21)
    assert row.second_change_at == pd.Timestamp("2024-01-01") + pd.Timedelta(days=12 * 21)


def test_up_and_down_is_told_with_both_days_and_both_steps():
    row = _row(UP_AND_DOWN)
    assert row.second_change_p < 0.01
    assert row.change_at == pd.Timestamp("2024-01-01") + pd.Timedelta(days=5 * 21)
    assert row.second_change_at == pd.Timestamp("2024-01-01") + pd.Timedelta(days=10 * 21)
    assert row.level_change_pct == pytest.approx(400, abs=5)
    assert row.second_level_change_pct == pytest.approx(-73, abs=1)


def test_planted_ups_and_downs_are_mostly_found(rng):
    k = np.arange(24)
    level = np.log(np.where(k < 8, 60, np.where(k < 16, 300, 80)))
    assert (pair_p(level + 0.2 * rng.normal(size=(300, 24))) < 0.01).mean() > 0.95


@pytest.mark.parametrize("n", [12, 18, 30])
def test_the_p_of_two_changes_is_seldom_small_where_there_is_none(rng, n):
    for noise in (rng.normal(size=(2000, n)), rng.standard_t(3, size=(2000, n))):
        assert (pair_p(noise) < 0.01).mean() <= 0.01


@pytest.mark.parametrize("jump", [2.0, 4.0, 20.0])
@pytest.mark.parametrize("part", [0.2, 0.35, 0.5])
def test_the_p_of_two_changes_is_seldom_small_where_there_is_one(rng, part, jump):
    y = rng.normal(size=(2000, 18)) + jump * (np.arange(18) >= 18 * part)
    assert (pair_p(y) < 0.01).mean() <= 0.01


def test_one_large_step_is_told_as_one_change():
    row = _row([40, 42, 39, 41, 40, 43, 81, 84, 79, 85, 80, 82, 83, 81])
    assert not pd.isna(row.change_at)
    assert pd.isna(row.second_change_at)


def test_stable_patients_are_told_no_two_changes(rng):
    first = pd.Timestamp("2024-01-01")
    rows = [
        (first + pd.Timedelta(days=21 * k), "ALT", float(v), f"P{person}")
        for person, course in enumerate(60 * np.exp(0.2 * rng.normal(size=(300, 17))))
        for k, v in enumerate(course)
    ]
    labs = pd.DataFrame(rows, columns=["collected_at", "analyte", "value", "patient_id"])
    series = analyse(Panel.of(labs)).series
    assert (series.n_days == 17).sum() == 300
    assert series.second_change_at.isna().all()


def test_two_high_results_between_others_are_no_level():
    assert pd.isna(_row([40, 42, 39, 41, 40, 43, 300, 310, 41, 39, 42, 40, 41]).second_change_at)


def test_with_eleven_days_two_changes_are_never_told():
    assert _row(UP_AND_DOWN[2:13])[SECOND].isna().all()
    assert not pd.isna(_row([60, 61, 59, 62, 300, 310, 295, 305, 120, 122, 118, 121]).second_change_at)


def test_two_changes_keep_their_place_and_p_in_another_unit_and_at_another_time():
    one = _row(UP_AND_DOWN)
    scaled, later = _row([17.104 * v for v in UP_AND_DOWN]), _row(UP_AND_DOWN, first="2019-06-15")
    for other in (scaled, later):
        assert other.second_change_p == one.second_change_p
        assert other.second_level_change_pct == pytest.approx(one.second_level_change_pct)
    assert scaled.second_change_at == one.second_change_at
    assert later.second_change_at - later["first"] == one.second_change_at - one["first"]
