"""Patients who turned out to be one: which id is shown now. Results keep the id they came with; nothing moves."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from analytics.errors import InputError
from analytics.store.tables.aliases import ALIASES


def present_ids(connection: sa.Connection) -> dict[str, str]:
    """Present id by old id, over all merges that hold."""
    direct: dict[str, str] = {}
    for action, old, new in connection.execute(
        sa.select(ALIASES.c.action, ALIASES.c.old_id, ALIASES.c.new_id).order_by(ALIASES.c.alias_id)
    ):
        if action == "merge":
            direct[old] = new
        else:
            direct.pop(old, None)
    return {old: _end(direct, old) for old in direct}


def check_merge(connection: sa.Connection, old: str, new: str) -> None:
    """Raises InputError for a merge of an id with itself, of one that is merged already, or in a circle."""
    now = present_ids(connection)
    if old == new:
        raise InputError("a patient cannot be merged with itself")
    if old in now:
        raise InputError("that patient is merged already; undo that first")
    if now.get(new, new) == old:
        raise InputError("that would merge two patients in a circle")


def table_of(connection: sa.Connection) -> pd.DataFrame:
    """Every merge and un-merge, oldest first."""
    rows = connection.execute(sa.select(ALIASES).order_by(ALIASES.c.alias_id)).all()
    frame = pd.DataFrame(rows, columns=[c.name for c in ALIASES.c])
    return frame.assign(utc=pd.to_datetime(frame["utc"], unit="us"))


def _end(direct: dict[str, str], start: str) -> str:
    while start in direct:
        start = direct[start]
    return start


def told_of(connection: sa.Connection) -> dict[str, list[str]]:
    """What is to be said of each present id that shows results of another one: a sentence an id."""
    told = table_of(connection)
    last = told[told["action"] == "merge"].drop_duplicates("old_id", keep="last").set_index("old_id")
    said: dict[str, list[str]] = {}
    for old, new in sorted(present_ids(connection).items()):
        row = last.loc[old]
        text = f"results of {old} are shown here since {row['utc']:%Y-%m-%d} ({row['by']}: {row['why']})"
        said.setdefault(new, []).append(text)
    return said
