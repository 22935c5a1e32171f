"""PostgreSQL that is down, drops who is connected, has no room, is locked or takes no changes: one line, one sentence,
not ready; and back without a restart."""

from __future__ import annotations

import gc
import os
import threading
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import sqlalchemy as sa

from analytics.errors import StoreError
from analytics.ingest import read
from analytics.store import open_store
from analytics.store.database import engines
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


LABS = "patient_id,collected_at,analyte,value,unit,uln\n" + "".join(
    f"P{i},2025-01-{d:02d},ALT,{30 + i * d},U/L,40\n" for i in range(3) for d in (1, 8)
)


def beside(url: str) -> sa.Engine:
    """For another program that is connected to the same database."""
    return sa.create_engine(sa.make_url(url).difference_update_query(["folder"]), poolclass=sa.pool.NullPool)


class Dropped:
    """The server ends every connection just before the ``at``-th statement of this process."""

    def __init__(self, url: str, at: int):
        self._others, self._at, self.statements = beside(url), at, 0

    def __enter__(self) -> Dropped:
        sa.event.listen(sa.Engine, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_error: object) -> None:
        sa.event.remove(sa.Engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1
        if self.statements == self._at:
            with self._others.connect() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


@pytest.fixture
def store(postgres_url, tmp_path, monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", -1.0)
    made = open_store(postgres_url)
    (tmp_path / "labs.csv").write_text(LABS)
    made.publish([read(tmp_path / "labs.csv")], by="ada")
    made.analyse()
    return made


@pytest.fixture
def client(store, postgres_url):
    return create_app(store, Config(store=postgres_url)).server.test_client()


def page(client):
    return client.post("/_dash-update-component", json=navigate("/quality"))


def store_check(client) -> tuple[int, str]:
    ready = client.get("/readyz")
    return ready.status_code, {c["name"]: c for c in ready.get_json()["checks"]}["store"]["says"]


@pytest.mark.postgres
def test_a_connection_that_is_lost_while_reading_is_a_sentence_and_the_next_page_is_there(client, postgres_url):
    for at in (1, 2, 3):
        with Dropped(postgres_url, at) as dropped:
            answer = page(client)
        assert dropped.statements >= at
        assert answer.status_code == 503 and AWAY in answer.get_json()["error"], at
        assert page(client).status_code == 200


@pytest.mark.postgres
@pytest.mark.filterwarnings(
    "ignore:.*ServerCursorMixin:pytest.PytestUnraisableExceptionWarning"
)  # psycopg, of the lost
def test_a_connection_that_is_lost_while_writing_leaves_the_state_before(store, postgres_url, tmp_path):
    (tmp_path / "later.csv").write_text(LABS.replace("2025", "2026"))
    before = store.generation
    for at in (1, 2, 4, 8, 16, 32):
        with Dropped(postgres_url, at) as dropped, pytest.raises(StoreError, match=f"{AWAY}; nothing was stored"):
            store.publish([read(tmp_path / "later.csv")], by="ada")
        assert dropped.statements >= at
        assert store.generation == before and len(store.panel().labs) == 6
    store.publish([read(tmp_path / "later.csv")], by="ada")
    assert len(store.panel().labs) == 12
    gc.collect()


@pytest.mark.postgres
def test_a_server_without_room_for_one_more_connection_is_a_sentence(client, postgres_url):
    with ExitStack() as others:
        with suppress(sa.exc.OperationalError):
            while True:
                others.enter_context(beside(postgres_url).connect())
        assert page(client).status_code == 503
        assert store_check(client)[0] == 503
        assert client.get("/healthz").status_code == 200
    assert page(client).status_code == 200


@pytest.mark.postgres
def test_tables_that_another_program_has_locked_keep_nobody_waiting_for_ever(client, store, postgres_url, monkeypatch):
    """A migration, a restore or a repair holds them; the threads that wait would be all that the server has."""
    monkeypatch.setattr(engines, "LOOK_SECONDS", 0.2)
    with beside(postgres_url).connect() as other:
        other.exec_driver_sql(f"LOCK TABLE {', '.join(sa.inspect(other).get_table_names())} IN ACCESS EXCLUSIVE MODE")
        answer = page(client)
        assert answer.status_code == 503
        assert "another process is writing to this store" in answer.get_json()["error"]
        assert store_check(client)[0] == 503
    assert page(client).status_code == 200


@pytest.mark.postgres
def test_a_server_that_takes_no_changes_is_not_ready(client, postgres_url, tmp_path, store):
    """A standby that was not promoted: no look can be noted, so nothing is shown."""
    with beside(postgres_url).connect() as other:
        name = sa.make_url(postgres_url).database
        other.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        other.commit()
    assert page(client).status_code == 503
    assert store_check(client) == (503, "the database takes no changes, so no look at a patient can be noted")
    (tmp_path / "later.csv").write_text(LABS.replace("2025", "2026"))
    with pytest.raises(StoreError, match="nothing was stored"):
        store.publish([read(tmp_path / "later.csv")], by="ada")
