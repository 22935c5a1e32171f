"""One file on its way into the store: settled against what is there, inserted, counted; not yet visible.

Results wait, by patient and in bounded memory (:class:`analytics.store.snapshot.spill.Spill`), until the whole file
was read. So all versions of a result meet at once, however far apart in the file, and a
patient's rows are written side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analytics.arrow import plain
from analytics.errors import RefusedFile
from analytics.ingest import patient_ids
from analytics.ingest.dictionary import distinct, used_words
from analytics.ingest.outcome import Batch
from analytics.ingest.versions import COMPARED, CONFLICT, DUPLICATE, STORED, SUPERSEDED, Decisions, settle
from analytics.store.database import bulk
from analytics.store.database.arrow import coded, is_text, schema_of, to_arrow, to_frame, words_of
from analytics.store.database.held_digests import held_digests
from analytics.store.database.row_digest import added, total
from analytics.store.database.stored_digests import stored_digests
from analytics.store.publish import event_versions
from analytics.store.publish.stored_keys import Keys, of_patients, patients_in, relative_clocks, stored_schema
from analytics.store.snapshot.buckets import Building
from analytics.store.snapshot.change import Change
from analytics.store.snapshot.manifest import numbers_of
from analytics.store.snapshot.row_order import sorted_labs
from analytics.store.snapshot.spill import DRAWERS, Spill
from analytics.store.tables.rows import CANONICAL, QUARANTINED, REPLACEMENTS, ROW_ID, ROWS
from analytics.tables import LABS, PATIENTS, QUARANTINE, STATUSES

Outcomes = npt.NDArray[np.object_]
_NARROW = (
    "analyte", "comparator", "unit", "lab", "status", "raw_unit", "source_file", "method", "precision", "replaced",
)  # fmt: skip
"""Columns of results with few different texts: they wait as codes."""
ROWS_AT_ONCE = 125_000
"""About as many results are settled together: those of whole drawers of patients."""
INDEXED_AFTERWARDS = 4_000_000
"""The first results of a store, where they are many but no more than these, are indexed once they are all there:
SQLite sorts them in memory, some 60 bytes each."""


class Landing:
    """Takes the batches of one file inside one transaction.

    Attributes:
        counts: outcomes of results so far, by name.
        reasons: results quarantined, by reason.
        ignored_why: results and lines not read, by cause.
        patients: ids that the file names.
        ranges: table -> [first row number, last row number, sum of row digests].
    """

    def __init__(
        self, connection: sa.Connection, import_id: int, file: str, change: Change, waiting: Spill, now: pd.Timestamp
    ):
        self.import_id, self.file, self.change, self.now = import_id, file, change, now
        self._connection, self._writer, self._waiting = connection, bulk.Writer(connection), waiting
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.ignored_why: Counter[str] = Counter()
        self.ranges: dict[str, list[int]] = {}
        self.patients: set[str] = set()
        self._next = {name: _after(connection, table, ROW_ID) for name, table in ROWS.items()}
        self._next["quarantine"] = _after(connection, QUARANTINED, "quarantine_id")
        self._keys = Keys(lambda: self.connection)
        self._known = {name: patients_in(connection, name) for name in ("events", "imaging", "patients")}
        self._clocks = relative_clocks(connection)
        self._before = self._keys.known.union(*self._known.values())
        self._dated: set[str] = set()

    @property
    def connection(self) -> sa.Connection:
        """The connection, once nothing more is being written on it."""
        self._writer.wait()
        return self._connection

    def close(self) -> None:
        """End the writing thread; call this whatever happened, before the transaction ends."""
        self._writer.close()

    def take(self, batch: Batch) -> None:
        """Count one batch and store what it holds, but for its results, which wait for :meth:`settle`.

        Raises:
            RefusedFile: times on another clock than the patient's earlier ones.
        """
        self._check_clocks(batch)
        for name in ("rows_in", "results_in", "ignored"):
            self.counts[name] += getattr(batch, name)
        self.ignored_why.update(batch.ignored_why)
        self._hold_back(batch.quarantine)
        if len(batch.coded_labs):
            self._waiting.add("labs", _waiting(batch.coded_labs))
        for name in ("events", "imaging"):
            if len(getattr(batch, name)):
                self._facts(name, getattr(batch, name))
        if len(batch.patients):
            self._people(batch.patients, batch.uncounted)

    def alike(self) -> tuple[str, ...]:
        """New ids that a reader could take for one that was there before: ``123 (like 00123)``."""
        fresh: dict[str, list[str]] = {}
        for one in sorted(self.patients - self._before):
            fresh.setdefault(patient_ids.folded(one), []).append(one)
        if not fresh:
            return ()
        pairs = [(new, old) for old in sorted(self._before) for new in fresh.get(patient_ids.folded(old), ())]
        return tuple(f"{new} (like {old})" for new, old in pairs)

    def settle(self, told: Callable[[int, int], None], building: Building | None = None) -> None:
        """Settle and store the results, some patients at a time; ``told`` hears how many of how many are done.

        Some may still be on their way into the database afterwards, until :meth:`finish`. ``building`` writes the
        buckets of the patients that are settled meanwhile. Of the first results of a store the index is made once they
        are all there.
        """
        done, total, held, some = 0, self._waiting.rows["labs"], list[pa.Table](), list[int]()
        apart, least = (building.apart, ROWS_AT_ONCE // 4) if building and building.early else (DRAWERS, ROWS_AT_ONCE)
        drawers = sorted(self._waiting.touched(), key=lambda drawer: (drawer % apart, drawer))
        if not self._keys.known and ROWS_AT_ONCE < total <= INDEXED_AFTERWARDS:
            self._writer.indexed_afterwards(ROWS["labs"])
        for drawer, following in zip(drawers, [*drawers[1:], None], strict=False):
            held += self._waiting.take("labs", [drawer])
            some.append(drawer)
            whole = following is None or following % apart != drawer % apart
            if following is None or (whole and sum(map(len, held)) >= least):
                for rows in _at_once(pa.concat_tables(held)):
                    self._labs(sorted_labs(rows))
                    done += len(rows)
                    told(done, total)
                if following is None:
                    self._writer.index()
                if building:
                    building.settled(some)
                held, some = [], []

    def finish(self) -> None:
        """Until everything is in the database."""
        self._writer.wait()
        self._keys.close()

    def _labs(self, data: pa.Table) -> None:
        """Settle and store all results of some patients."""
        existing = self._keys.existing(data)
        decided = settle(data.select(COMPARED), existing)
        kept = decided.became(STORED, SUPERSEDED)
        stored = _rows(_corrected(data, decided.corrections), kept)
        ids = self._store("labs", stored)
        stored = _with(stored, "result_id", pa.array(ids))
        self.change.show("labs", _rows(stored, decided.current[kept]))
        self._count(decided)
        self._unseat(existing, decided.unseated)
        self._correct(existing, decided.existing_replaced)
        if decided.count(SUPERSEDED) or len(decided.unseated):
            frame = to_frame(plain(LABS, stored)).assign(group=decided.groups[: len(kept)][kept])
            existing = existing.assign(group=decided.groups[len(kept) :])
            hidden = frame[decided.became(SUPERSEDED)[kept]]
            self._replace(frame, existing, hidden, existing.iloc[decided.unseated])
        self._conflicts(to_frame(plain(LABS, data.filter(pa.array(decided.became(CONFLICT))))))

    def _unseat(self, existing: pd.DataFrame, at: npt.NDArray[np.int64]) -> None:
        """Take rows of earlier imports out of the view."""
        rows = existing.iloc[at]
        if len(rows):
            self.change.hide("labs", rows[ROW_ID], rows["patient_id"])

    def _correct(self, existing: pd.DataFrame, replaced: npt.NDArray[np.object_]) -> None:
        """Note what a row that was there already turns out to correct."""
        marked = existing["current"].to_numpy() & (replaced != "") if len(existing) else np.zeros(0, bool)
        rows = existing[marked]
        self.change.replaced.update(zip(rows[ROW_ID].astype(int), replaced[marked], strict=True))
        self.change.touch(rows["patient_id"])

    def _replace(self, kept: pd.DataFrame, existing: pd.DataFrame, *hidden: pd.DataFrame) -> None:
        """Write which row took the place of each hidden row: the one of highest rank, then the newest."""
        gone = pd.concat([h.assign(row_id=h.get(ROW_ID, h["result_id"])) for h in hidden], ignore_index=True)
        if not len(gone):
            return
        both = pd.concat([kept.assign(row_id=kept["result_id"]), existing.drop(columns="current")], ignore_index=True)
        both["rank"] = both["status"].fillna("").map(STATUSES)
        newest = ["rank", "issued_at", "version", ROW_ID]
        top = both.sort_values(newest, ascending=[False, False, False, True]).drop_duplicates("group")
        pairs = gone[["group", ROW_ID]].merge(top[["group", ROW_ID]], on="group", suffixes=("", "_new"))
        pairs = pairs[pairs[ROW_ID] != pairs[f"{ROW_ID}_new"]].drop_duplicates(ROW_ID)
        self._write_replacements("labs", pairs[ROW_ID], pairs[f"{ROW_ID}_new"])

    def _write_replacements(self, name: str, old: Any, new: Any) -> None:
        """A row that is replaced again now points to the newest one."""
        old, new = [int(i) for i in old], [int(i) for i in new]
        if not old:
            return
        gone = sa.delete(REPLACEMENTS).where(REPLACEMENTS.c.table == name, REPLACEMENTS.c.old_id == sa.bindparam("o"))
        self.connection.execute(gone, [{"o": i} for i in old])
        rows = [(name, a, b, self.import_id) for a, b in zip(old, new, strict=True)]
        bulk.insert_tuples(self.connection, REPLACEMENTS, ["table", "old_id", "new_id", "import_id"], iter(rows))

    def _facts(self, name: str, frame: pd.DataFrame) -> None:
        """Events and imaging: a later file's account of the same event takes the place of an earlier one."""
        existing = self._existing(name, frame)
        outcome, replaced = event_versions.settle_facts(CANONICAL[name], frame, existing)
        kept = outcome == STORED
        ids = self._store(name, to_arrow(CANONICAL[name], frame[kept]))
        self.change.show(name, to_arrow(CANONICAL[name], frame[kept]).append_column(ROW_ID, pa.array(ids)))
        self._count_words(outcome)
        if len(replaced):
            rows = existing.iloc[replaced["existing"]]
            self.change.hide(name, rows[ROW_ID], rows["patient_id"])
            position = np.cumsum(kept) - 1
            self._write_replacements(name, rows[ROW_ID], ids[position[replaced["new"]]])

    def _people(self, frame: pd.DataFrame, uncounted: int) -> None:
        existing = self._existing("patients", frame)
        outcome, message = event_versions.settle_people(frame, existing)
        kept = outcome == STORED
        self._store("patients", to_arrow(PATIENTS, frame[kept]))
        self.change.show("patients", to_arrow(PATIENTS, frame[kept]))
        self._count_words(outcome)
        for name in (DUPLICATE, STORED):
            less = min(uncounted, int((outcome == name).sum()))
            self.counts[name] -= less
            uncounted -= less
        self.counts["results_in"] += uncounted  # what contradicts is told beside results, and counts as one more
        at = outcome == CONFLICT
        self._hold_back(self._held(frame[at], message[at], raw_cell=""))

    def _existing(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        ids = set(frame["patient_id"])
        known = sorted(ids & self._known[name])
        self._known[name] |= ids
        return of_patients(self.connection, name, known)

    def _conflicts(self, labs: pd.DataFrame) -> None:
        if not len(labs):
            return
        message = "another value for the same patient, analyte, time and specimen was accepted; this one is quarantined"
        as_written = (labs["raw_value"].fillna("") + " " + labs["raw_unit"].fillna("")).str.strip()
        held = self._held(labs, np.full(len(labs), message, object), raw_cell=as_written)
        self._hold_back(held.assign(specimen_id=labs["specimen_id"].fillna("")))

    def _held(self, rows: pd.DataFrame, message: Outcomes, raw_cell: Any) -> pd.DataFrame:
        """Rows for the quarantine with the reason CONFLICT."""
        held = pd.DataFrame(
            {
                "file": rows["source_file"].fillna(self.file),
                "line": rows["source_line"].fillna(0),
                "raw_cell": raw_cell,
                "reason_code": "CONFLICT",
                "message": message,
                "hint": "send a status (corrected, amended) or correct the file",
                "patient_id": rows["patient_id"],
                **{c: rows[c] for c in ("analyte", "collected_at") if c in rows},
            }
        )
        return QUARANTINE.conform(held)

    def _hold_back(self, held: pd.DataFrame) -> None:
        if not len(held):
            return
        first = self._next["quarantine"]
        self._next["quarantine"] += len(held)
        frame = QUARANTINE.conform(held).assign(
            quarantine_id=np.arange(first, first + len(held)), import_id=self.import_id, created_utc=self.now
        )
        self.reasons.update(frame["reason_code"])
        self.change.touch(frame["patient_id"].dropna())
        data = to_arrow(QUARANTINE, frame)
        digests = held_digests(data)
        bulk.insert(self.connection, QUARANTINED, data.append_column("digest", pa.array(digests)))
        self._note_range("quarantine", first, len(held), digests)

    def _store(self, name: str, rows: pa.Table) -> npt.NDArray[np.int64]:
        """Insert rows for good; returns their numbers."""
        first = self._next[name]
        ids = np.arange(first, first + len(rows), dtype=np.int64)
        if not len(rows):
            return ids
        self._next[name] += len(rows)
        columns = [f for f in stored_schema(name).names if f not in (ROW_ID, "import_id")]
        data = coded(rows.select(columns))
        digests = stored_digests(name, data)
        data = data.append_column(ROW_ID, pa.array(ids))
        data = data.append_column("import_id", pa.array(np.full(len(ids), self.import_id)))
        self._writer.insert(ROWS[name], data.append_column("digest", pa.array(digests)))
        self._note_range(name, first, len(ids), digests)
        return ids

    def _note_range(self, name: str, first: int, count: int, digests: npt.NDArray[np.int64]) -> None:
        known = self.ranges.setdefault(name, [first, first, 0])
        known[1], known[2] = first + count - 1, added(known[2], total(digests))

    def _count(self, decided: Decisions) -> None:
        for name in (STORED, DUPLICATE, SUPERSEDED):
            self.counts[name] += decided.count(name)

    def _count_words(self, outcome: Outcomes) -> None:
        for name in (STORED, DUPLICATE, SUPERSEDED):
            self.counts[name] += int((outcome == name).sum())

    def _check_clocks(self, batch: Batch) -> None:
        """Days of a study and calendar dates must never meet in one patient."""
        new = dict(zip(batch.patients["patient_id"], batch.patients["clock"], strict=True))
        named = [used_words(batch.coded_labs.column("patient_id"))]
        named += [distinct(frame["patient_id"]) for frame in (batch.events, batch.imaging) if len(frame)]
        for ids in named:
            for patient_id in ids.to_pylist():
                if patient_id not in self._dated or patient_id in self._clocks:
                    new.setdefault(patient_id, "date")
        known = (self._keys.known, *self._known.values())
        self.patients.update(new)
        for patient_id, clock in new.items():
            stored = self._clocks.get(patient_id) or ("date" if any(patient_id in k for k in known) else clock)
            if stored != clock:
                raise RefusedFile(
                    f"its times of patient {patient_id!r} are of the clock {clock!r}, those stored are of {stored!r}; "
                    "import them under another patient id or declare the clock in the profile",
                    file=self.file,
                )
            if clock != "date":
                self._clocks[patient_id] = clock
            else:
                self._dated.add(patient_id)


def _after(connection: sa.Connection, table: sa.Table, column: str) -> int:
    return int(connection.scalar(sa.select(sa.func.max(table.c[column]))) or 0) + 1


def _waiting(labs: pa.Table) -> pa.Table:
    """Results as they wait: columns with few different texts in codes, the others plain."""
    few = set(_NARROW)
    fields = [schema_of(LABS).field(f.name) if is_text(f.type) and f.name not in few else f for f in labs.schema]
    return labs.cast(pa.schema(fields))


def _at_once(labs: pa.Table) -> Iterator[pa.Table]:
    """Results of whole patients in stretches of about ROWS_AT_ONCE, however many lie in one drawer."""
    parts = len(labs) // ROWS_AT_ONCE
    if parts < 2:
        yield labs
        return
    codes, words = words_of(labs.column("patient_id"))
    part = (numbers_of(w for w in words[:-1] if w is not None) // DRAWERS % parts)[codes]
    for i in range(parts):
        if (part == i).any():
            yield labs.filter(pa.array(part == i))


def _rows(data: pa.Table, mask: npt.NDArray[np.bool_]) -> pa.Table:
    return data if mask.all() else data.filter(pa.array(mask))


def _with(data: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return data.set_column(data.schema.get_field_index(name), data.schema.field(name), values)


def _corrected(labs: pa.Table, corrections: Mapping[int, str]) -> pa.Table:
    """With the earlier value that a row corrects; all others correct none."""
    texts = np.full(len(labs), "", dtype=object)
    texts[list(corrections)] = list(corrections.values())
    some = pa.array(texts, pa.large_string()) if corrections else pa.repeat(pa.scalar("", pa.large_string()), len(labs))
    return _with(labs, "replaced", some.dictionary_encode())
