"""Erasing one person (GDPR art. 17): the only thing that ever removes an imported row."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from analytics.errors import InputError
from analytics.store.admin.backup import backups_in, elsewhere
from analytics.store.admin.erasure_files import replaced_stores
from analytics.store.admin.erasure_names import Names
from analytics.store.database.atomic_files import step
from analytics.store.database.clock import utc_now
from analytics.store.database.location import Place
from analytics.store.database.patient_merge import present_ids
from analytics.store.database.row_digest import added
from analytics.store.publish import publish, retention, unit_suspects
from analytics.store.snapshot import buckets, generations, shared_files
from analytics.store.tables.aliases import ALIASES
from analytics.store.tables.generations import GENERATIONS
from analytics.store.tables.rows import IMPORTS, QUARANTINED, REPLACEMENTS, ROW_ID, ROWS


def purge(place: Place, connection: sa.Connection, patient_id: str, reason: str) -> int:
    """Remove every row of a person, under all ids merged into theirs, from tables, snapshot and analyses.

    Returns:
        How many rows were removed. Backups and files that were exported before are not touched.

    Raises:
        InputError: no reason is given.
    """
    if not reason.strip():
        raise InputError("say why")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    ids = ids_of(connection, patient_id)
    change = unit_suspects.change_of(connection, place.spill / "purge")
    change.rebuilt |= set(ids)
    change.touch(ids)
    removed = _remove_rows(connection, ids)
    connection.execute(sa.delete(ALIASES).where(ALIASES.c.old_id.in_(ids) | ALIASES.c.new_id.in_(ids)))
    old = retention.latest_here(place, connection)
    manifest = buckets.build(place, old, change, old.generation + 1)
    connection.execute(sa.update(GENERATIONS).values(manifest=""))
    generations.write_generation(place, connection, manifest, "purge of a patient", utc_now())
    step("commit", "store")
    connection.commit()
    clear_files(place, manifest.files())
    shared_files.keep_only(place, manifest.files())
    return removed


def ids_of(connection: sa.Connection, patient_id: str) -> list[str]:
    """A present id and every id that is merged into it."""
    merged = present_ids(connection)
    return sorted({patient_id} | {old for old, new in merged.items() if new == patient_id})


def backups_with(place: Place, patient_ids: Sequence[str]) -> list[Path]:
    """Backups, and stores that a restore has replaced, that still hold rows of this person; the site must remove them
    or keep them under lock."""
    folders = [place.backups, *elsewhere(place)]
    backups = [backup for folder in folders for backup in backups_in(folder)]
    return [path for path in (*backups, *replaced_stores(place)) if _holds(path / "store.db", patient_ids)]


def _holds(database: Path, patient_ids: Sequence[str]) -> bool:
    """Whether a copy of the tables has rows of the person; one that cannot be read may have them."""
    asked = [
        ("SELECT EXISTS (SELECT 1 FROM {} WHERE patient_id = ?)", table.name, one)
        for table in ROWS.values()
        for one in patient_ids
    ]
    held = "SELECT EXISTS (SELECT 1 FROM {} WHERE patient_id = ?1 OR instr(coalesce(raw_line, ''), ?1))"
    asked += [(held, QUARANTINED.name, one) for one in patient_ids]
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return any(connection.execute(query.format(table), (one,)).fetchone()[0] for query, table, one in asked)
    except sqlite3.Error:
        return True


def clear_files(place: Place, named: set[str]) -> None:
    """Remove every file of the snapshot that is not named, all analyses, spills and temp files."""
    for path in place.snapshot.iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
    for folder in (place.analyses, place.spill):
        for path in folder.iterdir():
            shutil.rmtree(path, ignore_errors=True)


def _remove_rows(connection: sa.Connection, ids: list[str]) -> int:
    """Delete rows and take their digests out of the sums of their imports."""
    removed = 0
    less: dict[tuple[int, str], int] = {}
    for name, table in ROWS.items():
        mine = table.c.patient_id.in_(ids)
        rows = connection.execute(sa.select(table.c[ROW_ID], table.c.import_id, table.c.digest).where(mine)).all()
        for _, number, digest in rows:
            less[number, name] = added(less.get((number, name), 0), digest)
        numbers = [r[0] for r in rows]
        of_table = REPLACEMENTS.c.table == name
        for some in np.array_split(numbers, len(numbers) // 500 + 1):
            gone = [int(n) for n in some]
            either = REPLACEMENTS.c.old_id.in_(gone) | REPLACEMENTS.c.new_id.in_(gone)
            connection.execute(sa.delete(REPLACEMENTS).where(of_table, either))
        removed += connection.execute(sa.delete(table).where(mine)).rowcount
    removed += _remove_held(connection, ids, less)
    _take_from_sums(connection, less)
    return removed


def _remove_held(connection: sa.Connection, ids: list[str], less: dict[tuple[int, str], int]) -> int:
    """Held-back rows of the person, and those whose raw text names an id of theirs."""
    gone = _held_of(connection, ids)
    removed = 0
    for some in np.array_split(gone, len(gone) // 500 + 1):
        mine = QUARANTINED.c.quarantine_id.in_([int(n) for n in some])
        came_in = sa.select(QUARANTINED.c.import_id, QUARANTINED.c.digest).where(
            mine, QUARANTINED.c.result_id.is_(None)
        )
        for number, digest in connection.execute(came_in):
            less[number, "quarantine"] = added(less.get((number, "quarantine"), 0), digest)
        removed += connection.execute(sa.delete(QUARANTINED).where(mine)).rowcount
    return removed


def _held_of(connection: sa.Connection, ids: list[str]) -> list[int]:
    """Numbers of the quarantined rows that are the person's, or whose text names the person."""
    texts = (QUARANTINED.c.raw_line, QUARANTINED.c.raw_cell, QUARANTINED.c.message, QUARANTINED.c.hint)
    candidates = [text.contains(i, autoescape=True) for text in texts for i in ids]
    mine = sa.or_(QUARANTINED.c.patient_id.in_(ids), *candidates)
    asked = sa.select(QUARANTINED.c.quarantine_id, QUARANTINED.c.patient_id, *texts).where(mine)
    names = Names(ids)
    gone = []
    for number, of, *said in connection.execute(asked):
        tells = names.strictly_in if of else names.loosely_in
        if of in ids or any(tells(text) for text in said):
            gone.append(int(number))
    return gone


def _take_from_sums(connection: sa.Connection, less: dict[tuple[int, str], int]) -> None:
    for number in sorted({number for number, _ in less}):
        row = dict(connection.execute(sa.select(IMPORTS).where(IMPORTS.c.import_id == number)).mappings().one())
        ranges = json.loads(row["row_ranges"])
        for name, known in ranges.items():
            known[2] = added(known[2], -less.get((number, name), 0))
        row["row_ranges"] = json.dumps(ranges)
        digest = publish.import_digest(row)
        values = {"row_ranges": row["row_ranges"], "digest": digest}
        connection.execute(sa.update(IMPORTS).where(IMPORTS.c.import_id == number).values(**values))
