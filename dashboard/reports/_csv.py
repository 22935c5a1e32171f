"""Tables of a report as CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re

from dashboard.reports._blocks import Content, Table
from dashboard.reports._text import cell_text

_FORMULA = re.compile(r"^[=+\-@|\t\r\n\0＝＋－＠]")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


def safe_cell(text: str) -> str:
    """A cell that begins like a formula gets an apostrophe (OWASP ASVS 5, 1.2.10); plain numbers stay."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def to_csv(table: Table) -> str:
    """One table, UTF-8, comma, CRLF."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_cell(c.title) for c in table.columns])
    writer.writerows([[safe_cell(cell_text(v)) for v in row] for row in table.rows])
    return out.getvalue()


def attachments(content: Content) -> dict[str, str]:
    """Every named table of a report as a CSV file."""
    return {f"{table.name}.csv": to_csv(table) for table in content.tables() if table.rows}
