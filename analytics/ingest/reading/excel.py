"""Sheets of Excel workbooks as lines of separated text: where the heads stand, what lies merged, what is above them.

A workbook has lost what the laboratory wrote: leading zeros, decimal signs and dates are what the program made of them.
Numbers and dates come as the program keeps them; texts as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from analytics.ingest import profile_draft_words, synonyms
from analytics.ingest.profile import Profile
from analytics.units import unit_of

Rows = list[list[Any]]
Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]
LOOKED_AT = 100
"""Rows at the beginning of a sheet among which its heads are."""
MAX_HEADS = 3
"""Rows that heads may take."""
MAX_CELL = 32_767
"""Letters of a cell, as Excel has it."""
_VALUE = frozenset(("value", "result", "values", "results", "ergebnis", "wert", "valeur", "valor", "valore"))
_BESIDE = {
    "unit": ("unit", "units", "einheit", "unité", "unidad", "unità"),
    "uln": ("uln", "upper", "high", "upper limit", "max", "ref high", "obergrenze"),
    "lln": ("lln", "lower", "low", "lower limit", "min", "ref low", "untergrenze"),
}


@dataclass
class Sheet:
    """A sheet as text: one line a row, numbered as in the sheet; and what is to be said of it."""

    name: str
    text: str
    notes: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)


def as_text(name: str, rows: Rows, merged: Merged, profile: Profile) -> Sheet | None:
    """A sheet as separated text; None where it holds no table.

    Args:
        name: of the sheet.
        rows: all cells from the first row and column on.
        merged: ranges of merged cells, counted from 0, both ends included.
        profile: may say how many rows stand before the heads, and how dates and decimals are written.
    """
    notes: list[str] = []
    filled_down = _fill_down(rows, merged)
    first, last = _heads(rows, merged, profile.skip_lines)
    if last < 0:
        return _as_it_is(name, rows, profile)
    heads = _named(rows, merged, first, last)
    width = len(heads)
    used = [i for i in range(width) if heads[i] or any(_filled(row, i) for row in rows[last + 1 :])]
    if filled_down:
        notes.append(f"{filled_down} cells merged over several rows stand in each of these rows")
    if last > first:
        notes.append(f"heads in rows {first + 1} to {last + 1} are read together, for example {_example(heads)!r}")
    above = [f"row {i + 1}: {_line(row)}" for i, row in enumerate(rows[:first]) if any(_is_filled(c) for c in row)]
    if above:
        notes.append(f"above the heads, not read: {'; '.join(above[:3])}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    text.write("\n" * last)
    writer.writerow([heads[i] or f"column {_letters(i)}" for i in used])
    for row in rows[last + 1 :]:
        writer.writerow([cell_text(row[i], profile) if i < len(row) else "" for i in used])
    titles = [",".join(_one_line(c) for c in row if _is_filled(c)) for row in rows[:first]]
    return Sheet(name, text.getvalue(), notes, [t for t in titles if t])


def _as_it_is(name: str, rows: Rows, profile: Profile) -> Sheet | None:
    """A sheet of numbers without plain heads as its rows; None where it has no rows of several entries with numbers."""
    if not any(_count(row) > 1 and any(_is_number(c) for c in row) for row in rows):
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([cell_text(cell, profile) for cell in row])
    return Sheet(name, text.getvalue())


def _fill_down(rows: Rows, merged: Merged) -> int:
    """Write the entry of cells that are merged over rows into each of them; how many such cells there are."""
    count = 0
    for (top, left), (bottom, right) in merged:
        if bottom > top and left == right and top > 0 and bottom < len(rows) and left < len(rows[top]):
            entry = rows[top][left]
            below = [row for row in rows[top : bottom + 1] if any(_is_number(c) for c in row)]
            if len(below) == bottom - top + 1:
                count += 1
                for row in below:
                    row[left] = entry
    return count


def _heads(rows: Rows, merged: Merged, declared: int) -> tuple[int, int]:
    """First and last row of the heads: texts right above the first row with numbers or dates; -1 where there are none.

    Rows with one entry are titles. A row above the last one belongs to the heads where cells of it are merged.
    """
    if declared:
        return (declared, declared) if declared < len(rows) else (-1, -1)
    spread = {
        r for (top, left), (bottom, right) in merged for r in range(top, bottom + 1) if right > left or bottom > top
    }
    for i in range(1, min(len(rows), LOOKED_AT)):
        if not any(_is_number(c) for c in rows[i]) or _count(rows[i]) < 2:
            continue
        last = next((k for k in range(i - 1, -1, -1) if _count(rows[k])), -1)
        if last < 0 or not _is_head(rows[last]) or _count(rows[last]) < 0.5 * _count(rows[i]):
            continue
        first = last
        while first > 0 and last - first < MAX_HEADS - 1 and first - 1 in spread and _is_head(rows[first - 1]):
            first -= 1
        return first, last
    return -1, -1


def _is_head(row: list[Any]) -> bool:
    return _count(row) >= 2 and not any(_is_number(c) for c in row)


def _named(rows: Rows, merged: Merged, first: int, last: int) -> list[str]:
    """One name a column, of all rows of the heads."""
    width = max(len(row) for row in rows)
    levels = [[_one_line(row[i]) if i < len(row) else "" for i in range(width)] for row in rows[first : last + 1]]
    for (top, left), (_, right) in merged:
        if first <= top <= last and right > left:
            for i in range(left, min(right, width - 1) + 1):
                levels[top - first][i] = levels[top - first][left]
    whole = [""] * width
    for level in levels:
        whole = [_together(upper, lower) for upper, lower in zip(whole, level, strict=True)]
    return [name if whole.index(name) == i or not name else f"{name} ({_letters(i)})" for i, name in enumerate(whole)]


def _together(upper: str, lower: str) -> str:
    """The name of a column of a head and the one below it."""
    if not upper or not lower or upper == lower:
        return upper or lower
    word, code = synonyms.folded(lower), synonyms.analyte_of(upper)
    if not code and profile_draft_words.test_of(lower) and not profile_draft_words.test_of(upper):
        return lower
    if word in _VALUE:
        return upper
    for suffix, known in _BESIDE.items():
        if word in known:
            return f"{upper} {suffix}"
    if code and not unit_of(code, lower).reason:
        return f"{upper} ({lower})"
    if synonyms.analyte_of(lower.split("(")[0].strip()) and not code:
        return lower
    return f"{upper} {lower}"


def _example(heads: Sequence[str]) -> str:
    return next((h for h in heads if " " in h), next(iter(heads), ""))


def _is_filled(cell: Any) -> bool:
    return cell is not None and cell != "" and not (isinstance(cell, str) and not cell.strip())


def _filled(row: list[Any], i: int) -> bool:
    return i < len(row) and _is_filled(row[i])


def _count(row: list[Any]) -> int:
    return sum(_is_filled(c) for c in row)


def _is_number(cell: Any) -> bool:
    """Whether a cell is a number or a date, or a text that begins as one."""
    if isinstance(cell, bool):
        return False
    if isinstance(cell, (int, float, date, time)):
        return True
    text = str(cell).strip().lstrip("<>=≤≥ ") if isinstance(cell, str) else ""
    return text[:1].isdigit() and sum(c.isdigit() for c in text) * 2 >= len(text.replace(" ", ""))


def _line(row: list[Any]) -> str:
    return " ".join(_one_line(c) for c in row if _is_filled(c))[:100]


def _one_line(cell: Any) -> str:
    return " ".join(str(cell).split()) if _is_filled(cell) else ""


def _letters(i: int) -> str:
    """Name of a column: A, B, ... AA."""
    letters = ""
    while i >= 0:
        letters, i = chr(65 + i % 26) + letters, i // 26 - 1
    return letters


def cell_text(cell: Any, profile: Profile) -> str:
    """A cell as the profile's source would write it: whole numbers without a point, times in ISO 8601 by default."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < 2**53
        return str(int(cell)) if whole else repr(cell).replace(".", profile.decimal)
    if isinstance(cell, (datetime, date)):
        return moment_text(cell, profile)
    return " ".join(str(cell).splitlines())[:MAX_CELL] if cell is not None else ""


def moment_text(when: date, profile: Profile) -> str:
    """A date or time in the first form of the profile that says as much; ISO 8601 where it lists none."""
    zoned = isinstance(when, datetime) and when.tzinfo is not None
    timed = zoned or (isinstance(when, datetime) and (when.hour, when.minute, when.second) != (0, 0, 0))
    fitting = [f for f in profile.dates if ("%H" in f or "%I" in f or "%T" in f) == timed]
    if fitting or profile.dates:
        return when.strftime((fitting or list(profile.dates))[0])
    return when.strftime(f"%Y-%m-%dT%H:%M:%S{'%z' if zoned else ''}" if timed else "%Y-%m-%d")
