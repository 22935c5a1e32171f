"""What is made once and never again: keys, and the databases that no copy can be made of from anything else.

A key that is lost and made anew in silence gives every patient another address and another pseudonym; a database that
is lost and made anew in silence is an empty one that looks sound. So beside each store stands which of them were made,
with a fingerprint of each key, and where one is gone or another no one goes on without having said so.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from analytics.errors import DamagedStore
from analytics.store.database.atomic_files import make_folder, write_whole

FOLDER = "made-once"
"""In the store's folder: a file for each thing that was made, named like it, with its fingerprint."""
_THERE = "made"


def remember(folder: Path, name: str, secret: bytes | None = None) -> None:
    """Note that something was made, where that is not known yet.

    Args:
        folder: of the store.
        name: of a file in that folder, with ``/`` between its parts.
        secret: what is in it, of a key.
    """
    note = _note(folder, name)
    if folder.is_dir() and not note.is_file():
        with suppress(PermissionError):  # a store that is only read remembers nothing new
            make_folder(note.parent)
            write_whole(note, (_THERE if secret is None else _fingerprint(secret)).encode())


def refuse_lost(folder: Path, name: str, path: Path) -> None:
    """Raises DamagedStore where it was made before and is gone or empty now."""
    if _note(folder, name).is_file() and not (path.is_file() and path.stat().st_size):
        raise DamagedStore(f"{path} is gone or empty; {_what_to_do(name)}")


def refuse_other(folder: Path, name: str, secret: bytes) -> None:
    """Raises DamagedStore where a key is not the one that was made."""
    note = _note(folder, name)
    if note.is_file() and note.read_text("utf-8") != _fingerprint(secret):
        raise DamagedStore(f"{name} is not the key that this store was made with; {_what_to_do(name)}")


def forget(folder: Path, name: str) -> bool:
    """Take what is there now, or what will be made, for the right one; false where nothing of this name was noted."""
    note = _note(folder, name)
    known = note.is_file() and name in noted(folder)
    if known:
        note.unlink()
    return known


def faults(folder: Path, keys: Path) -> list[str]:
    """What was made and is gone or another now, each in a sentence; ``keys`` is the folder of keys and accounts."""
    found = []
    for name in noted(folder):
        path = keys / name.removeprefix("keys/") if name.startswith("keys/") else folder / name
        try:
            refuse_lost(folder, name, path)
            if path.suffix == ".key":
                refuse_other(folder, name, path.read_bytes())
        except DamagedStore as error:
            found.append(str(error))
    return found


def noted(folder: Path) -> list[str]:
    """Names of everything that was made."""
    top = folder / FOLDER
    return sorted(p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file() and not p.name.startswith("."))


def _what_to_do(name: str) -> str:
    return f"put it back from a backup, or go on without it: hepatrend doctor --accept {name}"


def _note(folder: Path, name: str) -> Path:
    return folder / FOLDER / name


def _fingerprint(secret: bytes) -> str:
    return hashlib.sha256(b"hepatrend fingerprint\x00" + secret).hexdigest()[:32]
