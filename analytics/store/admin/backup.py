"""Backups: a folder that appears whole, with a list of what is in it; and restoring one, which is checked first.

A backup holds the databases, the audit log and the secret key, not the snapshot, which is made anew from the rows.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from analytics.errors import DamagedStore, InputError, StoreError
from analytics.store.database import engines
from analytics.store.database.atomic_files import (
    PRIVATE_FILE,
    TEMP,
    fsync_file,
    fsync_folder,
    make_folder,
    publish_file,
    step,
    write_whole,
)
from analytics.store.database.clock import utc_now
from analytics.store.database.location import Place
from analytics.store.database.lock import writing
from analytics.store.publish import publish, retention, unit_suspects
from analytics.store.publish import rebuild as rebuilding
from analytics.store.snapshot import buckets
from analytics.store.snapshot.manifest import Manifest

KEEP = 14
LIST = "contents.json"
PREFIX = "backup-"
_DATABASES = ("store.db", "desk.db", "audit.db")
_SWAP, _HERE = 2, -100


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
    for name in _DATABASES:
        if name in listed and (said := quick_check(backup / name)) != "ok":
            raise DamagedStore(f"{backup.name}: {name}: {said}")


def restore(backup: Path, place: Place, *, replace: bool = False) -> Path | None:
    """Make the store what it was when the backup was written, in one step.

    Args:
        backup: folder of a backup.
        place: where the store shall be.
        replace: allow it to take the place of a store that is there, which is kept beside it.

    Returns:
        Where the former store lies now, or None.

    Raises:
        DamagedStore: the backup is not sound; nothing was changed.
        InputError: there is a store and ``replace`` was not said.
    """
    if place.is_server:
        raise StoreError("this store is on PostgreSQL: restore it with pg_restore")
    check_backup(backup)
    if place.truth.is_file() and not replace:
        raise InputError(f"there is a store in {place.folder}; say --replace to put the backup in its place")
    stamp = utc_now().strftime("%Y%m%dT%H%M%S%f")
    temp = make_folder(place.folder.parent / f"{TEMP}{os.getpid()}-restore-{stamp}")
    try:
        _make_ready(backup, Place(temp), after=_generation_of(place))
        return _put(temp, place, place.folder.parent / f"{place.folder.name}.replaced-{stamp}")
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def drill(backup: Path) -> dict[str, int]:
    """Restore into a folder beside the backup, verify everything, remove it.

    Raises:
        DamagedStore: the backup cannot be restored to a store that holds.
    """
    from analytics.store.admin.audit import AuditLog
    from analytics.store.admin.verify import verify

    check_backup(backup)
    temp = make_folder(backup.parent / f"{TEMP}{os.getpid()}-drill")
    try:
        place = Place(temp)
        _make_ready(backup, place, after=0)
        with engines.truth(place).connect() as connection:
            verdict = verify(place, connection)
        entries = AuditLog(place).verify()
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    if not verdict.holds:
        raise DamagedStore(f"{backup.name}: {verdict.problems[0]}")
    return {"rows": verdict.rows, "files": verdict.files, "entries": entries}


def rebuild(place: Place, reason: str, *, after: int = 0) -> int:
    """Make the snapshot anew from the rows alone, as a new generation. Call under the writer's lock."""
    engine = engines.truth_writer(place)
    with engine.connect() as connection:
        generation = max(publish.latest(connection).generation, after) + 1
        change = unit_suspects.change_of(connection, place.spill / f"rebuild-{generation}")
        try:
            rebuilding.show_all(connection, change)
            rebuilding.show_again(connection, change, rebuilding.merged_among(change, change.resolve))
            manifest = buckets.build(place, Manifest(0), change, generation)
            now = utc_now()
            unit_suspects.note(connection, place, manifest, now)
            publish.write_generation(connection, manifest, reason, now)
            step("commit", "store")
            connection.commit()
            retention.clear_old(place, connection, now)
        finally:
            change.spill.clear()
    engines.checkpoint(engine)
    return generation


def quick_check(path: Path) -> str:
    """What SQLite says of a database file: ok, or the first fault."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


def _fill(place: Place, folder: Path) -> None:
    """Copies of everything, each on the disk before the list that names them."""
    for name in _DATABASES:
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


def _make_ready(backup: Path, place: Place, after: int) -> None:
    """A whole store in a folder that nobody uses yet."""
    place.make()
    for name in (*_DATABASES, place.secret.name):
        if (backup / name).is_file():
            write_whole(place.folder / name, (backup / name).read_bytes(), sync_folder=False)
    from analytics.store.database import schema

    with writing(place.lock):
        schema.make(place)
        rebuild(place, f"restored from {backup.name}", after=after)
    fsync_folder(place.folder)


def _put(temp: Path, place: Place, aside: Path) -> Path | None:
    """Give the new folder the store's name; the former one is kept under another, never lost in between."""
    if not place.folder.exists():
        publish_file(temp, place.folder)
        return None
    make_folder(place.folder)
    with writing(place.lock):
        step("rename", place.folder.name)
        if not _exchanged(temp, place.folder):
            os.replace(place.folder, aside)
            os.replace(temp, place.folder)
        else:
            os.replace(temp, aside)
        fsync_folder(place.folder.parent)
    return aside


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step where the system can (Linux renameat2)."""
    with suppress(OSError, AttributeError):
        call = ctypes.CDLL(None, use_errno=True).renameat2
        return bool(call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _SWAP) == 0)
    return False


def _generation_of(place: Place) -> int:
    """Newest generation of the store that is there, so that a restored one is never taken for it; 0 if unreadable."""
    if not place.truth.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{place.truth}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT coalesce(max(generation), 0) FROM generations").fetchone()[0])
    except sqlite3.Error:
        return 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
