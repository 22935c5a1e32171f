"""Rows of a store on a server as files of SQLite, so that its backup is like any other, and such files as its rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

from analytics.errors import InputError
from analytics.store import tables
from analytics.store.admin.belongings import copy_database
from analytics.store.admin.rows_copy import Held, copy_rows, held, holding, tables_of
from analytics.store.database import engines, queries, schema
from analytics.store.database.atomic_files import make_folder, step, temp_beside
from analytics.store.database.location import Place


def write_copies(place: Place, folder: Path) -> None:
    """Write ``store.db`` and ``desk.db`` into the folder: what the server holds, of one moment, each row compared.

    Raises:
        DamagedStore: the copy does not say what the server says.
    """
    scratch = Place(make_folder(temp_beside(folder / "rows")))
    try:
        scratch.make()
        schema.make_tables(scratch, lambda: None)
        writers = (
            (tables.TRUTH, engines.truth_writer(scratch)),
            (tables.WORKING_STATE, engines.working_state(scratch)),
        )
        with engines.truth(place).connect() as plain:
            source = plain.execution_options(isolation_level="REPEATABLE READ")
            for part, engine in writers:
                with engine.connect() as target:
                    copy_rows(source, target, tables_of(part))
                    target.commit()
        engines.checkpoint(writers[0][1])
        for path in (scratch.truth, scratch.working_state):
            step("write", path.name)
            copy_database(path, folder / path.name)
    finally:
        shutil.rmtree(scratch.folder, ignore_errors=True)


def take_in(copies: Place, place: Place, replace: bool, before_commit: Callable[[], None]) -> None:
    """Make the server hold what the databases of a folder hold, in one transaction.

    Args:
        copies: an embedded store of this version.
        place: the store on the server.
        replace: what is there goes.
        before_commit: done when every row is there and compared; nothing is changed where it fails.

    Raises:
        InputError: there is something and ``replace`` was not said.
    """
    schema.make_tables(place, lambda: None)
    with ExitStack() as stack:
        target = stack.enter_context(engines.truth_writer(place).connect())
        if (full := holding(target, tables_of())) and not replace:
            raise InputError(f"there are rows in {', '.join(full)} of that database; say --replace to put others there")
        for table in tables_of():
            target.execute(sa.delete(table))
        for part, engine in (
            (tables.TRUTH, engines.truth(copies)),
            (tables.WORKING_STATE, engines.working_state(copies)),
        ):
            source = stack.enter_context(engine.connect())
            copy_rows(source, target, tables_of(part))
        before_commit()
        step("commit", "server")
        target.commit()


def rows_of(place: Place) -> dict[str, Held]:
    """What each table of a store holds."""
    if place.is_server:
        with engines.truth(place).connect() as connection:
            return held(connection, tables_of())
    found: dict[str, Held] = {}
    for part, engine in ((tables.TRUTH, engines.truth(place)), (tables.WORKING_STATE, engines.working_state(place))):
        with engine.connect() as connection:
            found |= held(connection, tables_of(part))
    return found


def generation_on(place: Place) -> int:
    """Newest generation of a store on a server; 0 where it has no tables."""
    with engines.truth(place).connect() as connection:
        if not sa.inspect(connection).has_table("generations"):
            return 0
        return int(connection.scalar(queries.newest()) or 0)
