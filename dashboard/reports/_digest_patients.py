"""The patients of a digest: who comes first, then a section a patient with its answers, values and findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.analytes import ANALYTES, shown
from analytics.answer_states import QUESTIONS, STATES
from analytics.report_changes import CHANGES, Changes
from analytics.tables import CLOSED_STATES, LEVELS
from dashboard.answers_text import headline_from
from dashboard.components.patient_episodes import title_of
from dashboard.figures.choice import Choice
from dashboard.figures.tracks import Track, tracks_of
from dashboard.reports._blocks import Block, Cell, Column, Items, Link, Places, Say, Section, Strip, Table
from dashboard.reports._found import Row, items
from dashboard.reports._report_input import ReportInput
from dashboard.reports._results import conflicts_say, flag, spark
from dashboard.theme import LEVEL_GLYPHS, TONE_GLYPHS
from dashboard.wording import ABSENT, count_of, is_absent, level_word, prose, unit, when

_STRIP = ("ALT", "ALP", "BILI")
OVERDUE = "overdue_panel"
"""The finding that stands by itself: nothing was measured."""


@dataclass(frozen=True)
class Patient:
    """One patient of a digest, ready to be shown.

    Attributes:
        name: under which the patient is shown.
        ident: of the patient's section.
        rank: place in the order of the worklist.
        headline: the answers in one sentence.
        findings: rows of the comparison, in order: open ones, and closed ones that changed.
        last: day of the last result.
        fresh: results that came in since the last report.
        file: report of this patient beside the digest.
        strip: answers and values.
        notes: what marks of the values mean.
        clock: of the patient's times.
    """

    name: str
    ident: str
    rank: tuple[int, int, float]
    headline: str
    findings: Sequence[Row]
    last: str
    fresh: int
    file: str
    strip: Strip
    notes: Sequence[str]
    clock: str

    def changed(self, change: str) -> list[Row]:
        """Findings with this change; an overdue panel is none of them."""
        return [f for f in self.findings if f["change"] == change and f["rule"] != OVERDUE]

    @property
    def cleared(self) -> list[Row]:
        """Panels that were overdue in the last report and are not now."""
        return [f for f in self.findings if f["rule"] == OVERDUE and f["change"] in _CLEARED]

    @property
    def open(self) -> list[Row]:
        """Findings whose criteria are met now, an overdue panel among them."""
        return [f for f in self.findings if is_open(f)]


def is_open(finding: Row) -> bool:
    """Whether its criteria are met in this report; what is no longer found is not."""
    return finding["state"] not in CLOSED_STATES and finding["change"] != "no_longer"


def patients_of(report_input: ReportInput, findings: Sequence[Row], changes: Changes) -> list[Patient]:
    """Every patient of the report, who comes first in the order of the worklist."""
    by_patient: dict[str, list[Row]] = {}
    for finding in findings:
        if finding["state"] not in CLOSED_STATES or finding["change"]:
            by_patient.setdefault(finding["patient_id"], []).append(finding)
    clocks = dict(zip(report_input.panel.patients["patient_id"], report_input.panel.patients["clock"], strict=True))
    found = [
        _patient(alone, by_patient.get(patient_id, []), changes, clocks[patient_id], f"patient-{number}")
        for number, alone in enumerate(report_input.each(), start=1)
        for patient_id in alone.names
    ]
    return sorted(found, key=lambda p: (p.rank, p.name))


def _patient(alone: ReportInput, findings: Sequence[Row], changes: Changes, clock: str, ident: str) -> Patient:
    patient_id, name = next(iter(alone.names.items()))
    rows = alone.rows("answers")
    tracks = tracks_of(alone.analysis)
    conflicted = {(patient_id, c): track for c, track in tracks.items() if track.conflicted}
    file = alone.beside.get(patient_id, "")
    fresh = int(changes.fresh.get(patient_id, 0))
    return Patient(
        name=name,
        ident=ident,
        rank=_rank(rows, findings),
        headline=prose(headline_from(rows, clock)) if rows else "No results.",
        findings=findings,
        last=prose(when(alone.results.last, clock)),
        fresh=fresh,
        file=file,
        strip=_strip(alone, tracks, clock, fresh, file),
        notes=conflicts_say(conflicted),
        clock=clock,
    )


def _rank(answers: Sequence[Row], findings: Sequence[Row]) -> tuple[int, int, float]:
    """Place in the order of the worklist; within one those with changes first, then the newest evidence."""
    changed = any(f["change"] in ("new", "worse") for f in findings)
    newest = max((r["as_of"].timestamp() for r in answers if not is_absent(r["as_of"])), default=0.0)
    return min((int(r["rank"]) for r in answers), default=99), 0 if changed else 1, -newest


def _strip(alone: ReportInput, tracks: Mapping[str, Track], clock: str, fresh: int, file: str) -> Strip:
    choice = Choice(key=next(iter(alone.names.values())))
    said = {str(row["question"]): row for row in alone.rows("answers")}
    pairs: list[tuple[str, Sequence[Cell]]] = [
        (label, [_state(said[q])]) for q, label in QUESTIONS.items() if q in said
    ]
    markers = [t for t in tracks.values() if t.analyte.family == "tumour_marker"]
    drawn = [tracks[code] for code in _STRIP if code in tracks] + sorted(markers, key=len, reverse=True)[:1]
    pairs += [_test(track, choice, clock) for track in drawn if len(track)]
    pairs += [("Last result", [prose(when(alone.results.last, clock))]), ("New results", [str(fresh)])]
    if file:
        pairs.append(("Report", [Link("report of this patient", file)]))
    return Strip(pairs)


def _state(row: Mapping[str, Any]) -> str:
    known = STATES[row["question"], row["state"]]
    return f"{TONE_GLYPHS[known.tone]}\u00a0{known.label}"


def _test(track: Track, choice: Choice, clock: str) -> tuple[str, Sequence[Cell]]:
    many = track.multiples["x_uln"][-1]
    multiple = f"\u00a0({many}\u00a0×)" if many != ABSENT else ""
    value = f"{track.shown[-1]} {flag(track, -1)}".strip().replace(" ", "\u00a0") + multiple
    code = track.analyte.code
    return f"{shown(code)} {unit(ANALYTES[code].unit)}".strip(), [value, spark(track, choice, clock)]


def who_first(patients: Sequence[Patient]) -> Table:
    """The contents: one line a patient, in the order of the answers, each a link to its section."""
    beside = any(p.file for p in patients)
    columns = [
        Column("Patient"),
        Column("In one sentence", wide=True),
        Column("Open findings"),
        Column("Since the last report"),
        Column("Last result", whole=True),
        *([Column("Report")] if beside else []),
    ]
    rows: list[list[Cell]] = []
    for p in patients:
        row: list[Cell] = [Places([(p.name, p.ident)]), p.headline, _levels(p.open), _changes(p), p.last]
        if beside:
            row.append(Link("report", p.file) if p.file else ABSENT)
        rows.append(row)
    notes = dict.fromkeys(note for p in patients for note in p.notes)
    return Table("; ".join(["One line a patient", "in the order of the answers", *notes]), columns, rows, cards=True)


def _levels(findings: Sequence[Row]) -> str:
    parts = []
    for level in LEVELS:
        here = sum(f["level"] == level for f in findings)
        if here:
            # a line may break between levels only
            parts.append(f"{LEVEL_GLYPHS[level]} {here} {level_word(level)}".replace(" ", "\u00a0"))
    return ", ".join(parts) or "none"


def _changes(patient: Patient) -> str:
    parts = [f"{n} {CHANGES[change]}" for change in CHANGES if (n := len(patient.changed(change)))]
    overdue = any(f["rule"] == OVERDUE for f in patient.open)
    return ", ".join([*parts, *(["panel overdue"] if overdue else [])]) or "no change"


_BY_CHANGE = (
    ("new", "New"),
    ("worse", "Worse"),
    ("resolved", "Resolved"),
    ("ended", "Follow-up window ended or superseded"),
    ("passed", "Came and went since the last report"),
    ("no_longer", "No longer found"),
)
_CLEARED = ("no_longer", "resolved", "ended", "passed")


def by_change(patients: Sequence[Patient]) -> Table:
    """Whom each number of the first line is about, with the way to each of them."""
    major = [(p, sum(f["level"] == "urgent" and f["rule"] != OVERDUE for f in p.open)) for p in patients]
    told: list[tuple[str, list[tuple[Patient, int]]]] = [("Major and open", major)]
    told += [(word, [(p, len(p.changed(change))) for p in patients]) for change, word in _BY_CHANGE]
    told.append(("Liver panel overdue", [(p, sum(f["rule"] == OVERDUE for f in p.open)) for p in patients]))
    told.append(("Liver panel no longer overdue", [(p, len(p.cleared)) for p in patients]))
    rows: list[list[Cell]] = []
    for word, counted in told:
        here = [(p, n) for p, n in counted if n]
        if here:
            rows.append([word, str(sum(n for _, n in here)), Places([(p.name, p.ident) for p, _ in here])])
    columns = (Column("Findings"), Column("Number", numeric=True), Column("Patients", wide=True))
    return Table("Whom the numbers are about", columns, rows, empty="no open findings and no changes", cards=True)


def sections(patients: Sequence[Patient], seen: Mapping[str, str]) -> list[Section]:
    """A section a patient, in the same order."""
    return [Section(p.name, _blocks(p, seen), p.ident) for p in patients]


def _blocks(patient: Patient, seen: Mapping[str, str]) -> list[Block]:
    told = [f for f in patient.findings if f["change"] or f["rule"] == OVERDUE]
    clocks = {str(f["patient_id"]): patient.clock for f in told}
    blocks: list[Block] = [Say(patient.headline, "lead"), patient.strip]
    if told:
        blocks.append(Items(items(told, clocks)))
    return [*blocks, *_unchanged(patient, seen)]


def _unchanged(patient: Patient, seen: Mapping[str, str]) -> list[Block]:
    """Open findings that are as they were, those that nobody reviewed first."""
    still = [f for f in patient.findings if is_open(f) and not f["change"] and f["rule"] != OVERDUE]
    if not still:
        return []
    still.sort(key=lambda f: f["finding_id"] in seen)
    words = [
        f"{LEVEL_GLYPHS[f['level']]}\u00a0{title_of(f)} ({level_word(f['level'])}, since "
        f"{prose(when(f['onset'], patient.clock))}, {seen.get(f['finding_id'], 'not reviewed')})"
        for f in still
    ]
    return [Say(f"Open, unchanged ({count_of(len(still), 'finding')}): {'; '.join(words)}.", "note")]
