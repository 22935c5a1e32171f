"""Long work as rows of a table: asked for by a page, done by a worker process, seen by its owner alone.

A worker takes a job by one conditional update, so that two never do the same. While it works it gives a sign of life
every few seconds, however long a step takes. A worker that dies leaves a job that the next one takes up again, three
times at most.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from analytics.errors import HepatrendError
from analytics.store.database.clock import microseconds, utc_now
from analytics.store.tables.jobs import JOBS
from analytics.store.working_state.heartbeat import alive
from analytics.store.working_state.holder import WorkingState

log = logging.getLogger(__name__)
BEAT_SECONDS = 5.0
STALE_SECONDS = 40
"""Without a sign of life for so long, its worker is dead."""
MOST_ATTEMPTS = 3
KEPT_DAYS = 7
_SECOND = 1_000_000
_HOST = "host"
"""In the body of a job: where hosts have a folder each, the one that has what the job needs."""


class JobCancelled(HepatrendError):
    """The owner does not want the job any more."""


@dataclass(frozen=True)
class Job:
    """One job as its table row says."""

    job_id: str
    kind: str
    owner: str
    body: dict[str, Any]
    state: str
    stage: str
    share: float
    result: str
    attempt: int

    @property
    def over(self) -> bool:
        """Nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")


Tell = Callable[[str, float], None]
"""Says the stage and the share done; raises JobCancelled where the owner has cancelled."""
Work = Callable[[Any, Job, Tell], Mapping[str, Any]]


def submit(store: WorkingState, kind: str, owner: str, body: Mapping[str, Any]) -> str:
    """Ask for work, to be done on this host, which has the uploads and keeps the results. Jobs older than KEPT_DAYS go.

    Returns:
        The job's id.
    """
    job_id, now = secrets.token_hex(8), _now()
    with store.working_state.begin() as connection:
        old = now - KEPT_DAYS * 86_400 * _SECOND
        connection.execute(sa.delete(JOBS).where(JOBS.c.asked_utc < old))
        connection.execute(
            sa.insert(JOBS).values(
                job_id=job_id,
                kind=kind,
                owner=owner,
                body=json.dumps({**body, _HOST: store.place.host} if store.place.host else dict(body)),
                state="waiting",
                stage="waiting",
                share=0.0,
                result="",
                attempt=0,
                asked_utc=now,
                beat_utc=now,
            )
        )
    return job_id


def get(store: WorkingState, job_id: str, owner: str) -> Job | None:
    """The job, if it is this owner's."""
    query = sa.select(JOBS).where(JOBS.c.job_id == job_id, JOBS.c.owner == owner)
    with store.working_state.connect() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else _job(dict(row))


def cancel(store: WorkingState, job_id: str, owner: str) -> bool:
    """Take back a job that is not over; a running worker stops at its next sign of life."""
    where = (JOBS.c.job_id == job_id) & (JOBS.c.owner == owner) & JOBS.c.state.in_(["waiting", "running"])
    with store.working_state.begin() as connection:
        return bool(connection.execute(sa.update(JOBS).where(where).values(state="cancelled")).rowcount)


def pending(store: WorkingState, *kinds: str) -> bool:
    """Whether any job waits or is being done; of these kinds alone, where any are named."""
    where = sa.and_(JOBS.c.state.in_(["waiting", "running"]), JOBS.c.kind.in_(kinds) if kinds else sa.true())
    with store.working_state.connect() as connection:
        return bool(connection.scalar(sa.select(sa.func.count()).where(where)))


def stuck(store: WorkingState) -> bool:
    """Whether a job is left alone: a worker is to be started.

    A job that waits while another one is worked at is not: its turn comes.
    """
    since = _now() - STALE_SECONDS * _SECOND
    late = JOBS.c.state.in_(["waiting", "running"]) & (JOBS.c.beat_utc < since)
    at_work = (JOBS.c.state == "running") & (JOBS.c.beat_utc >= since)
    with store.working_state.connect() as connection:
        left, worked_at = (_of_this_host(store, connection, where) for where in (late, at_work))
    return bool(left) and not worked_at


def called(store: WorkingState) -> None:
    """Note that a worker was started for the jobs that wait, so that no second one is until it had time to come."""
    with store.working_state.begin() as connection:
        connection.execute(sa.update(JOBS).where(JOBS.c.state == "waiting").values(beat_utc=_now()))


def recent(store: WorkingState, owner: str | None = None) -> list[Job]:
    """Jobs of an owner (of all where None), the newest first."""
    query = sa.select(JOBS).order_by(JOBS.c.asked_utc.desc())
    with store.working_state.connect() as connection:
        rows = connection.execute(query if owner is None else query.where(JOBS.c.owner == owner)).mappings().all()
    return [_job(dict(row)) for row in rows]


def claim(store: WorkingState) -> Job | None:
    """Take the oldest job that waits, or that a dead worker left; None where there is none."""
    now = _now()
    left = (JOBS.c.state == "running") & (JOBS.c.beat_utc < now - STALE_SECONDS * _SECOND)
    free = (JOBS.c.state == "waiting") | left
    while True:
        with store.working_state.connect() as connection:
            waiting = _of_this_host(store, connection, free)
        if not waiting:
            return None
        row = waiting[0]
        if row["attempt"] >= MOST_ATTEMPTS:
            _set(
                store,
                row["job_id"],
                JOBS.c.attempt == row["attempt"],
                state="failed",
                result="its worker died each time",
            )
            continue
        mine = free & (JOBS.c.attempt == row["attempt"])
        attempt = row["attempt"] + 1
        if _set(store, row["job_id"], mine, state="running", stage="started", attempt=attempt, beat_utc=now):
            return _job({**row, "state": "running", "stage": "started", "attempt": attempt})


def work(store: WorkingState, kinds: Mapping[str, Work]) -> Job | None:
    """Do one job, whatever comes of it.

    Returns:
        The job as it ended, or None where there was none to do.
    """
    job = claim(store)
    if job is None:
        return None
    mine = (JOBS.c.state == "running") & (JOBS.c.attempt == job.attempt)

    def tell(stage: str, share: float) -> None:
        if not _set(store, job.job_id, mine, stage=stage, share=share, beat_utc=_now()):
            raise JobCancelled("cancelled")

    try:
        if job.kind not in kinds:
            raise HepatrendError(f"no such work: {job.kind}")
        with alive(lambda: _set(store, job.job_id, mine, beat_utc=_now()), BEAT_SECONDS):
            result = kinds[job.kind](store, job, tell)
        _set(store, job.job_id, mine, state="done", stage="done", share=1.0, result=json.dumps(dict(result)))
    except JobCancelled:
        pass
    except HepatrendError as error:
        _set(store, job.job_id, mine, state="failed", result=str(error))
    except Exception:
        number = secrets.token_hex(4)
        log.exception("error %s in a job", number)
        said = f"stopped by an error of ours; the worker's log has the details under {number}"
        _set(store, job.job_id, mine, state="failed", result=said)
    return get(store, job.job_id, job.owner)


def _set(store: WorkingState, job_id: str, where: sa.ColumnElement[bool], **values: Any) -> bool:
    with store.working_state.begin() as connection:
        done = connection.execute(sa.update(JOBS).where(JOBS.c.job_id == job_id, where).values(**values))
        return bool(done.rowcount)


def _of_this_host(
    store: WorkingState, connection: sa.Connection, where: sa.ColumnElement[bool]
) -> list[Mapping[str, Any]]:
    """Rows of jobs that this host can do, the oldest first."""
    rows = connection.execute(sa.select(JOBS).where(where).order_by(JOBS.c.asked_utc)).mappings().all()
    return [dict(row) for row in rows if json.loads(row["body"]).get(_HOST, "") in ("", store.place.host)]


def _job(row: Mapping[str, Any]) -> Job:
    names = ("job_id", "kind", "owner", "state", "stage", "share", "result", "attempt")
    body = {name: value for name, value in json.loads(row["body"]).items() if name != _HOST}
    return Job(body=body, **{name: row[name] for name in names})


def _now() -> int:
    return microseconds(utc_now())
