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
from tests.builders import ULN, events_of, labs_of

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


def _noisy(rng: np.random.Generator, level: np.ndarray, cv: float) -> np.ndarray:
    """Results about a level, printed with one decimal."""
    return np.round(level * np.exp(cv * rng.normal(size=len(level))), 1)


def _admissions(rng: np.random.Generator) -> tuple[list, list]:
    """Daily results in two to four admissions months apart: each comes with a fall, a rise or a plateau."""
    rows, start = [], 0.0
    for _ in range(int(rng.integers(2, 5))):
        days = np.arange(int(rng.integers(4, 16)))
        for code, usual in (("ALT", 200.0), ("BILI", 4.0), ("CREAT", 1.5), ("PLAT", 120.0)):
            slope = rng.choice([-0.2, 0.0, 0.15])
            rows += _rows(start + days, code, _noisy(rng, usual * np.exp(slope * days), 0.08))
        start += len(days) + rng.integers(60, 300)
    return rows, []


def _resection(rng: np.random.Generator) -> tuple[list, list]:
    """Before and after a hepatectomy, with a recovery that is complete, slow, or fails."""
    day = np.concatenate([[-60, -30, -2], [1, 2, 3, 5, 7, 10, 14, 21, 35, 60, 90, 120]]).astype(float)
    after = np.maximum(day, 0.0)
    up = (day > 0) * np.exp(-after / rng.choice([4.0, 15.0, 200.0]))
    rows = _rows(day, "ALT", _noisy(rng, 30 + 600 * up, 0.1)) + _rows(day, "BILI", _noisy(rng, 0.6 + 6 * up, 0.15))
    rows += _rows(day, "ALB", _noisy(rng, 4.2 - 1.2 * up, 0.03)) + _rows(day, "INR", _noisy(rng, 1.0 + up, 0.05))
    rows += _rows(day, "CEA", _noisy(rng, np.where(day > 0, 2.0, 30.0), 0.2))
    return rows, [(0.0, "hepatectomy", "right hepatectomy")]


def _stents(rng: np.random.Generator) -> tuple[list, list]:
    """Ducts that close, are stented, and close again; the last stretch is seen for one to ten results."""
    rows, events, start = [], [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        rise, fall = np.arange(0, 28, 7.0), np.arange(2, 2 + 7 * rng.integers(1, 11), 7.0)
        top, low = rng.uniform(4, 15), rng.uniform(0.5, 2)
        bili = np.concatenate([low * (top / low) ** (rise / 21), low + (top - low) * np.exp(-fall / 9)])
        day = start + np.concatenate([rise, 21 + fall])
        for code, times in (("BILI", 1.0), ("ALP", 60.0), ("GGT", 90.0)):
            rows += _rows(day, code, _noisy(rng, times * bili, 0.1))
        events.append((start + 21.5, "biliary_stent", str(rng.choice(["plastic stent", "metal stent"]))))
        start = float(day[-1]) + rng.integers(7, 60)
    return rows, events


def _limited(rng: np.random.Generator) -> tuple[list, list]:
    """Results below what the method reads, alone, at the end, in between and all of them."""
    rows = []
    for code, limit, usual in (("BILI", 0.3, 0.4), ("CEA", 1.0, 1.2), ("CRP", 5.0, 7.0), ("AFP", 2.0, 40.0)):
        day = np.cumsum(rng.integers(5, 60, int(rng.integers(1, 14)))).astype(float)
        value = _noisy(rng, usual * np.exp(rng.choice([-0.01, 0.0, 0.01]) * day), 0.3)
        below = value < limit
        rows += [(d, code, max(v, limit), "<" if b else "") for d, v, b in zip(day, value, below, strict=True)]
    return rows, []


def _few(rng: np.random.Generator) -> tuple[list, list]:
    """One to four results, some of them wild."""
    rows = []
    for code, usual in (("ALT", 30.0), ("BILI", 0.7), ("CA19_9AG", 60.0), ("ALB", 4.0)):
        day = np.sort(rng.choice(400, int(rng.integers(1, 5)), replace=False)).astype(float)
        rows += _rows(day, code, _noisy(rng, usual * np.exp(rng.normal(size=len(day))), 0.1))
    return rows, [(float(rng.integers(0, 400)), "systemic", "FOLFOX")]


def _quarterly(rng: np.random.Generator) -> tuple[list, list]:
    """A visit every three months for some years: markers that fall and come back, reserve that goes."""
    day = np.cumsum(rng.integers(80, 100, int(rng.integers(6, 18)))).astype(float)
    turn = rng.uniform(0.3, 0.8) * day[-1]
    bent = np.abs(day - turn) / 365
    rows = _rows(day, "CEA", _noisy(rng, 5 * np.exp(2.5 * bent), 0.15))
    rows += _rows(day, "ALB", _noisy(rng, 4.3 * np.exp(-0.0003 * day), 0.03))
    rows += _rows(day, "PLAT", np.round(_noisy(rng, 240 * np.exp(-0.0008 * day), 0.1)))
    rows += _rows(day, "ALT", _noisy(rng, np.where(day > turn, 90.0, 30.0), 0.15))
    return rows, [(turn, "systemic", "FOLFIRI")]


def _doubtful(rng: np.random.Generator) -> tuple[list, list]:
    """Results that look as if in another unit, one or a stretch of them, and single slips by ten."""
    rows = []
    for code, usual, factor in (("BILI", 0.8, 17.104), ("CREAT", 0.9, 88.4), ("ALB", 4.0, 10.0), ("ALT", 30.0, 1 / 60)):
        day = np.cumsum(rng.integers(7, 40, 14)).astype(float)
        value = usual * np.exp(0.1 * rng.normal(size=14))
        begin, end = np.sort(rng.choice(15, 2, replace=False))
        value[begin:end] *= factor
        value[int(rng.integers(0, 14))] *= rng.choice([0.1, 1.0, 10.0])
        rows += _rows(day, code, np.round(value, 2) + 0.01)
    return rows, []


def _laboratories(rng: np.random.Generator) -> tuple[list, list]:
    """A change of laboratory: other limits, and markers that read by another method."""
    rows, at = [], int(rng.integers(2, 12))
    for code, usual in (("CEA", 8.0), ("ALP", 140.0), ("CA19_9AG", 90.0)):
        day = np.cumsum(rng.integers(10, 40, 14)).astype(float)
        value = _noisy(rng, usual * np.where(np.arange(14) < at, 1.0, rng.choice([0.6, 1.8])), 0.1)
        rows += [(d, code, v, "", "A" if k < at else "B") for k, (d, v) in enumerate(zip(day, value, strict=True))]
    return rows, []


def _rows(day: np.ndarray, code: str, value: np.ndarray) -> list:
    return [(d, code, max(v, 0.1)) for d, v in zip(day, value, strict=True)]


KINDS = (_admissions, _resection, _stents, _limited, _few, _quarterly, _doubtful, _laboratories)


def _kept(kind, first: str, seed: int, people: int = 25) -> Panel:
    """People of one kind whose dates begin about ``first``."""
    rng, frames, events = np.random.default_rng(seed), [], []
    for k in range(people):
        rows, own = kind(rng)
        start, name = pd.Timestamp(first) + pd.Timedelta(days=int(rng.integers(0, 60))), f"P{k:02d}"
        told = [(start + pd.Timedelta(days=float(r[0])), *r[1:4]) for r in rows]
        labs = labs_of(told, name)
        if len(rows[0]) > 4:
            labs["lab"] = [r[4] for r in rows]
            labs["uln"] *= np.where(labs["lab"] == "B", 1.3, 1.0)
        frames.append(labs)
        if own:
            events.append(events_of([(start + pd.Timedelta(days=d), *more) for d, *more in own], name))
    return Panel.of(pd.concat(frames, ignore_index=True), pd.concat(events, ignore_index=True) if events else None)


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
    than = s["now_than"].astype(str)
    checks = {
        "steady, and the sum is on": steady & (alarm != 0),
        "steady, and the last is beyond the reference change from the one before": steady
        & ((jump > up) | (jump < down)),
        "steady, and the last is beyond the reference change from baseline": steady & ((off > up) | (off < down)),
        "steady, and it would double within half a year": steady & doubles.to_numpy(bool),
        "stable, and the last results are not steady": stable & ~steady,
        "verdict against the last results": called * side < 0,
        "steady, and the verdict goes one way": steady & (called != 0),
        "sum against the last results": alarm * side < 0,
        "sum against the verdict": alarm * called < 0,
        "rising, and the last is not above what it rises from": (s["now"] == "rising").to_numpy(bool)
        & ~(s["now_change_pct"] > 0).to_numpy(bool),
        "falling, and the last is not below what it falls from": (s["now"] == "falling").to_numpy(bool)
        & ~(s["now_change_pct"] < 0).to_numpy(bool),
        "a movement that the exact test calls is to be confirmed": (called != 0)
        & (side == called)
        & (s["now_confirmed"] == False).fillna(False).to_numpy(bool),  # noqa: E712
        "higher or lower than baseline, and the last is on the other side of it": than.str.contains("baseline")
        & ~than.str.contains("not")
        & ~(side * off > 0),
        "higher or lower than before, and baseline on the other side is not": (than == "before, not baseline")
        & ~(side * off < 0),
        "higher or lower, and not than what": (than == "") & s["now"].isin(["higher", "lower"]),
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


@pytest.mark.parametrize(
    ("first", "seed"), [("2023-01-01", 0), ("2150-01-01", 1)], ids=["these years", "shifted dates"]
)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.strip("_"))
def test_courses_as_they_are_met_are_told_without_contradiction(kind, first, seed):
    assert contradictions(analyse(_kept(kind, first, seed))) == []


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
