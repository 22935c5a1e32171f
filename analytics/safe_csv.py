"""CSV that no spreadsheet runs: text that begins like a formula gets an apostrophe (OWASP ASVS 5, 1.2.10)."""

from __future__ import annotations

import re

import pandas as pd

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠", "｜")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,2})?")


def safe_text(cell: object) -> object:
    """The cell, with an apostrophe before text that a spreadsheet would run; a plain number stays as it is."""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\x00", "")
    risky = cell.lstrip(" \u00a0").startswith(_STARTS) and not _NUMBER.fullmatch(cell)
    return "'" + cell if risky else cell


def csv_text(frame: pd.DataFrame, *, header: bool = True, raw: bool = False, end: str = "\r\n") -> str:
    """CSV with ISO times, numbers as numbers and text made safe, column names too; nothing is changed where ``raw``.

    Lines end with ``end``: by default as spreadsheets and RFC 4180 have it.
    """
    if raw:
        return frame.to_csv(index=False, header=header, lineterminator=end)
    safe = frame.copy()
    for column in safe.columns:
        if pd.api.types.is_string_dtype(safe[column].dtype) or safe[column].dtype == object:
            safe[column] = _safe_column(safe[column])
    safe.columns = pd.Index([str(safe_text(str(c))) for c in safe.columns])
    return safe.to_csv(index=False, header=header, lineterminator=end)


def _safe_column(column: pd.Series) -> pd.Series:
    """Each distinct text is looked at once."""
    changed = {word: safe for word in column.dropna().unique() if (safe := safe_text(word)) != word}
    return column.replace(changed) if changed else column
