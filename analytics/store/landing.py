"""One file on its way into the store: settles each batch against what is there, inserts, counts. Not yet visible."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analytics.errors import RefusedFile
from analytics.ingest import people
from analytics.ingest.outcome import Batch
from analytics.ingest.settle import CONFLICT, DUPLICATE, STORED, SUPERSEDED, settle
from analytics.store import bulk, facts
from analytics.store.arrow import to_arrow
from analytics.store.change import Change
from analytics.store.digest import added, row_digests, total
from analytics.store.existing import Keys, of_patients, patients_in, relative_clocks, stored_schema
from analytics.store.tables.rows import CANONICAL, NOT_DIGESTED, QUARANTINED, REPLACEMENTS, ROW_ID, ROWS
from analytics.tables import LABS, QUARANTINE, STATUSES

Outcomes = npt.NDArray[np.object_]


class Landing:
    """Takes the batches of one file inside one transaction.

    Attributes:
        counts: outcomes of results so far, by name.
        reasons: results held back, by reason.
        patients: ids that the file names.
        ranges: table -> [first row number, last row number, sum of row digests].
    """

    def __init__(self, connection: sa.Connection, import_id: int, file: str, change: Change, now: pd.Timestamp):
        self.connection, self.import_id, self.file, self.change, self.now = connection, import_id, file, change, now
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.ranges: dict[str, list[int]] = {}
        self.patients: set[str] = set()
        self._next = {name: _after(connection, table, ROW_ID) for name, table in ROWS.items()}
        self._next["quarantine"] = _after(connection, QUARANTINED, "quarantine_id")
        self._keys = Keys(connection)
        self._known = {name: patients_in(connection, name) for name in ("events", "imaging", "patients")}
        self._clocks = relative_clocks(connection)
        self._before = self._keys.known.union(*self._known.values())

    def take(self, batch: Batch) -> None:
        """Settle, store and count one batch.

        Raises:
            RefusedFile: times on another clock than the patient's earlier ones.
        """
        self._check_clocks(batch)
        for name in ("rows_in", "results_in", "ignored"):
            self.counts[name] += getattr(batch, name)
        self._hold_back(batch.quarantine)
        if len(batch.labs):
            self._labs(batch.labs)
        for name in ("events", "imaging"):
            if len(getattr(batch, name)):
                self._facts(name, getattr(batch, name))
        if len(batch.patients):
            self._people(batch.patients, batch.uncounted)

    def alike(self) -> tuple[str, ...]:
        """New ids that a reader could take for one that was there before: ``123 (like 00123)``."""
        fresh: dict[str, list[str]] = {}
        for one in sorted(self.patients - self._before):
            fresh.setdefault(people.folded(one), []).append(one)
        if not fresh:
            return ()
        pairs = [(new, old) for old in sorted(self._before) for new in fresh.get(people.folded(old), ())]
        return tuple(f"{new} (like {old})" for new, old in pairs)

    def close(self) -> None:
        """Free what only the import needed."""
        self._keys.close()

    def _labs(self, labs: pd.DataFrame) -> None:
        labs = labs.reset_index(drop=True)
        existing = self._keys.existing(to_arrow(LABS, labs))
        decided = settle(labs, existing)
        kept = np.isin(decided.outcome, (STORED, SUPERSEDED))
        labs = labs.assign(replaced=pd.array(decided.replaced, dtype="str"))
        ids = self._store("labs", labs[kept])
        labs.loc[kept, "result_id"] = ids
        show = kept & decided.current
        self.change.show("labs", labs[show])
        self._count(decided.outcome)
        self._unseat(existing, decided.unseated)
        self._correct(existing, decided.existing_replaced)
        hidden = labs[kept & (decided.outcome == SUPERSEDED)]
        self._replace(labs[kept], existing, hidden, existing.iloc[decided.unseated])
        self._conflicts(labs[decided.outcome == CONFLICT])

    def _unseat(self, existing: pd.DataFrame, at: npt.NDArray[np.int64]) -> None:
        """Take rows out of the view; those of this very file change from stored to superseded in its sums."""
        rows = existing.iloc[at]
        if not len(rows):
            return
        own = int((rows["import_id"] == self.import_id).sum())
        self.counts[STORED] -= own
        self.counts[SUPERSEDED] += own
        self.change.hide("labs", rows[ROW_ID], rows["patient_id"])

    def _correct(self, existing: pd.DataFrame, replaced: npt.NDArray[np.object_]) -> None:
        """Note what a row that was there already turns out to correct."""
        marked = existing["current"].to_numpy() & (replaced != "") if len(existing) else np.zeros(0, bool)
        rows = existing[marked]
        self.change.replaced.update(zip(rows[ROW_ID].astype(int), replaced[marked], strict=True))
        self.change.touch(rows["patient_id"])

    def _replace(self, kept: pd.DataFrame, existing: pd.DataFrame, *hidden: pd.DataFrame) -> None:
        """Write which row took the place of each hidden row: the one of highest rank, then the earliest."""
        gone = pd.concat([h.assign(row_id=h.get(ROW_ID, h["result_id"])) for h in hidden], ignore_index=True)
        if not len(gone):
            return
        both = pd.concat([kept.assign(row_id=kept["result_id"]), existing.drop(columns="current")], ignore_index=True)
        both["rank"] = both["status"].fillna("").map(STATUSES)
        top = both.sort_values(["rank", ROW_ID], ascending=[False, True]).drop_duplicates(list(LABS.key))
        pairs = gone[[*LABS.key, ROW_ID]].merge(top[[*LABS.key, ROW_ID]], on=list(LABS.key), suffixes=("", "_new"))
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
        outcome, replaced = facts.settle_facts(CANONICAL[name], frame, existing)
        kept = outcome == STORED
        ids = self._store(name, frame[kept])
        self.change.show(name, frame[kept], ids)
        self._count(outcome)
        if len(replaced):
            rows = existing.iloc[replaced["existing"]]
            self.change.hide(name, rows[ROW_ID], rows["patient_id"])
            position = np.cumsum(kept) - 1
            self._write_replacements(name, rows[ROW_ID], ids[position[replaced["new"]]])

    def _people(self, frame: pd.DataFrame, uncounted: int) -> None:
        existing = self._existing("patients", frame)
        outcome, message = facts.settle_people(frame, existing)
        kept = outcome == STORED
        self._store("patients", frame[kept])
        self.change.show("patients", frame[kept])
        self._count(outcome)
        for name in (DUPLICATE, STORED):
            less = min(uncounted, int((outcome == name).sum()))
            self.counts[name] -= less
            uncounted -= less
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
        message = "another value for the same patient, analyte, time and specimen was accepted; this one is held back"
        self._hold_back(self._held(labs, np.full(len(labs), message, object), raw_cell=labs["raw_value"]))

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
        digests = row_digests(data, [n for n in QUARANTINE.names if n not in NOT_DIGESTED])
        bulk.insert(self.connection, QUARANTINED, data.append_column("digest", pa.array(digests)))
        self._note_range("quarantine", first, len(held), digests)

    def _store(self, name: str, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Insert rows for good; returns their numbers."""
        first = self._next[name]
        ids = np.arange(first, first + len(frame), dtype=np.int64)
        if not len(frame):
            return ids
        self._next[name] += len(frame)
        columns = [f for f in stored_schema(name).names if f not in (ROW_ID, "import_id")]
        data = to_arrow(CANONICAL[name], frame).select(columns)
        digests = row_digests(data, columns)
        data = data.append_column(ROW_ID, pa.array(ids))
        data = data.append_column("import_id", pa.array(np.full(len(ids), self.import_id)))
        bulk.insert(self.connection, ROWS[name], data.append_column("digest", pa.array(digests)))
        self._note_range(name, first, len(ids), digests)
        return ids

    def _note_range(self, name: str, first: int, count: int, digests: npt.NDArray[np.int64]) -> None:
        known = self.ranges.setdefault(name, [first, first, 0])
        known[1], known[2] = first + count - 1, added(known[2], total(digests))

    def _count(self, outcome: Outcomes) -> None:
        for name in (STORED, DUPLICATE, SUPERSEDED):
            self.counts[name] += int((outcome == name).sum())

    def _check_clocks(self, batch: Batch) -> None:
        """Days of a study and calendar dates must never meet in one patient."""
        new = dict(zip(batch.patients["patient_id"], batch.patients["clock"], strict=True))
        for frame in (batch.labs, batch.events, batch.imaging):
            for patient_id in frame["patient_id"].unique():
                new.setdefault(patient_id, "date")
        known = self._keys.known | self._known["events"] | self._known["imaging"] | self._known["patients"]
        self.patients.update(new)
        for patient_id, clock in new.items():
            stored = self._clocks.get(patient_id, "date" if patient_id in known else clock)
            if stored != clock:
                raise RefusedFile(
                    f"its times of patient {patient_id!r} are of the clock {clock!r}, those stored are of {stored!r}; "
                    "import them under another patient id or declare the clock in the profile",
                    file=self.file,
                )
            if clock != "date":
                self._clocks[patient_id] = clock


def _after(connection: sa.Connection, table: sa.Table, column: str) -> int:
    return int(connection.scalar(sa.select(sa.func.max(table.c[column]))) or 0) + 1
