"""Two results beyond all before: what sets them off, and how often chance does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.settings import Settings
from analytics.trends.two_beyond import LEAST, two_beyond

CHANGE = Settings().change


def _ask(values, sigma=0.1, step=21, change=CHANGE):
    y = np.log(np.atleast_2d(np.asarray(values, float)))
    day = np.arange(y.shape[1]) * float(step) + np.zeros((len(y), 1))
    return two_beyond(y, day, np.full(len(y), sigma), change).tolist()


def test_two_results_that_double_are_beyond_and_one_is_not():
    quiet = [30, 33, 28, 31, 30]
    assert _ask([*quiet, 66, 63]) == [1]
    assert _ask([*quiet, 66, 31]) == _ask([*quiet, 31, 66]) == [0]
    assert _ask([*quiet, 13, 14]) == [-1]
    assert _ask([30, 31, 66, 63]) == [0] and LEAST == 5


def test_a_patient_who_always_scatters_needs_more():
    assert _ask([30, 33, 28, 31, 30, 66, 64]) == [1]
    assert _ask([20, 45, 28, 16, 39, 66, 64]) == [0]


def test_a_turn_is_seen_against_the_lowest_three_and_not_only_against_the_mean_of_all():
    falling = [120, 100, 85, 70, 60, 50, 42, 36, 31, 30]
    assert _ask([*falling, 70, 75]) == [1]
    assert np.log(70) < np.log(falling).mean() + 0.25


def test_what_neighbours_share_makes_two_less_telling():
    values = [30, 33, 28, 31, 30, 32, 29, 31, 68, 67]
    alone = replace(CHANGE, shared_part=0.0)
    assert _ask(values, step=3, change=alone) == [1]
    assert _ask(values, step=3) == [0]


def test_a_test_without_a_published_variation_is_never_told():
    assert _ask([30, 33, 28, 31, 30, 300, 310], sigma=np.nan) == [0]


def test_a_rise_after_a_steep_fall_is_told_as_a_rise_though_it_is_still_below_where_the_fall_began():
    scatter = np.array([1.02, 0.98, 1.01, 0.99, 1.02, 0.98, 1.01, 0.99])
    falling = 300 * 0.7 ** np.arange(8) * scatter
    low = falling[-3:].mean()
    assert _ask([*falling, 2.25 * low, 2.3 * low]) == [1]
    assert _ask([*falling, 0.7 * low, 0.6 * low]) == [-1]


def test_one_far_result_beside_one_that_is_hardly_up_confirms_nothing():
    quiet = [30, 33, 28, 31, 30, 32, 29, 31]
    assert _ask([*quiet, 120, 33]) == _ask([*quiet, 33, 120]) == [0]


@pytest.mark.parametrize(("step", "most"), [(7, 0.02), (21, 0.015), (30, 0.015)])
def test_a_year_of_a_test_that_stands_still_has_as_few_calls_however_often_blood_is_drawn(rng, step, most):
    count = 364 // step
    y = 0.15 * rng.normal(size=(3000, count))
    day = np.tile(np.arange(count) * float(step), (3000, 1))
    hits = np.zeros(3000, bool)
    for n in range(LEAST, count + 1):
        hits |= two_beyond(y[:, :n], day[:, :n], np.full(3000, 0.1), CHANGE) != 0
    assert hits.mean() < most


@pytest.mark.parametrize("step", [7, 30])
def test_an_outlier_beside_a_result_that_is_off_by_chance_confirms_nothing_however_often_blood_is_drawn(rng, step):
    rows, count = 2000, 364 // step
    own, shared, keep = rng.normal(size=(rows, count)), rng.normal(size=(rows, count)), np.exp(-step / 14)
    for k in range(1, count):
        shared[:, k] = keep * shared[:, k - 1] + np.sqrt(1 - keep**2) * shared[:, k]
    y = 0.1 * np.sqrt(0.5) * (own + shared)
    outlier = rng.random(y.shape) < CHANGE.outlier_share
    y += outlier * rng.choice([-1.0, 1.0], y.shape) * np.log(rng.uniform(1.5, 3.0, y.shape))
    day = np.tile(np.arange(count) * float(step), (rows, 1))
    hits = np.zeros(rows, bool)
    for n in range(LEAST, count + 1):
        hits |= two_beyond(y[:, :n], day[:, :n], np.full(rows, 0.05), CHANGE) != 0
    assert hits.mean() <= CHANGE.confirmed_a_year


@pytest.mark.parametrize("cv", [0.1, 0.2, 0.3])
def test_stable_series_are_seldom_told_whatever_they_vary(cv, rng):
    y = cv * rng.normal(size=(4000, 12))
    day = np.tile(np.arange(12) * 21.0, (4000, 1))
    hits = np.zeros(4000, bool)
    for n in range(LEAST, 13):
        hits |= two_beyond(y[:, :n], day[:, :n], np.full(4000, 0.1), CHANGE) != 0
    assert hits.mean() < 0.015
