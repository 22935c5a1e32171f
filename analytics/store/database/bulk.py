"""Many rows in and out of a database at once: executemany of the driver on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from analytics.store.database.arrow import is_text, python_values, to_frame
from analytics.store.database.atomic_files import step
from analytics.tables import Table

_NONE: Mapping[str, Any] = MappingProxyType({})
READ_ROWS = 100_000
ROWS_A_STATEMENT = 100
PLAIN_ROWS = 20_000
WAITING = 2
"""Insertions that may wait for their turn; each is of some ten megabytes."""


def insert(connection: sa.Connection, table: sa.Table, data: pa.Table) -> None:
    """Insert all rows of ``data``; its columns are named as the table's."""
    if not data.num_rows:
        return
    step("write", table.name)
    data = data.select([n for n in data.column_names if n in table.c])
    same = {} if connection.dialect.name == "postgresql" else _same_in_all(data)
    varied = data.drop_columns(list(same))
    insert_tuples(connection, table, varied.column_names, _tuples(varied), same)


def _same_in_all(data: pa.Table) -> dict[str, Any]:
    """Columns that say the same in every row, with what that is; one column at least is left out."""
    found: dict[str, Any] = {}
    for name, column in zip(data.column_names, data.columns, strict=True):
        if len(found) < data.num_columns - 1 and _is_same(column):
            found[name] = python_values(column.slice(0, 1))[0]
    return found


def _is_same(column: pa.ChunkedArray) -> bool:
    """Whether every row says the same; no where only a look at every text could tell, and of numbers with a point."""
    if column.null_count or column.num_chunks != 1:
        return bool(column.null_count == len(column))
    values = column.chunk(0)
    if pa.types.is_dictionary(values.type):
        values = values.indices
    elif is_text(values.type) or pa.types.is_floating(values.type):
        return False
    ends = pc.min_max(values)
    return bool(ends["min"] == ends["max"])


def _tuples(data: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Rows as plain values, made of some rows at a time: a plain value takes several times the memory of Arrow's."""
    for start in range(0, data.num_rows, PLAIN_ROWS):
        yield from zip(*(python_values(c) for c in data.slice(start, PLAIN_ROWS).columns), strict=True)


class Writer:
    """Inserts in a thread while the caller prepares what comes next; one table at a time, in order, few waiting.

    The connection is free for other use after :meth:`wait`, which also raises what an insertion met.
    """

    def __init__(self, connection: sa.Connection):
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._waiting: deque[Future[None]] = deque()
        self._unindexed: list[sa.Index] = []

    def insert(self, table: sa.Table, data: pa.Table) -> None:
        """Insert all rows of ``data`` soon."""
        while len(self._waiting) >= WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(insert, self._connection, table, data))

    def indexed_afterwards(self, table: sa.Table) -> None:
        """Make the indices of an empty table after its rows, by :meth:`index` (SQLite): sorting them once is faster."""
        self.wait()
        if self._connection.dialect.name == "sqlite":
            for index in table.indexes:
                index.drop(self._connection)
                self._unindexed.append(index)

    def index(self) -> None:
        """Make soon, after what waits, the indices that were put off."""
        while self._unindexed:
            self._waiting.append(self._thread.submit(self._unindexed.pop().create, self._connection))

    def wait(self) -> None:
        """Until everything is inserted."""
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """End the thread, whatever became of the last insertion; those that have not begun never do."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def insert_tuples(
    connection: sa.Connection,
    table: sa.Table,
    names: Sequence[str],
    rows: Iterator[tuple[Any, ...]],
    same: Mapping[str, Any] = _NONE,
) -> None:
    """Insert plain tuples in the order of ``names``; ``same`` are columns that say the same in every row (SQLite)."""
    quote = connection.dialect.identifier_preparer.quote
    into, columns = quote(table.name), ", ".join(quote(n) for n in (*same, *names))
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {into} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            into_columns = f"INSERT INTO {into} ({columns}) VALUES "  # noqa: S608 our names
            _insert_many(cursor, into_columns, tuple(same.values()), len(names), rows)
    finally:
        cursor.close()


def read(connection: sa.Connection, query: sa.Select[Any], schema: pa.Schema) -> pa.Table:
    """All rows of a query as Arrow; the query's columns are those of the schema, in order."""
    parts = list(read_parts(connection, query, schema))
    return pa.concat_tables(parts) if parts else schema.empty_table()


def read_parts(connection: sa.Connection, query: sa.Select[Any], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same in stretches of READ_ROWS rows."""
    result = connection.execute(query, execution_options={"yield_per": READ_ROWS})
    for rows in result.partitions(READ_ROWS):
        columns = list(zip(*rows, strict=True))
        yield pa.table([_array(values, f.type) for values, f in zip(columns, schema, strict=True)], schema=schema)


def frame_of(connection: sa.Connection, query: sa.Select[Any], table: Table, schema: pa.Schema) -> pd.DataFrame:
    """All rows of a query as a frame of a canonical table; columns that the query lacks are missing."""
    return table.conform(to_frame(read(connection, query, schema)))


def _insert_many(
    cursor: Any, insert_into: str, same: tuple[Any, ...], width: int, rows: Iterator[tuple[Any, ...]]
) -> None:
    """Many rows a statement: a quarter faster than one, and other threads get their turn less often.

    What is the same in every row is handed over once a statement.
    """
    whole = insert_into + ", ".join(_places(len(same), width, row) for row in range(ROWS_A_STATEMENT))
    left: list[tuple[Any, ...]] = []

    def stretches() -> Iterator[list[Any]]:
        while len(some := list(islice(rows, ROWS_A_STATEMENT))) == ROWS_A_STATEMENT:
            yield [*same, *chain.from_iterable(some)]
        left.extend((*same, *row) for row in some)

    cursor.executemany(whole, stretches())
    cursor.executemany(insert_into + _places(len(same), width, 0), left)


def _places(same: int, width: int, row: int) -> str:
    """The places of one row in a statement: ``same`` that all rows share, then its own."""
    first = same + row * width
    return f"({', '.join(f'?{i + 1}' for i in (*range(same), *range(first, first + width)))})"


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_boolean(kind):
        return pa.array([None if v is None else bool(v) for v in values], kind)
    if pa.types.is_floating(kind):
        return pa.array(np.array(values, dtype=np.float64), from_pandas=True)
    return pa.array(values, kind)
