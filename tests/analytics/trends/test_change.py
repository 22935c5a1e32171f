"""Unknown changes of level: place, exact p, and what is told."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import ruptures

from analytics.analysis import analyse
from analytics.trends.change import approximate_p, best_split, exact_p, pettitt_path, shifts
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
    from analytics.trends import change

    y = rng.normal(size=(50, 12)) + np.linspace(0, 2, 12)
    u = np.abs(pettitt_path(y)).max(axis=1)
    drawn = change._drawn(12)
    other = np.array([(drawn >= x - 1e-9).mean() for x in u])
    assert exact_p(u, 12) == pytest.approx(other, abs=0.015)


def test_the_p_of_stable_series_is_seldom_small(rng):
    found = shifts(rng.normal(size=40_000), np.arange(0, 40_001, 10))
    assert (found.p <= 0.03).mean() == pytest.approx(0.0286, abs=0.006)


def _row(values):
    first = pd.Timestamp("2024-01-01")
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
