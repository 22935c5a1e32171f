"""Excel workbooks, only where a profile says so: the cells of one sheet as lines of separated text.

A workbook has lost what the laboratory wrote: leading zeros, decimal signs and dates are what the program made of them.
So a workbook is read only where somebody declared it, with the extra "excel" (python-calamine, which does not resolve
external entities).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from analytics.errors import MissingExtra, RefusedFile
from analytics.ingest.reading.source import ZIP, Source

MAX_ROWS = 1_048_576
MAX_SHEET_BYTES = 256 << 20


class SheetSource(Source):
    """A workbook as text: one line a row of the sheet, numbered as in the sheet."""

    sheet = ""

    def blocks(self) -> Iterator[bytes]:
        """The sheet as UTF-8 text in one block, with commas; breaks inside cells become blanks."""
        data = b"".join(self.raw())
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for row in self._rows(data):
            writer.writerow([_text(cell) for cell in row])
        yield text.getvalue().encode("utf-8")

    def _decide(self, declared: str) -> tuple[str, bytes]:
        if not self.head.startswith(ZIP):
            raise RefusedFile("the profile says that it is a workbook, and it is none", file=self.name)
        if self.size > MAX_SHEET_BYTES:
            raise RefusedFile(f"a workbook of more than {MAX_SHEET_BYTES >> 20} MiB is not read", file=self.name)
        return "utf-8", b""

    def _rows(self, data: bytes) -> list[list[Any]]:
        try:
            from python_calamine import CalamineError, CalamineWorkbook
        except ImportError as error:
            raise MissingExtra("excel", "reading a workbook") from error
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            name = self.sheet or book.sheet_names[0]
            if name not in book.sheet_names:
                raise RefusedFile(f"no sheet {name!r}; there are {', '.join(book.sheet_names)}", file=self.name)
            rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except (CalamineError, ValueError, IndexError) as error:
            raise RefusedFile(f"the workbook cannot be read: {error}", file=self.name) from error
        return rows


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a point, times in ISO 8601."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d" if cell.time().isoformat() == "00:00:00" else "%Y-%m-%dT%H:%M:%S")
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join(str(cell).splitlines()) if cell is not None else ""
