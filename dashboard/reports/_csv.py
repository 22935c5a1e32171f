"""Tables of a report as CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io

from analytics.safe_csv import safe_text
from dashboard.reports._blocks import Content, Table
from dashboard.reports._text import cell_text


def to_csv(table: Table) -> str:
    """One table, UTF-8, comma, CRLF."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_text(c.title) for c in table.columns])
    writer.writerows([[safe_text(cell_text(v)) for v in row] for row in table.rows])
    return out.getvalue()


def attachments(content: Content) -> dict[str, str]:
    """Every named table of a report as a CSV file."""
    return {f"{table.name}.csv": to_csv(table) for table in content.tables() if table.rows}
