"""The committed sample: who is in it, and its files."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.synthetic import hard_cases
from analytics.synthetic.journeys import JOURNEYS
from analytics.synthetic.patient import Patient
from analytics.synthetic.printed import event_rows, imaging_rows, lab_rows, truth_rows
from analytics.synthetic.readme import README

SEED = 20260610
CUT_OFF = pd.Timestamp("2026-06-10")
"""Day on which the sample ends."""

_SITES = (("Harbour Clinic", "Northgate"), ("Valley Hospital", "Riverside"), ("Lakeside Centre", "Lakeland"))

COLUMNS: dict[str, tuple[str, ...]] = {
    "labs": (
        *("patient_id", "analyte", "collected_at", "value", "unit", "lln", "uln", "lab", "status", "specimen_id"),
    ),
    "events": (*("patient_id", "kind", "name", "start_date", "end_date", "line", "dose", "unit", "grade", "detail"),),
    "imaging": (
        *("patient_id", "date", "modality", "response", "target_sum_mm", "new_lesion", "liver_lesions", "detail"),
    ),
    "patients": (*("patient_id", "sex", "birth_date", "primary_site", "metastases_date", "site", "on_anticoagulant"),),
    "truth": ("patient_id", "journey", "date", "until", "day", "analytes", "planted", "expected"),
}


def people(seed: int = SEED) -> list[tuple[Patient, pd.Timestamp]]:
    """All patients with their journey planted, and the day of their first dose; in order of patient_id."""
    rng = np.random.default_rng(seed)
    plans = [(j, i) for j in JOURNEYS for i in range(j.people)]
    numbers = rng.permutation(len(plans)) + 1
    found = []
    for (journey, i), number in zip(plans, numbers, strict=True):
        own = np.random.default_rng([seed, int(number)])
        primary = journey.primaries[i % len(journey.primaries)]
        site, lab = _SITES[int(own.integers(3))]
        patient = Patient(
            patient_id=f"HT-{number:03d}",
            primary=primary,
            site=site,
            lab=lab,
            sex="F" if primary == "breast" else str(own.choice(["F", "M"])),
            age=int(own.integers(38, 80)),
            metastases=-int(own.integers(20, 400)),
            end=int(own.integers(*journey.ends)),
            rng=own,
        )
        journey.plant(patient)
        if patient.every[0] < 60 and patient.last_lab_day is None:
            patient.see_on(patient.end - int(own.integers(0, 6)))
        found.append((patient, CUT_OFF - pd.Timedelta(days=patient.end + int(own.integers(0, 7)))))
    return sorted(found, key=lambda pair: pair[0].patient_id)


def tables(seed: int = SEED) -> dict[str, list[dict[str, Any]]]:
    """Rows of every file as the export would print them."""
    out: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for i, (p, start) in enumerate(people(seed)):
        parts = {
            "labs": lab_rows(p, start, 1000 + 100 * i),
            "events": event_rows(p, start),
            "imaging": imaging_rows(p, start),
            "patients": [_person(p, start)],
            "truth": truth_rows(p, start),
        }
        for name, rows in parts.items():
            out[name] += [{"patient_id": p.patient_id, **row} for row in rows]
    return out


def _person(p: Patient, start: pd.Timestamp) -> dict[str, Any]:
    birth = start - pd.DateOffset(years=p.age) - pd.Timedelta(days=int(p.rng.integers(0, 364)))
    return {
        "sex": p.sex,
        "birth_date": birth.strftime("%Y-%m-%d"),
        "primary_site": p.primary,
        "metastases_date": (start + pd.Timedelta(days=p.metastases)).strftime("%Y-%m-%d"),
        "site": p.site,
        "on_anticoagulant": "false",
    }


def write(folder: Path, seed: int = SEED) -> list[Path]:
    """Write all files of the sample; the same bytes for the same seed.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write(folder / f"{name}.csv", COLUMNS[name], rows) for name, rows in tables(seed).items()]
    readme = folder / "README.md"
    readme.write_bytes(README.format(seed=seed, people=sum(j.people for j in JOURNEYS)).encode())
    return [*written, readme, *hard_cases.write(folder / "hard_cases")]


def _write(path: Path, columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        for row in rows:
            out.writerow("" if row.get(c) is None else _text(row[c]) for c in columns)
    return path


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
