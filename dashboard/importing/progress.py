"""How far an import is that a page asked for: a job of the store, done by a worker, seen by its owner alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.store.working_state import jobs
from analytics.store.working_state.holder import WorkingState

KIND = "import"
"""Of jobs."""


@dataclass(frozen=True)
class Job:
    """How far a job is.

    Attributes:
        identity: of the job of the store.
        owner: who asked.
        what: name of the file, for people.
        stage, share: what is being done, and how much of the whole is done.
        result: the receipt, when it is over.
        failed: why nothing came of it; empty where something did, or may still.
    """

    identity: str
    owner: str
    what: str
    stage: str = "waiting"
    share: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    failed: str = ""

    @property
    def over(self) -> bool:
        """True where nothing more will happen."""
        return self.stage == "done" or bool(self.failed)


def found(store: WorkingState, identity: str, owner: str) -> Job | None:
    """The import, if there is one of this id and it is this owner's."""
    row = jobs.get(store, identity, owner) if identity else None
    if row is None or row.kind != KIND:
        return None
    return _of(row)


def _of(row: jobs.Job) -> Job:
    failed = (row.result or row.state) if row.over and row.state != "done" else ""
    result = json.loads(row.result) if row.state == "done" else {}
    return Job(row.job_id, row.owner, str(row.body.get("name", "")), row.stage, row.share, result, failed)


def found_all(store: WorkingState, identities: Sequence[str], owner: str) -> list[Job]:
    """The imports of these ids that are this owner's, in their order."""
    mine = {row.job_id: row for row in jobs.recent(store, owner) if row.kind == KIND}
    return [_of(mine[i]) for i in dict.fromkeys(identities) if i in mine]


def going_on(store: WorkingState, owner: str) -> list[str]:
    """Ids of this owner's imports that are not over, the oldest first: a page that is opened anew shows them."""
    return [row.job_id for row in reversed(jobs.recent(store, owner)) if row.kind == KIND and not row.over]
