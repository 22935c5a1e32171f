"""Connections to the store's databases, with the settings that make them safe.

SQLite before 3.51.3 can damage a WAL file when two connections write and checkpoint at the same moment
(sqlite.org/wal.html#walresetbug). So readers open read-only, only the holder of the writer's lock writes, and only it
checkpoints. Small working state lives in a database of its own in rollback mode.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import NullPool, QueuePool
from sqlalchemy.util import LRUCache

from analytics.errors import MissingExtra
from analytics.store.database.atomic_files import make_private
from analytics.store.database.location import Place

BUSY_SECONDS = 30.0
CONNECT_SECONDS = 10
"""A server that does not answer for so long is away; its address may say another number."""
LOOK_SECONDS = 10.0
"""So long whoever reads on a server waits for tables that another has locked."""
_SILENCE = {"keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""A server that has fallen silent is given up within half a minute or so: seconds, and milliseconds (libpq)."""
_COMPILED: LRUCache[Any, Any] = LRUCache(500)
"""Statements as SQL, for all SQLite engines of this process. Each engine would keep its own, and a small import, which
opens the three files of a store, spent more time on words than on rows."""


class OneSqlite(SQLiteDialect_pysqlite):
    """SQLite as it is; all engines speak the same one, so that a statement is put into words once in a process."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        """They are told apart by nothing: one library, the same settings of :func:`_sqlite`."""
        return isinstance(other, OneSqlite)

    def __hash__(self) -> int:
        """The same for all."""
        return hash(OneSqlite)


registry.register("sqlite.one", __name__, OneSqlite.__name__)


def truth(place: Place) -> sa.Engine:
    """Engine for reading imported rows; it cannot write."""
    if place.server is not None:
        return _server(place)
    engine = _sqlite(
        read_only(place.truth, as_it_is=place.read_only),
        "BEGIN",
        ("PRAGMA query_only = ON", "PRAGMA wal_autocheckpoint = 0"),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=56,
    )
    _renew_when_replaced(engine, place.truth)
    return engine


def truth_writer(place: Place) -> sa.Engine:
    """Engine for the holder of the writer's lock."""
    if place.server is not None:
        return _server(place, "SELECT pg_advisory_xact_lock(7305809)")
    make_private(place.truth)
    return _sqlite(
        f"file:{place.truth}?mode=rwc",
        "BEGIN IMMEDIATE",
        (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA wal_autocheckpoint = 0",
            "PRAGMA cache_size = -65536",
            "PRAGMA temp_store = MEMORY",
        ),
    )


def working_state(place: Place) -> sa.Engine:
    """Engine for small working state: notes on findings, saved views, jobs."""
    if place.server is not None:
        return _server(place)
    if place.read_only:
        return _sqlite(read_only(place.working_state, as_it_is=True), "BEGIN", ("PRAGMA query_only = ON",))
    make_private(place.working_state)
    return _sqlite(
        f"file:{place.working_state}?mode=rwc",
        "BEGIN IMMEDIATE",
        ("PRAGMA journal_mode = DELETE", "PRAGMA synchronous = FULL"),
    )


def log(place: Place) -> sa.Engine:
    """Engine for the audit log, always a file of its own."""
    if place.read_only:
        return _sqlite(read_only(place.audit, as_it_is=True), "BEGIN", ("PRAGMA query_only = ON",))
    make_private(place.audit)
    return _sqlite(
        f"file:{place.audit}?mode=rwc",
        "BEGIN IMMEDIATE",
        ("PRAGMA journal_mode = DELETE", "PRAGMA synchronous = FULL"),
    )


def read_only(path: Path, *, as_it_is: bool) -> str:
    """Address for reading. Where the folder cannot be written SQLite can keep no shared memory beside the file:
    then it is read as it is, unless a WAL beside it has something that is not in it yet."""
    wal = path.with_name(f"{path.name}-wal")
    alone = as_it_is and not (wal.is_file() and wal.stat().st_size)
    return f"file:{path}?mode=ro{'&immutable=1' if alone else ''}"


def checkpoint(engine: sa.Engine) -> None:
    """Move the WAL into the database file. Call only under the writer's lock.

    What does not succeed now (a reader in the way, a full disk) is made up for after the next import.
    """
    if engine.dialect.name == "sqlite":
        with suppress(sa.exc.DBAPIError, sqlite3.Error), engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _renew_when_replaced(engine: sa.Engine, path: Path) -> None:
    """Open connections are kept, but not across a fork, nor when a restore has put another file in its place."""

    def identity() -> tuple[int, int, int]:
        about = path.stat()
        return os.getpid(), about.st_dev, about.st_ino

    @sa.event.listens_for(engine, "connect")
    def _remember(_connection: Any, record: Any) -> None:
        record.info["identity"] = identity()

    @sa.event.listens_for(engine, "checkout")
    def _check(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["identity"] != identity():
            raise sa.exc.DisconnectionError("another file")


def _sqlite(uri: str, begin: str, pragmas: tuple[str, ...], **pool: Any) -> sa.Engine:
    separator = "&" if "?" in uri else "?"
    engine = sa.create_engine(
        f"sqlite+one:///{uri}{separator}uri=true",
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        execution_options={"compiled_cache": _COMPILED},
        **(pool or {"poolclass": NullPool}),
    )

    @sa.event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _server(place: Place, begin: str = "") -> sa.Engine:
    """Engine of the server; ``begin`` is said first in each transaction (writers of other machines wait there)."""
    assert place.server is not None
    patience = {"connect_timeout": CONNECT_SECONDS, **_SILENCE}
    unsaid = {name: value for name, value in patience.items() if name not in place.server.query}
    try:
        engine = sa.create_engine(place.server, poolclass=NullPool, connect_args=unsaid)
    except ModuleNotFoundError as error:
        raise MissingExtra("postgres", "a store on PostgreSQL") from error

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        seconds = BUSY_SECONDS if begin else LOOK_SECONDS
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(1000 * seconds)}ms'")
        if begin:
            connection.exec_driver_sql(begin)

    return engine


def takes_changes(connection: sa.Connection) -> bool:
    """Whether a server writes down what it is told: a standby, or one that was set so, does not."""
    if connection.dialect.name != "postgresql":
        return True
    return connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"
