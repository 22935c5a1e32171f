"""One writer at a time, held by the operating system: a killed process leaves no lock behind."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics.errors import BusyStore, StoreError
from analytics.store.database.atomic_files import make_private

WAIT_SECONDS = 30.0


@contextmanager
def writing(path: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the writer's lock.

    Raises:
        BusyStore: another process or thread kept it for the whole wait.
        StoreError: this user may not write there.
    """
    try:
        make_private(path)
    except PermissionError as error:
        raise StoreError(f"{path.parent} cannot be written by this user; nothing was stored") from error
    handle = os.open(path, os.O_RDWR)
    try:
        _take(handle, wait)
        yield
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """True while some writer holds the lock."""
    try:
        with writing(path, 0.0):
            return False
    except BusyStore:
        return True


def _take(handle: int, wait: float) -> None:
    deadline = time.monotonic() + wait
    while not _try(handle):
        if time.monotonic() >= deadline:
            raise BusyStore("another import or backup is writing to this store; try again when it has ended")
        time.sleep(0.05)


def _try(handle: int) -> bool:
    try:
        if os.name == "posix":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:  # pragma: no cover
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
