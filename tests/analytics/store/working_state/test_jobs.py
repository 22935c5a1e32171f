"""Long work: done once, seen by its owner, cancelled when asked, taken up again when its worker died."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from analytics.errors import StoreError
from analytics.store import Store, open_store
from analytics.store.tables.jobs import JOBS
from analytics.store.working_state import jobs


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def test_a_job_is_done_once_and_only_its_owner_sees_it(store: Store) -> None:
    job_id = jobs.submit(store, "double", "ann", {"n": 21})
    done = jobs.work(store, {"double": lambda store, job, tell: {"n": 2 * job.body["n"]}})
    assert done is not None and (done.state, done.result, done.share) == ("done", '{"n": 42}', 1.0)
    assert jobs.work(store, {}) is None
    assert jobs.get(store, job_id, "bob") is None
    assert not jobs.cancel(store, job_id, "ann"), "it is over"


def test_two_workers_never_take_the_same_job(store: Store) -> None:
    jobs.submit(store, "a", "ann", {})
    assert jobs.claim(store) is not None
    assert jobs.claim(store) is None


def test_jobs_are_done_in_the_order_in_which_they_were_asked_for(store: Store) -> None:
    first, second = (jobs.submit(store, "a", "ann", {}) for _ in range(2))
    with store.working_state.begin() as connection:
        connection.execute(sa.update(JOBS).where(JOBS.c.job_id == first).values(asked_utc=JOBS.c.asked_utc - 10))
    assert [jobs.claim(store).job_id for _ in range(2)] == [first, second]


def test_a_cancelled_job_stops_at_its_next_sign_of_life(store: Store) -> None:
    job_id = jobs.submit(store, "slow", "ann", {})
    reached = []

    def slow(store, job, tell):
        tell("half", 0.5)
        assert jobs.cancel(store, job_id, "ann")
        tell("three quarters", 0.75)
        reached.append("the end")

    assert jobs.work(store, {"slow": slow}).state == "cancelled"
    assert reached == []
    assert jobs.work(store, {"slow": slow}) is None


def test_what_we_refuse_is_the_reason_of_the_failure(store: Store) -> None:
    def refuse(store, job, tell):
        raise StoreError("the disk is full")

    jobs.submit(store, "a", "ann", {})
    assert jobs.work(store, {"a": refuse}).result == "the disk is full"
    jobs.submit(store, "unheard", "ann", {})
    assert jobs.work(store, {}).result == "no such work: unheard"


def test_a_job_survives_its_worker_and_a_new_start_three_times(store: Store) -> None:
    job_id = jobs.submit(store, "a", "ann", {})
    for attempt in (1, 2, 3):
        again = open_store(str(store.place.folder))
        assert jobs.claim(again).attempt == attempt
        assert jobs.claim(again) is None, "its worker is alive"
        with again.working_state.begin() as connection:
            late = JOBS.c.beat_utc - (jobs.STALE_SECONDS + 1) * 1_000_000
            connection.execute(sa.update(JOBS).where(JOBS.c.job_id == job_id).values(beat_utc=late))
    assert jobs.claim(store) is None
    assert jobs.get(store, job_id, "ann").state == "failed"


def test_a_long_step_gives_signs_of_life_all_the_while(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.01)
    job_id = jobs.submit(store, "long", "ann", {})

    def beat() -> int:
        with store.working_state.connect() as connection:
            return int(connection.scalar(sa.select(JOBS.c.beat_utc).where(JOBS.c.job_id == job_id)))

    def one_long_step(store, job, tell):
        first = beat()
        while beat() == first:
            time.sleep(0.01)
        return {"lived": True}

    assert jobs.work(store, {"long": one_long_step}).state == "done"


def test_a_job_that_nobody_is_at_is_stuck_and_pending_until_it_is_over(store: Store) -> None:
    assert not jobs.pending(store)
    job_id = jobs.submit(store, "a", "ann", {})
    assert jobs.pending(store) and not jobs.stuck(store), "a worker is just being started"
    with store.working_state.begin() as connection:
        late = JOBS.c.beat_utc - (jobs.STALE_SECONDS + 1) * 1_000_000
        connection.execute(sa.update(JOBS).where(JOBS.c.job_id == job_id).values(beat_utc=late))
    assert jobs.stuck(store)
    jobs.called(store)
    assert not jobs.stuck(store), "a worker is on its way"
    with store.working_state.begin() as connection:
        connection.execute(sa.update(JOBS).where(JOBS.c.job_id == job_id).values(beat_utc=late))
    assert jobs.stuck(store)
    other = jobs.submit(store, "b", "ann", {})
    with store.working_state.begin() as connection:
        connection.execute(sa.update(JOBS).where(JOBS.c.job_id == other).values(state="running"))
    assert not jobs.stuck(store), "a worker is at another job, and this one's turn comes"
    with store.working_state.begin() as connection:
        connection.execute(sa.update(JOBS).where(JOBS.c.job_id == other).values(state="done"))
    jobs.work(store, {"a": lambda store, job, tell: {}})
    assert not jobs.pending(store) and not jobs.stuck(store)
    assert [job.state for job in jobs.recent(store)] == ["done", "done"]
    assert jobs.recent(store, "bob") == []


def test_an_error_of_ours_fails_the_job_and_not_the_worker(store: Store) -> None:
    jobs.submit(store, "a", "ann", {})
    failed = jobs.work(store, {"a": lambda store, job, tell: 1 / 0})
    assert failed.state == "failed" and "division" not in failed.result
