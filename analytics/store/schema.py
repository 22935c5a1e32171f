"""Making the tables of a new store and refusing one from a newer version."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.errors import NewerStore
from analytics.store import tables

VERSION = 1
"""Goes up with every migration in analytics/store/migrations."""

META = sa.Table(
    "hepatrend",
    tables.TRUTH,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


def make(truth: sa.Engine, desk: sa.Engine) -> None:
    """Make what is absent; a store of this version stays as it is."""
    tables.load()
    with truth.begin() as connection:
        refuse_newer(connection)
        tables.TRUTH.create_all(connection)
        if version_of(connection) is None:
            connection.execute(sa.insert(META).values(name="version", value=str(VERSION)))
    with desk.begin() as connection:
        tables.DESK.create_all(connection)


def version_of(connection: sa.Connection) -> int | None:
    """Version of the store's tables; None where there are none."""
    if not sa.inspect(connection).has_table(META.name):
        return None
    value = connection.scalar(sa.select(META.c.value).where(META.c.name == "version"))
    return None if value is None else int(value)


def refuse_newer(connection: sa.Connection) -> None:
    """Raises NewerStore if a newer hepatrend wrote this store."""
    version = version_of(connection)
    if version is not None and version > VERSION:
        raise NewerStore(
            f"this store has version {version}, this hepatrend reads up to {VERSION}; install a newer hepatrend"
        )
