"""The index page beside many reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.reports._blocks import Cell, Column, Content, Link, Section, Table
from dashboard.reports._edition import Edition
from dashboard.wording import count_of


def index_page(entries: Sequence[tuple[str, str, Mapping[str, int]]], edition: Edition, title: str) -> Content:
    """A list of the reports in a folder.

    Args:
        entries: (file name, name of the patient, counts).
        edition: any of them, for the footer.
        title: name of the kind of report.
    """
    columns = (Column("Patient"), Column("Findings", numeric=True), Column("New", numeric=True))
    rows: list[list[Cell]] = [
        [Link(name, file), str(n.get("findings", 0)), str(n.get("new", 0))] for file, name, n in entries
    ]
    order = sorted(range(len(rows)), key=lambda i: (-entries[i][2].get("new", 0), entries[i][1]))
    table = Table("Reports, those with new findings first", columns, [rows[i] for i in order])
    keep = ("Data cut-off", "Data version", "Thresholds", "Software", "Rules")
    return Content(
        title=f"hepatrend · {title}: {count_of(len(entries), 'report')}",
        subtitle=f"Data cut-off {edition.cut_off}",
        sections=[Section("Reports", [table])],
        footer=[(name, value) for name, value in edition.footer() if name in keep],
        run=edition.run_line,
        warnings=list(edition.problems),
    )
