"""Verdict, running sum, change, findings and what the last results do never contradict one another."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import Analysis, analyse
from analytics.panel import Panel
from analytics.rules._told import FALL_RULES, RISE_RULES
from analytics.settings import Settings
from analytics.synthetic.many import make
from analytics.trends.daily import daily_of
from analytics.trends.variation import SIGMA, reference_change
from tests.builders import ULN, labs_of

MOVES = {"rising": 1, "higher": 1, "falling": -1, "lower": -1}


def _courses(seed: int) -> Panel:
    """Courses of all kinds: steady, drifting, stepping, spiking, turning; dense and sparse; with and without limits."""
    rng = np.random.default_rng(seed)
    frames = []
    for k in range(40):
        rows = []
        for analyte, usual in (("ALT", 30), ("BILI", 0.7), ("ALB", 4.2), ("CEA", 6.0), ("GGT", 60)):
            n = int(rng.integers(1, 30))
            gap = rng.choice([1, 7, 21, 60], p=[0.2, 0.3, 0.4, 0.1]) * np.exp(0.4 * rng.normal(size=n))
            day = np.cumsum(np.maximum(np.round(gap), 1))
            y = rng.choice([0.04, 0.1, 0.25]) * rng.normal(size=n)
            for _ in range(int(rng.integers(0, 4))):
                at = int(rng.integers(0, n))
                y[at:] += rng.normal() * np.where(rng.random() < 0.5, 1, np.linspace(0, 1, n - at))
            if rng.random() < 0.3:
                y[int(rng.integers(0, n))] += rng.choice([-2, 2])
            value = np.round(usual * np.exp(y), 1) + 0.1
            rows += [
                (pd.Timestamp("2023-01-01") + pd.Timedelta(days=float(d)), analyte, v)
                for d, v in zip(day, value, strict=True)
            ]
        frames.append(labs_of(rows, f"P{k:02d}"))
    assert "CEA" in ULN
    labs = pd.concat(frames, ignore_index=True)
    events = pd.DataFrame(
        {
            "patient_id": [f"P{k:02d}" for k in range(0, 40, 2)],
            "kind": np.tile(["biliary_stent", "systemic", "hepatectomy", "ablation"], 5),
            "name": np.tile(["metal stent", "FOLFOX", "resection", "RFA"], 5),
            "start_date": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(5, 200, 20), "D"),
        }
    )
    return Panel.of(labs, events)


def contradictions(found: Analysis) -> list[str]:
    """Every pair of statements on one test that cannot both be true, in words."""
    s, out = found.series, []
    side = s["now"].map(MOVES).fillna(0).astype(int).to_numpy()
    steady = (s["now"] == "steady").to_numpy()
    stable = (s["verdict"] == "stable").to_numpy()
    called = s["verdict"].map({"rising": 1, "falling": -1}).fillna(0).astype(int).to_numpy()
    alarm = s["alarm"].map({"rising": 1, "falling": -1}).fillna(0).astype(int).to_numpy()
    first = daily_of(found.case).starts[1:] - 1
    daily = daily_of(found.case)
    before = np.where(np.diff(daily.starts) > 1, daily.value[np.maximum(first - 1, 0)], np.nan)
    up, down = reference_change(SIGMA[daily.analyte], Settings().trend.z_two_sided)
    with np.errstate(invalid="ignore", divide="ignore"):
        jump = 100 * (daily.value[first] / before - 1)
        off = 100 * (daily.value[first] / s["baseline"].to_numpy(float) - 1)
        doubles = (s["doubling_days"] > 0) & (s["doubling_days"] < 182.5)
    checks = {
        "steady, and the sum is on": steady & (alarm != 0),
        "steady, and the last is beyond the reference change from the one before": steady
        & ((jump > up) | (jump < down)),
        "steady, and the last is beyond the reference change from baseline": steady & ((off > up) | (off < down)),
        "steady, and it would double within half a year": steady & doubles.to_numpy(bool),
        "stable, and the last results are not steady": stable & ~steady,
        "verdict against the last results": called * side < 0,
        "sum against the last results": alarm * side < 0,
        "sum against the verdict": alarm * called < 0,
        "rising, and the last is not above what it rises from": (s["now"] == "rising").to_numpy(bool)
        & ~(s["now_change_pct"] > 0).to_numpy(bool),
        "falling, and the last is not below what it falls from": (s["now"] == "falling").to_numpy(bool)
        & ~(s["now_change_pct"] < 0).to_numpy(bool),
        "a movement that the exact test calls is to be confirmed": (called != 0)
        & (side == called)
        & (s["now_confirmed"] == False).fillna(False).to_numpy(bool),  # noqa: E712
        "moving without since or from": (side != 0) & (s["now_since"].isna() | s["now_from"].isna()).to_numpy(bool),
    }
    for name, hit in checks.items():
        out += [f"{name}: {s.loc[at, ['patient_id', 'analyte', 'segment']].tolist()}" for at in np.flatnonzero(hit)]
    last = s[s["is_last"].astype(bool)].set_index(["patient_id", "analyte"])
    for row in found.findings.itertuples():
        if row.rule in ("marker_rise", "marker_flare", *RISE_RULES) and row.state in ("new", "ongoing"):
            code = "BILI" if row.rule in RISE_RULES else json.loads(row.analytes)[0]
            told = last.loc[(row.patient_id, code)]
            if told["last"] == row.last_seen and told["now"] in ("steady", "falling", "lower"):
                out.append(f"{row.rule} open, and {code} of {row.patient_id} is {told['now']}")
        if row.rule in FALL_RULES:
            told = last.loc[(row.patient_id, "BILI")]
            if told["last"] == row.last_seen and told["now"] in ("steady", "rising", "higher", "unclear"):
                out.append(f"{row.rule}, and bilirubin of {row.patient_id} is {told['now']}")
    return out


@pytest.mark.parametrize("seed", range(6))
def test_simulated_courses_are_told_without_contradiction(seed):
    found = analyse(_courses(seed))
    assert contradictions(found) == []
    kinds = set(found.series["now"])
    assert {"rising", "falling", "steady", "unclear", "one_result"} <= kinds


def test_made_up_patients_with_treatments_are_told_without_contradiction():
    assert contradictions(analyse(make(60, seed=7)[0])) == []


@pytest.mark.external
def test_real_hospital_days_are_told_without_contradiction(tmp_path, shared_data):
    from analytics.ingest import read
    from analytics.store import open_store

    store = open_store(str(tmp_path / "store"), create=True)
    store.publish([read(shared_data / "eicu_demo_subset" / "lab.csv")], by="test")
    found = analyse(store.panel())
    assert contradictions(found) == []
    daily, series = daily_of(found.case), found.series
    low, high = (f.reduceat(daily.y, daily.starts[:-1]) for f in (np.minimum, np.maximum))
    span = daily.day[daily.starts[1:] - 1] - daily.day[daily.starts[:-1]]
    called = series["verdict"].isin(["rising", "falling"]).to_numpy()
    assert called.sum() > 20
    assert (np.abs(series["slope_per_day"].to_numpy()) * span <= 1.5 * (high - low))[called].all()


def test_the_check_sees_a_contradiction_that_is_put_in():
    found = analyse(_courses(0))
    for column, wrong in (("alarm", "rising"), ("verdict", "falling"), ("now", "steady")):
        series = found.series.assign(**{column: wrong})
        spoilt = Analysis(found.panel, found.settings, {"series": series, "findings": found.findings})
        assert len(contradictions(spoilt)) > 5
