"""One computation of a bucket at a time, over threads and processes: who comes second waits, and finds it done.

The lock is the operating system's, so a process that dies leaves none behind.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from analytics.store.database.atomic_files import make_folder
from analytics.store.database.location import Place
from analytics.store.database.lock import writing

FOLDER = "computing"
"""In the store's folder: a few lock files, empty, that buckets share."""
WAIT_SECONDS = 900.0
"""A job waits so long for another one that computes the same bucket."""
_FILES = 64


@contextmanager
def my_turn(place: Place, mark: str, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the turn of a bucket; nothing is to be held where the store is only read.

    Raises:
        BusyStore: another thread or process was at it for the whole wait.
    """
    if place.read_only:
        yield
        return
    name = f"{zlib.crc32(mark.encode()) % _FILES:02}.lock"
    with writing(make_folder(place.folder / FOLDER) / name, wait):
        yield
