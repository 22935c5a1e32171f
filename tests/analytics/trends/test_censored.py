"""Censored results: slope, test and summaries against NADA2, survival and enumeration."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.trends import kendall
from analytics.trends.censored import akritas_theil_sen
from analytics.trends.detection_limits import median_below, order_statistics, product_limit, tobit, turnbull_median
from analytics.trends.theil_sen import theil_sen
from tests.analytics.vectors.reading import vectors


def _series(case):
    t = np.array(case.inputs.get("t", case.inputs.get("t_PopDensity")), float)
    y = np.array(case.inputs.get("y", case.inputs.get("y_TCEConc")), float)
    below = np.array(case.inputs["left_censored"], bool)
    order = np.argsort(t, kind="stable")
    return t[order], (np.log(y) if case.inputs["log_y"] else y)[order], below[order]


def _fit(t, y, side):
    return akritas_theil_sen(np.array(t, float), np.array(y, float), np.array(side), np.array([0, len(t)]))


@pytest.mark.parametrize("case", vectors("trends", "CENSORED_ATS"), ids=str)
def test_slope_intercept_and_tau_equal_nada(case):
    t, y, below = _series(case)
    fit = _fit(t, y, -below.astype(int))
    assert fit.slope[0] == pytest.approx(case.expected["slope"], abs=1e-6)
    pairs = len(t) * (len(t) - 1) / 2
    assert fit.s[0] / pairs == pytest.approx(case.expected.get("kendall_tau", case.expected.get("tau")), abs=1e-8)
    intercept = case.expected.get("intercept_turnbull", case.expected.get("intercept"))
    low = np.where(below, 0.0, y) - fit.slope[0] * t  # NADA2 sets the lower end of a censored value to 0
    assert turnbull_median(low, y - fit.slope[0] * t) == pytest.approx(intercept, abs=1e-4)


def test_limits_below_all_values_give_the_exact_test_with_ties():
    fit = _fit([0, 3, 6, 9, 12], [5, 5, 6, 7, 9], [-1, -1, 0, 0, 0])
    same = theil_sen(np.arange(5.0), np.array([1.0, 1, 6, 7, 9]), np.array([0, 5]))
    assert fit.p[0] == same.p[0]
    assert kendall.METHODS[fit.method[0]] == "exact with ties"


def test_limits_among_the_values_are_tested_by_all_permutations():
    t, y, side = [0, 1, 2, 3, 4, 5], [5.0, 3.0, 4.0, 6.0, 8.0, 9.0], [-1, 0, 0, 0, -1, 0]

    def certain(order):
        total = 0
        for i in range(6):
            for j in range(i + 1, 6):
                a, b = order[i], order[j]
                low = [-np.inf if side[k] < 0 else y[k] for k in (a, b)]
                high = [y[k] for k in (a, b)]
                total += (low[1] > high[0]) - (low[0] > high[1])
        return total

    null = np.array([certain(order) for order in permutations(range(6))])
    fit = _fit(t, y, side)
    assert fit.s[0] == certain(range(6))
    assert fit.p[0] == pytest.approx((np.abs(null) >= abs(fit.s[0])).mean())
    assert kendall.METHODS[fit.method[0]] == "exact by permutations"


def test_many_limits_among_the_values_say_that_their_p_is_approximate(rng):
    y, side = rng.random(20), np.where(np.arange(20) % 3 == 0, -1, 0)
    fit = _fit(range(20), y, side)
    assert kendall.METHODS[fit.method[0]] == "normal approximation"
    drawn = [
        abs(_fit(range(20), y[k], side[k]).s[0]) >= abs(fit.s[0]) for k in (rng.permutation(20) for _ in range(800))
    ]
    assert fit.p[0] == pytest.approx(np.mean(drawn), abs=0.06)


def test_values_above_a_limit_mirror_values_below():
    t, y = [0, 3, 6, 9, 12, 15], np.array([5.0, 5, 6, 7, 9, 8])
    left, right = _fit(t, y, [-1, -1, 0, 0, 0, 0]), _fit(t, -y, [1, 1, 0, 0, 0, 0])
    assert (left.slope[0], left.p[0]) == (-right.slope[0], right.p[0])


@given(st.lists(st.integers(1, 40), min_size=3, max_size=12), st.integers(0, 2**32 - 1))
def test_without_censoring_it_is_theil_sen(values, seed):
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.integers(1, 30, len(values))).astype(float)
    y, starts = np.array(values, float), np.array([0, len(values)])
    one, other = theil_sen(t, y, starts), akritas_theil_sen(t, y, np.zeros(len(t), int), starts)
    for name in ("slope", "low", "high", "p"):
        assert getattr(one, name)[0] == pytest.approx(getattr(other, name)[0], nan_ok=True)
    assert one.s[0] == other.s[0]


@pytest.mark.parametrize("case", vectors("trends", "CENSORED_KM"), ids=str)
def test_the_flipped_product_limit_equals_survfit(case):
    y, below = np.array(case.inputs["y"], float), np.array(case.inputs["left_censored"])
    levels, share = product_limit(y, below)
    known = len(levels)
    assert list(levels) == case.expected["event_values"][:known]
    assert share == pytest.approx(case.expected["P(Y<value)"][:known], abs=6e-9)
    assert median_below(y, below) == case.expected["median"]


@pytest.mark.parametrize("case", vectors("trends", "CENSORED_ROS"), ids=str)
def test_regression_on_order_statistics_equals_nada(case):
    made = order_statistics(np.array(case.inputs["obs"], float), np.array(case.inputs["left_censored"], bool))
    for name in ("mean", "sd", "intercept", "slope"):
        assert getattr(made, name) == pytest.approx(case.expected[name], abs=1e-6)


@pytest.mark.parametrize("case", vectors("trends", "CENSORED_TOBIT"), ids=str)
def test_the_parametric_check_equals_survreg(case):
    t, y = np.array(case.inputs["t"], float), np.array(case.inputs["y"], float)
    below = np.array(case.inputs["left_censored"])
    made = tobit(t, np.log(y), below)
    for name in ("intercept", "slope", "scale"):
        assert getattr(made, name) == pytest.approx(case.expected[name], abs=1e-6)
    assert made.log_likelihood - np.log(y[~below]).sum() == pytest.approx(case.expected["loglik_reported"], abs=1e-6)


@pytest.mark.parametrize("case", [c for c in vectors("trends", "MK_SEN") if "tied_x" in c.case], ids=str)
def test_equal_times_give_no_pair(case):
    fit = _fit(case.inputs["t"], case.inputs["y"], [0] * 6)
    assert fit.s[0] == case.expected["S"]
    assert fit.slope[0] == pytest.approx(case.expected["sen_slope"])
