"""A Panel of any size in one go, for benchmarks and property tests. No loop over patients."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import ANALYTES
from analytics.arrays import Floats, Ints
from analytics.panel import Panel
from analytics.synthetic.biology import SET_POINTS, sigma
from analytics.synthetic.laboratories import LABORATORIES

ANALYTES_8 = ("ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT")
PLANTED = ("quiet", "drug injury with jaundice", "stent, recovery", "drift upwards")
"""Journeys dealt out in turn: patient i has journey i modulo 4."""

_ONSET = 120.0


def make(
    n_patients: int, seed: int = 1, *, analytes: tuple[str, ...] = ANALYTES_8, visits: int = 25, first: int = 0
) -> tuple[Panel, pd.DataFrame]:
    """A panel of ``n_patients`` x analytes x visits, and its truth (patient_id, journey, date).

    Patients start their first dose on 2024-01-01 plus up to a year; drug injury and obstruction begin on day 120.
    ``first`` is the number of the first patient, so that a store of any size is filled a stretch at a time.
    """
    rng = np.random.default_rng(seed)
    ids = np.char.add("S", np.char.zfill(np.arange(first, first + n_patients).astype(str), 6))
    start = np.datetime64("2024-01-01", "D") + rng.integers(0, 365, n_patients)
    gaps = rng.integers(9, 22, (n_patients, visits))
    day = (np.cumsum(gaps, axis=1) - gaps[:, :1] - rng.integers(1, 9, (n_patients, 1))).astype(np.float64)
    labs = pd.concat([_labs(code, ids, start, day, rng) for code in analytes], ignore_index=True)
    labs["patient_id"] = labs["patient_id"].astype("str")
    panel = Panel.of(labs, _events(ids, start), None, _people(ids, start, rng))
    truth = pd.DataFrame(
        {
            "patient_id": ids,
            "journey": np.array(PLANTED)[np.arange(n_patients) % len(PLANTED)],
            "date": start + np.timedelta64(int(_ONSET), "D"),
        }
    )
    return panel, truth


def _labs(code: str, ids: np.ndarray, start: np.ndarray, day: Floats, rng: np.random.Generator) -> pd.DataFrame:
    n, visits = day.shape
    median, spread = SET_POINTS[code]
    form = LABORATORIES["Northgate"][code]
    level = np.log(median) + spread * np.clip(rng.normal(size=(n, 1)), -2, 2)
    log = level + sigma(code) * rng.normal(size=(n, visits)) + _planted(code, np.arange(n) % len(PLANTED), day)
    value = np.round(np.exp(log), form.decimals)
    when = start.astype("datetime64[us]")[:, None] + (day * 86_400_000_000).astype("timedelta64[us]")
    when += np.timedelta64(8, "h")
    total = n * visits
    return pd.DataFrame(
        {
            "patient_id": np.repeat(ids, visits),
            "analyte": pd.array([code], dtype="str").repeat(total),
            "collected_at": when.ravel(),
            "value": value.ravel(),
            "comparator": pd.array([""], dtype="str").repeat(total),
            "unit": pd.array([ANALYTES[code].unit], dtype="str").repeat(total),
            "lln": np.nan if form.lln is None else float(form.lln),
            "uln": np.nan if form.uln is None else float(form.uln),
            "lab": pd.array(["Northgate"], dtype="str").repeat(total),
            "status": pd.array(["final"], dtype="str").repeat(total),
            "precision": pd.array(["minute"], dtype="str").repeat(total),
        }
    )


def _planted(code: str, journey: Ints, day: Floats) -> Floats:
    """ln of the planted factor, shape (patients, visits)."""
    injury = {"ALT": 3.0, "AST": 2.8, "BILI": 1.9, "ALP": 0.3}.get(code, 0.0)
    block = {"BILI": 2.2, "ALP": 1.5, "GGT": 1.8, "ALT": 0.8}.get(code, 0.0)
    drift = {"ALP": 0.003, "GGT": 0.004, "BILI": 0.002}.get(code, 0.0)
    since = day - _ONSET
    shape = np.clip(since / 20, 0, 1) * 0.5 ** (np.maximum(since - 30, 0) / 20)
    kind = journey[:, None]
    planted: Floats = shape * (injury * (kind == 1) + block * (kind == 2)) + drift * np.maximum(day, 0) * (kind == 3)
    return planted


def _events(ids: np.ndarray, start: np.ndarray) -> pd.DataFrame:
    """Each patient has a line of FOLFOX or FOLFIRI, half a second line, and the obstructed a stent on day 140."""
    n = len(ids)
    arm = np.arange(n) % 3
    first = pd.DataFrame(
        {
            "patient_id": ids,
            "kind": "systemic",
            "name": np.array(["oxaliplatin", "irinotecan", "gemcitabine"])[arm],
            "start_date": start,
            "end_date": start + np.timedelta64(170, "D"),
            "line": 1,
        }
    )
    second = first[np.arange(n) % 2 == 0].assign(name="bevacizumab", line=2)
    second["start_date"] = second["start_date"] + pd.Timedelta(days=200)
    second["end_date"] = pd.NaT
    stent = first[np.arange(n) % len(PLANTED) == 2].assign(kind="biliary_stent", name="stent", line=None)
    stent["start_date"] = stent["start_date"] + pd.Timedelta(days=140)
    stent["end_date"] = pd.NaT
    both: pd.DataFrame = pd.concat([first, second, stent.astype({"line": "float64"})], ignore_index=True)
    return both


def _people(ids: np.ndarray, start: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    n = len(ids)
    return pd.DataFrame(
        {
            "patient_id": ids,
            "clock": "date",
            "sex": np.array(["F", "M"])[rng.integers(0, 2, n)],
            "age": rng.integers(38, 80, n).astype(float),
            "primary_site": np.array(["colorectal", "breast", "pancreatic"])[np.arange(n) % 3],
            "site": np.array(["Harbour Clinic", "Valley Hospital", "Lakeside Centre"])[rng.integers(0, 3, n)],
            "metastases_date": start - np.timedelta64(60, "D"),
        }
    )
