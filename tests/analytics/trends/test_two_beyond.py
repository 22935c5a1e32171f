"""Two results beyond all before: what sets them off, and how often chance does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analytics.settings import Settings
from analytics.trends.two_beyond import LEAST, _both, two_beyond

CHANGE = Settings().change


def _ask(values, sigma=0.1, step=21, change=CHANGE):
    y = np.log(np.atleast_2d(np.asarray(values, float)))
    day = np.arange(y.shape[1]) * float(step) + np.zeros((len(y), 1))
    return two_beyond(y, day, np.full(len(y), sigma), change).tolist()


def test_two_results_that_double_are_beyond_and_one_is_not():
    quiet = [30, 33, 28, 31, 30]
    assert _ask([*quiet, 66, 63]) == [1]
    assert _ask([*quiet, 66, 31]) == _ask([*quiet, 31, 66]) == [0]
    assert _ask([*quiet, 14, 15]) == [-1]
    assert _ask([30, 31, 66, 63]) == [0] and LEAST == 5


def test_a_patient_who_always_scatters_needs_more():
    assert _ask([30, 33, 28, 31, 30, 60, 58]) == [1]
    assert _ask([20, 45, 28, 16, 39, 60, 58]) == [0]


def test_a_turn_is_seen_against_the_lowest_three_and_not_only_against_the_mean_of_all():
    falling = [120, 100, 85, 70, 60, 50, 42, 36, 31, 30]
    assert _ask([*falling, 70, 75]) == [1]
    assert np.log(70) < np.log(falling).mean() + 0.25


def test_what_neighbours_share_makes_two_less_telling():
    values = [30, 33, 28, 31, 30, 52, 51]
    alone = replace(CHANGE, shared_part=0.0)
    assert _ask(values, step=3, change=alone) == [1]
    assert _ask(values, step=3) == [0]


def test_a_test_without_a_published_variation_is_never_told():
    assert _ask([30, 33, 28, 31, 30, 300, 310], sigma=np.nan) == [0]


@pytest.mark.parametrize(("z", "shared"), [(1.0, 0.0), (2.5, 0.3), (3.0, 0.5)])
def test_the_chance_of_two_is_that_of_two_normal_results_against_a_mean(z, shared):
    count, noise = 4.0, 0.2
    spread = noise * np.sqrt(1 + 1 / count)
    common = (shared + 1 / count) / (1 + 1 / count)
    exact = stats.multivariate_normal([0, 0], [[1, common], [common, 1]]).cdf([-z, -z])
    found = _both(np.array([z * spread]), np.ones((1, 1)), np.array([[noise]]), np.array([count]), np.array([shared]))
    assert found[0] == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("cv", [0.1, 0.2, 0.3])
def test_stable_series_are_seldom_told_whatever_they_vary(cv, rng):
    y = cv * rng.normal(size=(4000, 12))
    day = np.tile(np.arange(12) * 21.0, (4000, 1))
    hits = np.zeros(4000, bool)
    for n in range(LEAST, 13):
        hits |= two_beyond(y[:, :n], day[:, :n], np.full(4000, 0.1), CHANGE) != 0
    assert hits.mean() < 0.015
