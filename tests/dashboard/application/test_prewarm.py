"""Pages that are made before anybody asks: for whom, when, and that nobody has looked at them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g

from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.application.prewarm import EXTENSION, Ahead, Wanted
from dashboard.components import patient_findings
from dashboard.config import Config
from dashboard.figures import lab_timeline
from dashboard.figures.choice import Choice
from dashboard.pages import patient
from dashboard.security.roles import LOCAL, User
from dashboard.web.context import Context, Request


@pytest.fixture
def context(own_store: Store) -> Context:
    return Context(own_store, Config(store=str(own_store.place.folder)))


def wanted(key: str) -> Wanted:
    """A patient's page as the local user sees it."""
    return patient.__name__, (LOCAL.role, "light"), (("key", key),)


def views(store: Store) -> list[str]:
    return [e["key"] for e in store.log.entries().to_dict("records") if e["action"] == "view_patient"]


def test_a_page_made_ahead_is_what_the_reader_gets_and_only_the_reader_is_written_down(own_store: Store):
    app = create_app(own_store, Config(store=str(own_store.place.folder)))
    ahead = app.server.extensions[EXTENSION]
    waiting = list(ahead.waiting())
    keys = own_store.worklist()["key"].tolist()
    assert waiting == [wanted(key) for key in keys]
    for one in waiting:
        list(ahead.make(one))
    assert list(ahead.waiting()) == []
    assert views(own_store) == []
    kept = len(ahead._context.finished._things)
    page = app.server.test_client().get(f"/patient/{keys[0]}")
    assert page.status_code == 200
    assert b"Latest results" in page.data
    assert len(ahead._context.finished._things) == kept, "nothing was made anew"
    assert views(own_store) == [keys[0]]


def test_what_changes_the_pages_lets_them_be_made_again(context: Context):
    ahead = Ahead(context, [patient])
    for one in list(ahead.waiting()):
        list(ahead.make(one))
    finding = context.whole_store.analysis().findings["finding_id"].iloc[0]
    context.whole_store.seen(finding, by="ann")
    assert len(list(ahead.waiting())) == 2


def test_nothing_is_begun_while_somebody_is_served(context: Context, monkeypatch: pytest.MonkeyPatch):
    server = Flask("x")
    ahead = Ahead(context, [patient])
    ahead.install(server)
    monkeypatch.setattr("dashboard.application.prewarm._QUIET_SECONDS", 0.0)
    seen = []
    server.add_url_rule("/", "x", lambda: str(seen.append(ahead._idle())))
    server.test_client().get("/")
    assert seen == [False]
    assert ahead._idle()


def test_the_roles_that_ask_are_those_it_works_for_and_who_may_see_nobody_gets_nothing(context: Context):
    server = Flask("x")
    ahead = Ahead(context, [patient])
    ahead._kinds.clear()
    role = {"of": "auditor"}
    server.before_request(lambda: setattr(g, "user", User("eve", role["of"])))
    ahead.install(server)
    server.add_url_rule("/", "x", lambda: "")
    server.test_client().get("/")
    assert list(ahead.waiting()) == []
    role["of"] = "coordinator"
    server.test_client().get("/")
    waiting = list(ahead.waiting())
    assert [kind for _, kind, _ in waiting] == [("coordinator", "light")] * 2
    list(ahead.make(waiting[0]))
    made = [part for parts in context.finished._things.values() if isinstance(parts, tuple) for part in parts]
    assert made
    assert "MRN-" not in " ".join(part.text for part in made)


def page_of(name: str, needs: str, made: list[str]) -> Any:
    """A page under /NAME/<key> that writes down what was made of it, in two steps."""

    def make_ahead(request: Request) -> Iterator[None]:
        made.append(request.path)
        yield
        made.append(f"{request.path} done")

    keys = [(("key", "a"),), (("key", "b"),)]
    offers = {"PATH": f"/{name}/<key>", "NEEDS": needs, "soon": lambda _context: keys, "make_ahead": make_ahead}
    return SimpleNamespace(__name__=name, **offers)


def test_each_page_that_offers_it_is_made_ahead_for_those_who_may_see_it(context: Context):
    made: list[str] = []
    pages = [page_of("one", "patients", made), page_of("two", "quality", made), page_of("three", "admin", made)]
    ahead = Ahead(context, pages)
    for one in list(ahead.waiting()):
        list(ahead.make(one))
    told = [f"/{name}/{key}{more}" for name in ("one", "two") for key in "ab" for more in ("", " done")]
    assert made == [path for path in told if LOCAL.may("quality") or "two" not in path]
    assert list(ahead.waiting()) == []


def test_who_comes_while_a_page_is_made_goes_first(context: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.application.prewarm._QUIET_SECONDS", 0.03)
    monkeypatch.setattr("dashboard.application.prewarm._LOOK_SECONDS", 0.03)
    server, came, let_go, made = Flask("x"), Event(), Event(), []
    ahead = Ahead(context, [page_of("one", "patients", made)])
    ahead.install(server)
    server.add_url_rule("/", "x", lambda: str(came.set() or let_go.wait(20)))
    reader = Thread(target=lambda: server.test_client().get("/"))
    reader.start()
    assert came.wait(20)
    ahead.start()
    sleep(0.3)
    assert made == [], "somebody is being served"
    let_go.set()
    reader.join()
    ends = monotonic() + 20
    while len(made) < 4 and monotonic() < ends:
        sleep(0.01)
    ahead.stop()
    assert made == ["/one/a", "/one/a done", "/one/b", "/one/b done"]


def test_between_two_steps_it_looks_for_a_reader(context: Context, monkeypatch: pytest.MonkeyPatch):
    made: list[str] = []
    ahead = Ahead(context, [page_of("one", "patients", made)])
    looked: list[int] = []

    def look() -> bool:
        looked.append(len(made))
        return len(looked) < 6

    monkeypatch.setattr(ahead, "_wait_for_quiet", look)
    ahead._run()
    assert looked == [0, 0, 1, 2, 3, 4]


def test_what_is_let_go_is_gone_without_the_collector(context: Context):
    store = context.whole_store
    analysis = store.analysis([store.patient_ids[0]])
    lab_timeline.draw(analysis, Choice(key="x"))
    patient_findings.findings_list(analysis, {}, "date")
    gone = weakref.ref(analysis)
    gc.collect()
    gc.disable()
    try:
        store._cache.clear()
        del analysis
        assert gone() is None
    finally:
        gc.enable()


def test_with_sign_in_it_waits_for_the_first_reader(own_store: Store, tmp_path: Path):
    config = Config(store=str(own_store.place.folder), auth="local", secrets=str(tmp_path))
    assert list(Ahead(Context(own_store, config), [patient]).waiting()) == []
