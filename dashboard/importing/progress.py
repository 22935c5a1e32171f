"""Imports that run beside the pages: one after the other in a thread, asked for by a timer of the page."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from analytics.errors import HepatrendError

log = logging.getLogger(__name__)
KEPT = 200
Told = Callable[..., None]


@dataclass(frozen=True)
class Job:
    """How far a job is."""

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


class Jobs:
    """The jobs of this process."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, owner: str, what: str, work: Callable[[Told], dict[str, Any]]) -> str:
        """Queue a job and give its id.

        Args:
            owner: who may ask for it.
            what: what it is about, for people.
            work: told a function to say ``stage`` and ``share`` with; returns the result.
        """
        job = Job(secrets.token_hex(8), owner, what)
        with self._lock:
            for old in list(self._jobs)[: -KEPT + 1]:
                del self._jobs[old]
            self._jobs[job.identity] = job
        self._pool.submit(self._run, job.identity, work)
        return job.identity

    def get(self, identity: str, owner: str) -> Job | None:
        """The job, if it is this owner's."""
        with self._lock:
            job = self._jobs.get(identity)
        return job if job is not None and job.owner == owner else None

    def _run(self, identity: str, work: Callable[[Told], dict[str, Any]]) -> None:
        def tell(**changes: Any) -> None:
            with self._lock:
                if identity in self._jobs:
                    self._jobs[identity] = replace(self._jobs[identity], **changes)

        try:
            result = work(tell)
            tell(stage="done", share=1.0, result=result)
        except HepatrendError as error:
            tell(failed=str(error))
        except Exception:
            number = secrets.token_hex(4)
            log.exception("error %s in a job", number)
            tell(failed=f"stopped by an error of ours; the server's log has the details under {number}")
