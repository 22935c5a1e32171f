"""Is this store in good health? Each check says what it found in one line."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from analytics.errors import HepatrendError
from analytics.store.admin.audit import AuditLog
from analytics.store.admin.backup import backups_in, quick_check, unfinished
from analytics.store.database import engines, made_once, schema
from analytics.store.database.atomic_files import TEMP, stale_temps
from analytics.store.database.database_errors import of_database
from analytics.store.database.location import Place, network_kind
from analytics.store.database.lock import is_held
from analytics.store.database.system_time import set_back
from analytics.store.publish import retention
from analytics.store.tables.audit_head import AUDIT_HEAD

SOUND_SQLITE = (3, 51, 3)
"""From this version on two connections cannot damage a WAL file (sqlite.org/wal.html#walresetbug)."""
LOW_DISK, FULL_DISK = 1 << 30, 64 << 20


@dataclass(frozen=True)
class Check:
    """One check: ``state`` is ok, note or fault."""

    name: str
    state: str
    says: str


def checks(place: Place, keys: Path | None = None) -> Iterator[Check]:
    """All checks, cheapest first; ``keys`` is the folder of keys and accounts where it is not inside the store's."""
    if not place.folder.is_dir():
        yield Check(
            "place", "fault", f"there is no folder {place.folder}; import a file first, or bring it from a backup"
        )
        return
    yield from _versions(place)
    yield _share(place)
    yield _disk(place)
    yield _modes(place)
    yield _writer(place)
    yield _clock(place)
    yield _temps(place)
    folder = keys or place.folder / "keys"
    yield from _databases(place, folder)
    yield _keys(place, folder)
    yield from _snapshot(place)
    yield _audit(place)
    yield _backups(place)


def _versions(place: Place) -> Iterator[Check]:
    says = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < SOUND_SQLITE:
        says += "; older than 3.51.3, so readers open read-only and only the lock's holder writes and checkpoints"
    yield Check("sqlite", "ok", says)
    try:
        with engines.truth(place).connect() as connection:
            schema.refuse_newer(connection)
            version = schema.version_of(connection)
        newest = schema.versions()[-1]
        state = "ok" if version == newest else "note"
        yield Check("version", state, f"tables of version {version}, newest {newest}")
    except (HepatrendError, sa.exc.DBAPIError) as error:
        yield Check("version", "fault", _said(error))


def _share(place: Place) -> Check:
    kind = "" if place.is_server else network_kind(place.folder)
    return Check("place", "fault" if kind else "ok", f"on a network share ({kind})" if kind else f"{place.folder}")


def _disk(place: Place) -> Check:
    free = shutil.disk_usage(place.folder).free
    state = "ok" if free > LOW_DISK else "note" if free > FULL_DISK else "fault"
    return Check("disk", state, f"{free / 2**30:.1f} GiB free" if free > LOW_DISK else f"{free >> 20:,} MiB free")


def _modes(place: Place) -> Check:
    if os.name != "posix":
        return Check("modes", "note", "not checked on this system")
    paths = (place.folder, *place.folder.rglob("*"))
    wide = [p.relative_to(place.folder).as_posix() or "." for p in paths if p.stat().st_mode & 0o077]
    if wide:
        return Check("modes", "fault", f"{len(wide)} readable by others, first {wide[0]}; run: chmod -R go= FOLDER")
    return Check("modes", "ok", "for the owner alone")


def _writer(place: Place) -> Check:
    if place.read_only:
        return Check("writer", "note", "this store is read-only")
    return Check("writer", "note", "another process writes") if is_held(place.lock) else Check("writer", "ok", "none")


def _clock(place: Place) -> Check:
    try:
        said = set_back(place)
    except sa.exc.DBAPIError as error:
        return Check("clock", "fault", _said(error))
    return Check("clock", "note" if said else "ok", said or "not before the last import or report")


def _temps(place: Place) -> Check:
    killed = [p for folder in (place.folder.parent, place.folder, place.backups) for p in unfinished(folder)]
    for folder in killed:
        shutil.rmtree(folder, ignore_errors=True)
    if killed:
        return Check("leftovers", "note", f"{len(killed)} folders of killed backups and restores, removed now")
    left = stale_temps(place.folder)
    if left:
        return Check("leftovers", "note", f"{len(left)} temp files of killed processes; the next import removes them")
    return Check("leftovers", "ok", "none")


def _databases(place: Place, keys: Path) -> Iterator[Check]:
    log = [place.audit] if place.audit.is_file() else []  # nothing was logged here yet, or it is gone: see _audit
    files = log if place.is_server else [place.truth, place.working_state, place.audit]
    files += sorted(keys.glob("*.db"))
    for path in files:
        said = quick_check(path)
        if said == "ok":
            yield Check(path.name, "ok", "SQLite finds no fault")
            continue
        good = backups_in(place.backups)
        hint = f"newest backup: {good[0].name}" if good else "there is no backup in the store's folder"
        yield Check(path.name, "fault", f"{said}; {hint}")


def _keys(place: Place, keys: Path) -> Check:
    """Keys and databases that are made once: there, and those that the store was made with."""
    found = made_once.faults(place.folder, keys)
    says = f"{len(made_once.noted(place.folder))} keys and databases that are made once are as they were made"
    return Check("keys", "fault" if found else "ok", "; ".join(found) or says)


def _snapshot(place: Place) -> Iterator[Check]:
    try:
        with engines.truth(place).connect() as connection:
            manifest = retention.latest_here(place, connection)
    except (HepatrendError, sa.exc.DBAPIError) as error:
        yield Check("snapshot", "fault", _said(error))
        return
    missing = [name for name in manifest.files() if not (place.snapshot / name).is_file()]
    if missing:
        says = f"{len(missing)} files are missing, first {missing[0]}; run: hepatrend doctor --rebuild"
        yield Check("snapshot", "fault", says)
        return
    says = f"generation {manifest.generation}: {manifest.n_patients:,} patients, {manifest.n_results:,} results"
    yield Check("snapshot", "ok", f"{says} in {len(manifest.buckets)} buckets")
    named = manifest.files()
    loose = [p for p in place.snapshot.iterdir() if p.name.startswith(TEMP) and p.name not in named]
    if loose:
        yield Check("snapshot", "note", f"{len(loose)} unfinished files")


def _audit(place: Place) -> Check:
    try:
        working_state = engines.working_state(place) if place.has_working_state else None
        has_head = working_state is not None and schema.has(working_state, AUDIT_HEAD)
        log = AuditLog(place, working_state if has_head else None)
        return Check("audit", "ok", f"{log.verify():,} entries hold")
    except (HepatrendError, sa.exc.DBAPIError) as error:
        return Check("audit", "fault", _said(error))


def _backups(place: Place) -> Check:
    made = backups_in(place.backups)
    if not made:
        return Check("backup", "note", "none in the store's folder; run: hepatrend backup")
    return Check("backup", "ok", f"{len(made)}, newest {made[0].name}")


def _said(error: BaseException) -> str:
    """One line, in our words where we have some."""
    return str(of_database(error) or error).partition("\n")[0]
