"""The index page beside many reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.reports._blocks import Cell, Column, Content, Link, Section, Table
from dashboard.reports._report_input import ReportInput
from dashboard.wording import count_of


def index_page(entries: Sequence[tuple[str, str, Mapping[str, int]]], report_input: ReportInput, title: str) -> Content:
    """A list of the reports in a folder.

    Args:
        entries: (file name, name of the patient, counts).
        report_input: any of them, for the footer.
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
        subtitle=f"Data cut-off {report_input.cut_off}",
        sections=[Section("Reports", [table])],
        footer=[(name, value) for name, value in report_input.footer() if name in keep],
        run=report_input.run_line,
        warnings=list(report_input.problems),
    )
