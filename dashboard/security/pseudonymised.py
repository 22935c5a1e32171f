"""The store as a coordinator sees it: pseudonyms, dates shifted by patient, no free text, lab, site or file.

Results are those of the whole store, moved, not computed anew: what is flagged here is what is flagged for a
clinician. Dates inside sentences move with the patient. What is not named in this class cannot be reached through it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics.analysis import PARTS, Analysis
from analytics.errors import StoreError, TableError, UnknownPatient
from analytics.panel import Panel
from analytics.pseudonyms import OLDEST, Disguise, Pseudonyms
from analytics.seen import renamed
from analytics.settings import Settings
from analytics.store.analyses import Stored, by_patient
from analytics.store.cache import Cache, Latest
from analytics.store.everybody import Guise, opening
from analytics.tables import REASONS, TABLES
from dashboard.security.cut_off import (
    OVERDUE,
    answers_without_cut_off,
    near_without_cut_off,
    overdue_without_cut_off,
    severity_without_cut_off,
    worklist_without_cut_off,
)
from dashboard.security.keys import mac
from dashboard.security.moved_texts import moved

if TYPE_CHECKING:
    from analytics.store import Store

KEEP = 64
_FREE = frozenset(
    {"detail", "lab", "site", "specimen_id", "source_file", "method", "raw_value", "raw_unit", "resolved_by"}
)
_PLAIN_OF_FINDINGS = ("patient_id", "rule", "level", "state", "severity")
_PLAIN_OF_RESPONSES = ("patient_id", "kind", "analyte", "before", "nadir", "day_half", "rebound_day", "verdict")
_PLAIN_OF_ANSWERS = ("patient_id", "question", "state", "certainty", "rank")
_PLAIN = frozenset((*_PLAIN_OF_FINDINGS, *_PLAIN_OF_RESPONSES, *_PLAIN_OF_ANSWERS))
"""Columns of findings, responses and answers that need no disguise but the patient's name."""
_OVERDUE_TELLS = ("patient_id", "rule", "state", "onset", "last_seen", "says", "numbers", "severity")
_TELLING = ("PATIENT_FORMAT", "FIELD_COUNT", "QUOTE_UNBALANCED", "ENC_INVALID", "CONTROL_CHAR", "CONFLICT")


class Disguised(Mapping[str, pd.DataFrame]):
    """Stored parts of everybody, each disguised when it is first asked for."""

    def __init__(self, raw: Stored, view: PseudonymisedStore, settings: Settings):
        self._raw, self._view, self._settings = raw, view, settings
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, part: str) -> pd.DataFrame:
        """One part."""
        if part not in self._made:
            pieces = [self._view.part(part, piece, self._settings) for piece in self._raw.pieces(part)]
            self._made[part] = by_patient(part, pieces)
        return self._made[part]

    def some(self, part: str, columns: Sequence[str]) -> pd.DataFrame:
        """As Stored.some, under pseudonyms; of columns that tell neither a date nor a name.

        Raises:
            KeyError: one of the columns would have to be disguised row by row.
        """
        if not set(columns) <= _PLAIN:
            raise KeyError(f"{part}: {', '.join(sorted(set(columns) - _PLAIN))}")
        if part in self._made:
            return self._made[part][list(columns)]
        frame = self._view.named(self._raw.some(part, columns))
        return severity_without_cut_off(frame, self._settings) if "severity" in columns else frame

    def pieces(self, name: str) -> Iterator[pd.DataFrame]:
        """One part, or one table of the panel, bucket by bucket; nothing of it is kept."""
        for raw in self._raw.pieces(name):
            yield self._view.part(name, raw, self._settings)

    def __contains__(self, part: object) -> bool:
        """Whether there is such a part; reads nothing."""
        return part in self._raw

    def __iter__(self) -> Iterator[str]:
        """Names of the parts."""
        return iter(self._raw)

    def __len__(self) -> int:
        """How many parts."""
        return len(self._raw)


class PseudonymisedStore:
    """Reads of one store, disguised; one for all coordinators of an installation."""

    def __init__(self, store: Store, pseudonyms: Pseudonyms):
        self._store, self._pseudonyms = store, pseudonyms
        self._cache, self._everybody = Cache(KEEP), Latest()

    # -- who is who --------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """Number of the newest published generation."""
        return self._store.generation

    @property
    def desk(self) -> Any:
        """Saved questions and marks: what a user saved was made from this view, and is read back by that user alone."""
        return self._store.desk

    @property
    def patient_ids(self) -> list[str]:
        """All pseudonyms, sorted."""
        return sorted(self._raw())

    def key_of(self, patient_id: str) -> str:
        """Opaque key of a pseudonym."""
        return self._store.key_of(self._one(patient_id))

    def patient_of(self, key: str) -> str:
        """Pseudonym behind an opaque key."""
        return self._pseudonyms.name(self._store.patient_of(key))

    def keys(self) -> dict[str, str]:
        """Opaque key of every patient, by pseudonym."""
        names = self._names()
        return self._cache.get(
            ("keys", self.generation), lambda: {names[raw]: key for raw, key in self._store.keys().items()}
        )

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame whose column patient_id is of categories, under pseudonyms; nothing else of it is changed."""
        names = self._names()
        return frame.assign(patient_id=frame["patient_id"].cat.rename_categories(names.__getitem__))

    def _names(self) -> dict[str, str]:
        """Pseudonym of everybody, by id."""
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
            raise UnknownPatient("no such patient")
        return self._raw()[pseudonym]

    # -- reading -----------------------------------------------------------------------------------------------

    def panel(self, patient_ids: Sequence[str] | None = None, *, bucket: int | None = None) -> Panel:
        """As Store.panel, disguised."""
        return self._panel(self._store.panel(self._raw_ids(patient_ids), bucket=bucket))

    def analysis(self, patient_ids: Sequence[str] | None = None, settings: Settings | None = None) -> Analysis:
        """As Store.analysis, disguised: the same results under moved dates."""
        chosen = settings or Settings()
        if patient_ids is None:
            return self._everybody.get((self.generation, chosen.digest), lambda: self._of_everybody(chosen))
        ids = tuple(sorted(set(patient_ids)))

        def compute() -> Analysis:
            return self.disguised(self._store.analysis(self._raw_ids(ids), chosen))

        return self._cache.get(("analysis", self.generation, chosen.digest, ids), compute)

    def opening(self, settings: Settings | None = None) -> bool:
        """As Store.opening."""
        chosen = settings or Settings()
        key = (self.generation, chosen.digest)
        return opening(self._everybody, key, self._store.summary(), lambda: self.analysis(settings=chosen))

    def disguised(self, raw: Analysis) -> Analysis:
        """An analysis of patients of the store under pseudonyms and moved dates; nothing is computed anew."""
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

    def _of_everybody(self, settings: Settings) -> Analysis:
        """Everybody in small types, read from the snapshot under pseudonyms; tables are disguised when asked for."""
        guise = Guise(
            names=self._names(),
            shift_days=self._days(),
            hidden=_FREE,
            texts=moved,
            panel=self._panel,
            true_ids=self._raw(),
        )
        raw = self._store.everybody(settings, guise)
        return replace(raw, given=Disguised(raw.given, self, settings))

    def worklist(self, settings: Settings | None = None) -> pd.DataFrame:
        """As Store.worklist, disguised."""
        raw = self._store.worklist(settings)

        def compute() -> pd.DataFrame:
            chosen = settings or Settings()
            overdue = self._frame(self._store.findings_of(OVERDUE, _OVERDUE_TELLS, chosen))
            return worklist_without_cut_off(_aged(self._frame(raw)), overdue_without_cut_off(overdue, chosen))

        return self._cache.get(("worklist", self.generation, id(raw)), compute)

    def summary(self) -> pd.DataFrame:
        """As Store.summary, disguised."""
        return _aged(self._frame(self._store.summary()))

    def table(self, name: str, settings: Settings | None = None) -> pd.DataFrame:
        """As Store.table, disguised."""
        if name not in TABLES:
            raise StoreError(f"no table {name!r}; known: {', '.join(TABLES)}")
        if name in PARTS:
            frame: pd.DataFrame = getattr(self.analysis(settings=settings), name)
            return frame
        if name in ("quarantine", "ledger"):
            return self.quarantine() if name == "quarantine" else self.imports()
        frame = getattr(self.panel(), name)
        return frame

    def imports(self) -> pd.DataFrame:
        """The ledger without names and hashes of files."""
        frame = self._store.imports()
        return frame.assign(file="file " + frame["import_id"].astype("str"), sha256="")

    def quarantine(self, **which: Any) -> pd.DataFrame:
        """Rows held back, without lines, ids and files; what was found only where it cannot name somebody."""
        if which.get("patient_ids") is not None:
            which["patient_ids"] = self._raw_ids(which["patient_ids"])
        file = which.pop("file", None)
        frame = self._held(self._store.quarantine(**which))
        return frame if file is None else frame[frame["file"] == file].reset_index(drop=True)

    def held_count(self) -> int:
        """How many rows are held back."""
        return self._store.held_count()

    def seen_state(self) -> tuple[int, int | None]:
        """As Store.seen_state."""
        return self._store.seen_state()

    def seen_findings(self) -> pd.DataFrame:
        """Findings that were looked at, without the notes, which are free text."""
        frame = self._store.seen_findings()
        return frame.assign(finding_id=[renamed(f, self._finding) for f in frame["finding_id"]], note="")

    # -- writing -----------------------------------------------------------------------------------------------

    def seen(self, finding_id: str, by: str, note: str = "", *, of: str) -> None:
        """Note that somebody has looked at a finding of patient ``of``.

        Raises:
            UnknownPatient: the patient, or such a finding of the patient, is not here.
        """
        raw = {self._finding(f): f for f in self._store.analysis([self._one(of)]).findings["finding_id"]}
        if finding_id.partition("@")[0] not in raw:
            raise UnknownPatient("no such finding")
        self._store.seen(renamed(finding_id, raw.__getitem__), by, note)

    def dismiss(self, quarantine_ids: Sequence[int], *, by: str, why: str) -> Any:
        """Dismiss rows held back."""
        return self._store.dismiss(quarantine_ids, by=by, why=why)

    def accept(self, quarantine_ids: Sequence[int], *, by: str, why: str) -> Any:
        """Show stored results that were kept out of view for their unit."""
        return self._store.accept(quarantine_ids, by=by, why=why)

    # -- inside ------------------------------------------------------------------------------------------------

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
        return _aged(frame) if name == "patients" else frame

    def _usual_names(self) -> set[str]:
        """Names of events that enough patients have; a rare one could point to a person."""

        def compute() -> set[str]:
            events = self._store.table("events")
            having = events.groupby(events["name"].str.casefold())["patient_id"].nunique()
            return set(having.index[having >= Settings().cohort.small_cell])

        return self._cache.get(("names", self.generation), compute)

    def _frame(self, raw: pd.DataFrame) -> pd.DataFrame:
        """Ids, times and dates in sentences of one frame with a column patient_id, moved by patient."""
        who, shift = self._told(raw["patient_id"])
        columns: dict[str, Any] = {}
        for name in raw.columns:
            column = raw[name]
            if name == "patient_id":
                columns[name] = who
            elif name == "finding_id":
                columns[name] = pd.Series([self._finding(f) for f in column], index=raw.index, dtype="str")
            elif name in _FREE:
                columns[name] = pd.Series("", index=raw.index, dtype="str")
            elif name == "source_line":
                columns[name] = pd.Series(pd.NA, index=raw.index, dtype="Int64")
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
        """Without what tells who it is; only a conflict has its time, moved as that of the result beside it is."""
        known = self._pseudonyms.names(raw["patient_id"].dropna().unique())
        telling = raw["reason_code"].isin(_TELLING) | raw["reason_code"].str.startswith("DATE")
        return raw.assign(
            file="file " + raw["import_id"].astype("str"),
            file_sha256="",
            raw_line="",
            raw_cell=raw["raw_cell"].mask(telling, ""),
            message=raw["message"].mask(telling, raw["reason_code"].map(REASONS)),
            hint=raw["hint"].mask(telling, ""),
            patient_id=raw["patient_id"].map(known).astype("str"),
            collected_at=self._moved_conflicts(raw),
            specimen_id=pd.Series(pd.NA, index=raw.index, dtype="str"),
            resolved_by="",
        ).astype({"collected_at": "datetime64[us]"})

    def _moved_conflicts(self, raw: pd.DataFrame) -> pd.Series[pd.Timestamp]:
        at = raw["collected_at"].where(raw["reason_code"] == "CONFLICT")
        ids = raw["patient_id"].where(at.notna()).dropna()
        disguise = Disguise(self._pseudonyms, tuple(ids.unique()))
        return disguise.times(ids, at[ids.index]).reindex(raw.index)


def _aged(people: pd.DataFrame) -> pd.DataFrame:
    """No date of birth, whole years of age, those above 89 as 90."""
    age = np.floor(people["age"].to_numpy(np.float64))
    if "last" not in people.columns and "birth_date" in people.columns:
        age = np.where(np.isnan(age), _years_at(people), age)
    nothing = pd.Series(pd.NaT, index=people.index, dtype="datetime64[us]")
    frame = people.assign(age=np.where(age > OLDEST, OLDEST + 1, age))
    return frame.assign(birth_date=nothing) if "birth_date" in frame.columns else frame


def _years_at(people: pd.DataFrame) -> np.ndarray:
    """Age at the diagnosis of metastases, the one date that the table of patients has."""
    return np.floor(((people["metastases_date"] - people["birth_date"]).dt.days / 365.2425).to_numpy(np.float64))
