"""Errors of the disk and of the database in words that say what is left: nothing was stored, or nothing is lost."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from analytics.errors import BusyStore, DamagedStore, StoreError

_AWAY = (
    "connection refused", "Connection refused", "connection failed", "could not connect", "could not translate host",
    "server closed the connection", "terminating connection", "the connection is lost", "shutting down",
    "starting up", "connection is bad", "timeout expired", "No route to host",
)  # fmt: skip
"""What PostgreSQL and its driver say where the server is down, restarts or is out of reach."""
_USED_UP = ("disk is full", "No space left on device", "Disk quota exceeded", "File too large")
"""What SQLite says, and PostgreSQL, which gives the words of its own system."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def told() -> Iterator[None]:
    """Turn what the system says into errors of ours; the transaction has been undone by then.

    Raises:
        StoreError: the disk is full or cannot be written.
        BusyStore: the database is locked by another process.
        DamagedStore: the database's own check does not hold.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise StoreError(f"{error.filename}: {error.strerror}; nothing was stored") from error
        raise of_disk(error) from error
    except sa.exc.DBAPIError as error:
        raise _of_database(str(error.orig)) from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what Parquet says of a broken file into an error of ours; a file that is gone stays ``FileNotFoundError``.

    Raises:
        DamagedStore: the file is cut off, or its bytes are not what was written.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise DamagedStore(
            f"{path.name} of the snapshot cannot be read; the rows are in the database: run hepatrend doctor "
            "--rebuild, then hepatrend verify"
        ) from error


def whole_file(path: Path, **options: Any) -> pa.Table:
    """A Parquet file as a table.

    Raises:
        DamagedStore: it cannot be read.
        FileNotFoundError: it is not there.
    """
    with readable(path):
        return pq.read_table(path, partitioning=None, page_checksum_verification=True, **options)


def of_disk(error: OSError) -> StoreError:
    """What an error of the disk is in our words."""
    return StoreError(f"{_of_disk(error)}; nothing was stored")


def is_full(error: OSError) -> bool:
    """Whether the disk, a quota or the size that a file may have is used up."""
    return error.errno in _FULL


def reason(error: OSError | sa.exc.DBAPIError) -> str:
    """Why something could not be written, in a few words."""
    if isinstance(error, OSError):
        return _of_disk(error)
    return str(_of_database(str(error.orig))).partition(";")[0]


def _of_disk(error: OSError) -> str:
    return "the disk is full" if is_full(error) else f"the disk cannot be written: {error.strerror}"


def of_database(error: BaseException) -> StoreError | None:
    """What an error of a database is in our words; None for any other error."""
    if isinstance(error, sa.exc.DBAPIError):
        return _of_database(str(error.orig))
    return _of_database(str(error)) if isinstance(error, sqlite3.Error) else None


def _of_database(said: str) -> StoreError:
    if "authentication failed" in said:
        return StoreError("the database server does not know this user or password; nothing was stored")
    if any(words in said for words in _AWAY):
        return StoreError("the database server cannot be reached; nothing was stored, try again when it is back")
    if any(words in said for words in _USED_UP):
        return StoreError("the disk is full; nothing was stored")
    if "disk I/O error" in said:
        return StoreError(
            "the disk could not be read or written: a quota or a limit on the size of files may be used up, or it is "
            "damaged; nothing was stored"
        )
    if "locked" in said or "lock timeout" in said:
        return BusyStore("another process is writing to this store; nothing was stored, try again")
    if "malformed" in said or "not a database" in said:
        return DamagedStore(f"{said}; run: hepatrend doctor")
    return StoreError(
        f"the database refused: {said.splitlines()[0] if said else 'no reason given'}; nothing was stored"
    )
