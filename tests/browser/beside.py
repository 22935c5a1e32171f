"""The work that pages ask for, done by a thread of this process: the libraries are read already, and nothing gives way.

The process that a server starts reads them for two seconds of a processor, at a tenth of its time where two tests run.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from analytics.store.working_state import jobs
from dashboard.cohorts import worker
from dashboard.commands.worker import do_jobs
from dashboard.config import Config
from dashboard.study import Study, bind

_IDLE_SECONDS = 0.1


@contextmanager
def jobs_in_threads() -> Iterator[None]:
    """A thread wherever a page would start a process; what nobody waited for at the end is taken back."""
    asked: list[tuple[Study, threading.Thread]] = []

    def start(config: Config) -> None:
        study = bind(config)
        thread = threading.Thread(target=do_jobs, args=(study,), kwargs={"until_idle": True})
        asked.append((study, thread))
        thread.start()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "start", start)
        patch.setattr(worker, "IDLE_SECONDS", _IDLE_SECONDS)
        yield
        for study, thread in asked:
            if thread.is_alive():
                _take_back(study)
            thread.join()


def _take_back(study: Study) -> None:
    for job in jobs.recent(study.store):
        jobs.cancel(study.store, job.job_id, job.owner)
