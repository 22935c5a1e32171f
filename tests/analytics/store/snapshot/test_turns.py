"""What many ask for at once is computed once, by threads and by processes; who waits too long gets on without it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analytics.errors import BusyStore
from analytics.store import Admin, open_store
from analytics.store.snapshot import analysis_cache, derived_arrays
from analytics.store.snapshot.cache import Cache
from analytics.store.snapshot.turns import my_turn
from tests.analytics.store.made import cohort, ingest_of
from tests.stores import copied

ASKING = 8


def _filled(folder: Path) -> None:
    store = open_store(str(folder))
    store.publish(ingest_of(cohort(6)))


@pytest.fixture
def store(tmp_path: Path) -> Admin:
    return copied(_filled, tmp_path / "store")


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of each bucket whose analysis is computed, slowly."""
    done: list[int] = []
    analysed = analysis_cache.analysed

    def slowly(*words, **more):
        done.append(1)
        time.sleep(0.3)
        return analysed(*words, **more)

    monkeypatch.setattr(analysis_cache, "analysed", slowly)
    return done


def test_threads_that_ask_for_the_worklist_at_once_compute_a_bucket_once(store: Admin, computed: list[int]):
    together = threading.Barrier(ASKING)

    def ask(_: int) -> int:
        together.wait()
        return len(store.worklist())

    with ThreadPoolExecutor(ASKING) as pool:
        assert list(pool.map(ask, range(ASKING))) == [6] * ASKING
    assert len(computed) == len(store.manifest.buckets)


def test_stores_that_know_nothing_of_each_other_compute_a_bucket_once(store: Admin, computed: list[int]):
    others = [open_store(str(store.place.folder)) for _ in range(ASKING)]
    with ThreadPoolExecutor(ASKING) as pool:
        assert {len(rows) for rows in pool.map(lambda s: s.worklist(), others)} == {6}
    assert len(computed) == len(store.manifest.buckets)


def test_a_process_waits_for_another_and_one_that_is_killed_leaves_no_lock(store: Admin, computed: list[int]):
    (task,) = store.unanalysed()
    program = (
        "import sys, time; from pathlib import Path; from analytics.store.database.location import Place; "
        "from analytics.store.snapshot.turns import my_turn; turn = my_turn(Place(Path(sys.argv[1])), sys.argv[2]); "
        "turn.__enter__(); print('mine', flush=True); time.sleep(600)"
    )
    words = [sys.executable, "-c", program, str(store.place.folder), task.bucket.mark]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(store.analyse_one, task)
            time.sleep(0.5)
            assert not waiting.done() and computed == []
            other.kill()
            waiting.result(30)
    assert computed == [1]


def test_a_reader_who_waited_long_enough_is_told_so_and_sees_no_list_without_it(
    store: Admin, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(derived_arrays, "PATIENCE_SECONDS", 0.2)
    (task,) = store.unanalysed()
    with my_turn(store.place, task.bucket.mark), pytest.raises(BusyStore, match="still being analysed"):
        store.worklist()
    assert len(store.worklist()) == 6
    assert store.unanalysed() == []


def test_a_server_keeps_threads_for_the_rest(store: Admin, computed: list[int]):
    store.let_wait(2)
    together = threading.Barrier(ASKING)

    def ask(_: int) -> str:
        together.wait()
        try:
            return str(len(store.worklist()))
        except BusyStore:
            return "ask again"

    with ThreadPoolExecutor(ASKING) as pool:
        said = list(pool.map(ask, range(ASKING)))
    assert said.count("6") >= 1
    assert said.count("ask again") >= 1
    assert len(store.worklist()) == 6
    assert len(computed) == len(store.manifest.buckets)


def test_who_asks_for_what_is_being_made_waits_and_an_error_is_not_kept():
    cache, made = Cache(4), []

    def make() -> int:
        made.append(1)
        time.sleep(0.1)
        if len(made) == 1:
            raise ValueError
        return len(made)

    def ask(_: int) -> int | str:
        try:
            return cache.get("thing", make)
        except ValueError:
            return "error"

    with ThreadPoolExecutor(ASKING) as pool:
        said = list(pool.map(ask, range(ASKING)))
    assert sorted(map(str, said)) == ["2"] * (ASKING - 1) + ["error"]
    assert cache.get("outer", lambda: cache.get("thing", make) + 1) == 3
