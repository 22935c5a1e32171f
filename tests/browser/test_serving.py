"""Sites of tests one after another at one address, and the work that their pages ask for in threads."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from analytics.store.working_state import jobs
from dashboard.cohorts import worker
from dashboard.config import Config
from tests.browser.beside import jobs_in_threads
from tests.browser.serving import serve
from tests.stores import small_store

pytestmark = pytest.mark.browser


def test_a_site_is_served_where_the_one_before_it_was_and_never_where_another_is(tmp_path: Path):
    store = small_store(tmp_path / "store")
    config = Config(store=str(store.place.folder))
    first, beside = serve(store, config), serve(store, config)
    address = next(first).address
    assert next(beside).address != address
    with urlopen(address + "/methods") as answer:
        assert answer.status == 200
    first.close()
    with pytest.raises(HTTPError, match="503"):
        urlopen(address + "/methods")
    again = serve(store, config)
    assert next(again).address == address
    beside.close()
    again.close()


def test_work_is_done_by_a_thread_and_what_nobody_waited_for_is_taken_back(tmp_path: Path, monkeypatch):
    store = small_store(tmp_path / "store")
    config, begun, go = Config(store=str(store.place.folder)), threading.Event(), threading.Event()

    def slow(_store: object, _job: object, tell: jobs.Tell) -> dict[str, object]:
        begun.set()
        while not go.wait(0.05):
            tell("waiting", 0.5)
        return {}

    monkeypatch.setattr(worker, "analysis", slow)
    started = worker.start
    with jobs_in_threads():
        job_id = worker.ask_for_analysis(store, config, "cora")
        assert begun.wait(60)
    assert worker.start is started
    ended = jobs.get(store, job_id, "cora")
    assert ended is not None and ended.state == "cancelled"
