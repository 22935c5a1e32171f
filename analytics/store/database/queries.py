"""Questions to the database: ledger, quarantine, the newest generation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analytics.arrow import empty_frame
from analytics.store.database import bulk
from analytics.store.database.arrow import schema_of, to_frame
from analytics.store.database.patient_merge import present_ids
from analytics.store.tables.generations import GENERATIONS
from analytics.store.tables.rows import IMPORTS, QUARANTINED
from analytics.tables import LEDGER, QUARANTINE

_OPEN = QUARANTINED.c.resolution.is_(None)

HELD_COLUMNS = ("patient_id", "analyte", "collected_at", "reason_code", "raw_cell", "message", "resolution")
"""What rules and lists look at of a row quarantined; what else may change without a new analysis."""


@cache
def newest() -> sa.Select[Any]:
    """Number of the newest generation; asked at each request, so it is put together once."""
    return sa.select(sa.func.coalesce(sa.func.max(GENERATIONS.c.generation), 0))


def ledger(connection: sa.Connection) -> pd.DataFrame:
    """Table LEDGER, newest first."""
    schema = schema_of(LEDGER)
    query = sa.select(*(IMPORTS.c[n] for n in schema.names)).order_by(IMPORTS.c.import_id.desc())
    return bulk.frame_of(connection, query, LEDGER, schema)


def profile_digest(connection: sa.Connection, import_id: int) -> str:
    """Digest of the profile that a file was read with."""
    return str(connection.scalar(sa.select(IMPORTS.c.stamp).where(IMPORTS.c.import_id == import_id)) or "")


def quarantine(
    connection: sa.Connection,
    reason: str | None = None,
    file: str | None = None,
    patient_ids: Sequence[str] | None = None,
    include_resolved: bool = False,
) -> pd.DataFrame:
    """Table QUARANTINE, in the order of import and line."""
    query = _all_held()
    if not include_resolved:
        query = query.where(_OPEN)
    if reason is not None:
        query = query.where(QUARANTINED.c.reason_code == reason)
    if file is not None:
        query = query.where(QUARANTINED.c.file == file)
    if patient_ids is not None:
        return held_of(connection, list(patient_ids), query)
    return _frame(connection, query)


def held_of(
    connection: sa.Connection, patient_ids: list[str] | None, query: sa.Select[Any] | None = None
) -> pd.DataFrame:
    """Rows quarantined of some present ids (all where None), under those ids."""
    query = _all_held().where(_OPEN) if query is None else query
    merged = present_ids(connection)
    if patient_ids is None:
        return _present(_frame(connection, query), merged)
    wanted = set(patient_ids)
    asked = [*wanted, *(old for old, new in merged.items() if new in wanted)]
    parts = [
        bulk.read(connection, query.where(QUARANTINED.c.patient_id.in_(asked[i : i + 500])), schema_of(QUARANTINE))
        for i in range(0, len(asked), 500)
    ]
    data = pa.concat_tables(parts) if parts else schema_of(QUARANTINE).empty_table()
    if not data.num_rows:
        return empty_frame(QUARANTINE)
    return _present(QUARANTINE.conform(to_frame(data)), merged)


def held_named(connection: sa.Connection) -> pd.DataFrame:
    """Open rows quarantined that name a patient, under present ids: what rules and lists look at of them."""
    named = QUARANTINED.c.patient_id.is_not(None)
    return held_of(connection, None, _all_held().where(_OPEN, named))[list(HELD_COLUMNS)]


def conflicts(connection: sa.Connection) -> pd.DataFrame:
    """Open rows quarantined as conflicts, under present ids."""
    return held_of(connection, None, _all_held().where(_OPEN, QUARANTINED.c.reason_code == "CONFLICT"))


def _present(frame: pd.DataFrame, merged: dict[str, str]) -> pd.DataFrame:
    if not merged:
        return frame
    ids = frame["patient_id"]
    return frame.assign(patient_id=ids.map(merged).fillna(ids).astype("str"))


def held_counts(connection: sa.Connection) -> dict[str, int]:
    """How many rows are quarantined, by present id."""
    query = (
        sa.select(QUARANTINED.c.patient_id, sa.func.count())
        .where(_OPEN, QUARANTINED.c.patient_id.is_not(None))
        .group_by(QUARANTINED.c.patient_id)
    )
    merged = present_ids(connection)
    counts: dict[str, int] = {}
    for patient_id, n in connection.execute(query):
        now = merged.get(patient_id, patient_id)
        counts[now] = counts.get(now, 0) + n
    return counts


def held_count(connection: sa.Connection) -> int:
    """How many rows are quarantined and open."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(QUARANTINED).where(_OPEN)) or 0)


def _all_held() -> sa.Select[Any]:
    """All rows; the hash of the file is that of the import, which is known only when the file was read to its end."""
    own = {n: QUARANTINED.c[n] for n in schema_of(QUARANTINE).names}
    own["file_sha256"] = sa.func.coalesce(own["file_sha256"], IMPORTS.c.sha256).label("file_sha256")
    imported = IMPORTS.c.import_id == QUARANTINED.c.import_id
    both = QUARANTINED.outerjoin(IMPORTS, imported)
    return sa.select(*own.values()).select_from(both).order_by(QUARANTINED.c.quarantine_id)


def _frame(connection: sa.Connection, query: sa.Select[Any]) -> pd.DataFrame:
    return bulk.frame_of(connection, query, QUARANTINE, schema_of(QUARANTINE))
