"""What a report is made from: the analysis, where its rows came from, under which names patients are shown."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.panel import Panel, show_time
from analytics.per_patient import each_patient
from analytics.report_changes import Changes
from analytics.rules import rules
from analytics.tables import RELATIVE_ORIGIN
from dashboard.figures.curves import pieces_of
from dashboard.figures.lanes import events_by_patient, give_events
from dashboard.figures.tracks import give_tracks, tracks_by_patient
from dashboard.wording import ABSENT, count_of, prose, whole

Row = dict[str, Any]

_ROWS = ("series", "responses", "scores", "findings", "near", "events", "imaging", "patients", "held", "answers")
"""Tables of which a report takes rows as dicts."""

_DRAWN = ("findings", "answers")
"""Tables that the picture of markers and imaging reads as they are."""

_HASHED: Mapping[str, tuple[str, ...]] = {
    "labs": ("patient_id", "analyte", "collected_at", "value", "comparator", "unit", "lln", "uln", "source_line"),
    "events": ("patient_id", "kind", "name", "start_date", "end_date", "line", "dose"),
    "imaging": ("patient_id", "date", "modality", "response", "target_sum_mm"),
    "patients": ("patient_id", "sex", "birth_date", "age", "primary_site", "clock"),
}


MOVED = (
    "pseudonymised: ids are replaced, and all dates of a patient moved back by the same 1 to 52 whole weeks; "
    "personal data under the GDPR"
)

OLD_DAYS = 30
"""Age of the newest data beyond which a report says that newer results are not shown (house); the site's option
``old_data_days`` replaces it."""


@dataclass(frozen=True)
class Source:
    """One imported file behind a report."""

    file: str
    sha256: str
    rows: int
    stored: int
    held: int
    imported: str


@dataclass(frozen=True)
class ReportInput:
    """The input of one report.

    Attributes:
        analysis: of every patient of the report.
        names: patient_id -> the name under which the patient is shown (the id itself, or the opaque key).
        made_at: UTC time of the run; stands in one line of the report and nowhere else.
        sources: imported files.
        of: name of the list, for reports of a list.
        identified: whether ids, file names and free text may be shown.
        changes: what is new since the last report of this schedule; None where nobody asked.
        problems: what is wrong with the input, in words, for the top of the report.
        seen: finding_id -> who looked at it and when.
        inputs: patient_id -> hash of that patient's rows; filled by :meth:`each` so that it is computed once for all.
        kept: rows of tables as dicts by name, filled by :meth:`each` likewise.
        thresholds: digest of the settings, likewise.
        up_to: true data cut-off in words, where the dates of the analysis are moved by patient.
        week_end: last day of the week of the true data cut-off, where the week is all that may be told of it.
        merges: patient_id -> what is to be said of other ids whose results are shown under this one.
        beside: patient_id -> name of the file with the patient's own report, where it lies beside this one.
        group_by: what the patients of a cohort are grouped by.
        old_days: age of the newest data beyond which the report says so.
    """

    analysis: Analysis
    names: Mapping[str, str]
    made_at: datetime
    sources: Sequence[Source] = ()
    of: str = ""
    identified: bool = True
    changes: Changes | None = None
    problems: Sequence[str] = ()
    seen: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, list[Any]] = field(default_factory=dict)
    thresholds: str = ""
    up_to: str | None = None
    week_end: pd.Timestamp | None = None
    merges: Mapping[str, Sequence[str]] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    old_days: int = OLD_DAYS
    group_by: str = "none"

    def rows(self, name: str) -> list[Row]:
        """Rows of a table of the analysis or of the panel as dicts."""
        told: Any = self.kept[name] if name in self.kept else _frame(self.analysis, name).to_dict("records")
        rows: list[Row] = told
        return rows

    @property
    def panel(self) -> Panel:
        """The patients' rows."""
        return self.analysis.panel

    def each(self) -> Iterator[ReportInput]:
        """One ReportInput a patient, in order of the panel; nothing is computed again."""
        hashes, ids = row_hashes(self.panel), self.panel.patient_ids.tolist()
        kept: dict[str, dict[str, list[Any]]] = {n: _by_patient(_frame(self.analysis, n)) for n in _ROWS}
        files, thresholds = self._files(), self.analysis.settings.digest
        kept["curves"] = {}
        for piece in pieces_of(self.analysis):
            kept["curves"].setdefault(ids[piece.patient], []).append(piece)
        tracks, lanes, results = tracks_by_patient(self.analysis), events_by_patient(self.panel), results_of(self.panel)
        # under moved dates there is no one cut-off: each patient is drawn up to the last that is known
        as_of = {} if self.identified else last_known(self.panel)
        for patient_id, alone in each_patient(self.analysis, parts=_DRAWN, as_of=as_of):
            give_tracks(alone, tracks.get(patient_id, {}))
            give_events(alone, *lanes[patient_id])
            yield replace(
                self,
                analysis=alone,
                names={patient_id: self.names[patient_id]},
                inputs={patient_id: hashes[patient_id]},
                sources=[s for s in self.sources if not self.identified or s.file in files[patient_id]],
                thresholds=thresholds,
                kept={name: rows.get(patient_id, []) for name, rows in kept.items()}
                | {"results": [results[patient_id]]},
            )

    @property
    def results(self) -> Results:
        """How many results there are and when, in the report_input of one patient."""
        found: list[Results] = self.kept.get("results") or list(results_of(self.panel).values())
        return found[0]

    def _files(self) -> dict[str, set[str]]:
        """Files that the rows of each patient came from."""
        files: dict[str, set[str]] = {str(p): set() for p in self.panel.patient_ids}
        for frame in (self.panel.labs, self.panel.events, self.panel.imaging, self.panel.patients):
            pairs = frame[["patient_id", "source_file"]].drop_duplicates().dropna()
            for patient_id, file in pairs.itertuples(index=False):
                files[patient_id].add(file)
        return files

    @cached_property
    def digest(self) -> str:
        """Hash of every row that the report rests on."""
        hashes = self.inputs or row_hashes(self.panel)
        return hashlib.sha256("".join(hashes[p] for p in sorted(hashes)).encode()).hexdigest()[:16]

    @property
    def run_line(self) -> str:
        """The one line that differs between two runs on the same input."""
        days = self._days_old
        age = f", newest data {count_of(days, 'day')} earlier" if days >= 1 else ""
        more = f"; newer results are not shown (limit {self.old_days} days)" if days > self.old_days else ""
        return prose(f"Built {self.made_at:%Y-%m-%d %H:%M:%S} UTC{age}{more}.")

    @property
    def _days_old(self) -> int:
        """How old the newest data are, where true dates may be shown; else 0."""
        if not self.identified or not self.cut_off[:1].isdigit():
            return 0
        return self._days_since(self.panel.as_of)

    def _days_since(self, day: pd.Timestamp) -> int:
        return int((pd.Timestamp(self.made_at).tz_localize(None).normalize() - day.normalize()).days)

    @property
    def old(self) -> list[str]:
        """That the newest data are older than the limit, in words; by the week where no more may be told."""
        limit = f"(limit {count_of(self.old_days, 'day')}). Newer results are not in this report."
        if self.week_end is not None:
            # counted from the end of the week: the day on which this begins to be said tells no more than the week
            late = self._days_since(self.week_end) > self.old_days
            return [f"Old data: the newest are of {self.cut_off} {limit}"] if late else []
        if self._days_old <= self.old_days:
            return []
        age = f"{count_of(self._days_old, 'day')} before this report"
        return [f"Old data: the newest are of {prose(self.cut_off)}, {age} {limit}"]

    @property
    def without(self) -> list[str]:
        """That there is nobody to report of, or no result, in words."""
        if not len(self.panel):
            return [f"The patient list {self.of!r} is empty." if self.of else "The patient list is empty."]
        return [] if len(self.panel.labs) else ["No patient of this list has any result."]

    @cached_property
    def cut_off(self) -> str:
        """Data cut-off as people read it."""
        if self.up_to is not None:
            return self.up_to
        if self.panel.as_of == RELATIVE_ORIGIN:
            return "no rows"  # where nothing is known, nothing may look like a date
        people = self.rows("patients")
        dated = not people or any(person["clock"] == "date" for person in people)
        return prose(show_time(self.panel.as_of)) if dated else "days of the source, no calendar dates"

    def source_name(self, file: str | None) -> str:
        """A file's name, or its number where names may not be shown."""
        if not file:
            return ABSENT
        if self.identified:
            return file
        known = {s.file: f"file {i}" for i, s in enumerate(self.sources, start=1)}
        return known.get(file, "a file")

    def footer(self) -> list[tuple[str, str]]:
        """Where everything comes from."""
        held = self.panel.held
        reasons = Counter(held["reason_code"].dropna().tolist())
        by_reason = ", ".join(f"{code} {n}" for code, n in sorted(reasons.items()))
        facts = [
            *([] if self.identified else [("Names and dates", MOVED)]),
            ("Data cut-off", self.cut_off),
            ("Data version", whole(self.panel.generation)),
            ("Input rows", f"sha256 {self.digest}"),
            ("Results", whole(len(self.panel.labs))),
            ("Quarantined", f"{len(held)}" + (f" ({by_reason})" if by_reason else "")),
            ("Thresholds", f"digest {self.thresholds or self.analysis.settings.digest}"),
            ("Software", f"hepatrend {software_version()}"),
            ("Rules", rule_versions()),
        ]
        for i, source in enumerate(self.sources, start=1):
            name = source.file if self.identified else f"file {i}"
            rows = f"{count_of(source.rows, 'row')}, {whole(source.stored)} stored, {whole(source.held)} quarantined"
            told = f", sha256 {source.sha256[:16]}" if self.identified else ""
            when = f", imported {source.imported}" if self.identified else ""
            facts.append((f"File {i}", f"{name}{told}, {rows}{when}"))
        return facts


def patient_title(name: str) -> str:
    """Title of the report of one patient."""
    return f"hepatrend · patient {name}"


def week_of(when: pd.Timestamp) -> str:
    """The week of a time: all that is told of the true data cut-off where dates are moved."""
    year, week, _ = when.isocalendar()
    return f"week {week} of {year}"


def end_of_week(when: pd.Timestamp) -> pd.Timestamp:
    """Its Sunday."""
    return when.normalize() + pd.Timedelta(days=6 - when.weekday())


def _frame(analysis: Analysis, name: str) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(analysis.panel if hasattr(analysis.panel, name) else analysis, name)
    return frame


def _by_patient(frame: pd.DataFrame) -> dict[str, list[Row]]:
    """Rows as dicts by patient; columns are turned into lists first, which costs a third of ``to_dict``."""
    names = [str(name) for name in frame.columns]
    found: dict[str, list[Row]] = {}
    for row in zip(*(_objects(frame[name]) for name in names), strict=True):
        one = dict(zip(names, row, strict=True))
        found.setdefault(one["patient_id"], []).append(one)
    return found


def _objects(column: pd.Series[Any]) -> list[Any]:
    values: list[Any] = column.astype(object).tolist()
    if getattr(column.dtype, "na_value", None) is pd.NA:
        return [None if v is pd.NA else v for v in values]
    return values


@dataclass(frozen=True)
class Results:
    """How many results a patient has, and when: NaT where there are none."""

    n: int
    first: pd.Timestamp
    last: pd.Timestamp
    on_last_day: int
    corrected: int


def last_known(panel: Panel) -> dict[str, pd.Timestamp]:
    """patient_id -> last time of a result, an event or a scan; only of patients who have one."""
    dated = ((panel.labs, "collected_at"), (panel.events, "start_date"), (panel.imaging, "date"))
    rows = [frame[["patient_id", column]].rename(columns={column: "at"}) for frame, column in dated]
    last = pd.concat(rows).dropna().groupby("patient_id")["at"].max()
    return {str(patient_id): at for patient_id, at in last.items()}


def results_of(panel: Panel) -> dict[str, Results]:
    """patient_id -> :class:`Results`, for all patients at once."""
    ids, labs = panel.patient_ids.tolist(), panel.labs
    codes, when = panel.codes_of(labs["patient_id"]), labs["collected_at"].to_numpy("datetime64[us]")
    first = np.full(len(ids), np.datetime64("NaT", "us"))
    last = first.copy()
    np.fmin.at(first, codes, when)
    np.fmax.at(last, codes, when)
    late = when.astype("datetime64[D]") == last.astype("datetime64[D]")[codes]
    corrected = labs["replaced"].fillna("").to_numpy(object) != ""
    n, at_last, new = (np.bincount(c, minlength=len(ids)).tolist() for c in (codes, codes[late], codes[corrected]))
    return {
        who: Results(n[i], pd.Timestamp(first[i]), pd.Timestamp(last[i]), at_last[i], new[i])
        for i, who in enumerate(ids)
    }


@cache
def software_version() -> str:
    """Version of this package."""
    try:
        return version("hepatrend")
    except PackageNotFoundError:
        return "from source"


def versions_of_rules() -> dict[str, str]:
    """Version of every rule by code."""
    return {code: rule.version for code, rule in rules().items()}


@cache
def rule_versions() -> str:
    """Every rule with its version, in one line."""
    return ", ".join(f"{code} {v}" for code, v in versions_of_rules().items())


def sources_of(imports: pd.DataFrame) -> tuple[Source, ...]:
    """Imported files of table LEDGER, oldest first; one that was imported twice stands once, with its last import."""
    last = imports.sort_values("import_id").drop_duplicates("file", keep="last")
    return tuple(
        Source(
            file=str(r["file"]),
            sha256=str(r["sha256"]),
            rows=int(r["rows_in"]),
            stored=int(r["stored"]),
            held=int(r["quarantined"]),
            imported="–" if pd.isna(r["imported_utc"]) else f"{r['imported_utc']:%Y-%m-%d %H:%M} UTC",
        )
        for r in last.to_dict("records")
    )


def row_hashes(panel: Panel) -> dict[str, str]:
    """patient_id -> hash of all rows of that patient, for all patients at once."""
    ids = panel.patient_ids
    total = np.zeros(len(ids), np.uint64)
    for number, (name, columns) in enumerate(_HASHED.items(), start=1):
        frame: pd.DataFrame = getattr(panel, name)
        if len(frame):
            rows = pd.util.hash_pandas_object(frame[list(columns)], index=False).to_numpy(np.uint64)
            np.add.at(total, panel.codes_of(frame["patient_id"]), rows * np.uint64(2 * number + 1))
    return {str(p): f"{t:016x}" for p, t in zip(ids, total.tolist(), strict=True)}
