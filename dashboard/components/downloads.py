"""Tables as CSV downloads that a spreadsheet cannot run: text that begins like a formula gets an apostrophe."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pandas as pd
from flask import Response

from analytics.safe_csv import csv_text, safe_text

MIME = "text/csv; charset=utf-8"


def csv_response(frame: pd.DataFrame, name: str) -> Response:
    """A download. The file name is ours (letters, digits, dash) and a UTC stamp, never text from data."""
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "-_")) or "table"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return Response(
        "\ufeff" + csv_text(frame),
        content_type=MIME,
        headers={"Content-Disposition": f'attachment; filename="hepatrend-{plain}-{stamp}.csv"'},
    )


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """The same table as Parquet: types kept, text as it is (nothing runs it)."""
    buffer = BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


__all__ = ["MIME", "csv_response", "csv_text", "parquet_bytes", "safe_text"]
