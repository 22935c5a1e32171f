"""Patients that a user has marked as reviewed in a cohort: by opaque key, who and when."""

from __future__ import annotations

import json

import sqlalchemy as sa

from analytics.store.database.clock import microseconds, utc_now
from analytics.store.tables.saved import SAVED
from analytics.store.working_state.holder import WorkingState

KIND = "reviewed"


def mark(store: WorkingState, key: str, by: str, definition: str) -> None:
    """Note that a user has reviewed a patient, and under which question."""
    where = (SAVED.c.kind == KIND) & (SAVED.c.name == key) & (SAVED.c.owner == by)
    values = {"body": json.dumps({"definition": definition}), "utc": microseconds(utc_now())}
    with store.working_state.begin() as connection:
        if not connection.execute(sa.update(SAVED).where(where).values(values)).rowcount:
            connection.execute(sa.insert(SAVED).values(kind=KIND, name=key, owner=by, **values))


def marks(store: WorkingState) -> dict[str, str]:
    """Who reviewed a patient last, by opaque key."""
    query = sa.select(SAVED.c.name, SAVED.c.owner).where(SAVED.c.kind == KIND).order_by(SAVED.c.utc)
    with store.working_state.connect() as connection:
        return {str(name): str(owner) for name, owner in connection.execute(query)}
