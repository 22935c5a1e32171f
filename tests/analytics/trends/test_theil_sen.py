"""Theil-Sen, its exact interval and the exact test, against independent numbers."""

from __future__ import annotations

import numpy as np
import pymannkendall
import pytest
from scipy import stats

from analytics.trends import kendall
from analytics.trends.theil_sen import theil_sen
from tests.analytics.vectors.reading import Vector, vectors


def _one(t: list[float], y: list[float]):
    return theil_sen(np.array(t, float), np.array(y, float), np.array([0, len(y)]))


def _times(case: Vector) -> list[float]:
    return case.inputs.get("t", list(range(len(case.inputs["y"]))))


def _distinct(cases: list[Vector]) -> list[Vector]:
    return [c for c in cases if isinstance(c.inputs["y"], list) and len(set(_times(c))) == len(c.inputs["y"])]


@pytest.mark.parametrize("case", vectors("trends", "MK_EXACT_TAIL"), ids=str)
def test_the_tail_of_s_without_ties_is_exact(case):
    n = case.inputs["n"] if "n" in case.inputs else len(case.inputs["y"])
    s = case.inputs.get("S", case.expected.get("S"))
    pairs = n * (n - 1) // 2
    reached = -(-(s + pairs) // 2)
    places = 3 if "epa" in case.case else 8
    assert round(float(kendall.tail(n)[reached]), places) == pytest.approx(
        case.expected["p_one_sided_upper"], abs=1.01 * 10.0**-places
    )


@pytest.mark.parametrize("case", vectors("trends", "MK_EXACT_TIES"), ids=str)
def test_the_test_with_tied_values_is_exact(case):
    fit = _one(list(range(len(case.inputs["y"]))), case.inputs["y"])
    assert fit.s[0] == case.expected["S"]
    assert fit.p[0] == pytest.approx(case.expected["p_2s_exact"], abs=6e-9)
    assert kendall.METHODS[fit.method[0]] == "exact with ties"


def test_a_tie_gives_the_exact_p_where_scipy_falls_back_to_the_normal_approximation():
    fit = _one([0, 1, 2, 3, 4], [20, 22, 22, 25, 24])
    assert fit.p[0] == pytest.approx(8 / 60)


@pytest.mark.parametrize("case", _distinct(vectors("trends", "MK_SEN")), ids=str)
def test_s_and_slope_equal_the_published_runs(case):
    fit = _one(_times(case), case.inputs["y"])
    assert fit.s[0] == case.expected["S"]
    assert fit.slope[0] == pytest.approx(case.expected["sen_slope"], rel=1e-7)


@pytest.mark.parametrize("case", vectors("trends", "MK_SEN"), ids=str)
def test_the_normal_approximation_equals_the_published_runs(case):
    wanted = case.expected
    var = wanted.get("varS_tie_corrected", wanted.get("varS"))
    p = wanted.get("p_normal_2s", wanted.get("p_2s"))
    assert kendall.p_normal(np.array([wanted["S"]]), np.array([var]))[0] == pytest.approx(p, rel=2e-4)


def test_s_of_random_series_with_ties_equals_pymannkendall_and_its_p_where_both_are_approximate(rng):
    for n in (5, 9, 60):
        y = rng.integers(1, 25, n).astype(float)
        theirs = pymannkendall.original_test(y)
        fit = _one(list(range(n)), y)
        assert fit.s[0] == theirs.s
        if n > kendall.MOST_EXACT_TIED:
            assert fit.p[0] == pytest.approx(theirs.p, rel=1e-9)


@pytest.mark.parametrize("case", _distinct(vectors("trends", "SEN_CI_SCIPY")), ids=str)
def test_the_slope_is_that_of_scipy_bit_for_bit_and_no_interval_exists_for_four_values(case):
    t, y = _times(case), case.inputs["y"]
    fit = _one(t, y)
    assert fit.slope[0] == stats.theilslopes(y, t)[0]
    assert fit.slope[0] == pytest.approx(case.expected["slope"], rel=1e-7)
    if len(y) <= 4:
        assert np.isnan([fit.low[0], fit.high[0]]).all()


@pytest.mark.parametrize("case", _distinct(vectors("trends", "SEN_CI_TREND_R")), ids=str)
def test_the_interval_equals_that_of_r_trend(case):
    fit = _one(_times(case), case.inputs["y"])
    assert fit.slope[0] == pytest.approx(case.expected["slope"], rel=1e-7)
    low, high = case.expected["ci95"]
    if low is None:
        assert np.isnan([fit.low[0], fit.high[0]]).all()
    else:
        assert [fit.low[0], fit.high[0]] == pytest.approx([low, high], rel=1e-7)


@pytest.mark.parametrize(
    "case", [c for c in vectors("trends", "MK_P_KENDALL") if c.expected["p_method"] == "exact"], ids=str
)
def test_the_exact_p_equals_r_where_r_is_exact(case):
    fit = _one(case.inputs["t"], case.inputs["y"])
    assert fit.p[0] == pytest.approx(case.expected["p_2s"], rel=1e-3, abs=6e-9)
    assert kendall.METHODS[fit.method[0]] == "exact"


@pytest.mark.parametrize("case", _distinct(vectors("trends", "MK_P_KENDALL", "MK_PYMANNKENDALL")), ids=str)
def test_tau_equals_r_and_pymannkendall_whatever_they_make_of_p(case):
    y = case.inputs["y"]
    pairs, ties = len(y) * (len(y) - 1) / 2, sum(k * (k - 1) / 2 for k in np.unique(y, return_counts=True)[1])
    s = _one(_times(case), y).s[0]
    if "tau_b" in case.expected:
        assert s / np.sqrt(pairs * (pairs - ties)) == pytest.approx(case.expected["tau_b"], rel=1e-7)
    else:
        assert s / pairs == pytest.approx(case.expected["tau_a"], rel=1e-7)


def test_three_and_four_rising_values_have_the_smallest_possible_p():
    assert _one([0, 1, 2], [1, 2, 3]).p[0] == pytest.approx(1 / 3)
    assert _one([0, 1, 2, 3], [1, 2, 3, 4]).p[0] == pytest.approx(1 / 12)


def test_the_interval_covers_what_it_promises(rng):
    n, rows = 8, 4000
    t = np.sort(rng.random((rows, n)) * 100, axis=1)
    y = 0.5 * t + rng.normal(size=(rows, n))
    fit = theil_sen(t.ravel(), y.ravel(), np.arange(0, rows * n + 1, n))
    covered = ((fit.low <= 0.5) & (fit.high >= 0.5)).mean()
    assert 0.95 <= covered <= 0.985


def test_many_series_of_different_lengths_equal_scipy_one_by_one(rng):
    length = rng.integers(2, 40, 200)
    starts = np.concatenate([[0], np.cumsum(length)])
    t = np.concatenate([np.cumsum(rng.integers(1, 30, k)) for k in length]).astype(float)
    y = np.round(rng.normal(size=starts[-1]), 1)
    fit = theil_sen(t, y, starts)
    for k in range(len(length)):
        part = slice(starts[k], starts[k + 1])
        assert fit.slope[k] == stats.theilslopes(y[part], t[part])[0]


def test_long_series_say_that_their_p_is_approximate(rng):
    untied, tied = rng.normal(size=201), np.repeat([1.0, 2.0], 25)
    assert kendall.METHODS[_one(list(range(201)), list(untied)).method[0]] == "normal approximation"
    assert kendall.METHODS[_one(list(range(200)), list(untied[:200])).method[0]] == "exact"
    assert kendall.METHODS[_one(list(range(50)), list(tied)).method[0]] == "normal approximation"
    assert kendall.METHODS[_one(list(range(49)), list(tied[:49])).method[0]] == "exact with ties"


def test_exact_and_approximate_p_meet_where_one_takes_over(rng):
    y = np.arange(49.0) + rng.normal(scale=60, size=49)
    y[1] = y[0]
    fit = _one(list(range(49)), list(y))
    n = 49
    var = np.array([(n * (n - 1) * (2 * n + 5) - 2 * 1 * 9) / 18])
    assert fit.p[0] == pytest.approx(kendall.p_normal(fit.s, var)[0], rel=0.05)


def test_the_nile_falls_as_published():
    (case,) = [c for c in vectors("trends", "MK_SEN") if c.case == "nile"]
    y = vectors("trends", "CHANGEPOINT")[0].inputs["y"]
    fit = _one(list(range(100)), y)
    assert fit.s[0] == case.expected["S"]
    assert fit.slope[0] == pytest.approx(case.expected["sen_slope"])
    assert fit.p[0] == pytest.approx(case.expected["p_2s"], rel=1e-3)
    assert kendall.METHODS[fit.method[0]] == "normal approximation"


def test_the_scatter_between_neighbours_is_the_noise_and_does_not_see_a_bend(rng):
    from analytics.trends.theil_sen import local_scatter

    n, rows = 12, 3000
    t = np.cumsum(rng.integers(3, 40, (rows, n)), axis=1).astype(float)
    noise = 0.2 * rng.normal(size=(rows, n))
    bend = np.abs(t - t[:, 6:7]) * 0.01
    starts = np.arange(0, rows * n + 1, n)
    for y in (noise, noise + 0.01 * t, noise + bend):
        assert local_scatter(t.ravel(), y.ravel(), starts).mean() == pytest.approx(0.04, rel=0.12)
    assert np.isnan(local_scatter(t[0, :2], noise[0, :2], np.array([0, 2]))).all()
