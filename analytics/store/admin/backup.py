"""Backups: a folder that appears whole, with a list of what is in it.

A backup holds the databases, the audit log and the secret key, not the snapshot, which is made anew from the rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from analytics.errors import DamagedStore, StoreError
from analytics.store.database.atomic_files import (
    PRIVATE_FILE,
    TEMP,
    fsync_file,
    make_folder,
    publish_file,
    step,
    write_whole,
)
from analytics.store.database.clock import utc_now
from analytics.store.database.location import Place

KEEP = 14
LIST = "contents.json"
PREFIX = "backup-"
DATABASES = ("store.db", "desk.db", "audit.db")


def back_up(place: Place, into: Path, keep: int = KEEP) -> Path:
    """Write a backup and remove the oldest beyond ``keep``. Readers and a running dashboard do not notice.

    Raises:
        StoreError: the store is on a server, whose own tools make its backups.
    """
    if place.is_server:
        raise StoreError("this store is on PostgreSQL: back it up with pg_dump, and keep secret.key and audit.db too")
    make_folder(into)
    name = f"{PREFIX}{utc_now().strftime('%Y%m%dT%H%M%S%f')}"
    temp = make_folder(into / f"{TEMP}{os.getpid()}-{name}")
    try:
        _fill(place, temp)
        publish_file(temp, into / name)
    except BaseException:
        shutil.rmtree(temp, ignore_errors=True)
        raise
    for old in backups_in(into)[keep:]:
        shutil.rmtree(old, ignore_errors=True)
    return into / name


def backups_in(folder: Path) -> list[Path]:
    """Whole backups in a folder, newest first."""
    return sorted((p.parent for p in folder.glob(f"{PREFIX}*/{LIST}")), reverse=True)


def check_backup(backup: Path) -> None:
    """Raises DamagedStore unless every file of the backup is as it was written and every database is sound."""
    try:
        listed = json.loads((backup / LIST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedStore(f"{backup.name} is not a whole backup: {LIST} cannot be read") from error
    for name, digest in listed.items():
        if not (backup / name).is_file() or _sha256(backup / name) != digest:
            raise DamagedStore(f"{backup.name}: {name} is not as it was written")
    for name in DATABASES:
        if name in listed and (said := quick_check(backup / name)) != "ok":
            raise DamagedStore(f"{backup.name}: {name}: {said}")


def quick_check(path: Path) -> str:
    """What SQLite says of a database file: ok, or the first fault."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


def _fill(place: Place, folder: Path) -> None:
    """Copies of everything, each on the disk before the list that names them."""
    for name in DATABASES:
        source = place.folder / name
        if source.is_file():
            step("write", name)
            target = folder / name
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, PRIVATE_FILE))
            with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
                connection.execute("VACUUM INTO ?", (str(target),))
            fsync_file(target)
    write_whole(folder / place.secret.name, place.secret.read_bytes(), sync_folder=False)
    listed = {p.name: _sha256(p) for p in sorted(folder.iterdir()) if not p.name.startswith(TEMP)}
    write_whole(folder / LIST, json.dumps(listed, indent=1).encode())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
