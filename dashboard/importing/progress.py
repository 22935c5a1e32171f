"""How far an import is that a page asked for: a job of the store, done by a worker, seen by its owner alone."""

from __future__ import annotations

import json
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
    failed = (row.result or row.state) if row.over and row.state != "done" else ""
    result = json.loads(row.result) if row.state == "done" else {}
    return Job(identity, owner, str(row.body.get("name", "")), row.stage, row.share, result, failed)
