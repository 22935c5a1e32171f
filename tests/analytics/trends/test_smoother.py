"""The bank of filters against the joint normal distribution that it stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from analytics.analysis import analyse
from analytics.derive.points import points_of
from analytics.trends import smoother
from analytics.trends.smoother import surprises_of
from analytics.trends.variation import NOISE_WEIGHTS, SIGMA, noises
from tests.builders import panel_of

_VAGUE = 1e6
"""Variance of the unknown first level in the dense check; large against anything else."""


def _rows(values, days, analyte="ALT", comparator=""):
    first = pd.Timestamp("2024-01-01")
    return [(first + pd.Timedelta(days=int(d)), analyte, v, comparator) for d, v in zip(days, values, strict=True)]


def _dense(days, level, noise, wander, upto):
    """Forecast of the next level from the joint covariance of all before, and their log likelihood."""
    t = np.asarray(days, float)
    joint = _VAGUE + wander * (np.minimum.outer(t, t) - t[0])
    seen = slice(0, upto)
    cover = joint[seen, seen] + noise * np.eye(upto)
    solve = np.linalg.solve(cover, np.column_stack([joint[seen, upto], level[:upto]]))
    mean = joint[seen, upto] @ solve[:, 1]
    var = joint[upto, upto] + noise - joint[seen, upto] @ solve[:, 0]
    like = stats.multivariate_normal(np.zeros(upto), cover).logpdf(level[:upto])
    return mean, var, like


def test_surprise_equals_that_of_the_joint_normal_distribution():
    days, values = [0, 9, 30, 41, 70], [40, 44, 39, 70, 66]
    case = analyse(panel_of(_rows(values, days))).case
    sigma = SIGMA[0]
    level = np.log(np.array(values, float)) - np.log(40)
    for upto in range(1, 5):
        below, weights = [], []
        for i, noise in enumerate(noises(SIGMA[:1])[0]):
            for j, wander in enumerate(smoother.WANDERINGS):
                mean, var, like = _dense(days, level, noise**2, (sigma * wander) ** 2 / 28, upto)
                below.append(special.ndtr((level[upto] - mean) / np.sqrt(var)))
                weights.append(NOISE_WEIGHTS[i] * smoother.WANDERING_WEIGHTS[j] * np.exp(like))
        expected = special.ndtri(np.average(below, weights=weights))
        assert surprises_of(case)[upto] == pytest.approx(expected, abs=2e-3)
    assert np.isnan(surprises_of(case)[0])


def test_a_spike_is_unexpected_and_steady_values_are_not():
    case = analyse(panel_of(_rows([40, 42, 39, 41, 40, 160], range(0, 120, 20)))).case
    assert surprises_of(case)[-1] > 3.5
    assert (np.abs(surprises_of(case)[1:-1]) < 1.0).all()


def test_nothing_before_a_stent_foretells_what_follows():
    rows = _rows([8.0, 8.2, 7.9, 8.1, 2.0, 1.0], range(0, 60, 10), "BILI")
    case = analyse(panel_of(rows, [("2024-01-31", "biliary_stent")])).case
    assert np.isnan(surprises_of(case)[4])


def test_the_curve_stays_between_first_and_last_result_and_its_band_widens_in_a_gap():
    case = analyse(panel_of(_rows([40, 42, 39, 80, 85, 78], [0, 7, 14, 134, 141, 148]))).case
    (curve,) = smoother.curve(case, "ALT")
    assert curve.day[0] == points_of(case).day[0] and curve.day[-1] == points_of(case).day[-1]
    assert (curve.low < curve.mid).all() and (curve.mid < curve.high).all()
    width = np.log(curve.high / curve.low)
    inside = (curve.day > points_of(case).day[2]) & (curve.day < points_of(case).day[3])
    assert width[inside].max() > 1.5 * width[~inside].max()


def test_the_curve_equals_the_joint_normal_distribution_in_a_gap():
    days, values = np.array([0.0, 10, 50]), np.array([40.0, 44, 60])
    case = analyse(panel_of(_rows(values, days))).case
    (curve,) = smoother.curve(case, "ALT", between=1)
    level, sigma = np.log(values) - np.log(40), SIGMA[0]
    where = curve.day - curve.day[0]
    mids, weights = [], []
    for i, noise in enumerate(noises(SIGMA[:1])[0]):
        for j, wander in enumerate(smoother.WANDERINGS):
            r, q = noise**2, (sigma * wander) ** 2 / 28
            cover = _VAGUE + q * np.minimum.outer(days, days) + r * np.eye(3)
            across = _VAGUE + q * np.minimum.outer(where, days)
            mids.append(across @ np.linalg.solve(cover, level))
            like = stats.multivariate_normal(np.zeros(3), cover).logpdf(level)
            weights.append(NOISE_WEIGHTS[i] * smoother.WANDERING_WEIGHTS[j] * np.exp(like))
    assert np.log(curve.mid / 40) == pytest.approx(np.average(mids, axis=0, weights=weights), abs=2e-3)


def test_a_censored_result_that_was_foretold_is_no_surprise_and_one_that_was_not_is():
    steady = _rows([9.0, 9.5, 9.2, 9.1], [0, 20, 40, 60], "CEA")
    below = [(pd.Timestamp("2024-03-30"), "CEA", 0.5, "<")]
    above = [(pd.Timestamp("2024-03-30"), "CEA", 5.0, ">")]
    assert surprises_of(analyse(panel_of(steady + below)).case)[-1] < -3.0
    assert surprises_of(analyse(panel_of(steady + above)).case)[-1] == 0.0


@pytest.mark.parametrize("cv", [0.05, 0.15, 0.3])
def test_stable_results_are_seldom_surprising_whatever_their_variation(rng, cv):
    rows = []
    for k in range(60):
        days = np.cumsum(rng.integers(7, 35, 20))
        rows += [(k, d, v) for d, v in zip(days, 60 * np.exp(cv * rng.normal(size=20)), strict=True)]
    frame = pd.DataFrame(rows, columns=["patient_id", "day", "value"])
    from analytics.panel import Panel

    labs = pd.DataFrame(
        {
            "patient_id": "P" + frame.patient_id.astype(str),
            "analyte": "ALT",
            "collected_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(frame.day, unit="D"),
            "value": frame.value,
        }
    )
    surprise = surprises_of(analyse(Panel.of(labs)).case)
    assert (np.abs(surprise[~np.isnan(surprise)]) > 3.5).mean() < 0.002


def test_a_first_result_below_a_limit_ties_the_level_only_loosely():
    below = [(pd.Timestamp("2023-12-01"), "CEA", 5.0, "<")]
    exact = [(pd.Timestamp("2023-12-01"), "CEA", 5.0, "")]
    steady = _rows([1.0, 1.1, 0.9], [0, 20, 40], "CEA")
    loose, tied = (surprises_of(analyse(panel_of(first + steady)).case) for first in (below, exact))
    assert abs(loose[1]) < 0.8 * abs(tied[1])
