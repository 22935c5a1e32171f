"""The tables' version: made new, brought forward, or refused because they are from the future."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from analytics.errors import NewerStore
from analytics.store import tables
from analytics.store.database import engines
from analytics.store.database.atomic_files import step
from analytics.store.database.location import Place

log = logging.getLogger(__name__)
FOLDER = Path(__file__).parent.parent / "migrations"

STAMP = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))


def versions() -> list[str]:
    """All versions that this hepatrend knows, oldest first: the numbers of the files in migrations/versions."""
    return sorted(p.name[:4] for p in (FOLDER / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def make_tables(place: Place, before: Callable[[], None]) -> bool:
    """Make what is absent, bring older tables forward. Call under the writer's lock.

    Args:
        place: where the store lies.
        before: called before older tables are touched.

    Returns:
        Whether the tables were older, so that the snapshot has to follow.

    Raises:
        NewerStore: a newer hepatrend wrote this store; nothing was changed.
    """
    tables.load()
    if place.is_server:
        each = [
            (engines.truth_writer(place), frozenset({"truth", "working_state"}), [tables.TRUTH, tables.WORKING_STATE])
        ]
    else:
        each = [
            (engines.truth_writer(place), frozenset({"truth"}), [tables.TRUTH]),
            (engines.working_state(place), frozenset({"working_state"}), [tables.WORKING_STATE]),
        ]
    for engine, _, _ in each:
        with engine.connect() as connection:
            refuse_newer(connection)
    older = any(_is_older(engine) for engine, _, _ in each)
    if older:
        log.warning("the store is brought forward to version %s; with many patients this takes minutes", versions()[-1])
        before()
    for engine, parts, metadata in each:
        _make_one(engine, parts, metadata)
    return older


def is_current(place: Place) -> bool:
    """Whether everything is there in the newest version, asked without any lock, so that opening never waits.

    Raises:
        NewerStore: a newer hepatrend wrote this store.
    """
    tables.load()
    if (
        place.forward.is_file()
        or not place.secret.is_file()
        or not (place.is_server or (place.truth.is_file() and place.working_state.is_file()))
    ):
        return False
    for engine, metadata in (
        (engines.truth(place), tables.TRUTH),
        (engines.working_state(place), tables.WORKING_STATE),
    ):
        with engine.connect() as connection:
            refuse_newer(connection)
            here = set(sa.inspect(connection).get_table_names())
            if version_of(connection) != versions()[-1] or not set(metadata.tables) <= here:
                return False
    return True


def has(engine: sa.Engine, table: sa.Table) -> bool:
    """Whether a table is there: a store that is read-only may be of a version before it."""
    return sa.inspect(engine).has_table(table.name)


def version_of(connection: sa.Connection) -> str | None:
    """Version of the tables; None where there are none."""
    if not sa.inspect(connection).has_table(STAMP.name):
        return None
    version: str | None = connection.scalar(sa.select(STAMP.c.version_num))
    return version


def refuse_newer(connection: sa.Connection) -> None:
    """Raises NewerStore if a newer hepatrend wrote these tables."""
    version, known = version_of(connection), versions()
    if version is not None and version not in known:
        raise NewerStore(
            f"this store has version {version}, this hepatrend knows versions up to {known[-1]}; "
            "install the hepatrend that wrote it, or a newer one"
        )


def _is_older(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        version = version_of(connection)
    return version is not None and version != versions()[-1]


def _make_one(engine: sa.Engine, parts: frozenset[str], metadata: list[sa.MetaData]) -> None:
    with engine.connect() as connection:
        version = version_of(connection)
        if version is None:
            STAMP.create(connection)
            connection.execute(sa.insert(STAMP).values(version_num=versions()[-1]))
        elif version != versions()[-1]:
            _bring_forward(connection, parts)
        here = set(sa.inspect(connection).get_table_names())  # asked once: create_all would ask for each table
        for each in metadata:
            absent = [table for table in each.tables.values() if table.name not in here]
            each.create_all(connection, tables=absent, checkfirst=False)
        step("commit", "schema")
        connection.commit()


def _bring_forward(connection: sa.Connection, parts: frozenset[str]) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes.update(connection=connection, parts=parts)
    command.upgrade(config, "head")
