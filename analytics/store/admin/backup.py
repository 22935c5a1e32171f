"""Backups: a folder that appears whole, with a list of what is in it.

A backup holds everything that cannot be made anew: databases, audit log and secret key, and what belongs to the store
besides (analytics.store.admin.belongings). It holds no snapshot, which is made anew from the rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import DamagedStore
from analytics.store.admin.belongings import (
    Belongings,
    copy_database,
    copy_into,
    files_in,
)
from analytics.store.database.atomic_files import TEMP, make_folder, publish_file, step, temp_beside, write_whole
from analytics.store.database.clock import utc_now
from analytics.store.database.location import Place

if TYPE_CHECKING:
    from analytics.store.admin.age_format import Recipient

INSIDE = Belongings()
"""Everything lies inside the store's folder."""
KEEP = 14
LIST = "contents.json"
ELSEWHERE = "backup-folders.json"
"""Names the other folders that backups of this store were written to."""
PREFIX = "backup-"
SEALED = ".age"
"""How the name of an encrypted backup ends."""
DATABASES = ("store.db", "desk.db", "audit.db")


def back_up(
    place: Place,
    into: Path,
    keep: int = KEEP,
    belongings: Belongings = INSIDE,
    recipients: Sequence[Recipient] = (),
) -> Path:
    """Write a backup and remove the oldest beyond ``keep``. Readers and a running dashboard do not notice.

    Args:
        place: the store.
        into: folder of backups.
        keep: how many stay there; the new one always does, whatever the clock says.
        belongings: what of the store lies elsewhere.
        recipients: whom it is encrypted for: then it is one file, and only the store's own folder ever holds it plain.

    Raises:
        DamagedStore: a copy does not say what a server says.
    """
    make_folder(into)
    name = f"{PREFIX}{utc_now().strftime('%Y%m%dT%H%M%S%f')}"
    made = into / (f"{name}{SEALED}" if recipients else name)
    temp = make_folder(temp_beside((place.folder if recipients else into) / name))
    try:
        fill(place, temp, belongings)
        if recipients:
            from analytics.store.admin.sealed_backup import seal_folder

            seal_folder(temp, made, recipients)
        else:
            publish_file(temp, made)
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    _remember_folder(place, into)
    others = [path for path in backups_in(into) if path != made]
    for old in others[keep - 1 :]:
        _remove(old)
    return made


def _remove(backup: Path) -> None:
    if backup.is_dir():
        shutil.rmtree(backup, ignore_errors=True)
    else:
        backup.unlink(missing_ok=True)


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
    """Whole backups in a folder, newest first; encrypted ones are files."""
    return sorted([*(p.parent for p in folder.glob(f"{PREFIX}*/{LIST}")), *folder.glob(f"{PREFIX}*{SEALED}")])[::-1]


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
    for name in DATABASES:
        if name in listed and (said := quick_check(backup / name)) != "ok":
            raise DamagedStore(f"{backup.name}: {name}: {said}")


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


def quick_check(path: Path) -> str:
    """What SQLite says of a database file: ok, or the first fault."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


def fill(place: Place, folder: Path, belongings: Belongings) -> None:
    """Copies of everything, each on the disk before the list that names them; rows of a server as SQLite has them."""
    if place.is_server:
        from analytics.store.admin.server_rows import write_copies

        write_copies(place, folder)
    for name in (place.audit.name,) if place.is_server else DATABASES:
        source = place.folder / name
        if source.is_file():
            step("write", name)
            copy_database(source, folder / name)
    write_whole(folder / place.secret.name, place.secret.read_bytes(), sync_folder=False)
    copy_into(folder, place, belongings)
    listed = {p.relative_to(folder).as_posix(): _sha256(p) for p in files_in(folder)}
    write_whole(folder / LIST, json.dumps(listed, indent=1).encode())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
