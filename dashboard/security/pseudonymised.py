"""The store as a coordinator sees it: pseudonyms, dates shifted by patient, no free text, lab, site or file.

Results are those of the whole store, moved, not computed anew: what is flagged here is what is flagged for a
clinician. Dates inside sentences move with the patient. What is not named in this class cannot be reached through it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from analytics.analysis import PARTS, Analysis
from analytics.cohort.scattered import ScatteredAnalysis
from analytics.errors import StoreError, TableError, UnknownPatient
from analytics.panel import Panel
from analytics.pseudonyms import Disguise, Pseudonyms, grouped
from analytics.reviews import renamed
from analytics.settings import Settings
from analytics.store.snapshot.analysis_cache import Stored
from analytics.store.snapshot.cache import Cache, Latest
from analytics.store.snapshot.population import PseudonymisedView, opening
from analytics.tables import REASONS, TABLES
from analytics.unit_doubts import UNIT_REASONS
from analytics.unrecognised import unrecognised
from dashboard.security.ages import aged
from dashboard.security.columns import HIDDEN, Numbers, emptied, kind_of, may_see
from dashboard.security.cut_off import (
    OVERDUE,
    answers_without_cut_off,
    near_without_cut_off,
    overdue_without_cut_off,
    worklist_without_cut_off,
)
from dashboard.security.disguised_parts import Disguised
from dashboard.security.doubtful_values import with_values
from dashboard.security.keys import mac
from dashboard.security.moved_texts import moved

if TYPE_CHECKING:
    from analytics.store import Store

KEEP = 64
_OVERDUE_TELLS = ("patient_id", "rule", "state", "onset", "last_seen", "says", "numbers", "severity")
_TIMED = ("CONFLICT", *UNIT_REASONS)
"""Quarantined rows whose time is shown, moved: they are told beside the person's results."""
_COLUMNS_OF_FILES = frozenset(c.name for table in TABLES.values() for c in table.columns)
"""Names of columns that are ours: a file's own could be a date or a person."""


class PseudonymisedStore:
    """Reads of one store, disguised; one for all coordinators of an installation."""

    def __init__(self, store: Store, pseudonyms: Pseudonyms):
        self._store, self._pseudonyms = store, pseudonyms
        self._cache, self._population, self._asked = Cache(KEEP), Latest(), Latest()
        key = pseudonyms.name_key
        self._numbers = {what: Numbers(key, what) for what in ("result_id", "quarantine_id", "import_id")}

    # -- who is who --------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """Number of the newest published generation."""
        return self._store.generation

    @property
    def settings(self) -> Settings:
        """Thresholds."""
        return self._store.settings

    @property
    def patient_ids(self) -> list[str]:
        """All pseudonyms, sorted."""
        return sorted(self._raw())

    def key_of(self, patient_id: str) -> str:
        """What an address calls a pseudonym: itself. The store's own keys stand in the addresses of those who see
        identified patients, so that one of them here would say who is behind the pseudonym."""
        return self.patient_of(patient_id)

    def patient_of(self, key: str) -> str:
        """The pseudonym that an address names.

        Raises:
            UnknownPatient: it is none of this store; the store's own keys are none here.
        """
        self._one(key)
        return key

    def keys(self) -> dict[str, str]:
        """What an address calls every patient, by pseudonym."""
        return {name: name for name in self.patient_ids}

    def kept_key_of(self, patient_id: str) -> str:
        """The store's own key of a pseudonym: under it the audit log and marks know the patient. Never shown.

        Raises:
            UnknownPatient: no such pseudonym.
        """
        return self._store.key_of(self._one(patient_id))

    def content_of(self, patient_id: str) -> str:
        """The generation: what is grouped, and how, follows from all patients.

        Raises:
            UnknownPatient: no such pseudonym.
        """
        return f"generation {self.generation} of {self.patient_of(patient_id)}"

    def kept_keys(self) -> dict[str, str]:
        """Those of all patients, by pseudonym."""
        names = self._names()
        return self._cache.get(
            ("kept keys", self.generation), lambda: {names[raw]: key for raw, key in self._store.keys().items()}
        )

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame whose column patient_id is of categories, under pseudonyms; nothing else of it is changed."""
        names = self._names()
        return frame.assign(patient_id=frame["patient_id"].cat.rename_categories(names.__getitem__))

    def _names(self) -> dict[str, str]:
        """Pseudonym of all patients, by id."""
        return self._cache.get(("pseudonyms", self.generation), lambda: self._pseudonyms.names(self._store.patient_ids))

    def _days(self) -> dict[str, int]:
        """Days by which everything of a patient moves, by id."""
        ids = self._store.patient_ids
        return self._cache.get(("days", self.generation), lambda: {p: self._pseudonyms.shift_days(p) for p in ids})

    def _raw(self) -> dict[str, str]:
        names = self._names()
        return self._cache.get(("raw", self.generation), lambda: {name: raw for raw, name in names.items()})

    def _one(self, pseudonym: str) -> str:
        if pseudonym not in self._raw():
            raise UnknownPatient("unknown patient")
        return self._raw()[pseudonym]

    # -- reading -----------------------------------------------------------------------------------------------

    def panel(self, patient_ids: Sequence[str] | None = None, *, bucket: int | None = None) -> Panel:
        """As Store.panel, disguised."""
        return self._panel(self._store.panel(self._raw_ids(patient_ids), bucket=bucket))

    def analysis(self, patient_ids: Sequence[str] | None = None) -> Analysis:
        """As Store.analysis, disguised: the same results under moved dates."""
        if patient_ids is None:
            return self._population.get(self.generation, self._of_population)
        ids = tuple(sorted(set(patient_ids)))

        def compute() -> Analysis:
            return self.disguised(self._store.analysis(self._raw_ids(ids)))

        return self._cache.get(("analysis", self.generation, ids), compute)

    def all_patients(self) -> Analysis:
        """As Store.all_patients, disguised."""
        if self._store.manifest.n_results <= self._store.most_at_once:
            return self.analysis()
        return self._asked.get(self.generation, self.scattered)

    def opening(self) -> bool:
        """As Store.opening."""
        if self._store.manifest.n_results > self._store.most_at_once:
            return self._asked.being_made(self.generation, self.all_patients)
        return opening(self._population, self.generation, self._store.summary(), self.analysis)

    def disguised(self, raw: Analysis) -> Analysis:
        """An analysis of patients of the store under pseudonyms and shifted dates; nothing is computed anew."""
        frames = {name: self.part(name, getattr(raw, name), raw.settings) for name in PARTS}
        return Analysis(self._panel(raw.panel), raw.settings, frames)

    def part(self, name: str, raw: pd.DataFrame, settings: Settings) -> pd.DataFrame:
        """One table of an analysis or of a panel, sorted by pseudonym."""
        frame = self._table(name, raw).sort_values("patient_id", kind="stable", ignore_index=True)
        if name == "findings":
            return overdue_without_cut_off(frame, settings)
        if name == "answers":
            return self._answers(frame)
        return near_without_cut_off(frame) if name == "near" else frame

    def _answers(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Table ANSWERS with findings by their disguised names."""
        basis = [json.dumps([self._finding(f) for f in json.loads(text)]) for text in frame["basis"]]
        told = answers_without_cut_off(frame, self._usual_names())
        return told.assign(basis=pd.Series(basis, index=frame.index, dtype="str"))

    def _of_population(self) -> Analysis:
        """All patients in small types, read from the snapshot under pseudonyms; tables are disguised when asked for."""
        raw = self._store.population(self._view())
        return replace(raw, given=self._disguised_parts(cast(Stored, raw.given)))

    def scattered(self) -> ScatteredAnalysis:
        """As Store.scattered, under pseudonyms."""
        return self._store.scattered(self._view(), self._disguised_parts)

    def _disguised_parts(self, raw: Stored) -> Disguised:
        return Disguised(raw, self, self.settings)

    def _view(self) -> PseudonymisedView:
        return PseudonymisedView(
            names=self._names(),
            shift_days=self._days(),
            hidden=HIDDEN,
            texts=moved,
            panel=self._panel,
            true_ids=self._raw(),
        )

    def worklist(self) -> pd.DataFrame:
        """As Store.worklist, disguised."""
        raw = self._store.worklist()

        def compute() -> pd.DataFrame:
            overdue = self._frame(self._store.findings_of(OVERDUE, _OVERDUE_TELLS))
            told = worklist_without_cut_off(aged(self._frame(raw)), overdue_without_cut_off(overdue, self.settings))
            return _worst_first(self._in_groups(told.assign(key=told["patient_id"])))

        # kept beside it: as long as the true one lives, no other has its number
        return self._cache.get(("worklist", self.generation, id(raw)), lambda: (raw, compute()))[1]

    def summary(self) -> pd.DataFrame:
        """As Store.summary, disguised."""
        return self._in_groups(aged(self._frame(self._store.summary()))).sort_values("patient_id", ignore_index=True)

    def table(self, name: str) -> pd.DataFrame:
        """As Store.table, disguised."""
        if name not in TABLES:
            raise StoreError(f"unknown table {name!r}. Available: {', '.join(TABLES)}")
        if name in PARTS:
            frame: pd.DataFrame = getattr(self.analysis(), name)
            return frame
        if name in ("quarantine", "ledger"):
            return self.quarantine() if name == "quarantine" else self.imports()
        frame = getattr(self.panel(), name)
        return frame

    def imports(self) -> pd.DataFrame:
        """The ledger without names and hashes of files, in no order of time and without when and by whom."""
        frame = self._store.imports()
        told = self._numbers["import_id"].column(frame["import_id"])
        hidden = {c: emptied(frame[c]) for c in ("sha256", "profile", "seconds", "imported_utc", "imported_by")}
        shown = frame.assign(file=_file(told), import_id=told, generation=emptied(frame["generation"]), **hidden)
        return shown.sort_values("import_id", ignore_index=True)

    def last_import(self) -> pd.Timestamp:
        """When the store was last imported into: for the warning that it is old, which tells only that it is."""
        return self._store.last_import()

    def quarantine(
        self,
        *,
        reason: str | None = None,
        file: str | None = None,
        patient_ids: Sequence[str] | None = None,
        include_resolved: bool = False,
    ) -> pd.DataFrame:
        """Quarantined rows, without lines, files, times and texts: of each cell its kind, of each row its reason."""
        ids, whole = self._raw_ids(patient_ids), include_resolved
        frame = self._held(self._store.quarantine(reason=reason, patient_ids=ids, include_resolved=whole))
        return frame if file is None else frame[frame["file"] == file].reset_index(drop=True)

    def unrecognised(self) -> pd.DataFrame:
        """As Store.unrecognised, of names as they are shown."""
        key = ("unrecognised", self.generation)
        return self._cache.get(key, lambda: unrecognised(self.table("events")))

    def held_count(self) -> int:
        """How many rows are quarantined."""
        return self._store.held_count()

    def merges(self) -> dict[str, list[str]]:
        """As Store.merges, without ids, names, dates and reasons, which are free text."""
        names = self._names()
        return {names[p]: ["results of another id are shown here"] for p in self._store.merges() if p in names}

    def seen_state(self) -> tuple[int, int | None]:
        """As Store.seen_state."""
        return self._store.seen_state()

    def seen_findings(self) -> pd.DataFrame:
        """Findings that were looked at, without the notes, which are free text."""
        frame = self._store.seen_findings()
        told = frame.assign(
            finding_id=[renamed(f, self._finding) for f in frame["finding_id"]], note="", utc=emptied(frame["utc"])
        )
        return told.sort_values("finding_id", kind="stable", ignore_index=True)

    # -- writing -----------------------------------------------------------------------------------------------

    def seen(self, finding_id: str, by: str, note: str = "", *, of: str) -> None:
        """Note that a user has looked at a finding of patient ``of``.

        Raises:
            UnknownPatient: the patient, or such a finding of the patient, is not here.
        """
        raw = {self._finding(f): f for f in self._store.analysis([self._one(of)]).findings["finding_id"]}
        if finding_id.partition("@")[0] not in raw:
            raise UnknownPatient("no such finding")
        self._store.seen(renamed(finding_id, raw.__getitem__), by, note)

    def dismiss(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Dismiss quarantined rows."""
        return self._store.dismiss(self._true_rows(quarantine_ids), by=by, why=why)

    def accept(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Show stored results that were kept out of view for their unit."""
        return self._store.accept(self._true_rows(quarantine_ids), by=by, why=why)

    # -- inside ------------------------------------------------------------------------------------------------

    def _true_rows(self, quarantine_ids: Sequence[int]) -> list[int]:
        told: list[int] = self._numbers["quarantine_id"].back(np.array(quarantine_ids, np.int64)).tolist()
        return told

    def _in_groups(self, people: pd.DataFrame) -> pd.DataFrame:
        """Patients with primaries that few have as one group."""
        return people.assign(
            primary_site=grouped(people["primary_site"], self._primaries(), self.settings.cohort.small_cell)
        )

    def _primaries(self) -> dict[str, int]:
        """Patients of each primary site, of all patients."""

        def compute() -> dict[str, int]:
            return {str(k): int(n) for k, n in self._store.summary()["primary_site"].value_counts().items()}

        return self._cache.get(("primaries", self.generation), compute)

    def _raw_ids(self, patient_ids: Iterable[str] | None) -> list[str] | None:
        return None if patient_ids is None else [self._one(p) for p in patient_ids]

    def _finding(self, finding_id: str) -> str:
        return mac(self._pseudonyms.name_key, "finding", finding_id).hex()[:16]

    def _panel(self, raw: Panel) -> Panel:
        return Panel.of(
            *(self._table(name, getattr(raw, name)) for name in ("labs", "events", "imaging", "patients")),
            held=self._held(raw.held),
            as_of=None,  # the last of the moved times: the true cut-off under moved dates would tell by how much
            generation=raw.generation,
        )

    def _table(self, name: str, raw: pd.DataFrame) -> pd.DataFrame:
        frame = self._frame(raw)
        if name == "events":
            names = frame["name"]
            return frame.assign(name=names.where(names.str.casefold().isin(self._usual_names()), ""))
        return self._in_groups(aged(frame)) if name == "patients" else frame

    def _usual_names(self) -> set[str]:
        """Names of events that enough patients have; a rare one could point to a person."""

        def compute() -> set[str]:
            events = self._store.table("events")
            having = events.groupby(events["name"].str.casefold())["patient_id"].nunique()
            return set(having.index[having >= self.settings.cohort.small_cell])

        return self._cache.get(("names", self.generation), compute)

    def _frame(self, raw: pd.DataFrame) -> pd.DataFrame:
        """Ids, times and dates in sentences of one frame with a column patient_id, moved by patient."""
        who, shift = self._told(raw["patient_id"])
        columns: dict[str, Any] = {}
        for name in raw.columns:
            column = raw[name]
            if name == "patient_id":
                columns[name] = who
            elif name in ("finding_id", "headline_id"):
                told = [self._finding(f) if f else "" for f in column]
                columns[name] = pd.Series(told, index=raw.index, dtype="str")
            elif name in self._numbers:
                columns[name] = self._numbers[name].column(column)
            elif name in ("evidence", "results"):
                columns[name] = self._numbers["result_id"].texts(column)
            elif name in ("birth_date", "basis"):  # age is counted first, then _aged; findings are named by _answers
                columns[name] = column
            elif not may_see(name):
                columns[name] = emptied(column)
            elif pd.api.types.is_datetime64_any_dtype(column.dtype):
                columns[name] = column.to_numpy("datetime64[us]") + shift.astype("timedelta64[D]")
            elif pd.api.types.is_string_dtype(column.dtype):
                columns[name] = moved(column, shift)
            else:
                columns[name] = column
        return pd.DataFrame(columns, index=raw.index)

    def _told(self, ids: pd.Series) -> tuple[pd.Series, np.ndarray]:
        """Pseudonym of each row, and the days by which everything of its patient moves, shape (n,)."""
        codes, distinct = pd.factorize(ids.to_numpy(object))
        if (codes < 0).any():
            raise TableError("a row without a patient cannot be disguised")
        names, days = self._names(), self._days()
        pool = pd.array([names.get(p) or self._pseudonyms.name(p) for p in distinct], dtype="str")
        shift = [days[p] if p in days else self._pseudonyms.shift_days(p) for p in distinct]
        return pd.Series(pool.take(codes), index=ids.index), np.array(shift, np.int64)[codes]

    def _held(self, raw: pd.DataFrame) -> pd.DataFrame:
        """Reasons and kinds of cells, never their text; a conflict or a doubtful unit has its time, moved."""
        known = self._pseudonyms.names(raw["patient_id"].dropna().unique())
        numbers = {name: self._numbers[name].column(raw[name]) for name in self._numbers}
        kinds = pd.Series([kind_of(c) for c in raw["raw_cell"]], index=raw.index, dtype="str")
        closed = raw["resolution"].notna()
        hidden = {c: emptied(raw[c]) for c in raw.columns if not may_see(c)}
        told = (
            raw.assign(**{**hidden, **numbers})
            .assign(
                file=_file(numbers["import_id"]),
                line=emptied(raw["line"]),  # of a file; that of a therapy has the same name
                column=raw["column"].where(raw["column"].isin(_COLUMNS_OF_FILES), ""),
                raw_cell=kinds.mask(raw["reason_code"] == "CONFLICT", ""),
                message=with_values(raw["reason_code"].map(REASONS), raw),
                patient_id=raw["patient_id"].map(known).astype("str"),
                collected_at=self._moved_conflicts(raw),
                specimen_id=pd.Series(pd.NA, index=raw.index, dtype="str"),
                resolution=raw["resolution"].mask(closed, "closed"),
            )
            .astype({"collected_at": "datetime64[us]"})
        )
        return told.sort_values("quarantine_id", ignore_index=True)

    def _moved_conflicts(self, raw: pd.DataFrame) -> pd.Series[pd.Timestamp]:
        at = raw["collected_at"].where(raw["reason_code"].isin(_TIMED))
        ids = raw["patient_id"].where(at.notna()).dropna()
        disguise = Disguise(self._pseudonyms, tuple(ids.unique()))
        return disguise.times(ids, at[ids.index]).reindex(raw.index)


def _file(numbers: pd.Series) -> pd.Series:
    """A name for the file of each import that tells nothing of it."""
    return ("file " + numbers.map(lambda n: f"{n:x}", na_action="ignore").astype("str")).astype("str")


def _worst_first(worklist: pd.DataFrame) -> pd.DataFrame:
    """The order of the worklist from what is shown: that of the true times would tell of two patients who was first."""
    newest = worklist["newest_onset"].to_numpy("datetime64[us]").astype(np.int64)
    newest = np.where(worklist["newest_onset"].isna(), np.iinfo(np.int64).min + 1, newest)
    rank, reviewed = worklist["rank"].to_numpy(np.int64), worklist["reviewed"].to_numpy(bool)
    order = np.lexsort((worklist["patient_id"].to_numpy(object), -newest, reviewed, rank))
    return worklist.iloc[order].reset_index(drop=True)
