"""A backup becomes the store again: checked first, made ready beside it, then put in its place in one step."""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from analytics.errors import DamagedStore, InputError
from analytics.store.admin import upgrade
from analytics.store.admin.audit import AuditLog
from analytics.store.admin.backup import DATABASES, INSIDE, back_up, check_backup
from analytics.store.admin.belongings import Belongings, differs, held_outside, not_held, put_back, put_folder
from analytics.store.admin.server_rows import generation_on, take_in
from analytics.store.admin.verify import verify
from analytics.store.database import engines
from analytics.store.database.atomic_files import (
    copy_file,
    fsync_folder,
    make_folder,
    publish_file,
    step,
    temp_beside,
    write_whole,
)
from analytics.store.database.clock import utc_now
from analytics.store.database.location import Place
from analytics.store.database.lock import writing
from analytics.store.publish.rebuild import rebuild

_SWAP, _HERE = 2, -100


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
    check_backup(backup)
    _refuse_incomplete(backup, incomplete)
    if place.is_server:
        return _on_server(backup, place, replace, belongings)
    if place.truth.is_file() and not replace:
        raise InputError(f"there is a store in {place.folder}; say --replace to put the backup in its place")
    stamp = utc_now().strftime("%Y%m%dT%H%M%S%f")
    temp = make_folder(temp_beside(place.folder.parent / f"restore-{stamp}"))
    try:
        _make_ready(backup, Place(temp), after=_generation_of(place), former=place.folder)
        _put_outside(backup, place, belongings, replace, stamp)
        return _put(temp, place, place.folder.parent / f"{place.folder.name}.replaced-{stamp}")
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def _on_server(backup: Path, place: Place, replace: bool, belongings: Belongings) -> Path | None:
    """Rows in one transaction, with the folder beside them at its end; the former folder holds the former rows too."""
    stamp = utc_now().strftime("%Y%m%dT%H%M%S%f")
    rows, new = (make_folder(temp_beside(place.folder.with_name(f"restore-{n}-{stamp}"))) for n in ("rows", "folder"))
    aside: list[Path | None] = []
    try:
        before = generation_on(place)
        if before and replace:
            back_up(place, place.backups, belongings=belongings)
        _ready_rows(backup, Place(rows))
        _ready_folder(backup, Place(new), place.folder)

        def put() -> None:
            _put_outside(backup, place, belongings, replace, stamp)
            aside.append(_put(new, place, place.folder.with_name(f"{place.folder.name}.replaced-{stamp}")))

        take_in(Place(rows), place, replace, put)
    finally:
        for temp in (rows, new):
            shutil.rmtree(temp, ignore_errors=True)
    with writing(place.lock):
        rebuild(place, f"restored from {backup.name}", after=before)
        place.forward.unlink(missing_ok=True)
    return aside[0]


def _ready_rows(backup: Path, place: Place) -> None:
    """The databases of a backup as an embedded store of this version."""
    place.make()
    for name in DATABASES:
        if (backup / name).is_file():
            copy_file(backup / name, place.folder / name)
    with writing(place.lock):
        upgrade.make(place)


def _ready_folder(backup: Path, place: Place, former: Path) -> None:
    """What lies beside a server's rows; its snapshot is made anew by whoever comes first."""
    place.make()
    for name in (place.audit.name, place.secret.name):
        if (backup / name).is_file():
            copy_file(backup / name, place.folder / name)
    put_back(backup, place.folder, former)
    write_whole(place.forward, b"")
    fsync_folder(place.folder)


def _refuse_incomplete(backup: Path, incomplete: bool) -> None:
    lacks = not_held(backup)
    if lacks and not incomplete:
        raise InputError(
            f"{backup.name} was made by an earlier version and does not hold: {'; '.join(lacks)}. "
            "With --incomplete it is restored all the same, and what it lacks is taken over from the store in place"
        )


def _put_outside(backup: Path, place: Place, belongings: Belongings, replace: bool, stamp: str) -> None:
    """Keys, profiles and reports that a site keeps elsewhere; what is there is kept beside."""
    wanted = held_outside(backup, place, belongings)
    clash = [target for source, target in wanted if target.is_dir() and differs(source, target)]
    if clash and not replace:
        raise InputError(f"{', '.join(map(str, clash))}: not what the backup holds; say --replace to put it in place")
    for source, target in wanted:
        if target.is_dir() and not differs(source, target):
            continue
        new = temp_beside(target.with_name(f"restore-{target.name}"))
        put_folder(source, new)
        if target.is_dir():
            os.replace(target, target.with_name(f"{target.name}.replaced-{stamp}"))
        publish_file(new, target)


def drill(backup: Path) -> dict[str, int]:
    """Restore into a folder beside the backup, verify everything, remove it.

    Raises:
        DamagedStore: the backup cannot be restored to a store that holds.
    """
    check_backup(backup)
    temp = make_folder(temp_beside(backup.parent / "drill"))
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


def _make_ready(backup: Path, place: Place, after: int, former: Path | None = None) -> None:
    """A whole store in a folder that no one uses yet."""
    place.make()
    for name in (*DATABASES, place.secret.name):
        if (backup / name).is_file():
            copy_file(backup / name, place.folder / name)
    put_back(backup, place.folder, former)
    with writing(place.lock):
        upgrade.make(place)
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
