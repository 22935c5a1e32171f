"""Tables as CSV downloads that a spreadsheet cannot run: text that begins like a formula gets an apostrophe."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
from flask import Response

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
MIME = "text/csv; charset=utf-8"


def safe_text(cell: object) -> object:
    """The cell, with an apostrophe before text that a spreadsheet would run (OWASP ASVS 5, 1.2.10)."""
    if isinstance(cell, str) and cell.lstrip(" \u00a0").startswith(_STARTS):
        return "'" + cell
    return cell.replace("\x00", "") if isinstance(cell, str) else cell


def csv_text(frame: pd.DataFrame) -> str:
    """CSV with ISO times, numbers as numbers, text made safe (column names too)."""
    safe = frame.copy()
    for column in safe.columns:
        if pd.api.types.is_string_dtype(safe[column].dtype) or safe[column].dtype == object:
            safe[column] = safe[column].map(safe_text, na_action="ignore")
    safe.columns = pd.Index([str(safe_text(str(c))) for c in safe.columns])
    return safe.to_csv(index=False, lineterminator="\r\n")


def csv_response(frame: pd.DataFrame, name: str) -> Response:
    """A download. The file name is ours (letters, digits, dash) and a UTC stamp, never text from data."""
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "-_")) or "table"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return Response(
        "\ufeff" + csv_text(frame),
        content_type=MIME,
        headers={"Content-Disposition": f'attachment; filename="hepatrend-{plain}-{stamp}.csv"'},
    )
