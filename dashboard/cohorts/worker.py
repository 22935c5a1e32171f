"""The worker process: does long work beside the pages, one job after the other."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import sqlalchemy as sa

from analytics.cohort.export import bundle
from analytics.cohort.meds import MedsSet
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.cohort.small_cells import refuse_few
from analytics.store import Store
from analytics.store.admin.erasure_files import RESULTS
from analytics.store.database.database_errors import of_database
from analytics.store.working_state import jobs
from dashboard.cohorts import export
from dashboard.config import Config
from dashboard.security.keys import pseudonyms_of
from dashboard.wording import whole

log = logging.getLogger(__name__)
IDLE_SECONDS = 2.0
NICENESS = 10
"""Of a worker that a server starts: about a tenth of the time where both want all of it (house)."""
SUFFIX = {"cohort_export": "zip", "cohort_report": "html"}
"""Of the file that a kind of job leaves."""
MOST_REPORTED = 4_000
"""Patients of one report: it is made in memory, 1.7 GiB for so many. A data set has no such limit."""


def file_of(store: Store, job_id: str, kind: str = "cohort_export") -> Path:
    """Where the result of a job lies; the id is ours, letters and digits alone."""
    return store.place.folder / RESULTS / f"{''.join(c for c in job_id if c.isalnum())}.{SUFFIX[kind]}"


def too_many(patients: int) -> str:
    """Why no report is made of so many."""
    return (
        f"a report is made of at most {whole(MOST_REPORTED)} patients, and this cohort has {whole(patients)}; "
        "narrow it with where or find, or export the data set"
    )


def enough(job: jobs.Job, patients: int) -> None:
    """Refuse a job whose owner may not be shown so few people.

    Raises:
        QuestionError: there are some, and fewer than the job's ``least``.
    """
    refuse_few(patients, int(str(job.body.get("least", 0))))


def private(path: Path) -> BinaryIO:
    """A new file of the folder of results that its owner alone can read."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def cohort_export(config: Config) -> jobs.Work:
    """A pseudonymised data set of a cohort, as one archive."""

    def work(store: Store, job: jobs.Job, tell: jobs.Tell) -> Mapping[str, Any]:
        tell("reading", 0.05)
        population = store.all_patients()
        tell("asking", 0.3)
        result = run(parse(str(job.body["text"])), population)
        enough(job, len(result.patient_ids))
        names, form = pseudonyms_of(config), job.body.get("form")

        def told(name: str, share: float) -> None:
            tell(f"writing {name}", 0.3 + 0.7 * share)

        path = file_of(store, job.job_id)
        with private(path) as file:
            if form == "meds":
                export.zip_meds(file, MedsSet(result, names, datetime.now(UTC)), told)
            else:
                export.zip_into(
                    file,
                    bundle(result, names, more=bool(job.body.get("extras"))),
                    "parquet" if form == "parquet" else "csv",
                    told,
                )
        return {"patients": len(result.patient_ids), "bytes": path.stat().st_size}

    return work


def analysis(store: Store, job: jobs.Job, tell: jobs.Tell) -> Mapping[str, Any]:
    """All that the newest generation lacks, bucket by bucket; what is done stays done when the job ends early."""
    waiting = store.unanalysed()
    for done, task in enumerate(waiting):
        tell(f"analysing, {done} of {len(waiting)} parts done", done / len(waiting))
        store.analyse_one(task)
    return {"parts": len(waiting), "generation": store.generation}


def serve(
    store: Store,
    config: Config,
    *,
    until_idle: bool,
    more: Mapping[str, jobs.Work] = MappingProxyType({}),
    after: Callable[[], object] = lambda: None,
) -> int:
    """Do jobs as they come.

    Args:
        store: where they are.
        config: for the keys of the study.
        until_idle: stop when nothing waits.
        more: further kinds of work.
        after: done at the start, and after each job, when it is noted how that ended.

    Returns:
        How many were done.
    """
    done, kinds = 0, {"cohort_export": cohort_export(config), "analysis": analysis, **more}
    forget_old(store)
    after()
    while True:
        try:
            if jobs.work(store, kinds) is not None:
                done += 1
                after()
                continue
            if until_idle and not jobs.pending(store):
                return done
        except sa.exc.OperationalError as error:
            if until_idle:
                raise
            log.error("%s", of_database(error))  # a service goes on when the database is back
        time.sleep(IDLE_SECONDS)  # another worker is at a job: if it dies, this one takes it up


def forget_old(store: Store) -> None:
    """Remove the results of jobs that are no longer listed: no one can ask for them any more."""
    since = time.time() - jobs.KEPT_DAYS * 86_400
    for path in (store.place.folder / RESULTS).glob("*"):
        if path.suffix[1:] in SUFFIX.values() and path.stat().st_mtime < since:
            path.unlink(missing_ok=True)


def ask_for_analysis(store: Store, config: Config, owner: str) -> str:
    """Have all that the newest generation lacks computed beside; gives the job's id.

    Raises:
        OSError: no worker could be started; the job waits for the next one.
    """
    job_id = jobs.submit(store, "analysis", owner, {})
    start(config)
    return job_id


def revive(store: Store, config: Config) -> None:
    """Start a worker where a job waits and no worker is at it: after a restart, or when its worker died."""
    if jobs.stuck(store):
        start(config)
        jobs.called(store)


def start(config: Config) -> None:
    """Start a worker that ends when nothing waits; it lives on when the server stops."""
    command = [sys.executable, "-m", "dashboard", "worker", "--until-idle", "--store", config.store]
    command += ["--nice", str(NICENESS)]
    if config.settings:
        command += ["--settings", str(config.settings)]
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, start_new_session=True, **quiet)  # noqa: S603  our own interpreter and module
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves nothing behind when it ends
