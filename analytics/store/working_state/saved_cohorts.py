"""Saved cohorts: the text of every version, and the last run of each for the next diff."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from analytics.errors import QuestionError
from analytics.store.database.clock import microseconds, utc_now
from analytics.store.tables.saved import SAVED
from analytics.store.working_state.holder import WorkingState

KIND = "cohort"
KEPT = 20
"""Versions that are kept; the oldest go first."""


IDENTIFIED = "identified"
"""How the owner of a cohort of before saw patients, which does not say it; also the default."""


@dataclass(frozen=True)
class Saved:
    """One version of a saved cohort.

    ``run`` is ``Result.to_json()`` at the time, ``columns`` what its table shows (all where empty), ``sees`` how its
    owner saw patients then: ids and dates in it are true ones or disguised ones. To other eyes it is not there, so that
    a change of role never shows both beside each other. ``shared`` ones are there for all patients with the same eyes.
    """

    name: str
    version: int
    owner: str
    text: str
    utc: int
    run: dict[str, Any]
    columns: tuple[str, ...] = ()
    sees: str = IDENTIFIED
    shared: bool = False

    @property
    def withheld(self) -> bool:
        """Whether the run had people who were too few to be shown to its owner."""
        return bool(self.run.get("withheld"))


def save(
    store: WorkingState,
    name: str,
    text: str,
    run: dict[str, Any],
    by: str,
    columns: Sequence[str] = (),
    *,
    sees: str = IDENTIFIED,
    shared: bool = False,
) -> Saved:
    """Add a version; the same text again is the same version with a newer run. Versions of other eyes go."""
    if not name.strip():
        raise QuestionError("a saved cohort needs a name")
    versions = [v for v in _versions(store, name, by) if _sees(v) == sees]
    last = versions[-1] if versions else None
    number = 1 if last is None else last["version"] + (last["text"] != text)
    versions = [v for v in versions if v["version"] != number]
    now = microseconds(utc_now())
    fresh = {
        "version": number,
        "text": text,
        "utc": now,
        "run": run,
        "columns": list(columns),
        "sees": sees,
        "shared": shared,
    }
    body = json.dumps({"versions": [*versions, fresh][-KEPT:]})
    where = (SAVED.c.kind == KIND) & (SAVED.c.name == name) & (SAVED.c.owner == by)
    with store.working_state.begin() as connection:
        values = {"body": body, "utc": now}
        if not connection.execute(sa.update(SAVED).where(where).values(values)).rowcount:
            connection.execute(sa.insert(SAVED).values(kind=KIND, name=name, owner=by, **values))
    return _version(name, by, fresh)


def saved(store: WorkingState, by: str | None = None, *, sees: str | None = None) -> list[Saved]:
    """The newest version of every saved cohort, of one owner or of all, of some eyes or of any, newest first."""
    query = sa.select(SAVED).where(SAVED.c.kind == KIND).order_by(SAVED.c.utc.desc())
    if by is not None:
        query = query.where(SAVED.c.owner == by)
    with store.working_state.connect() as connection:
        rows = connection.execute(query).mappings().all()
    newest = [(row, json.loads(row["body"])["versions"][-1]) for row in rows]
    return [_version(r["name"], r["owner"], v) for r, v in newest if sees in (None, _sees(v))]


def shared_with(store: WorkingState, by: str, *, sees: str) -> list[Saved]:
    """What others share with a user who sees patients as they do, newest first."""
    return [one for one in saved(store, sees=sees) if one.shared and one.owner != by]


def find(store: WorkingState, name: str, by: str, version: int | None = None, *, sees: str | None = None) -> Saved:
    """One version of one cohort, the newest by default.

    Raises:
        QuestionError: no such cohort or version.
    """
    versions = [v for v in _versions(store, name, by) if version in (None, v["version"]) and sees in (None, _sees(v))]
    if not versions:
        known = ", ".join(sorted({s.name for s in saved(store, by, sees=sees)})) or "none"
        raise QuestionError(
            f"no saved cohort {name!r}" + (f" version {version}" if version else "") + f"; saved: {known}"
        )
    return _version(name, by, versions[-1])


def _version(name: str, owner: str, v: dict[str, Any]) -> Saved:
    """A version as it is kept; columns, sees and shared are of a later date than the others."""
    return Saved(
        name,
        v["version"],
        owner,
        v["text"],
        v["utc"],
        v["run"],
        tuple(v.get("columns", ())),
        _sees(v),
        bool(v.get("shared")),
    )


def _sees(v: dict[str, Any]) -> str:
    return str(v.get("sees", IDENTIFIED))


def _versions(store: WorkingState, name: str, by: str) -> list[dict[str, Any]]:
    where = (SAVED.c.kind == KIND) & (SAVED.c.name == name) & (SAVED.c.owner == by)
    with store.working_state.connect() as connection:
        body = connection.execute(sa.select(SAVED.c.body).where(where)).scalar()
    found: list[dict[str, Any]] = json.loads(body)["versions"] if body else []
    return found
