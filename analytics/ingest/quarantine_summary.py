"""What is quarantined, for people: counts by file and reason, the first rows, and a CSV that a spreadsheet may open."""

from __future__ import annotations

import pandas as pd

from analytics.safe_csv import csv_text
from analytics.tables import REASONS


def as_json(held: pd.DataFrame) -> str:
    """Rows as a JSON list."""
    text: str = held.to_json(orient="records", date_format="iso", indent=2) or "[]"
    return text


def as_text(held: pd.DataFrame, rows: int) -> str:
    """Counts, then the first rows."""
    if not len(held):
        return "nothing is quarantined"
    counts = held.groupby(["file", "reason_code"]).size().reset_index(name="n").to_dict("records")
    lines = [f"{c['n']:7,}  {c['file']}  {c['reason_code']}: {REASONS[c['reason_code']]}" for c in counts]
    for r in held.head(rows).to_dict("records"):
        cell = "" if pd.isna(r["raw_cell"]) else f" {r['raw_cell']!r}"
        where = f"{r['file']} line {r['line']}" + (f" {r['column']}" if isinstance(r["column"], str) else "")
        lines.append(f"{r['quarantine_id']:>7}  {where}{cell}: {r['message']}")
    return "\n".join(lines)


def csv_of(held: pd.DataFrame) -> bytes:
    """All rows as a file that a spreadsheet may open."""
    return csv_text(held).encode("utf-8", "surrogatepass")
