"""The promise of docs/calibration.md in small: few false calls, and changes found."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.calibration import (
    detection,
    false_rate,
    fixed_rule,
    ours,
    product,
    ramp,
    simulate,
    spike,
    step,
)
from tests.benchmarks.rules_of_thumb import baseline_twice, disturbed, trend_calls


def test_stable_patients_are_seldom_called(rng):
    stable = simulate(rng, 400)
    assert false_rate(product(stable), 8) < 0.14
    assert false_rate(fixed_rule(2.0)(stable), 8) > 0.25
    assert false_rate(ours(stable)["unexpected"], 8) < 0.02


def test_an_albumin_that_always_varies_like_an_enzyme_is_learned_and_seldom_called(rng):
    wild = simulate(rng, 200, only=("ALB", "INR"), is_met=False)
    calls = ours(wild)
    assert (calls["alarm"] != 0).any(axis=1).mean() < 0.12
    assert (calls["unexpected"] != 0).any(axis=1).mean() < 0.04


def test_what_is_told_of_stable_patients_as_a_direction_is_rare_also_with_autocorrelated_noise_and_artefacts(rng):
    stable = simulate(rng, 250)
    assert false_rate(trend_calls(stable), 8) <= 0.10
    spoilt = disturbed(rng, stable, 0.5, 14.0)
    assert false_rate(trend_calls(spoilt), 8) <= 0.12
    assert false_rate(baseline_twice(1.5)(spoilt), 8) > 0.30
    assert false_rate(ours(spoilt)["now"], 8) < 0.12


@pytest.mark.parametrize(
    ("course", "share", "days"),
    [
        (step(2.0), 0.95, 90),
        (step(3.0), 0.98, 14),
        (ramp(0.05), 0.97, 130),
        (ramp(0.10), 0.98, 90),
        (spike(3.0), 0.7, 14),
    ],
    ids=["step x2", "step x3", "ramp 5 %", "ramp 10 %", "spike x3"],
)
def test_planted_changes_are_found(rng, course, share, days):
    sample = simulate(rng, 60, only=("ALT", "ALP", "BILI", "GGT"), cv=(0.10, 0.20), course=course)
    found, median = detection(product(sample), sample, 1.0)
    assert found > share
    assert median < days


def test_ten_percent_a_week_is_a_trend_after_eight_visits(rng):
    from analytics.settings import Settings
    from analytics.trends.fit import fit
    from analytics.trends.verdict import FALLING, RISING

    sample = simulate(rng, 300, only=("ALT",), cv=(0.15, 0.15), course=lambda late: late / 7 * np.log1p(0.10))
    short = type(sample)(**{k: (v[:, :8] if v.ndim == 2 else v) for k, v in vars(sample).items()})
    verdict = fit(short.daily(), Settings().trend).verdicts.verdict
    assert (verdict == RISING).mean() > 0.9
    assert (verdict == FALLING).sum() == 0
