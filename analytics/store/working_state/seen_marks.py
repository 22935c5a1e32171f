"""Marks that a finding was looked at, in the working state: who, when, and a note."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from analytics.store.database.clock import microseconds, utc_now
from analytics.store.tables.seen import SEEN


def mark(engine: sa.Engine, finding_id: str, by: str, note: str) -> None:
    """Note that a user has looked at a finding, in place of an earlier mark."""
    values = {"by": by, "utc": microseconds(utc_now()), "note": note}
    with engine.begin() as connection:
        if not connection.execute(sa.update(SEEN).where(SEEN.c.finding_id == finding_id).values(values)).rowcount:
            connection.execute(sa.insert(SEEN).values(finding_id=finding_id, **values))


def state(engine: sa.Engine) -> tuple[int, int | None]:
    """Number and newest time of the marks."""
    with engine.connect() as connection:
        count, last = connection.execute(sa.select(sa.func.count(), sa.func.max(SEEN.c.utc))).one()
    return int(count), last


def marks(engine: sa.Engine) -> pd.DataFrame:
    """All of them: finding_id, by, utc, note."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(SEEN)).all()
    frame = pd.DataFrame(rows, columns=[c.name for c in SEEN.c])
    return frame.assign(utc=pd.to_datetime(frame["utc"].astype("int64"), unit="us"))
