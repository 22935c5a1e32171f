"""What the store already holds of the keys that a file brings, read inside the import's transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analytics.ingest.versions import WITHDRAWN
from analytics.store.database import bulk
from analytics.store.database.arrow import schema_of, to_frame, words_of
from analytics.store.tables.rows import CANONICAL, NOT_STORED, REPLACEMENTS, ROW_ID, ROWS
from analytics.tables import LABS, STATUSES

_WANTED = sa.Table(
    "wanted_keys",
    sa.MetaData(),
    sa.Column("patient_id", sa.Text),
    sa.Column("analyte", sa.Text),
    sa.Column("collected_at", sa.BigInteger),
    prefixes=["TEMPORARY"],
)
KEY = ("patient_id", "analyte", "collected_at")


def stored_schema(name: str) -> pa.Schema:
    """Arrow schema of the stored columns of a canonical table, then row_id and import_id."""
    columns = [f for f in schema_of(CANONICAL[name]) if name != "labs" or f.name not in NOT_STORED]
    return pa.schema([*columns, pa.field(ROW_ID, pa.int64()), pa.field("import_id", pa.int64())])


def stored_query(name: str) -> sa.Select[Any]:
    """All stored rows of a canonical table, in the columns of :func:`stored_schema`."""
    table = ROWS[name]
    return sa.select(*(table.c[f.name] for f in stored_schema(name)))


def shown(name: str) -> sa.ColumnElement[bool]:
    """Whether no other row took the place of a stored row."""
    table = ROWS[name]
    return ~sa.exists().where(REPLACEMENTS.c.table == name, REPLACEMENTS.c.old_id == table.c[ROW_ID])


def patients_in(connection: sa.Connection, name: str) -> set[str]:
    """Ids that a table holds, by hopping along its index (not by reading every row)."""
    table = ROWS[name]
    hop = sa.select(sa.func.min(table.c.patient_id).label("p")).cte("hop", recursive=True)
    following = sa.select(sa.func.min(table.c.patient_id)).where(table.c.patient_id > hop.c.p).scalar_subquery()
    hop = hop.union_all(sa.select(following).where(hop.c.p.is_not(None)))
    return {p for p in connection.scalars(sa.select(hop.c.p)) if p is not None}


class Keys:
    """Which keys of results may be there from earlier imports: those of patients known before this one."""

    def __init__(self, connect: Callable[[], sa.Connection]):
        self._connect = connect
        connection = connect()
        self.known = patients_in(connection, "labs")
        _WANTED.create(connection)

    def existing(self, labs: pa.Table) -> pd.DataFrame:
        """All stored versions of these keys: table LABS with row_id, import_id and ``current``."""
        keys = labs.select(KEY)
        codes, words = words_of(keys.column("patient_id"))
        maybe = np.array([w in self.known for w in words])[codes]
        if not maybe.any():
            return _labs_frame(stored_schema("labs").empty_table(), np.zeros(0, bool))
        wanted = keys.filter(pa.array(maybe)).group_by(list(KEY)).aggregate([])
        connection = self._connect()
        connection.execute(sa.delete(_WANTED))
        bulk.insert(connection, _WANTED, wanted)
        table = ROWS["labs"]
        same = sa.and_(*(table.c[k] == _WANTED.c[k] for k in KEY))
        query = stored_query("labs").add_columns(shown("labs")).select_from(_WANTED.join(table, same))
        schema = stored_schema("labs").append(pa.field("current", pa.bool_()))
        found = bulk.read(connection, query, schema).sort_by(ROW_ID)  # ordered in SQL, SQLite reads every row
        return _labs_frame(found.drop_columns(["current"]), found.column("current").to_numpy())

    def close(self) -> None:
        """Drop the temporary table."""
        _WANTED.drop(self._connect())


def of_patients(connection: sa.Connection, name: str, patient_ids: list[str]) -> pd.DataFrame:
    """Shown rows of events or imaging, or all rows of patients, of these ids, in the order of their import."""
    table = ROWS[name]
    query = stored_query(name).where(table.c.patient_id.in_(sa.bindparam("ids", expanding=True)))
    if name != "patients":
        query = query.where(shown(name))
    query = query.order_by(table.c[ROW_ID])
    parts = []
    for start in range(0, len(patient_ids), 500):
        some = query.params(ids=patient_ids[start : start + 500])
        parts.append(bulk.read(connection, some, stored_schema(name)))
    data = pa.concat_tables(parts) if parts else stored_schema(name).empty_table()
    return to_frame(data)


def relative_clocks(connection: sa.Connection) -> dict[str, str]:
    """Clock of each stored patient that is not on calendar dates."""
    table = ROWS["patients"]
    rows = connection.execute(sa.select(table.c.patient_id, table.c.clock).where(table.c.clock != "date").distinct())
    return {p: c for p, c in rows}


def _labs_frame(found: pa.Table, unreplaced: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """With ``current``: no other row took its place, and it is not itself a withdrawal."""
    frame = to_frame(found)
    ids, imports = frame[ROW_ID], frame["import_id"]
    rank = frame["status"].fillna("").map(STATUSES).to_numpy("int64")
    current = unreplaced.astype(bool) & (rank < WITHDRAWN)
    return LABS.conform(frame).assign(row_id=ids, import_id=imports, current=current)
