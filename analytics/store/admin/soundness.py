"""What can be said of tables that have no digests: every page is sound, every value is of its kind and can be read.

The tables of imported rows are checked against their digests (analytics.store.admin.verify). A changed letter within a
note or a reason is seen by no one; a damaged page, a number that is text and a list that is cut off are.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from analytics.store.database.engines import read_only
from analytics.store.database.location import Place
from analytics.store.tables.rows import IMPORTS

_MOST = 20
"""Problems of one table that are named."""
_DIGEST = "digest"
_JSON = {"manifest", "row_ranges", "body"}


def small_tables(connection: sa.Connection, metadata: sa.MetaData) -> list[str]:
    """Problems of every table without digests: what cannot be read, and values that are not of their column's kind."""
    found: list[str] = []
    for table in metadata.sorted_tables:
        if _DIGEST in table.c and table.name != IMPORTS.name:
            continue
        try:
            rows = connection.execute(sa.text(f'SELECT * FROM "{table.name}"')).mappings()  # noqa: S608  our own names
            found += _odd(table, rows)
        except (sa.exc.DBAPIError, ValueError) as error:
            found.append(f"{table.name}: cannot be read to the end: {str(error).splitlines()[0]}")
    return found


def every_file(place: Place) -> list[str]:
    """Problems of all databases, where one of them cannot even be opened."""
    truth = [] if place.is_server else [f"{place.truth.name}: {said}" for said in _of_file(place.truth)]
    return [*truth, *beside(place)]


def beside(place: Place) -> list[str]:
    """Problems of the databases beside the imported rows: working state, audit log, accounts."""
    files = [place.audit] if place.is_server else [place.working_state, place.audit]
    keys = place.folder / "keys"
    files += sorted(keys.glob("*.db")) if keys.is_dir() else []
    return [f"{path.name}: {said}" for path in files if path.is_file() for said in _of_file(path)]


def _of_file(path: Path) -> Iterator[str]:
    try:
        with closing(_open(path)) as connection:
            for (said,) in connection.execute("PRAGMA integrity_check(100)"):
                if said != "ok":
                    yield said
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    except sqlite3.Error as error:
        yield f"cannot be read: {error}"
        return
    for name in names:
        yield from _of_table(path, name)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(read_only(path, as_it_is=not os.access(path.parent, os.W_OK)), uri=True)


def _of_table(path: Path, name: str) -> Iterator[str]:
    """Each row of one table, read to its end; another connection, as one that met a fault may refuse the next."""
    try:
        with closing(_open(path)) as connection:
            for _ in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608  a name of the file itself
                pass
    except sqlite3.Error as error:
        yield f"table {name} cannot be read to the end: {error}"


def _odd(table: sa.Table, rows: sa.MappingResult) -> Iterator[str]:
    told = 0
    for number, row in enumerate(rows, 1):
        for column in table.c:
            value = row[column.name]
            if told < _MOST and value is not None and not _fits(column, value):
                told += 1
                yield f"{table.name}: row {number} has no {column.name} of its kind"


def _fits(column: sa.Column[object], value: object) -> bool:
    kind = column.type.as_generic().python_type
    if kind is float:
        return isinstance(value, float | int)
    if kind is bool:
        return value in (0, 1)
    if not isinstance(value, kind):
        return False
    if column.name in _JSON and isinstance(value, str) and value:
        try:
            json.loads(value)
        except ValueError:
            return False
    return True
