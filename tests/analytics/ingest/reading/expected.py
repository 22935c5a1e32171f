"""Invented files of others with what must come out of them, as tables beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from analytics.ingest import importer
from analytics.store import open_store

CASES = Path(__file__).parent / "cases"


def wanted(case: str) -> set[tuple[Any, ...]]:
    """The results that must be stored: patient, analyte, time, comparator, value, unit and limits."""
    table = pd.read_csv(CASES / case / "expected.csv", dtype=str, keep_default_na=False)
    rows = table[table["what"] == "stored"]
    return {
        (r.patient, r.analyte, r.time[:16], r.comparator, _number(r.value), r.unit, _number(r.lln), _number(r.uln))
        for r in rows.itertuples()
    }


def stored(path: Path, folder: Path, **options: Any) -> tuple[set[tuple[Any, ...]], importer.Outcome]:
    """The numbers that are shown after an import of a file, in the same form, and the outcome."""
    store = open_store(str(folder / "store"))
    outcome = importer.import_one(path, store, importer.Options(**options))
    if outcome.refused:
        return set(), outcome
    labs = store.table("labs")
    labs = labs[labs["value"].notna() & ~labs["status"].isin(["entered_in_error", "cancelled"])]
    return {
        (
            r.patient_id,
            r.analyte,
            str(r.collected_at)[: 16 if r.precision == "minute" else 10],
            r.comparator,
            _number(r.value),
            r.unit,
            _number(r.lln),
            _number(r.uln),
        )
        for r in labs.itertuples()
    }, outcome


def _number(text: Any) -> str:
    return "" if text in ("", None) or pd.isna(text) else f"{float(text):.6g}"
