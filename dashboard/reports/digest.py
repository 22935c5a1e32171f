"""The Monday report of a clinic or a list: what is new since the last one, who comes first, then patient by patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.analytes import ANALYTES, shown
from analytics.panel import show_time
from analytics.report_changes import CHANGES, Changes
from analytics.tables import REASONS
from dashboard.reports import Report
from dashboard.reports._blocks import Block, Cell, Column, Content, Say, Section, Table
from dashboard.reports._digest_patients import OVERDUE, by_change, is_open, patients_of, who_first
from dashboard.reports._digest_patients import sections as of_each
from dashboard.reports._found import Row, in_order
from dashboard.reports._report_input import ReportInput
from dashboard.wording import ABSENT, count_of, prose, unit

_MOST_ROWS = 200


def build(report_input: ReportInput) -> Content:
    """The report of every patient of this report_input."""
    changes = report_input.changes
    assert changes is not None, "a digest is always compared with the last one"
    clocks = dict(zip(report_input.panel.patients["patient_id"], report_input.panel.patients["clock"], strict=True))
    findings = in_order(changes.findings.to_dict("records"))
    counts = counted(changes, findings) | {"patients": len(report_input.panel)}
    patients = patients_of(report_input, findings, changes)
    sections = [
        Section(
            "Since the last report",
            [*(Say(t, tone) for t, tone in lead(report_input, changes, counts)), by_change(patients)],
        ),
        Section("Patients by priority", [who_first(patients)], "contents"),
        *of_each(patients, report_input.seen),
        Section("Changed past values", _changed(report_input, changes, clocks), "changed"),
        Section("Changed rules and settings", _rules(changes)) if changes.rules or changes.settings else None,
        Section("Quarantined and without results", _left_out(report_input, changes)),
    ]
    return Content(
        title=f"hepatrend · digest {report_input.of}".strip(),
        subtitle=f"{count_of(len(report_input.panel), 'patient')} · data cut-off {prose(report_input.cut_off)}",
        sections=[s for s in sections if s is not None],
        footer=report_input.footer(),
        run=report_input.run_line,
        warnings=[*report_input.without, *report_input.problems, *report_input.old],
        headline=headline(counts),
        counts=counts,
        paper="A4 landscape",
    )


def counted(changes: Changes, findings: Sequence[Row]) -> dict[str, int]:
    """Counts of the digest: each finding once; overdue panels stand by themselves."""
    told = [f for f in findings if f["rule"] != OVERDUE]
    by_change = {name: sum(f["change"] == name for f in told) for name in CHANGES}
    return (
        changes.counts
        | by_change
        | {
            "major": sum(f["level"] == "urgent" and is_open(f) for f in told),
            "overdue": sum(f["rule"] == OVERDUE and is_open(f) for f in findings),
        }
    )


def headline(counts: Mapping[str, int]) -> str:
    """Subject of a mail: numbers, no patient's name."""
    parts = (("major", "major open"), ("new", "new"), ("worse", "worsened"), ("overdue", "overdue"))
    return f"hepatrend digest: {', '.join(f'{counts[k]} {word}' for k, word in parts)}"


def lead(report_input: ReportInput, changes: Changes, counts: Mapping[str, int]) -> list[tuple[str, Any]]:
    """What the first screen must say: how many, and since when."""
    if not len(report_input.panel):
        return [("No patients, so nothing was assessed.", "lead")]
    told = [
        f"{count_of(counts['major'], 'major finding')} open; {counts['new']} new, {counts['worse']} worsened, "
        f"{counts['resolved']} resolved, {counts['ended']} with the window ended; "
        f"{count_of(counts['overdue'], 'panel')} overdue."
    ]
    if counts["passed"]:
        told.append(f"{count_of(counts['passed'], 'finding')} came and went since the last report.")
    changed = [
        count_of(counts["results"], "new result"),
        f"{count_of(counts['corrected'], 'past value')} corrected",
        f"{counts['withdrawn']} withdrawn",
        f"{counts['late']} late",
        f"{count_of(counts['rules'], 'rule')} changed",
        "thresholds changed" if changes.settings else "thresholds unchanged",
    ]
    since = (
        "This is the first report of this list: everything that is open counts as new."
        if changes.first
        else f"Compared with the last report, data cut-off {since_words(report_input, changes)}."
    )
    lines: list[tuple[str, Any]] = [(told[0], "lead"), *((more, "plain") for more in told[1:]), (prose(since), "plain")]
    if not changes.first:
        lines.append((f"{', '.join(changed)}.", "plain"))
    moved = [("joined", changes.joined), ("left", changes.left)]
    for word, who in moved:
        if who:
            lines.append((f"{count_of(len(who), 'patient')} {word} the list.", "plain"))
    return lines


def since_words(report_input: ReportInput, changes: Changes) -> str:
    """Data cut-off of the last report."""
    dated = report_input.identified and report_input.cut_off[:1].isdigit()
    return show_time(changes.since_as_of) if dated else "the generation before"


def _changed(report_input: ReportInput, changes: Changes, clocks: Mapping[str, str]) -> list[Block]:
    columns = (
        Column("Patient"),
        Column("Test"),
        Column("Date", whole=True),
        Column("Before", numeric=True),
        Column("Now", numeric=True),
        Column("Unit"),
    )
    blocks: list[Block] = []
    for name, caption, frame in (
        ("corrected", "Past values that were corrected", changes.corrected),
        ("withdrawn", "Results that were withdrawn", changes.withdrawn),
        ("late", "Past results that came in late", changes.late),
    ):
        rows = [_changed_row(report_input, r, clocks) for r in frame.head(_MOST_ROWS).to_dict("records")]
        more = f"; the first {_MOST_ROWS} of {len(frame)}" if len(frame) > _MOST_ROWS else ""
        blocks.append(Table(caption + more, columns, rows, name))
    return blocks


def _changed_row(report_input: ReportInput, row: Row, clocks: Mapping[str, str]) -> list[Cell]:
    code = str(row["analyte"])
    return [
        report_input.names[row["patient_id"]],
        shown(code),
        show_time(row["collected_at"], clocks[row["patient_id"]]),
        str(row.get("before", ABSENT)),
        str(row.get("after", ABSENT)),
        unit(ANALYTES[code].unit),
    ]


def _rules(changes: Changes) -> list[Block]:
    said: list[Block] = []
    if changes.settings:
        said.append(Say("Thresholds differ from those of the last report; differences may come from that alone."))
    rows = [[code, before, now] for code, (before, now) in changes.rules.items()]
    columns = (Column("Rule"), Column("Version before"), Column("Version now"))
    return [*said, Table("Rules whose version changed", columns, rows, "rules")]


def _left_out(report_input: ReportInput, changes: Changes) -> list[Block]:
    held = report_input.panel.held
    counts = held["reason_code"].value_counts().sort_index()
    rows = [[str(code), REASONS[str(code)], str(n)] for code, n in counts.items()]
    columns = (Column("Reason"), Column("Meaning"), Column("Rows", numeric=True))
    n_results = (
        report_input.panel.labs.groupby("patient_id").size().reindex(report_input.panel.patient_ids, fill_value=0)
    )
    without = [report_input.names[str(p)] for p, n in n_results.items() if n == 0]
    blocks: list[Block] = [Table("Rows of these patients that were quarantined", columns, rows, "held_back")]
    if without:
        blocks.append(Say(f"{count_of(len(without), 'patient')} without any result: {', '.join(without[:50])}."))
    if changes.left and report_input.identified:
        blocks.append(Say(f"No longer on the list: {', '.join(changes.left[:50])}."))
    return blocks


REPORT = Report("digest", "Digest", "What is new on this list since the last report?", "list", build, of_nobody=True)
