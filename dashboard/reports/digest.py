"""The Monday report of a clinic or a list: what is new since the last one, then a strip a patient, then the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.analytes import ANALYTES, shown
from analytics.answer_states import QUESTIONS, STATES
from analytics.panel import show_time
from analytics.report_changes import CHANGES, Changes
from analytics.tables import CLOSED_STATES, LEVELS, REASONS
from dashboard.answers_text import headline_from
from dashboard.components.patient_episodes import title_of
from dashboard.figures.choice import Choice
from dashboard.figures.tracks import Track, tracks_of
from dashboard.figures.words import times
from dashboard.reports import Report
from dashboard.reports._blocks import Block, Cell, Column, Content, Items, Say, Section, Table
from dashboard.reports._found import Row, in_order, items
from dashboard.reports._report_input import ReportInput
from dashboard.reports._results import conflicts_say, flag, spark
from dashboard.theme import LEVEL_GLYPHS, TONE_GLYPHS
from dashboard.wording import ABSENT, count_of, is_absent, level_word, prose, unit, when

_STRIP = ("ALT", "ALP", "BILI")
_OVERDUE = "overdue_panel"
_MOST_ROWS = 200


def build(report_input: ReportInput) -> Content:
    """The report of every patient of this report_input."""
    changes = report_input.changes
    assert changes is not None, "a digest is always compared with the last one"
    clocks = dict(zip(report_input.panel.patients["patient_id"], report_input.panel.patients["clock"], strict=True))
    findings = in_order(changes.findings.to_dict("records"))
    overdue = [f for f in findings if f["rule"] == _OVERDUE and _is_open(f)]
    told = [f for f in findings if f["rule"] != _OVERDUE]
    counts = counted(changes, findings) | {"patients": len(report_input.panel)}

    def listed(change: str, empty: str) -> list[Block]:
        return [Items(items([f for f in told if f["change"] == change], clocks, report_input.names), empty)]

    sections = [
        Section("Since the last report", [Say(t, tone) for t, tone in lead(report_input, changes, counts)]),
        Section("Patients", [_strips(report_input, findings, changes, clocks)], "patients"),
        Section("New", listed("new", "No new findings."), "new"),
        Section("Worse", listed("worse", "No finding worsened."), "worse"),
        Section("Resolved", listed("resolved", "No finding was resolved."), "resolved"),
        Section("Follow-up window ended or superseded", listed("ended", "")) if counts["ended"] else None,
        Section("Came and went since the last report", listed("passed", "")) if counts["passed"] else None,
        Section(
            "Overdue", [Items(items(overdue, clocks, report_input.names), "No liver panel is overdue.")], "overdue"
        ),
        Section("Changed past values", _changed(report_input, changes, clocks), "changed"),
        Section("No longer found", listed("no_longer", "")) if counts["no_longer"] else None,
        Section("Changed rules and settings", _rules(changes)) if changes.rules or changes.settings else None,
        Section("Open, unchanged", [_quiet(report_input, told, clocks)]),
        Section("Quarantined and without results", _left_out(report_input, changes)),
    ]
    return Content(
        title=f"hepatrend · digest {report_input.of}".strip(),
        subtitle=f"{count_of(len(report_input.panel), 'patient')} · data cut-off {report_input.cut_off}",
        sections=[s for s in sections if s is not None],
        footer=report_input.footer(),
        run=report_input.run_line,
        warnings=list(report_input.problems),
        headline=headline(counts),
        counts=counts,
        paper="A4 landscape",
    )


def _is_open(finding: Row) -> bool:
    """Whether its criteria are met in this report; what is no longer found is not."""
    return finding["state"] not in CLOSED_STATES and finding["change"] != "no_longer"


def counted(changes: Changes, findings: Sequence[Row]) -> dict[str, int]:
    """Counts of the digest: each finding once; overdue panels stand by themselves."""
    told = [f for f in findings if f["rule"] != _OVERDUE]
    by_change = {name: sum(f["change"] == name for f in told) for name in CHANGES}
    return (
        changes.counts
        | by_change
        | {
            "major": sum(f["level"] == "urgent" and _is_open(f) for f in told),
            "overdue": sum(f["rule"] == _OVERDUE and _is_open(f) for f in findings),
        }
    )


def headline(counts: Mapping[str, int]) -> str:
    """Subject of a mail: numbers, no patient's name."""
    parts = (("major", "major open"), ("new", "new"), ("worse", "worsened"), ("overdue", "overdue"))
    return f"hepatrend digest: {', '.join(f'{counts[k]} {word}' for k, word in parts)}"


def lead(report_input: ReportInput, changes: Changes, counts: Mapping[str, int]) -> list[tuple[str, Any]]:
    """What the first screen must say: how many, and since when."""
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


def _strips(report_input: ReportInput, findings: Sequence[Row], changes: Changes, clocks: Mapping[str, str]) -> Table:
    by_patient: dict[str, list[Row]] = {}
    for finding in findings:
        if finding["state"] not in CLOSED_STATES or finding["change"]:
            by_patient.setdefault(finding["patient_id"], []).append(finding)
    rows = []
    tracks: dict[tuple[str, str], Track] = {}
    for alone in report_input.each():
        patient_id = next(iter(alone.names))
        mine = by_patient.get(patient_id, [])
        tracks |= {(patient_id, c): track for c, track in tracks_of(alone.analysis).items() if track.conflicted}
        rows.append((_rank(alone, mine), alone.names[patient_id], _strip(alone, mine, changes, clocks[patient_id])))
    rows.sort(key=lambda r: (r[0], r[1]))
    columns = (
        Column("Patient"),
        Column("In one sentence", wide=True),
        *(Column(label) for label in QUESTIONS.values()),
        Column("Open findings"),
        *(
            c
            for code in _STRIP
            for c in (Column(f"{shown(code)} {unit(ANALYTES[code].unit)}", numeric=True), Column(""))
        ),
        Column("Marker"),
        Column(""),
        Column("Last result", whole=True),
        Column("New results", numeric=True),
    )
    legend = "; ".join(["One line a patient", "in the order of the answers", *conflicts_say(tracks)])
    return Table(legend, columns, [r for *_, r in rows])


def _heading(code: str) -> str:
    return f"{shown(code)} {unit(ANALYTES[code].unit)}"


def _rank(report_input: ReportInput, findings: Sequence[Row]) -> tuple[int, int, float]:
    """Place in the order of the worklist; within one those with changes first, then the newest evidence."""
    changed = any(f["change"] in ("new", "worse") for f in findings)
    rows = report_input.rows("answers")
    newest = max((r["as_of"].timestamp() for r in rows if not is_absent(r["as_of"])), default=0.0)
    return (min((int(r["rank"]) for r in rows), default=99), 0 if changed else 1, -newest)


def _strip(report_input: ReportInput, findings: Sequence[Row], changes: Changes, clock: str) -> list[Cell]:
    patient_id, name = next(iter(report_input.names.items()))
    tracks = tracks_of(report_input.analysis)
    choice = Choice(key=name)
    markers = [t for t in tracks.values() if t.analyte.family == "tumour_marker"]
    marker = max(markers, key=len, default=None)
    last = report_input.results.last
    rows = report_input.rows("answers")
    said = {str(row["question"]): row for row in rows}
    states = [_state(said[q]) if q in said else ABSENT for q in QUESTIONS]
    cells: list[Cell] = [name, prose(headline_from(rows, clock)) if rows else ABSENT, *states, _flags(findings)]
    for code in _STRIP:
        cells += _test(tracks.get(code), choice, clock)
    cells += _test(marker, choice, clock, named=True)
    return [*cells, when(last, clock), str(int(changes.fresh.get(patient_id, 0)))]


def _state(row: Mapping[str, Any]) -> str:
    known = STATES[row["question"], row["state"]]
    return f"{TONE_GLYPHS[known.tone]}\u00a0{known.label}"


def _test(track: Track | None, choice: Choice, clock: str, *, named: bool = False) -> list[Cell]:
    if track is None or not len(track):
        return [ABSENT, ""]
    name = f"{shown(track.analyte.code)} " if named else ""
    many = float(track.numbers["x_uln"][-1])
    multiple = f"\u00a0({times(many)}\u00a0×)" if many == many else ""
    text = f"{name}{track.shown[-1]}{flag(track, -1)}{multiple}"
    return [text, spark(track, choice, clock)]


def _flags(findings: Sequence[Row]) -> str:
    still = [f for f in findings if _is_open(f)]
    parts = []
    for level in LEVELS:
        here = [f for f in still if f["level"] == level]
        if here:
            new = sum(f["change"] == "new" for f in here)
            told = f"{LEVEL_GLYPHS[level]} {len(here)} {level_word(level)}" + (f", {new} new" if new else "")
            parts.append(told.replace(" ", "\u00a0"))  # a line may break between levels only
    return "; ".join(parts) or "none"


def _quiet(report_input: ReportInput, findings: Sequence[Row], clocks: Mapping[str, str]) -> Table:
    """Open findings that are as they were, seen or not; a flag that was looked at is quiet unless it got worse."""
    still = [f for f in findings if f["state"] not in CLOSED_STATES and not f["change"]]
    rows = [
        [
            report_input.names[f["patient_id"]],
            f"{LEVEL_GLYPHS[f['level']]} {level_word(f['level'])}",
            title_of(f),
            when(f["onset"], clocks[f["patient_id"]]),
            report_input.seen.get(f["finding_id"], "not yet"),
        ]
        for f in still
    ]
    rows.sort(key=lambda r: r[-1] != "not yet")
    columns = (Column("Patient"), Column("Level"), Column("Rule"), Column("Since", whole=True), Column("Reviewed"))
    return Table("Open findings without a change, those that were not reviewed first", columns, rows, "unchanged")


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


REPORT = Report("digest", "Digest", "What is new on this list since the last report?", "list", build)
