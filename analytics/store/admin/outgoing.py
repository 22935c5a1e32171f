"""Where a file that a user asked for may be written: into a folder that is there, over a plain file or nothing."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from analytics.errors import InputError
from analytics.store.database.atomic_files import write_whole

STANDARD_OUTPUT = Path("-")


def target(path: Path) -> Path:
    """The path itself, where a file may take this name.

    Writing a file whole means giving it the name of what was there: a device, a pipe, a socket or a link would be
    gone, and as root nothing would stop it.

    Raises:
        InputError: there is no such folder, it cannot be written, or something other than a plain file has the name.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InputError(f"{path}: there is no folder {folder}")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        mode = None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if mode is not None and not stat.S_ISREG(mode):
        raise InputError(f"{path} is {_kind(mode)} and stays what it is; name a file, or - for the standard output")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: nothing may be written into {folder}")
    return path


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a link",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFIFO: "a pipe",
    }
    return kinds.get(stat.S_IFMT(mode), "not a plain file")


def write_out(path: Path, data: bytes) -> None:
    """Write a file for its owner alone, whole or not at all; ``-`` is the standard output.

    Raises:
        InputError: no file can take this name.
    """
    if path == STANDARD_OUTPUT:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    write_whole(target(path), data)
