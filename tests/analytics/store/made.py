"""Files as the reader would give them, made of small frames."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd

from analytics.analytes import ANALYTES
from analytics.ingest import Ingest
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS, QUARANTINE


def ingest_of(
    labs: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    imaging: pd.DataFrame | None = None,
    patients: pd.DataFrame | None = None,
    quarantine: pd.DataFrame | None = None,
    **more: Any,
) -> Ingest:
    """An Ingest of these frames; its hash follows from them, its sums add up."""
    given = {"labs": (LABS, labs), "events": (EVENTS, events), "imaging": (IMAGING, imaging)}
    given |= {"patients": (PATIENTS, patients), "quarantine": (QUARANTINE, quarantine)}
    frames = {name: t.empty() if f is None else t.conform(f).reset_index(drop=True) for name, (t, f) in given.items()}
    text = "".join(frame.to_csv() for frame in frames.values())
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    frames["quarantine"]["file_sha256"] = sha256
    rows = sum(len(f) for f in frames.values())
    values: dict[str, Any] = {
        "file": "case.csv",
        "sha256": sha256,
        "profile": "test",
        "rows_in": rows,
        "results_in": rows,
    }
    return Ingest(**frames, **(values | more))


def lab(
    patient: str, when: str, analyte: str, value: float | None, status: str = "final", **more: Any
) -> dict[str, Any]:
    """One row of LABS."""
    return {
        "patient_id": patient,
        "analyte": analyte,
        "collected_at": pd.Timestamp(when),
        "value": value,
        "comparator": "",
        "unit": ANALYTES[analyte].unit,
        "uln": 40.0,
        "status": status,
        "raw_value": "text" if value is None else f"{value:g}",
        "raw_unit": ANALYTES[analyte].unit,
        "source_file": "case.csv",
        "source_line": 2,
        "precision": "day",
        **more,
    }


def labs_frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of LABS as a frame, lines counted from 2."""
    frame = pd.DataFrame(rows)
    frame["source_line"] = range(2, len(frame) + 2)
    return LABS.conform(frame)


def cohort(
    n_patients: int, per_series: int = 5, analytes: tuple[str, ...] = ("ALT", "BILI"), seed: int = 1
) -> pd.DataFrame:
    """Many results of many patients, as a laboratory's long file would give them."""
    import numpy as np

    rng = np.random.default_rng(seed)
    n = n_patients * len(analytes) * per_series
    patient = np.repeat(np.arange(n_patients), len(analytes) * per_series)
    day = np.tile(np.arange(per_series) * 14, n_patients * len(analytes)) + rng.integers(0, 14, n)
    value = np.round(np.exp(rng.normal(3.5, 0.5, n)), 1)
    unit = np.tile(np.repeat([ANALYTES[code].unit for code in analytes], per_series), n_patients)
    return LABS.conform(
        pd.DataFrame(
            {
                "patient_id": pd.Series([f"P{i:05d}" for i in range(n_patients)], dtype="str").iloc[patient].to_numpy(),
                "analyte": np.tile(np.repeat(analytes, per_series), n_patients),
                "collected_at": np.datetime64("2024-01-01", "us") + day.astype("timedelta64[D]"),
                "value": value,
                "comparator": "",
                "unit": unit,
                "uln": 40.0,
                "status": "final",
                "raw_value": pd.Series(value).astype("str").to_numpy(),
                "raw_unit": unit,
                "source_file": "cohort.csv",
                "source_line": np.arange(2, n + 2),
                "precision": "day",
            }
        )
    )
