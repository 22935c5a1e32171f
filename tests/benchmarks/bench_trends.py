"""Trends: slope, interval and exact test of many short series, beside loops over scipy and pymannkendall.

Single core, process time, medians of five. The loops run on a part of the same series and are told per second.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pymannkendall
from scipy import stats

from analytics.analysis import analyse
from analytics.analytes import PANEL
from analytics.arrays import Floats, Ints
from analytics.derive.baseline import baselines_of
from analytics.panel import Panel
from analytics.trends.daily import daily_of
from analytics.trends.smoother import surprises_of
from analytics.trends.theil_sen import theil_sen


def ragged(count: int, seed: int = 1) -> tuple[Floats, Floats, Ints]:
    """Irregular series, median 15 results, tail to 200."""
    rng = np.random.default_rng(seed)
    length = np.clip(np.round(15 * np.exp(0.6 * rng.normal(size=count))), 3, 200).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(length)])
    gap = rng.integers(3, 40, starts[-1]).astype(np.float64)
    t = np.cumsum(gap)
    t -= np.repeat(t[starts[:-1]], length)
    return t, np.log(40.0) + 0.2 * rng.normal(size=starts[-1]), starts


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Median process time of some repeats."""
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return statistics.median(found)


def loop(t: Floats, y: Floats, starts: Ints, count: int, one: Callable[[Floats, Floats], object]) -> Callable[[], None]:
    """A Python loop over the first series."""

    def work() -> None:
        for k in range(count):
            part = slice(starts[k], starts[k + 1])
            one(t[part], y[part])

    return work


def cohort(patients: int, results: int = 25) -> Panel:
    """Patients with the liver panel and three events each."""
    rng = np.random.default_rng(2)
    ids = pd.array([f"P{k:06d}" for k in range(patients)], dtype="str")
    day = np.cumsum(rng.integers(7, 28, (patients, results)), axis=1)
    when = np.datetime64("2023-01-01", "us") + day.astype("timedelta64[D]")
    usual = np.array([30.0, 30, 90, 50, 0.8, 4.0, 1.1, 220])
    shape = (patients, len(PANEL), results)
    value = np.round(usual[None, :, None] * np.exp(0.15 * rng.normal(size=shape)), 1)
    labs = pd.DataFrame(
        {
            "patient_id": ids.repeat(len(PANEL) * results),
            "analyte": pd.array(np.tile(np.repeat(np.array(PANEL), results), patients), dtype="str"),
            "collected_at": np.broadcast_to(when[:, None, :], shape).ravel(),
            "value": value.ravel(),
            "uln": np.broadcast_to(usual[None, :, None] * 1.4, shape).ravel(),
        }
    )
    start = np.datetime64("2023-01-01", "us") + rng.integers(20, 380, 3 * patients).astype("timedelta64[D]")
    kinds = ["systemic", "biliary_stent", "ablation"] * patients
    events = pd.DataFrame({"patient_id": ids.repeat(3), "kind": kinds, "name": kinds, "start_date": start})
    return Panel.of(labs, events)


def kernels(count: int = 50_000, few: int = 2_000) -> list[tuple[str, float]]:
    """Series a second, product first."""
    t, y, starts = ragged(count)
    theil_sen(t[: starts[few]], y[: starts[few]], starts[: few + 1])  # exact distributions are built once

    def both(x: Floats, v: Floats) -> None:
        stats.theilslopes(v, x)
        stats.kendalltau(x, v)

    ways: list[tuple[str, int, Callable[[], object]]] = [
        ("hepatrend: slope, exact interval, exact test", count, lambda: theil_sen(t, y, starts)),
        ("loop: scipy theilslopes + kendalltau", few, loop(t, y, starts, few, both)),
        (
            "loop: pymannkendall original_test",
            few,
            loop(t, y, starts, few, lambda x, v: pymannkendall.original_test(v)),
        ),
    ]
    return [(name, n / seconds(work)) for name, n, work in ways]


def parts(panel: Panel) -> dict[str, float]:
    """Process time of each part of an analysis that belongs to trends and responses."""
    analysis = analyse(panel)
    found = {}
    for name, work in (
        ("points, segments, one value a day", lambda: daily_of(analysis.case)),
        ("baselines", lambda: baselines_of(analysis.case)),
        ("surprise of every result", lambda: surprises_of(analysis.case)),
        ("series", lambda: analysis.series),
        ("responses", lambda: analysis.responses),
    ):
        begin = time.process_time()
        work()
        found[name] = time.process_time() - begin
    return found


def one_patient(repeats: int = 9) -> float:
    """Milliseconds of the whole analysis of one patient, warm: 12 analytes x 60 results."""
    codes = (*PANEL, "LDH", "CEA", "CA19_9AG", "CREAT")
    rng = np.random.default_rng(3)
    labs = pd.DataFrame(
        {
            "patient_id": "P1",
            "analyte": np.repeat(np.array(codes), 60),
            "collected_at": np.tile(pd.date_range("2024-01-01", periods=60, freq="9D"), len(codes)),
            "value": np.round(4.0 * np.exp(0.1 * rng.normal(size=60 * len(codes))), 1),
            "uln": 5.0,
        }
    )
    starts = pd.to_datetime(["2024-03-01", "2024-08-01", "2024-10-01"])
    kinds = ["systemic", "biliary_stent", "ablation"]
    events = pd.DataFrame({"patient_id": "P1", "kind": kinds, "name": kinds, "start_date": starts})
    panel = Panel.of(labs, events)
    analyse(panel).tables()
    return 1000 * seconds(lambda: analyse(panel).tables(), repeats)


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    rates = kernels()
    print(f"{'way':<48}{'series/s':>12}{'product is':>14}")
    for name, rate in rates:
        ratio = "" if name == rates[0][0] else f"{rates[0][1] / rate:,.0f} x"
        print(f"{name:<48}{rate:>12,.0f}{ratio:>14}")
    print()
    for patients in (1_000, 10_000):
        found = parts(cohort(patients))
        print(f"{patients:,} patients x 8 analytes x 25 results, one core: {sum(found.values()):.1f} s")
        for name, took in found.items():
            print(f"  {name:<46}{took:>8.2f} s")
    print(f"\none patient, 12 analytes x 60 results, every table: {one_patient():.0f} ms")


if __name__ == "__main__":
    main()
