"""Files that appear whole or not at all: temp in the same folder, fsync, rename, fsync of the folder.

Every step passes through :func:`step`, so that a test can make the n-th one fail or be the last.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

Step = Literal["write", "fsync", "rename", "commit"]

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
TEMP = ".tmp-"
STALE_SECONDS = 3600

hook: Callable[[Step, str], None] | None = None
"""Called before each step with its kind and the file's name; tests set it, nothing else does."""


def step(kind: Step, name: str) -> None:
    """Announce a step that can fail."""
    if hook is not None:
        hook(kind, name)


def make_folder(path: Path) -> Path:
    """The folder, made with its parents; only the owner may enter a folder that we make."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        path.chmod(PRIVATE_FOLDER)
    return path


def make_private(path: Path) -> None:
    """Make sure that the file exists and that only its owner can read it."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))
    if path.stat().st_mode & 0o077:
        path.chmod(PRIVATE_FILE)


def temp_beside(path: Path) -> Path:
    """A name beside the path that no other thread or process uses; it starts with the process id."""
    return path.with_name(f"{TEMP}{os.getpid()}-{secrets.token_hex(4)}-{path.name}")


def write_whole(path: Path, data: bytes | memoryview, *, sync_folder: bool = True) -> None:
    """Write a file so that readers see the old one or the new one, never a part."""
    with writing_whole(path, sync_folder=sync_folder) as out:
        step("write", path.name)
        out.write(data)


@contextmanager
def writing_whole(path: Path, *, sync_folder: bool = True) -> Iterator[BinaryIO]:
    """A file to be written piece by piece, published when the block ends; nothing of it stays where that fails."""
    temp = temp_beside(path)
    try:
        with os.fdopen(os.open(temp, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, PRIVATE_FILE), "wb") as out:
            yield out
            out.flush()
            step("fsync", path.name)
            os.fsync(out.fileno())
        publish_file(temp, path, sync_folder=sync_folder)
    except BaseException:
        with suppress(OSError):
            temp.unlink()
        raise


def copy_file(source: Path, target: Path) -> None:
    """A copy of a file of any size, for its owner alone, on the disk before this returns."""
    with (
        source.open("rb") as data,
        os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, PRIVATE_FILE), "wb") as out,
    ):
        step("write", target.name)
        shutil.copyfileobj(data, out, 1 << 20)
        out.flush()
        step("fsync", target.name)
        os.fsync(out.fileno())


def publish_file(temp: Path, path: Path, *, sync_folder: bool = True) -> None:
    """Give a finished file its name."""
    step("rename", path.name)
    os.replace(temp, path)
    if sync_folder:
        fsync_folder(path.parent)


def fsync_file(path: Path) -> None:
    """Make sure that the file's bytes are on the disk."""
    step("fsync", path.name)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fsync_folder(path: Path) -> None:
    """Make sure that the names in the folder are on the disk."""
    if os.name == "posix":
        fsync_file(path)


def stale_temps(folder: Path, now: float | None = None) -> list[Path]:
    """Temp files that a killed process left behind, older than an hour."""
    limit = (time.time() if now is None else now) - STALE_SECONDS
    return [p for p in folder.rglob(f"{TEMP}*") if p.stat().st_mtime < limit]
