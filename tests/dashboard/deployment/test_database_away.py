"""PostgreSQL that is down: one line, one sentence, not ready; and back without a restart."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from analytics.store import open_store
from dashboard.application.app import create_app
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.deployment import health
from tests.dashboard.application.test_app import navigate
from tests.installed import completed

AWAY = "the database server cannot be reached"
HTML = {"Accept": "text/html"}


class Switch:
    """Moves the socket of a PostgreSQL server away and back: for those who connect it is down."""

    def __init__(self, url: str):
        folder = sa.make_url(url).query["host"]
        self._socket, self._aside = f"{folder}/.s.PGSQL.5432", f"{folder}/aside"

    def off(self) -> None:
        os.rename(self._socket, self._aside)

    def on(self) -> None:
        if os.path.exists(self._aside):
            os.rename(self._aside, self._socket)


@pytest.fixture
def switch(postgres_url: str):
    made = Switch(postgres_url)
    yield made
    made.on()


@pytest.mark.postgres
def test_a_server_whose_database_goes_says_so_and_comes_back_by_itself(postgres_url, switch, monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", -1.0)
    store = open_store(postgres_url)
    client = create_app(store, Config(store=postgres_url)).server.test_client()
    assert client.get("/", headers=HTML).status_code == 200
    assert client.get("/readyz").status_code == 200
    switch.off()
    page = client.get("/", headers=HTML)
    assert page.status_code == 503
    assert page.mimetype == "text/html"
    assert AWAY in page.text
    assert page.headers["Retry-After"] == "10"
    callback = client.post("/_dash-update-component", json=navigate("/"))
    assert callback.status_code == 503
    assert AWAY in callback.get_json()["error"]
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert AWAY in {c["name"]: c for c in ready.get_json()["checks"]}["store"]["says"]
    assert 'hepatrend_check{name="store"} 0.0' in client.get("/metrics").text
    switch.on()
    assert client.get("/", headers=HTML).status_code == 200
    assert client.get("/readyz").status_code == 200


@pytest.mark.postgres
@pytest.mark.parametrize("words", [("worker", "--until-idle"), ("job", "list"), ("serve", "--port", "0")])
def test_every_command_ends_with_one_line_while_the_database_is_away(postgres_url, switch, words):
    open_store(postgres_url)
    switch.off()
    done = completed(*words, "--store", postgres_url)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert AWAY in said


@pytest.mark.postgres
def test_a_worker_that_runs_as_a_service_outlives_the_database(postgres_url, switch, monkeypatch):
    store, tried = open_store(postgres_url), []
    answered = threading.Event()

    def pause(_seconds: float) -> Any:
        tried.append(1)
        if len(tried) == 1:
            switch.off()
        elif len(tried) == 3:
            switch.on()
        elif len(tried) == 5:
            answered.set()
            raise KeyboardInterrupt

    monkeypatch.setattr(worker.time, "sleep", pause)
    with pytest.raises(KeyboardInterrupt):
        worker.serve(store, Config(store=postgres_url), until_idle=False)
    assert answered.is_set()
