"""What a server does before the first reader comes: left work goes to a worker, the worklist is read once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.errors import HepatrendError
from dashboard.config import Config
from dashboard.web.gc_tuning import settle

if TYPE_CHECKING:
    from analytics.store import Store

log = logging.getLogger(__name__)


def catch_up(store: Store, config: Config) -> None:
    """Where much is not analysed yet, a worker process does it, so that no page waits for it."""
    from analytics.store.behind import BEHIND
    from analytics.store.working_state import jobs
    from dashboard.cohorts import worker

    asked = any(job.kind == "analysis" and not job.over for job in jobs.recent(store))
    if len(store.unanalysed()) > BEHIND and not asked:
        worker.ask_for_analysis(store, config, "server")


def warm(store: Store, then: Callable[[], None]) -> None:
    """Read the worklist and its first patient once, so that the first reader does not wait for it; and begin to read
    all patients for cohorts, where that takes long and a job has analysed them.

    Args:
        store: what is served.
        then: what begins afterwards.
    """
    try:
        first = store.worklist()["patient_id"].head(1).tolist()
        if first:
            store.analysis(first)
        if not store.left_to_jobs():
            store.opening()
    except HepatrendError as error:
        log.error("the worklist cannot be read: %s", error)
    settle()
    then()
