"""Closed-form segmented regression against R."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.trends.segmented import change_at, lines, student_quantile
from tests.analytics.vectors.reading import vectors


@pytest.mark.parametrize("case", vectors("trends", "ITS_SEGMENTED"), ids=str)
def test_level_and_slope_change_equal_those_of_lm(case):
    t, y = np.array(case.inputs["t"], float) - case.inputs["event_after"], np.array(case.inputs["y"], float)
    after = t > 0
    left = lines(t[~after], y[~after], np.array([0, (~after).sum()]))
    right = lines(t[after], y[after], np.array([0, after.sum()]))
    change = change_at(left, right)
    coef, se = case.expected["coef_intercept_t_level_slopechange"], case.expected["se"]
    assert left.slope[0] == pytest.approx(coef[1], rel=1e-7)
    assert left.at_zero[0] + 10 * -left.slope[0] == pytest.approx(coef[0], rel=1e-7)
    assert [change.level[0], change.slope[0]] == pytest.approx(coef[2:], rel=1e-7)
    assert [change.level_se[0], change.slope_se[0]] == pytest.approx(se[2:], rel=1e-6)
    assert change.freedom[0] == 16


@pytest.mark.parametrize("case", vectors("trends", "LOG_SLOPE"), ids=str)
def test_an_ordinary_line_of_the_logarithm_equals_that_of_lm(case):
    t, y = np.array(case.inputs["t_days"], float), np.log(np.array(case.inputs["y"], float))
    line = lines(t, y, np.array([0, len(t)]))
    assert line.slope[0] == pytest.approx(case.expected["slope_per_day_ln"], abs=6e-9)
    se = np.sqrt(line.residual[0] / (len(t) - 2) / line.spread[0])
    reach = student_quantile(np.array([len(t) - 2]), 0.95)[0] * se
    assert [line.slope[0] - reach, line.slope[0] + reach] == pytest.approx(case.expected["ci95"], abs=6e-9)


def test_many_events_at_once_equal_one_by_one(rng):
    length = rng.integers(3, 12, 50)
    starts = np.concatenate([[0], np.cumsum(length)])
    t, y = rng.random(starts[-1]) * 100, rng.normal(size=starts[-1])
    every = lines(t, y, starts)
    for k in range(50):
        part = slice(starts[k], starts[k + 1])
        slope, height = np.polyfit(t[part], y[part], 1)
        assert every.slope[k] == pytest.approx(slope, abs=1e-9)
        assert every.at_zero[k] == pytest.approx(height, abs=1e-8)
