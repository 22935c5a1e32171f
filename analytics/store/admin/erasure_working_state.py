"""The part of a purge that is not imported rows: notes, saved cohorts, and what scheduled reports remember."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from analytics.report_changes import Memory, from_bytes, to_bytes
from analytics.store.database.location import Place
from analytics.store.tables.jobs import JOBS
from analytics.store.tables.saved import SAVED
from analytics.store.tables.schedules import MEMORIES
from analytics.store.tables.seen import SEEN

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
        _purge_saved(connection, {*patient_ids, key})
        _purge_jobs(connection, {*patient_ids, key})
        _purge_memories(connection, patient_ids)


def files_with(place: Place, patient_ids: Collection[str]) -> Iterator[Path]:
    """Files in the store's folder that still name the person: published reports, exports; backups are told apart."""
    words = [p.encode("utf-8", "surrogatepass") for p in patient_ids]
    for path in sorted(place.folder.rglob("*")):
        if path.is_file() and place.backups not in path.parents and path != place.secret:
            content = path.read_bytes()
            if any(word in content for word in words):
                yield path


def _purge_saved(connection: sa.Connection, words: Collection[str]) -> None:
    """Lists lose the person; what names them in any other way goes as a whole."""
    for row in connection.execute(sa.select(SAVED)).all():
        if not any(word in row.body for word in words):
            continue
        where = sa.and_(SAVED.c.kind == row.kind, SAVED.c.name == row.name, SAVED.c.owner == row.owner)
        body = json.dumps(_without(json.loads(row.body), words))
        if any(word in body for word in words):
            connection.execute(sa.delete(SAVED).where(where))
        else:
            connection.execute(sa.update(SAVED).where(where).values(body=body))


def _purge_jobs(connection: sa.Connection, words: Collection[str]) -> None:
    """Work that was asked for by naming the person, or told of them."""
    for row in connection.execute(sa.select(JOBS.c.job_id, JOBS.c.body, JOBS.c.stage, JOBS.c.result)).all():
        if any(word in text for word in words for text in (row.body, row.stage, row.result)):
            connection.execute(sa.delete(JOBS).where(JOBS.c.job_id == row.job_id))


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
