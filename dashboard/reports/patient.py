"""One patient on a sheet of A4: answers, open findings, what is new, last panel, chart, events; then tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analytics.analytes import PANEL, shown
from analytics.answer_states import QUESTIONS
from analytics.data_notes import notes_of
from analytics.people import age_at
from analytics.tables import REASONS
from analytics.trends.now_words import now_short
from dashboard.answers_text import answer_words, headline_from
from dashboard.components.patient_episodes import title_of
from dashboard.components.patient_head import therapy_words
from dashboard.figures import lab_timeline
from dashboard.figures.choice import Choice
from dashboard.figures.curves import give_pieces
from dashboard.figures.doubts import without_results
from dashboard.figures.panel_marks import give_series
from dashboard.figures.score_timeline import name_of
from dashboard.figures.tracks import Track, tracks_of
from dashboard.reports import Report
from dashboard.reports._blocks import Block, Column, Content, Facts, Item, Items, Picture, Say, Section, Table
from dashboard.reports._events import all_events, courses, first, told_courses
from dashboard.reports._figures import sections_of
from dashboard.reports._found import Row, evidence_of, is_open, items, open_first
from dashboard.reports._markers import markers_and_imaging
from dashboard.reports._report_input import ReportInput, patient_title
from dashboard.reports._results import all_results, flag, flow_tables, last_panel, last_series, rows_behind
from dashboard.wording import ABSENT, count_of, day_in_prose, is_absent, number, or_nothing, prose, when

_CHARTED = ("ALT", "ALP", "BILI")
_PANELS = 4
_NEAREST = 8
_FIRST_SIGNS = 900
_FIRST_EVENTS, _FIRST_COURSES, _FIRST_FINDINGS, _FIRST_TESTS = 3, 3, 3, 10
_FLAT, _TALLEST = 0.52, 432
"""Panels of the first page are this much lower than on screen, so that the sheet holds everything."""
_LANE = 11.5
"""Pixels that the words beside a lane need."""
_MORE = 40
"""Pixels by which many lanes make the chart of the first page higher, at most."""


def build(report_input: ReportInput) -> Content:
    """The report of the one patient of this report_input."""
    analysis = report_input.analysis
    person = report_input.rows("patients")[0]
    clock, name = str(person["clock"]), report_input.names[str(person["patient_id"])]
    tracks = tracks_of(analysis)
    choice = Choice(key=name, analytes=charted(report_input, tracks), smooth=True)
    findings = _findings(report_input)
    n_open = sum(is_open(row) for row in findings)
    found = items(findings, {str(person["patient_id"]): clock}, ref="evidence")
    n = _fitting(found[:n_open])
    events, main = all_events(report_input, clock), _main(tracks, choice)
    sections = [
        Section("Patient", [Facts(who(report_input, person, name, tracks))], "patient"),
        Section("Answers", _answers(report_input, clock), "answers"),
        Section("Open findings", _open(found, n, n_open), "open"),
        Section("What is new", _news(report_input, findings, {f["finding_id"] for f in findings[:n]}, clock)),
        Section(
            "Latest results",
            [last_panel(report_input, {c: tracks[c] for c in main}, choice, clock, "last_results")],
            "latest",
        ),
        Section("Course", _chart(report_input, choice, tracks)),
        Section("Treatments and imaging", [first(events, _FIRST_EVENTS, "All treatments")], half=True),
        Section("After each event", [told_courses(report_input, clock, _FIRST_COURSES)], half=True),
        markers_and_imaging(analysis, choice),
        Section("Other tests", _others(report_input, tracks, main, choice, clock), page=2),
        Section("Flow sheet", list(flow_tables(tracks, clock)), "flow", page=2),
        *sections_of("patient", analysis, choice),
        *_rest(report_input, tracks, findings, found[n:], clock),
    ]
    return Content(
        title=patient_title(name),
        subtitle=f"Liver tests over time · data cut-off {report_input.cut_off}",
        sections=[s for s in sections if s.blocks],
        footer=report_input.footer(),
        run=report_input.run_line,
        warnings=list(report_input.problems),
        headline="Report of one patient",
        counts={"patients": 1, "findings": len(findings), "new": sum(f["state"] == "new" for f in findings)},
    )


def _answers(report_input: ReportInput, clock: str) -> list[Block]:
    """What the data say now: one sentence, then the five answers."""
    rows = {str(row["question"]): row for row in report_input.rows("answers")}
    if not rows:
        return []
    told = [[prose(part) for part in answer_words(rows[q])] for q in QUESTIONS if q in rows]
    table = Table("Answers at the last contact", (Column("Question", whole=True), Column("Answer", wide=True)), told)
    return [Say(prose(headline_from(list(rows.values()), clock)), "lead"), table]


def _findings(report_input: ReportInput) -> list[Row]:
    """Open ones first, the worst of them first; then what is closed."""
    if report_input.changes is None:
        return open_first(report_input.rows("findings"))
    mine = report_input.changes.findings
    return open_first(mine[mine["patient_id"].isin(report_input.panel.patient_ids)].to_dict("records"))


def _open(found: list[Item], n: int, n_open: int) -> list[Block]:
    """The worst open findings that have room, and how many more there are of either kind."""
    more, closed = n_open - n, len(found) - n_open
    rest = [count_of(more, "more open finding")] * (more > 0) + [count_of(closed, "closed finding")] * (closed > 0)
    told: list[Block] = [Say(f"{' and '.join(rest)} under All findings.", "note")] if rest else []
    return [Items(found[:n], "No open findings."), *told]


def who(
    report_input: ReportInput, person: Mapping[str, Any], name: str, tracks: Mapping[str, Track]
) -> list[tuple[str, str]]:
    """What is known of the person."""
    results = report_input.results
    clock = str(person["clock"])
    age = age_at(person, results.last if results.n else None)
    sex = {"F": "female", "M": "male"}.get(str(person["sex"]), ABSENT)
    since = person["metastases_date"]
    facts = [
        ("Patient", name),
        ("Sex", sex),
        ("Age", "90 or older" if age is not None and not report_input.identified and age > 89 else number(age, 0)),
        ("Primary", ABSENT if is_absent(person["primary_site"]) else str(person["primary_site"])),
        ("Liver metastases since", prose(when(since, clock))),
        ("Therapy", prose(therapy_words(report_input.analysis, clock))),
        ("Results", f"{results.n} of {count_of(len(tracks), 'test')}"),
        ("First to last", prose(f"{when(results.first, clock)} to {when(results.last, clock)}")),
    ]
    if report_input.identified and not is_absent(person["site"]):
        facts.append(("Site", str(person["site"])))
    facts += [("Merged", said) for said in report_input.merges.get(str(person["patient_id"]), ())]
    return facts


def charted(report_input: ReportInput, tracks: Mapping[str, Track]) -> tuple[str, ...]:
    """At most four tests for the first page: the liver enzymes, then the marker with most results."""
    wanted = [c for c in _CHARTED if c in tracks]
    markers = [c for c, t in tracks.items() if t.analyte.family == "tumour_marker"]
    wanted += sorted(markers, key=lambda c: -len(tracks[c]))[:1]
    wanted += [c for c in tracks if c not in wanted]
    return tuple(c for c in tracks if c in wanted[:_PANELS])


def _news(report_input: ReportInput, findings: list[Row], above: set[str], clock: str) -> list[Block]:
    """What is new; a finding that stands above already is named alone."""
    fresh = [f for f in findings if (f["state"] == "new" if report_input.changes is None else f["change"])]
    results = report_input.results
    alone = [Say(prose(says)) for says in without_results(report_input.analysis)]
    alone += [Say(f"{says[:1].upper()}{says[1:]}.") for says in notes_of(report_input.analysis.panel.labs)]
    if not results.n:
        return [Say("No results.", "lead"), *alone]
    many = f"{count_of(results.on_last_day, 'result')}); {count_of(len(fresh), 'new finding')}."
    head = prose(f"Newest results {when(results.last, clock)} ({many}")
    said: list[Block] = [Say(head, "lead"), *alone]
    for row, told in zip(fresh[:2], items(fresh[:2], dict.fromkeys(report_input.names, clock)), strict=True):
        said.append(Say(f"{told.head}: {'see open findings.' if row['finding_id'] in above else told.says}"))
    if results.corrected:
        said.append(Say(f"{count_of(results.corrected, 'result')} corrected by the laboratory; see All results."))
    if len(report_input.panel.held):
        said.append(Say(f"{count_of(len(report_input.panel.held), 'row')} quarantined and not used; see Quarantined."))
    return said


def _chart(report_input: ReportInput, choice: Choice, tracks: Mapping[str, Track]) -> list[Block]:
    if "curves" in report_input.kept:
        give_pieces(report_input.analysis, report_input.kept["curves"], choice.analytes)
        give_series(report_input.analysis, report_input.rows("series"))
    figure = lab_timeline.draw(report_input.analysis, choice)
    return [Picture(_flat(figure), _in_words(report_input, choice, tracks), "results")]


def _flat(figure: dict[str, Any]) -> dict[str, Any]:
    """The same figure on a lower sheet: axes lie in shares of the height, so they follow by themselves.

    Lanes keep the room that their words need: the sheet is that much higher, up to a limit.
    """
    layout = figure["layout"]
    around = layout["margin"]["t"] + layout["margin"]["b"]
    inner = min(_FLAT * (layout["height"] - around), _TALLEST - around)
    floor = layout["yaxis"]["domain"][0]
    missing = _LANE * len(layout["yaxis"]["tickvals"]) - (1 - floor) * inner
    more = min(max(missing, 0.0), _MORE)
    higher = floor * inner / (inner + more)

    def place(share: float) -> float:
        """Where a share of the height lies once the lanes reach down to ``higher``."""
        return round(float(np.interp(share, [0, floor, 1], [0, higher, 1])), 4)

    axes = {
        name: axis | {"domain": [place(d) for d in axis["domain"]]} for name, axis in layout.items() if _stands(axis)
    }
    notes = [n | {"y": place(n["y"])} if n.get("yref") == "paper" else n for n in layout["annotations"]]
    return figure | {"layout": layout | axes | {"height": round(around + inner + more), "annotations": notes}}


def _stands(axis: Any) -> bool:
    """Whether a part of a layout is an upright axis with a place of its own."""
    return isinstance(axis, Mapping) and "domain" in axis


def _main(tracks: Mapping[str, Track], choice: Choice) -> list[str]:
    """Tests of the first page: those of the chart, the liver panel, then what is outside its range."""
    last_out = [c for c, t in tracks.items() if flag(t, -1)]
    wanted = dict.fromkeys([*choice.analytes, *(c for c in PANEL if c in tracks), *last_out, *tracks])
    chosen = set(list(wanted)[:_FIRST_TESTS])
    return [c for c in tracks if c in chosen]


def _others(
    report_input: ReportInput, tracks: Mapping[str, Track], main: list[str], choice: Choice, clock: str
) -> list[Block]:
    rest = {c: t for c, t in tracks.items() if c not in main}
    return [last_panel(report_input, rest, choice, clock, "other_results")] if rest else []


def _in_words(report_input: ReportInput, choice: Choice, tracks: Mapping[str, Track]) -> str:
    """The chart for who cannot see it: each test with its span, extremes and direction."""
    verdicts = last_series(report_input)
    clock = str(report_input.rows("patients")[0]["clock"])
    said = []
    for code in choice.analytes:
        track = tracks[code]
        text, peak = track.shown, int(track.value.argmax())
        day = day_in_prose(track.when[peak], clock)
        verdict = now_short(verdicts[code], clock) if code in verdicts else ""
        said.append(
            f"{shown(code)} first {text[0]}, highest {text[peak]} on {day}, last {text[-1]}, {verdict}".rstrip(", ")
        )
    return prose("; ".join(said) + ".") if said else "No results to draw."


def _fitting(found: list[Item]) -> int:
    """How many open findings have room on the first page: at most three, fewer where they are long."""
    lengths = [len(f.says) + len(f.source) for f in found[:_FIRST_FINDINGS]]
    fit = sum(sum(lengths[: i + 1]) <= _FIRST_SIGNS for i in range(len(lengths)))
    return max(min(1, len(found)), fit)


def _rest(
    report_input: ReportInput, tracks: Mapping[str, Track], findings: list[Row], rest: list[Item], clock: str
) -> list[Section]:
    evidence = evidence_of(findings)
    return [
        Section("All findings", [Items(rest)] if rest else [], page=2),
        Section(
            "Results behind the findings", [rows_behind(report_input, tracks, evidence, clock)], "evidence", page=2
        ),
        Section("All results", list(all_results(report_input, tracks, clock)), "results", page=2),
        Section("All treatments", [all_events(report_input, clock)], page=2),
        Section("All responses", [courses(report_input, clock)], page=2),
        Section("Scores", [_scores(report_input, clock)], page=2),
        Section("Criteria not met", [_near(report_input, clock)], page=2),
        Section("Quarantined", [_held(report_input, clock)], page=2),
    ]


def _scores(report_input: ReportInput, clock: str) -> Table:
    last: dict[str, Row] = {}
    for row in report_input.rows("scores"):
        if row["score"] not in last or row["date"] >= last[row["score"]]["date"]:
            last[row["score"]] = row
    rows = [
        [name_of(name), number(r["value"], 2), or_nothing(r["band"]), when(r["date"], clock), or_nothing(r["note"])]
        for name, r in sorted(last.items(), key=lambda score: (or_nothing(score[1]["note"]), score[0]))
    ]  # fmt: skip
    columns = (
        Column("Score"),
        Column("Value", numeric=True),
        Column("Class"),
        Column("Date", whole=True),
        Column("Validity", once=True),
    )
    return Table("Last value of each score", columns, rows, "scores")


def _near(report_input: ReportInput, clock: str) -> Table:
    near = sorted(report_input.rows("near"), key=lambda r: -(r["closeness"] or 0.0))[:_NEAREST]
    rows = [[title_of(r), when(r["at"], clock), prose(r["says"])] for r in near]
    return Table(
        "Criteria not met, the nearest first",
        (Column("Rule"), Column("At"), Column("Criterion not met", wide=True)),
        rows,
    )


def _held(report_input: ReportInput, clock: str) -> Table:
    rows = []
    for r in report_input.rows("held"):
        cell = "" if is_absent(r["raw_cell"]) or not report_input.identified else str(r["raw_cell"])
        what = "" if is_absent(r["analyte"]) else shown(str(r["analyte"]))
        where = f"{report_input.source_name(str(r['file']))}:{r['line']}"
        rows.append([where, when(r["collected_at"], clock), what, cell, REASONS[str(r["reason_code"])]])
    columns = (Column("Source"), Column("Date"), Column("Test"), Column("As written"), Column("Reason"))
    return Table("Rows of this patient that were quarantined and not used", columns, rows, "held_back")


REPORT = Report("patient", "Patient", "How is this one patient, and why do we say so?", "patient", build)
