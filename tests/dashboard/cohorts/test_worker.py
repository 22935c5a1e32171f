"""The worker process: does what waits, goes on where another died, is cancelled between two parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from analytics.store import open_store
from analytics.store.snapshot import manifest
from analytics.store.tables.jobs import JOBS
from analytics.store.working_state import jobs
from dashboard.cohorts import worker
from dashboard.config import Config
from tests.analytics.store.made import cohort, ingest_of
from tests.stores import copied


def _filled(folder):
    store = open_store(str(folder))
    store.publish(ingest_of(cohort(12)))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "ROWS_PER_BUCKET", 30)
    store = copied(_filled, tmp_path / "store")
    assert len(store.manifest.buckets) == 4
    return store


def config(store):
    return Config(store=str(store.place.folder))


def test_a_full_analysis_is_a_job_with_progress(store):
    job_id = jobs.submit(store, "analysis", "ann", {})
    assert worker.serve(store, config(store), until_idle=True) == 1
    assert jobs.get(store, job_id, "ann").state == "done"
    assert store.unanalysed() == []


def test_a_cancelled_analysis_keeps_the_parts_that_are_done(store, monkeypatch):
    job_id = jobs.submit(store, "analysis", "ann", {})
    one = store.analyse_one
    monkeypatch.setattr(store, "analyse_one", lambda task: (one(task), jobs.cancel(store, job_id, "ann")))
    worker.serve(store, config(store), until_idle=True)
    assert jobs.get(store, job_id, "ann").state == "cancelled"
    assert len(store.unanalysed()) == 3


def test_a_worker_that_is_killed_leaves_a_job_that_the_next_one_ends(store, monkeypatch):
    job_id = jobs.submit(store, "analysis", "ann", {})
    slow = (
        "import sys, time; from analytics.store import open_store; from dashboard.cohorts import worker; "
        "from dashboard.config import Config; store = open_store(sys.argv[1]); one = store.analyse_one; "
        "store.analyse_one = lambda task: (one(task), time.sleep(600)); "
        "worker.serve(store, Config(store=sys.argv[1]), until_idle=True)"
    )
    with subprocess.Popen([sys.executable, "-c", slow, str(store.place.folder)]) as killed:
        try:
            while len(store.unanalysed()) == 4 and killed.poll() is None:
                time.sleep(0.05)
        finally:
            os.kill(killed.pid, signal.SIGKILL)
    assert jobs.get(store, job_id, "ann").state == "running"
    monkeypatch.setattr(jobs, "STALE_SECONDS", 0)
    time.sleep(0.01)
    assert jobs.stuck(store)
    assert worker.serve(store, config(store), until_idle=True) == 1
    ended = jobs.get(store, job_id, "ann")
    assert (ended.state, ended.attempt, ended.result) == ("done", 2, '{"parts": 3, "generation": 1}')


def test_a_worker_is_started_only_where_a_job_is_stuck(store, monkeypatch):
    started = []
    monkeypatch.setattr(worker, "start", started.append)
    job_id = jobs.submit(store, "analysis", "ann", {})
    worker.revive(store, config(store))
    assert started == []
    with store.working_state.begin() as connection:
        connection.execute(sa.update(JOBS).where(JOBS.c.job_id == job_id).values(beat_utc=0))
    worker.revive(store, config(store))
    assert len(started) == 1
