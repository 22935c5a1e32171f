"""A panel of the sample people without the reader: rows in canonical units only, so that reports are tested alone."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

from analytics.analytes import ANALYTES
from analytics.panel import Panel

FOLDER = Path(__file__).resolve().parents[3] / "sample_data"
UNITS = {"10*9/L": "10*9/L", "INR": "{INR}", "": "{INR}"}


@lru_cache(maxsize=1)
def sample_panel() -> Panel:
    """Every sample patient, results in canonical units."""
    labs = pd.read_csv(FOLDER / "labs.csv", dtype=str, keep_default_na=False)
    labs = labs.assign(source_line=range(2, len(labs) + 2), raw_value=labs["value"], raw_unit=labs["unit"])
    labs = labs[labs["analyte"].isin(ANALYTES)]
    labs["unit"] = labs["unit"].replace(UNITS)
    labs = labs[labs["unit"] == labs["analyte"].map(lambda c: ANALYTES[c].unit)]
    for name in ("value", "lln", "uln"):
        labs[name] = pd.to_numeric(labs[name], errors="coerce")
    labs["collected_at"] = pd.to_datetime(labs["collected_at"], format="mixed")
    labs = labs.dropna(subset=["value"]).drop_duplicates(["patient_id", "analyte", "collected_at"])
    labs = labs.assign(source_file="labs.csv", comparator="", precision="minute", result_id=range(1, len(labs) + 1))
    labs = labs.drop(columns=["specimen_id"])
    return Panel.of(labs, _events(), _imaging(), _patients(), generation=1)


def _read(name: str, *times: str) -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / name, dtype=str, keep_default_na=False).replace({"": None})
    frame = frame.assign(source_file=name, source_line=range(2, len(frame) + 2))
    return frame.assign(**{t: pd.to_datetime(frame[t]) for t in times})


def _numbers(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    return frame.assign(**{n: pd.to_numeric(frame[n]) for n in names if n in frame})


def _events() -> pd.DataFrame:
    return _numbers(_read("events.csv", "start_date", "end_date"), "line", "dose", "grade").astype(
        {"line": "Int64", "grade": "Int64"}
    )


def _imaging() -> pd.DataFrame:
    frame = _numbers(_read("imaging.csv", "date"), "target_sum_mm", "liver_lesions")
    return frame.assign(new_lesion=frame["new_lesion"].map({"true": True, "false": False}).astype("boolean"))


def _patients() -> pd.DataFrame:
    frame = _read("patients.csv", "birth_date", "metastases_date").assign(clock="date")
    return frame.assign(on_anticoagulant=frame["on_anticoagulant"].map({"true": True, "false": False}))
