"""Space that is kept free for what must be written even where the disk is full: who signed in, who looked at whom.

A file of random bytes in the store's folder, made by a server when it starts. Where less than one step is free, it is
cut by one step, so that whatever else fills the disk takes one step at a time and not all at once; when there is plenty
again, it grows back. A store without the file (one that no server has served) has none.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from analytics.store.database.atomic_files import PRIVATE_FILE

FILE = "reserve"
SIZE, STEP = 16 << 20, 1 << 20
"""16 MiB are some 40,000 entries of the audit log; a house choice."""
_PLENTY = 16 * SIZE
"""With so much free the file is made, or made whole again."""


def keep(folder: Path) -> None:
    """Make the file where there is plenty of space; else leave what there is of it."""
    if shutil.disk_usage(folder).free < _PLENTY:
        return
    file = folder / FILE
    with file.open("ab") as stream:
        os.chmod(file, PRIVATE_FILE)
        while stream.tell() < SIZE:
            stream.write(os.urandom(STEP))


def give_room(folder: Path) -> None:
    """Before something that must be written: cut the file by one step where the disk is full."""
    try:
        size = (folder / FILE).stat().st_size
        free = shutil.disk_usage(folder).free
        if size and free < STEP:
            os.truncate(folder / FILE, max(size - STEP, 0))
        elif size < SIZE and free >= _PLENTY:
            keep(folder)
    except OSError:
        return  # no such file, or one that cannot be changed: then there is nothing to give
