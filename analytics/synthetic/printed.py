"""A planted person as the rows that laboratory, clinic and radiology would export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analytics.synthetic.biology import wobble
from analytics.synthetic.laboratories import LABORATORIES, Form
from analytics.synthetic.patient import OFTEN, Patient


def lab_rows(p: Patient, start: pd.Timestamp, first_specimen: int) -> list[dict[str, Any]]:
    """One dict a result in the export's columns; ``visit`` and ``code`` are for edits and leave before writing."""
    days = p.visit_days()
    clock = [start + pd.Timedelta(days=d, minutes=int(p.rng.integers(7 * 60, 15 * 60))) for d in days]
    full = {e["day"] for e in p.edits if e["do"] == "whole_panel"}
    rows = []
    for code in p.analytes():
        values = p.course(code, np.array(days, dtype=float)) * np.exp(wobble(code, len(days), p.rng))
        share = OFTEN.get(code, 1.0) if code not in p.more_analytes else 1.0
        for visit, drawn in enumerate(p.rng.uniform(size=len(days)) < share):
            if drawn or days[visit] in full or days[visit] in p.more_days:
                lab, form = _form_on(p, code, days[visit])
                rows.append(
                    {
                        "analyte": form.name,
                        "collected_at": clock[visit].strftime("%Y-%m-%d %H:%M"),
                        "value": _printed(float(values[visit]) * form.per_canonical(code), form),
                        "unit": "" if form.unit == "{INR}" else form.unit,
                        "lln": form.lln,
                        "uln": form.uln,
                        "lab": lab,
                        "status": "final",
                        "specimen_id": f"{lab[0]}{first_specimen + visit:05d}",
                        "visit": visit,
                        "code": code,
                    }
                )
    return sorted([*rows, *_edited(p, rows)], key=lambda r: r["visit"])


def _form_on(p: Patient, code: str, day: int) -> tuple[str, Form]:
    """Laboratory and form on one day, after the edits that change them."""
    lab, limits = p.lab, {}
    for edit in p.edits:
        if edit["do"] == "lab" and day >= edit["from_day"]:
            lab = edit["lab"]
        if edit["do"] == "uln" and day >= edit["from_day"]:
            limits = edit["uln"]
    form = LABORATORIES[lab][code]
    return lab, replace(form, uln=limits[code]) if code in limits else form


def _printed(value: float, form: Form) -> str:
    """As the laboratory prints it: its decimals, and ``<`` below its lowest value."""
    if form.least is not None and value < form.least:
        return f"<{form.least:g}"
    return f"{value:.{form.decimals}f}"


def _edited(p: Patient, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows that edits add: the preliminary row before a correction, and rows sent twice."""
    for edit in p.edits:
        for row in rows:
            if edit["do"] == "correct" and row["visit"] == edit["visit"] and row["code"] == edit["analyte"]:
                wrong = f"{float(row['value']) * edit['factor']:g}"
                yield {**row, "value": wrong, "status": "preliminary"}
                row["status"] = "corrected"
            if edit["do"] == "twice" and row["visit"] == edit["visit"]:
                yield dict(row)


def event_rows(p: Patient, start: pd.Timestamp) -> list[dict[str, Any]]:
    """Events up to the end of follow-up; what goes on beyond it has no end yet."""
    rows = []
    for event in sorted(p.events, key=lambda e: (e["day"], e["kind"], e["name"])):
        if event["day"] > p.end:
            continue
        until = event["until"]
        rows.append(
            {
                **{k: v for k, v in event.items() if k not in ("day", "until")},
                "start_date": _date(start, event["day"]),
                "end_date": "" if until is None or until > p.end else _date(start, until),
            }
        )
    return rows


def imaging_rows(p: Patient, start: pd.Timestamp) -> list[dict[str, Any]]:
    """Scans up to the end of follow-up."""
    scans = sorted((s for s in p.imaging if s["day"] <= p.end), key=lambda s: int(s["day"]))
    return [
        {
            **{k: v for k, v in scan.items() if k != "day"},
            "date": _date(start, scan["day"]),
            "new_lesion": "true" if scan["new_lesion"] else "false",
        }
        for scan in scans
    ]


def truth_rows(p: Patient, start: pd.Timestamp) -> list[dict[str, Any]]:
    """What was planted, in calendar dates."""
    return [
        {
            **row,
            "date": _date(start, row["day"]),
            "until": "" if row["until"] is None or row["until"] > p.end else _date(start, row["until"]),
        }
        for row in p.truth
    ]


def _date(start: pd.Timestamp, day: int) -> str:
    return (start + pd.Timedelta(days=day)).strftime("%Y-%m-%d")
