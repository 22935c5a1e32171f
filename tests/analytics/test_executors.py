"""One seam, three executors, equal output."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from distributed import LocalCluster

from analytics import executors
from analytics.errors import ClusterError, HepatrendError, InputError
from analytics.executors import AHEAD, EXECUTORS, each, run
from tests.analytics.bucket_work import (
    die,
    die_once,
    die_once_each,
    leave_a_mark,
    own_process,
    parent_of_this,
    refuse,
    square,
)
from tests.conftest import ROOT
from tests.read_ahead import read_for_processes

FREE_PORT = {"scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"}}


@pytest.fixture(scope="module", autouse=True)
def all_is_read() -> None:
    read_for_processes()


def test_processes_are_forked_of_one_that_read_the_code_and_not_of_this_one():
    first, *others = run(parent_of_this, range(4), "processes", workers=2)
    assert {first} == set(others) and first != os.getpid()
    assert set(run(parent_of_this, range(2), "processes", workers=2)) == {first}


OTHER_CHECKOUT = """
from functools import partial
from analytics.executors import meant, run
if __name__ == "__main__":
    print(run(partial(meant, None, 1), ["", "tcp://there"], "processes", workers=2))
"""


def test_processes_read_the_code_that_this_one_read_also_in_the_folder_of_another_checkout(tmp_path):
    (tmp_path / "asks.py").write_text(OTHER_CHECKOUT)
    (tmp_path / "here" / "analytics").mkdir(parents=True)
    (tmp_path / "here" / "analytics" / "__init__.py").write_text("print('the other one')\n")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "asks.py")], cwd=tmp_path / "here", capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("['serial', 'dask']\n", "")


@pytest.mark.parametrize("executor", EXECUTORS)
def test_results_come_in_the_order_of_the_buckets(executor):
    assert run(square, [3, 1, 2], executor, workers=2) == [9, 1, 4]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_no_bucket_gives_no_result(executor):
    assert run(square, [], executor, workers=1) == []


@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_error_of_ours_comes_back_as_it_is(executor):
    with pytest.raises(InputError, match="bucket 1"):
        run(refuse, [1, 2], executor, workers=2)


def test_an_unknown_executor_is_refused_with_the_known_ones():
    with pytest.raises(HepatrendError, match="serial, processes, dask"):
        run(square, [1], "threads")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", "is no address of a Dask scheduler"),
        ("tcp://127.0.0.1:notaport", "is no address of a Dask scheduler"),
        ("tcp://127.0.0.1:9", "no Dask scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_a_scheduler_that_is_not_there_is_one_line(address, words, monkeypatch):
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match=words) as caught:
        run(square, [1, 2], "dask", address=address)
    assert "\n" not in str(caught.value) and "tcp://HOST:PORT" in str(caught.value)


def test_a_scheduler_without_workers_is_said_to_have_none(monkeypatch):
    monkeypatch.setattr(executors, "WORKERS_SECONDS", 1)
    with (
        LocalCluster(n_workers=0, dashboard_address=None, **FREE_PORT) as cluster,
        pytest.raises(ClusterError, match="has no workers after 1 s; start: dask worker"),
    ):
        run(square, [1, 2], "dask", address=cluster.scheduler_address)


def test_workers_with_other_code_compute_nothing(tmp_path):
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, **FREE_PORT) as cluster,
        pytest.raises(ClusterError, match="1 of 1 workers have another version of hepatrend"),
    ):
        run(leave_a_mark, [tmp_path / "a"], "dask", address=cluster.scheduler_address, version=own_process)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_a_bucket_whose_process_dies_is_done_again(executor, tmp_path):
    buckets = [tmp_path / name for name in "abcd"]
    assert run(die_once, buckets, executor, workers=2) == list("abcd")
    assert sorted(p.name for p in tmp_path.iterdir()) == list("abcd")


def test_a_bucket_that_always_dies_ends_the_run_in_words():
    with pytest.raises(ClusterError, match="processes ended 3 times"):
        run(die, [1, 2], "processes", workers=2)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_it_is_told_after_each_bucket(executor):
    said = []
    run(square, [1, 2, 3], executor, workers=2, told=lambda done, of: said.append((done, of)))
    assert said == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_a_result_at_a_time_only_a_few_buckets_are_begun_ahead(executor, tmp_path):
    buckets = [tmp_path / f"{n:03d}" for n in range(60)]
    results = each(leave_a_mark, buckets, executor, workers=2)
    next(results)
    time.sleep(0.5)
    assert len(list(tmp_path.iterdir())) <= 1 + 2 * AHEAD
    assert len(list(results)) == 59 and len(list(tmp_path.iterdir())) == 60


def test_processes_may_die_more_often_than_three_times_while_buckets_get_done(tmp_path):
    buckets = [tmp_path / f"{n}{'bd'[n % 2]}" for n in range(5)]
    assert list(each(die_once_each, buckets, "processes", workers=2)) == [p.name for p in buckets]
