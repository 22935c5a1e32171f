"""All rows of a store from one database into another, embedded or on a server, each row compared afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from analytics.errors import DamagedStore, StoreError
from analytics.store import tables
from analytics.store.database import bulk
from analytics.store.database.row_digest import added, row_digests, total

_KINDS: dict[type, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    str: pa.string(),
    bytes: pa.string(),
}
_NUL = "\x00"


@dataclass(frozen=True)
class Held:
    """What a table holds: how many rows, and the sum of their digests, whatever their order."""

    rows: int = 0
    digest: int = 0


def tables_of(*parts: sa.MetaData) -> list[sa.Table]:
    """Every table of a store (or of some parts of it), by name; none refers to another."""
    tables.load()
    return sorted(
        (t for part in parts or (tables.TRUTH, tables.WORKING_STATE) for t in part.tables.values()),
        key=lambda t: t.name,
    )


def held(connection: sa.Connection, which: Sequence[sa.Table]) -> dict[str, Held]:
    """What each of these tables holds."""
    return {table.name: _sum(_stretches(connection, table), table) for table in which}


def copy_rows(source: sa.Connection, target: sa.Connection, which: Sequence[sa.Table]) -> dict[str, Held]:
    """Copy these tables within the transactions of both connections; the target's are empty before.

    Returns:
        What each table holds now, compared with what was read.

    Raises:
        DamagedStore: the target does not give back what it was given; do not commit.
        StoreError: a text cannot be kept by the target.
    """
    told = {}
    for table in which:
        read = Held()
        for rows in _stretches(source, table):
            _refuse_nul(target, table, rows)
            names = [c.name for c in table.c]
            bulk.insert_tuples(target, table, names, (tuple(row) for row in rows))
            read = Held(read.rows + len(rows), added(read.digest, _digest(rows, table)))
        told[table.name] = read
    found = held(target, which)
    for name, was in told.items():
        if found[name] != was:
            raise DamagedStore(
                f"{name}: {was.rows:,} rows were read and {found[name].rows:,} are there, or one of them is another; "
                "nothing was changed"
            )
    return found


def holding(connection: sa.Connection, which: Sequence[sa.Table]) -> list[str]:
    """Names of those tables that are there and have rows."""
    there = set(sa.inspect(connection).get_table_names())
    mine = [table for table in which if table.name in there]
    return [t.name for t in mine if connection.execute(sa.select(sa.literal(1)).select_from(t).limit(1)).first()]


def _stretches(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[sa.Row[Any]]]:
    query = sa.select(*table.c)
    yield from connection.execute(query, execution_options={"yield_per": bulk.PLAIN_ROWS}).partitions(bulk.PLAIN_ROWS)


def _sum(stretches: Iterator[Sequence[sa.Row[Any]]], table: sa.Table) -> Held:
    found = Held()
    for rows in stretches:
        found = Held(found.rows + len(rows), added(found.digest, _digest(rows, table)))
    return found


def _digest(rows: Sequence[sa.Row[Any]], table: sa.Table) -> int:
    """Sum of the digests of some rows; numbers, text and bytes alike in every database."""
    columns = list(zip(*rows, strict=True))
    arrays = [_array(values, column) for values, column in zip(columns, table.c, strict=True)]
    names = [c.name for c in table.c]
    return total(row_digests(pa.table(arrays, names=names), names))


def _array(values: Sequence[Any], column: sa.Column[Any]) -> pa.Array:
    kind = column.type.as_generic().python_type
    if kind is bytes:
        values = [None if v is None else bytes(v).hex() for v in values]
    elif kind is bool:
        values = [None if v is None else bool(v) for v in values]
    elif kind is float:
        return pa.array(np.array(values, dtype=np.float64), from_pandas=True)
    return pa.array(values, _KINDS[kind])


def _refuse_nul(target: sa.Connection, table: sa.Table, rows: Sequence[sa.Row[Any]]) -> None:
    if target.dialect.name != "postgresql":
        return
    for row in rows:
        if any(isinstance(value, str) and _NUL in value for value in row):
            raise StoreError(f"{table.name}: a text has a sign (NUL) that PostgreSQL cannot keep; nothing was changed")
