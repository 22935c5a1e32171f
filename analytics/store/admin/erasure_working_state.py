"""The part of a purge that is not imported rows: notes, saved cohorts, and what scheduled reports remember."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from analytics.report_changes import Memory, from_bytes, to_bytes
from analytics.store.admin.erasure_names import Names
from analytics.store.database.location import Place
from analytics.store.tables.jobs import JOBS
from analytics.store.tables.saved import SAVED
from analytics.store.tables.schedules import MEMORIES, RUNS
from analytics.store.tables.seen import SEEN
from analytics.store.working_state import patient_notes

_GONE = object()


def purge_working_state(
    working_state: sa.Engine, patient_ids: Collection[str], key: str, finding_ids: Collection[str]
) -> None:
    """Take a person out of the working state, given all their names, their opaque key and their findings."""
    with working_state.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        for finding_id in finding_ids:
            marks = sa.or_(SEEN.c.finding_id == finding_id, SEEN.c.finding_id.startswith(f"{finding_id}@"))
            connection.execute(sa.delete(SEEN).where(marks))
        connection.execute(sa.delete(SAVED).where(SAVED.c.name == key))
        words = {*patient_ids, key}
        _purge_saved(connection, words, Names(words))
        _purge_jobs(connection, Names(words))
        _purge_runs(connection, Names(words))
        _purge_memories(connection, patient_ids)


def files_with(place: Place, patient_ids: Collection[str]) -> Iterator[Path]:
    """Files in the store's folder that still name the person: published reports, exports; backups are told apart."""
    words = [p.encode("utf-8", "surrogatepass") for p in patient_ids]
    for path in sorted(place.folder.rglob("*")):
        if path.is_file() and place.backups not in path.parents and path != place.secret:
            content = path.read_bytes()
            if any(word in content for word in words):
                yield path


def _purge_saved(connection: sa.Connection, words: Collection[str], names: Names) -> None:
    """Lists and threads of notes lose the person; what names them in any other way goes as a whole. What is of others
    alone stays as it is."""
    for row in connection.execute(sa.select(SAVED)).all():
        if not any(word in text for word in words for text in (row.name, row.body)):
            continue
        where = sa.and_(SAVED.c.kind == row.kind, SAVED.c.name == row.name, SAVED.c.owner == row.owner)
        kept = _without(json.loads(row.body), words)
        if row.kind == patient_notes.KIND:  # of another patient: the person's own are gone by their key
            kept["notes"] = [note for note in kept["notes"] if not names.strictly_in(str(note.get("text")))]
        body = json.dumps(kept)
        if names.strictly_in(row.name) or names.strictly_in(body):
            connection.execute(sa.delete(SAVED).where(where))
        elif kept != json.loads(row.body):
            connection.execute(sa.update(SAVED).where(where).values(body=body))


def _purge_jobs(connection: sa.Connection, names: Names) -> None:
    """Work that was asked for by naming the person, or told of them."""
    for row in connection.execute(sa.select(JOBS.c.job_id, JOBS.c.body, JOBS.c.stage, JOBS.c.result)).all():
        if any(names.loosely_in(text) for text in (row.body, row.stage, row.result)):
            connection.execute(sa.delete(JOBS).where(JOBS.c.job_id == row.job_id))


def _purge_runs(connection: sa.Connection, names: Names) -> None:
    """What scheduled runs said, such as that a list names a patient who is not there."""
    for row in connection.execute(sa.select(RUNS.c.schedule, RUNS.c.slot_utc, RUNS.c.message)).all():
        if names.loosely_in(row.message):
            mine = sa.and_(RUNS.c.schedule == row.schedule, RUNS.c.slot_utc == row.slot_utc)
            connection.execute(sa.update(RUNS).where(mine).values(message="named a person who was erased"))


def _without(thing: Any, words: Collection[str]) -> Any:
    """A JSON value without entries that are, or are about, one of the words."""
    if isinstance(thing, dict):
        if any(isinstance(v, str) and v in words for v in thing.values()):
            return _GONE
        kept = {k: _without(v, words) for k, v in thing.items() if k not in words}
        return {k: v for k, v in kept.items() if v is not _GONE}
    if isinstance(thing, list):
        return [v for v in (_without(v, words) for v in thing if not _is_one(v, words)) if v is not _GONE]
    return thing


def _is_one(thing: Any, words: Collection[str]) -> bool:
    return isinstance(thing, str) and thing in words


def _purge_memories(connection: sa.Connection, patient_ids: Collection[str]) -> None:
    for row in connection.execute(sa.select(MEMORIES)).all():
        memory = from_bytes(row.body)
        if set(memory.patients) & set(patient_ids):
            body = to_bytes(_forgetful(memory, patient_ids))
            mine = MEMORIES.c.schedule == row.schedule
            connection.execute(sa.update(MEMORIES).where(mine).values(body=body))


def _forgetful(memory: Memory, patient_ids: Collection[str]) -> Memory:
    return replace(
        memory,
        patients=tuple(p for p in memory.patients if p not in patient_ids),
        findings=memory.findings[~memory.findings["patient_id"].isin(patient_ids)].reset_index(drop=True),
        labs=memory.labs[~memory.labs["patient_id"].isin(patient_ids)].reset_index(drop=True),
    )
