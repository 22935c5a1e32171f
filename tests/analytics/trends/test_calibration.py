"""The promise of docs/calibration.md in small: few false calls, and changes found."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.calibration import (
    PAGE,
    detection,
    false_rate,
    fixed_rule,
    main,
    ours,
    parts,
    product,
    ramp,
    simulate,
    spike,
    split,
    step,
)
from tests.benchmarks.rules_of_thumb import baseline_twice, disturbed, trend_calls


def test_one_part_of_the_page_is_made_anew_and_the_others_stay_also_after_a_run_that_was_broken_off(tmp_path):
    page, runs = tmp_path / "page.md", iter(range(9))

    def broken():
        raise RuntimeError

    made = {
        "a": ("# A", lambda: ["# A", "", f"run {next(runs)}"]),
        "b": ("## B", lambda: ["", "## B", f"run {next(runs)}"]),
    }
    assert main(page=page, made=made) == "# A\n\nrun 0\n\n## B\nrun 1\n"
    assert main(["b"], page, made) == "# A\n\nrun 0\n\n## B\nrun 2\n"
    with pytest.raises(RuntimeError):
        main(["a", "b"], page, {**made, "b": ("## B", broken)})
    assert page.read_text("utf-8") == "# A\n\nrun 3\n\n## B\nrun 2\n"
    with pytest.raises(KeyError):
        main(["c"], page, made)


def test_the_page_is_made_of_all_its_parts():
    page = PAGE.read_text("utf-8")
    told = split(page, parts())
    assert "\n\n".join(told.values()) + "\n" == page and all(told.values())


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
