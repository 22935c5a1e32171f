"""What everybody uses beside the product, at one rate of false calls, on independent and on autocorrelated noise with
artefacts. A part of docs/calibration.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analytics.arrays import Floats
from analytics.trends.variation import SIGMA, likely_noise
from tests.benchmarks.calibration import (
    Course,
    Method,
    Sample,
    detection,
    false_rate,
    ours,
    ramp,
    rebound,
    simulate,
    step,
)

TREND_CALLS = ("now", "verdict", "change", "alarm, sustained")
"""Kinds of call that tell a direction; single unexpected results and movements to be confirmed are told as such."""


def trend_calls(sample: Sample) -> Floats:
    """Direction that the product tells at each visit."""
    found, out = ours(sample), np.zeros(sample.day.shape)
    for kind in TREND_CALLS:
        out = np.where(out == 0, found[kind], out)
    return out


def disturbed(rng: np.random.Generator, sample: Sample, share: float, days: float, outliers: float = 0.01) -> Sample:
    """A stable sample whose noise is autocorrelated in ``share`` of its variance over ``days``, with single outliers
    (haemolysis, a mistaken sample) of 1.5 to 3 times or so little."""
    rows, n = sample.day.shape
    own, wander = rng.normal(size=(rows, n)), rng.normal(size=(rows, n))
    for k in range(1, n):
        keep = np.exp(-(sample.day[:, k] - sample.day[:, k - 1]) / days)
        wander[:, k] = keep * wander[:, k - 1] + np.sqrt(1 - keep**2) * wander[:, k]
    y = sample.cv[:, None] * (np.sqrt(1 - share) * own + np.sqrt(share) * wander)
    hit = rng.random((rows, n)) < outliers
    y += hit * rng.choice([-1.0, 1.0], (rows, n)) * np.log(rng.uniform(1.5, 3.0, (rows, n)))
    return replace(sample, value=np.maximum(sample.baseline[:, None] * np.exp(y), 1e-3), side=sample.side * 0)


def _twice(hit: Floats) -> Floats:
    out = np.zeros(hit.shape)
    out[:, 1:] = np.where(hit[:, 1:] == hit[:, :-1], hit[:, 1:], 0.0)
    return out


def baseline_twice(factor: float) -> Method:
    """Two results in a row at least ``factor`` times the mean of the first three, or at most one over it."""

    def method(sample: Sample) -> Floats:
        y = np.log(sample.value)
        off = y - y[:, :3].mean(axis=1, keepdims=True)
        hit = (off >= np.log(factor)) * 1.0 - (off <= -np.log(factor))
        hit[:, :3] = 0
        return _twice(hit)

    return method


def lowest_twice(factor: float) -> Method:
    """Two results in a row at least ``factor`` times the lowest mean of three before, or one over the highest."""

    def method(sample: Sample) -> Floats:
        y = np.log(sample.value)
        mean = (y[:, 2:] + y[:, 1:-1] + y[:, :-2]) / 3
        low, high = np.full(y.shape, np.inf), np.full(y.shape, -np.inf)
        low[:, 3:] = np.minimum.accumulate(mean, axis=1)[:, :-1]
        high[:, 3:] = np.maximum.accumulate(mean, axis=1)[:, :-1]
        return _twice((y >= low + np.log(factor)) * 1.0 - (y <= high - np.log(factor)))

    return method


def ewma(limit: float, weight: float = 0.3) -> Method:
    """Exponentially weighted mean of residuals from the first three, in standard errors (Roberts, 1959)."""

    def method(sample: Sample) -> Floats:
        residual, out = _residuals(sample), np.zeros(sample.day.shape)
        level = np.zeros(len(residual))
        spread = np.sqrt(weight / (2 - weight))
        for k in range(3, residual.shape[1]):
            level = (1 - weight) * level + weight * residual[:, k]
            out[:, k] = (level > limit * spread) * 1.0 - (level < -limit * spread)
        return out

    return method


def cusum_of_residuals(limit: float, slack: float = 0.5) -> Method:
    """Two-sided sum of residuals from the first three (Page, 1954)."""

    def method(sample: Sample) -> Floats:
        residual, out = _residuals(sample), np.zeros(sample.day.shape)
        up, down = np.zeros(len(residual)), np.zeros(len(residual))
        for k in range(3, residual.shape[1]):
            up = np.maximum(up + residual[:, k] - slack, 0)
            down = np.maximum(down - residual[:, k] - slack, 0)
            out[:, k] = (up > limit) * 1.0 - (down > limit)
        return out

    return method


def successive(limit: float) -> Method:
    """Two results in a row that differ by more than ``limit`` standard deviations of a difference."""

    def method(sample: Sample) -> Floats:
        jump = np.diff(np.log(sample.value), axis=1) / (np.sqrt(2) * likely_noise(SIGMA[sample.analyte])[:, None])
        out = np.zeros(sample.day.shape)
        out[:, 1:] = (jump > limit) * 1.0 - (jump < -limit)
        return out

    return method


def _residuals(sample: Sample) -> Floats:
    y = np.log(sample.value)
    noise = likely_noise(SIGMA[sample.analyte])[:, None]
    return np.asarray((y - y[:, :3].mean(axis=1, keepdims=True)) / noise)


OTHERS: tuple[tuple[str, Callable[[float], Method], tuple[float, ...]], ...] = (
    ("k x baseline, twice", baseline_twice, tuple(1.3 + 0.05 * k for k in range(60))),
    ("k x lowest mean of three, twice", lowest_twice, tuple(1.3 + 0.05 * k for k in range(60))),
    ("EWMA of residuals", ewma, tuple(2.0 + 0.25 * k for k in range(60))),
    ("CUSUM of residuals", cusum_of_residuals, tuple(3.0 + 0.5 * k for k in range(80))),
    ("successive reference change", successive, tuple(2.0 + 0.25 * k for k in range(60))),
)
COURSES: tuple[tuple[str, Course], ...] = (
    ("step x1.5", step(1.5)),
    ("step x2", step(2.0)),
    ("step x3", step(3.0)),
    ("3 %/week", ramp(0.03)),
    ("5 %/week", ramp(0.05)),
    ("10 %/week", ramp(0.10)),
    ("fall 5, rise 10 %/week", rebound(0.05, 0.10)),
)
NOISES = ((0.1, 14.0), (0.3, 14.0), (0.5, 7.0), (0.5, 14.0), (0.5, 30.0))


def section(patients: int = 500, planted: int = 150, seed: int = 20260102) -> list[str]:
    """The tables: false calls on each kind of noise, and days to detection at the false rate of the product."""
    rng = np.random.default_rng(seed)
    stable = simulate(rng, patients)
    rate = false_rate(trend_calls(stable), 8)
    methods: list[tuple[str, Method]] = [("**hepatrend, trend calls**", trend_calls)]
    for name, make, grid in OTHERS:
        chosen = next((x for x in grid if false_rate(make(x)(stable), 8) <= rate), grid[-1])
        methods.append((f"{name}: {chosen:g}", make(chosen)))
    samples = [stable, *(disturbed(rng, stable, share, days) for share, days in NOISES)]
    heads = ["independent", *(f"{share:.0%} over {days:.0f} d, 1 % outliers" for share, days in NOISES)]
    lines = [
        "",
        "## Beside the rules of thumb, at one rate of false calls",
        "",
        f"Each rule is tuned to the rate of the product on independent noise ({rate:.3f} a patient-year, eight tests).",
        "",
        "| false calls a patient-year | " + " | ".join(heads) + " |",
        "|---|" + "---|" * len(heads),
    ]
    lines += [f"| {n} | " + " | ".join(f"{false_rate(m(s), 8):.3f}" for s in samples) + " |" for n, m in methods]
    changed = [simulate(rng, planted, only=("ALT", "ALP", "BILI", "GGT"), cv=(0.1, 0.2), course=c) for _, c in COURSES]
    lines += ["", "| found, median days | " + " | ".join(n for n, _ in COURSES) + " |", "|---|" + "---|" * len(COURSES)]
    for name, method in methods:
        cells = [detection(method(s), s, 1.0) for s in changed]
        lines.append(f"| {name} | " + " | ".join(f"{f:.0%}, {d:.0f}" for f, d in cells) + " |")
    return lines


if __name__ == "__main__":
    print("\n".join(section()))
