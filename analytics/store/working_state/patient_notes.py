"""Threads of notes on patients and on their findings: who, when, and whether it is settled. By opaque key, as review
marks are.

Only users who see patients in the same way (identified, or by pseudonym) have the same thread, so that a name in a note
reaches no reader who may not know it. The notes of an erased person go with the person.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from uuid import uuid4

import sqlalchemy as sa

from analytics.errors import QuestionError
from analytics.store.database.clock import microseconds, utc_now
from analytics.store.tables.saved import SAVED
from analytics.store.working_state.holder import WorkingState

KIND = "note"
LONGEST = 1_000
"""House choice: characters of one note."""


@dataclass(frozen=True)
class Note:
    """One note; ``utc`` in microseconds since 1970, ``settled_by`` empty while it is open.

    ``finding`` is the finding_id, as these eyes know it, that the note is on, and ``about`` the title of its rule; both
    are empty for a note on the patient.
    """

    note_id: str
    author: str
    utc: int
    text: str
    sees: str
    settled_by: str = ""
    finding: str = ""
    about: str = ""


def add(store: WorkingState, key: str, by: str, text: str, *, sees: str, finding: str = "", about: str = "") -> Note:
    """Append a note to the thread of a patient, on one of the findings where ``finding`` names it.

    Raises:
        QuestionError: it is empty or too long.
    """
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise QuestionError(f"a note has 1 to {LONGEST} characters, this one {len(text)}")
    note = Note(uuid4().hex, by, microseconds(utc_now()), text, sees, finding=finding, about=about)
    with store.working_state.begin() as connection:
        _write(connection, key, by, [*_of(connection, key, by), note])
    return note


def thread(store: WorkingState, key: str, *, sees: str) -> list[Note]:
    """Notes on a patient and its findings that these eyes may read, the oldest first."""
    where = (SAVED.c.kind == KIND) & (SAVED.c.name == key)
    with store.working_state.connect() as connection:
        bodies = connection.execute(sa.select(SAVED.c.body).where(where)).scalars().all()
    notes = [note for body in bodies for note in _read(body) if note.sees == sees]
    return sorted(notes, key=lambda note: (note.utc, note.note_id))


def settle(store: WorkingState, key: str, note_id: str, by: str, *, sees: str) -> None:
    """Mark a note of the thread as settled by a user; an unknown one, or one of other eyes, is left."""
    found = next((note for note in thread(store, key, sees=sees) if note.note_id == note_id), None)
    if found is None or found.settled_by:
        return
    with store.working_state.begin() as connection:
        kept = _of(connection, key, found.author)
        changed = [replace(note, settled_by=by) if note.note_id == note_id else note for note in kept]
        _write(connection, key, found.author, changed)


def _of(connection: sa.Connection, key: str, author: str) -> list[Note]:
    where = (SAVED.c.kind == KIND) & (SAVED.c.name == key) & (SAVED.c.owner == author)
    body = connection.execute(sa.select(SAVED.c.body).where(where).with_for_update()).scalar()
    return _read(body) if body else []


def _read(body: str) -> list[Note]:
    return [Note(**note) for note in json.loads(body)["notes"]]


def _write(connection: sa.Connection, key: str, author: str, notes: list[Note]) -> None:
    where = (SAVED.c.kind == KIND) & (SAVED.c.name == key) & (SAVED.c.owner == author)
    values = {"body": json.dumps({"notes": [asdict(note) for note in notes]}), "utc": microseconds(utc_now())}
    if not connection.execute(sa.update(SAVED).where(where).values(values)).rowcount:
        connection.execute(sa.insert(SAVED).values(kind=KIND, name=key, owner=author, **values))
