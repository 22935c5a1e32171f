"""Signs of life of worker and scheduler: an empty file each in the store's folder, touched every few seconds.

Files, not rows of a table: they tell of the processes also while the database is down.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from analytics.store.working_state.heartbeat import alive

FOLDER = "alive"
LOOKED = "looked"
"""The file whose time tells when a scheduler last looked for due reports; it stays."""
BEAT_SECONDS = 10.0
STALE_SECONDS = 60.0
"""Without a sign for so long a process is dead."""
_KEPT_SECONDS = 86_400.0


@contextmanager
def sign_of(store_folder: Path, kind: str) -> Iterator[None]:
    """Give signs of life until the block is left.

    Args:
        store_folder: folder of the store.
        kind: ``worker`` or ``scheduler``.
    """
    folder = store_folder / FOLDER
    path = folder / f"{kind}-{socket.gethostname()}-{os.getpid()}"

    def beat() -> bool:
        with suppress(OSError):  # a full disk: the next sign may succeed
            folder.mkdir(mode=0o700, exist_ok=True)
            path.touch(mode=0o600)
        return True

    _forget_old(folder)
    beat()
    try:
        with alive(beat, BEAT_SECONDS):
            yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def note_look(store_folder: Path) -> None:
    """Note that a scheduler, of whatever kind, has just looked for due reports."""
    with suppress(OSError):
        path = store_folder / FOLDER / LOOKED
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)


def last_look(store_folder: Path) -> datetime | None:
    """UTC time at which a scheduler last looked for due reports; None where none ever did."""
    try:
        return datetime.fromtimestamp((store_folder / FOLDER / LOOKED).stat().st_mtime, UTC)
    except OSError:
        return None


def seconds_since(store_folder: Path, kind: str) -> float | None:
    """Age of the newest sign of this kind in seconds; None where there is none."""
    newest = None
    for path in (store_folder / FOLDER).glob(f"{kind}-*"):
        with suppress(OSError):
            age = max(0.0, time.time() - path.stat().st_mtime)
            newest = age if newest is None else min(newest, age)
    return newest


def _forget_old(folder: Path) -> None:
    for path in folder.glob("*-*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink(missing_ok=True)
