"""Small panels written in the test itself, so that the case can be read where it is checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analytics.analytes import ANALYTES
from analytics.panel import Panel

ULN = {
    "ALT": 40.0,
    "AST": 40.0,
    "ALP": 120.0,
    "GGT": 60.0,
    "BILI": 1.2,
    "INR": 1.2,
    "LDH": 250.0,
    "CEA": 5.0,
    "CA19_9AG": 37.0,
    "AFP": 10.0,
    "CREAT": 1.2,
    "WBC": 10.0,
}
LLN = {"ALB": 3.5, "PLAT": 150.0, "HGB": 12.0, "NEUT": 1.8}


def labs_of(rows: Iterable[tuple[Any, ...]], patient_id: str = "P1") -> pd.DataFrame:
    """Rows of (when, analyte, value[, comparator]) in canonical units with usual limits."""
    records = []
    for i, (when, analyte, value, *more) in enumerate(rows):
        records.append(
            {
                "patient_id": patient_id,
                "analyte": analyte,
                "collected_at": pd.Timestamp(when),
                "value": float(value),
                "comparator": more[0] if more else "",
                "unit": ANALYTES[analyte].unit,
                "uln": ULN.get(analyte),
                "lln": LLN.get(analyte),
                "status": "final",
                "raw_value": str(value),
                "raw_unit": ANALYTES[analyte].unit,
                "source_file": "case.csv",
                "source_line": i + 2,
                "precision": "day",
                "result_id": i,
            }
        )
    return pd.DataFrame.from_records(records)


def events_of(rows: Iterable[tuple[Any, ...]], patient_id: str = "P1") -> pd.DataFrame:
    """Rows of (start, kind[, name[, end[, line]]])."""
    records = []
    for start, kind, *more in rows:
        name, end, line = (*more, *[None] * (3 - len(more)))
        records.append(
            {
                "patient_id": patient_id,
                "kind": kind,
                "name": name or kind,
                "start_date": pd.Timestamp(start),
                "end_date": pd.Timestamp(end) if end else pd.NaT,
                "line": line,
            }
        )
    return pd.DataFrame.from_records(records)


def imaging_of(rows: Iterable[tuple[Any, ...]], patient_id: str = "P1") -> pd.DataFrame:
    """Rows of (date, modality, response[, target_sum_mm[, new_lesion]])."""
    records = []
    for date, modality, response, *more in rows:
        total, new = (*more, *[None] * (2 - len(more)))
        records.append(
            {
                "patient_id": patient_id,
                "date": pd.Timestamp(date),
                "modality": modality,
                "response": response,
                "target_sum_mm": total,
                "new_lesion": new,
            }
        )
    return pd.DataFrame.from_records(records)


def panel_of(
    labs: Iterable[tuple[Any, ...]],
    events: Iterable[tuple[Any, ...]] = (),
    imaging: Iterable[tuple[Any, ...]] = (),
    *,
    as_of: str | None = None,
    **patient: Any,
) -> Panel:
    """A Panel of one patient, P1."""
    events, imaging = list(events), list(imaging)
    people = pd.DataFrame([{"patient_id": "P1", "clock": "date", **patient}])
    return Panel.of(
        labs_of(labs),
        events_of(events) if events else None,
        imaging_of(imaging) if imaging else None,
        people,
        as_of=pd.Timestamp(as_of) if as_of else None,
    )


def together(*panels: Panel) -> Panel:
    """Several panels of one as one panel; patients are renamed P1, P2, ..."""
    parts: dict[str, list[pd.DataFrame]] = {"labs": [], "events": [], "imaging": [], "patients": []}
    for i, panel in enumerate(panels, start=1):
        for name, frames in parts.items():
            frames.append(getattr(panel, name).assign(patient_id=f"P{i}"))
    joined = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    return Panel.of(
        joined["labs"], joined["events"], joined["imaging"], joined["patients"], as_of=max(p.as_of for p in panels)
    )
