"""Backups: a folder that appears whole, with a list of what is in it; and restoring one, which is checked first.

A backup holds everything that cannot be made anew: databases, audit log and secret key, and what belongs to the store
besides (analytics.store.belongings). It holds no snapshot, which is made anew from the rows.
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
from analytics.store import databases, keeping, publishing, rebuilding, snapshot, suspects
from analytics.store.belongings import (
    Belongings,
    copy_database,
    copy_into,
    differs,
    files_in,
    held_outside,
    not_held,
    put_back,
    put_folder,
)
from analytics.store.clock import utc_now
from analytics.store.files import (
    TEMP,
    fsync_folder,
    make_folder,
    publish_file,
    step,
    write_whole,
)
from analytics.store.lock import writing
from analytics.store.manifest import Manifest
from analytics.store.place import Place

INSIDE = Belongings()
"""Everything lies inside the store's folder."""
KEEP = 14
LIST = "contents.json"
ELSEWHERE = "backup-folders.json"
"""Names the other folders that backups of this store were written to."""
PREFIX = "backup-"
_DATABASES = ("store.db", "desk.db", "audit.db")
_SWAP, _HERE = 2, -100


def back_up(place: Place, into: Path, keep: int = KEEP, belongings: Belongings = INSIDE) -> Path:
    """Write a backup and remove the oldest beyond ``keep``. Readers and a running dashboard do not notice.

    Args:
        place: the store.
        into: folder of backups.
        keep: how many stay there; the new one always does, whatever the clock says.
        belongings: what of the store lies elsewhere.

    Raises:
        StoreError: the store is on a server, whose own tools make its backups.
    """
    if place.is_server:
        raise StoreError("this store is on PostgreSQL: back it up with pg_dump, and keep secret.key and audit.db too")
    make_folder(into)
    name = f"{PREFIX}{utc_now().strftime('%Y%m%dT%H%M%S%f')}"
    temp = make_folder(into / f"{TEMP}{os.getpid()}-{name}")
    try:
        _fill(place, temp, belongings)
        publish_file(temp, into / name)
    except BaseException:
        shutil.rmtree(temp, ignore_errors=True)
        raise
    _remember_folder(place, into)
    others = [path for path in backups_in(into) if path != into / name]
    for old in others[keep - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
    return into / name


def elsewhere(place: Place) -> list[Path]:
    """Folders outside the store's own in which backups were written, as far as they can be seen now."""
    known = place.folder / ELSEWHERE
    listed = json.loads(known.read_text("utf-8")) if known.is_file() else []
    return [Path(folder) for folder in listed if Path(folder).is_dir()]


def _remember_folder(place: Place, into: Path) -> None:
    """So that a purge later finds the backups that hold the person."""
    known = place.folder / ELSEWHERE
    listed = json.loads(known.read_text("utf-8")) if known.is_file() else []
    if into.absolute() != place.backups and str(into.absolute()) not in listed:
        write_whole(known, json.dumps([*listed, str(into.absolute())]).encode())


def backups_in(folder: Path) -> list[Path]:
    """Whole backups in a folder, newest first."""
    return sorted((p.parent for p in folder.glob(f"{PREFIX}*/{LIST}")), reverse=True)


def check_backup(backup: Path) -> None:
    """Raises DamagedStore unless every file of the backup is as it was written and every database is sound."""
    try:
        listed = json.loads((backup / LIST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedStore(f"{backup.name} is not a whole backup: {LIST} cannot be read") from error
    missing = [name for name in listed if not (backup / name).is_file()]
    if missing:
        raise DamagedStore(f"{backup.name}: missing: {', '.join(missing)}")
    for name, digest in listed.items():
        if _sha256(backup / name) != digest:
            raise DamagedStore(f"{backup.name}: {name} is not as it was written")
    for name in _DATABASES:
        if name in listed and (said := quick_check(backup / name)) != "ok":
            raise DamagedStore(f"{backup.name}: {name}: {said}")


def restore(
    backup: Path,
    place: Place,
    *,
    replace: bool = False,
    incomplete: bool = False,
    belongings: Belongings = INSIDE,
) -> Path | None:
    """Make the store what it was when the backup was written, in one step.

    Args:
        backup: folder of a backup.
        place: where the store shall be.
        replace: allow it to take the place of a store that is there, which is kept beside it.
        incomplete: take a backup of an earlier version that does not hold everything; what it lacks is taken over
            from the store that is replaced.
        belongings: what of the store lies elsewhere, and is put there.

    Returns:
        Where the former store lies now, or None.

    Raises:
        DamagedStore: the backup is not sound; nothing was changed.
        InputError: there is a store and ``replace`` was not said, or the backup does not hold everything.
    """
    if place.is_server:
        raise StoreError("this store is on PostgreSQL: restore it with pg_restore")
    check_backup(backup)
    _refuse_incomplete(backup, incomplete)
    if place.truth.is_file() and not replace:
        raise InputError(f"there is a store in {place.folder}; say --replace to put the backup in its place")
    stamp = utc_now().strftime("%Y%m%dT%H%M%S%f")
    temp = make_folder(place.folder.parent / f"{TEMP}{os.getpid()}-restore-{stamp}")
    try:
        _make_ready(backup, Place(temp), after=_generation_of(place), former=place.folder)
        _put_outside(backup, place, belongings, replace, stamp)
        return _put(temp, place, place.folder.parent / f"{place.folder.name}.replaced-{stamp}")
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def unfinished(folder: Path) -> list[Path]:
    """Folders that a killed restore or drill has left beside a store or in a folder of backups."""
    found = [p for kind in ("restore-*", "drill", f"{PREFIX}*") for p in folder.glob(f"{TEMP}*-{kind}")]
    return sorted(p for p in found if p.is_dir() and not _is_running(p.name.removeprefix(TEMP).partition("-")[0]))


def _is_running(number: str) -> bool:
    """Whether a process of this number is at work on this machine."""
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, ValueError):
        return False
    except OSError:
        return True
    return True


def _refuse_incomplete(backup: Path, incomplete: bool) -> None:
    lacks = not_held(backup)
    if lacks and not incomplete:
        raise InputError(
            f"{backup.name} was made by an earlier version and does not hold: {'; '.join(lacks)}. "
            "With --incomplete it is restored all the same, and what it lacks is taken over from the store in place"
        )


def _put_outside(backup: Path, place: Place, belongings: Belongings, replace: bool, stamp: str) -> None:
    """Keys, profiles and reports that a site keeps elsewhere; what is there is kept beside."""
    wanted = [(source, target) for source, target in held_outside(backup, place, belongings)]
    clash = [target for source, target in wanted if target.is_dir() and differs(source, target)]
    if clash and not replace:
        raise InputError(f"{', '.join(map(str, clash))}: not what the backup holds; say --replace to put it in place")
    for source, target in wanted:
        if target.is_dir() and not differs(source, target):
            continue
        new = target.with_name(f"{TEMP}{os.getpid()}-restore-{target.name}")
        put_folder(source, new)
        if target.is_dir():
            os.replace(target, target.with_name(f"{target.name}.replaced-{stamp}"))
        publish_file(new, target)


def drill(backup: Path) -> dict[str, int]:
    """Restore into a folder beside the backup, verify everything, remove it.

    Raises:
        DamagedStore: the backup cannot be restored to a store that holds.
    """
    from analytics.store.audit import AuditLog
    from analytics.store.verifying import verify

    check_backup(backup)
    temp = make_folder(backup.parent / f"{TEMP}{os.getpid()}-drill")
    try:
        place = Place(temp)
        _make_ready(backup, place, after=0)
        with databases.truth(place).connect() as connection:
            verdict = verify(place, connection)
        entries = AuditLog(place).verify()
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    if not verdict.holds:
        raise DamagedStore(f"{backup.name}: {verdict.problems[0]}")
    return {"rows": verdict.rows, "files": verdict.files, "entries": entries}


def rebuild(place: Place, reason: str, *, after: int = 0) -> int:
    """Make the snapshot anew from the rows alone, as a new generation. Call under the writer's lock."""
    engine = databases.truth_writer(place)
    with engine.connect() as connection:
        generation = max(publishing.latest(connection).generation, after) + 1
        change = suspects.change_of(connection, place.spill / f"rebuild-{generation}")
        try:
            rebuilding.show_all(connection, change)
            rebuilding.show_again(connection, change, rebuilding.merged_among(change, change.resolve))
            manifest = snapshot.build(place, Manifest(0), change, generation)
            now = utc_now()
            suspects.note(connection, place, manifest, now)
            publishing.write_generation(connection, manifest, reason, now)
            step("commit", "store")
            connection.commit()
            keeping.clear_old(place, connection, now)
        finally:
            change.spill.clear()
    databases.checkpoint(engine)
    return generation


def quick_check(path: Path) -> str:
    """What SQLite says of a database file: ok, or the first fault."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


def _fill(place: Place, folder: Path, belongings: Belongings) -> None:
    """Copies of everything, each on the disk before the list that names them."""
    for name in _DATABASES:
        source = place.folder / name
        if source.is_file():
            step("write", name)
            copy_database(source, folder / name)
    write_whole(folder / place.secret.name, place.secret.read_bytes(), sync_folder=False)
    copy_into(folder, place, belongings)
    listed = {p.relative_to(folder).as_posix(): _sha256(p) for p in files_in(folder)}
    write_whole(folder / LIST, json.dumps(listed, indent=1).encode())


def _make_ready(backup: Path, place: Place, after: int, former: Path | None = None) -> None:
    """A whole store in a folder that nobody uses yet."""
    place.make()
    for name in (*_DATABASES, place.secret.name):
        if (backup / name).is_file():
            write_whole(place.folder / name, (backup / name).read_bytes(), sync_folder=False)
    put_back(backup, place.folder, former)
    from analytics.store import schema

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
