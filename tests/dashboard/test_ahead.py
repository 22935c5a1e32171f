"""Pages that are made before anybody asks: for whom, when, and that nobody has looked at them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, g

from analytics.store import Store
from dashboard.ahead import EXTENSION, Ahead
from dashboard.app import create_app
from dashboard.config import Config
from dashboard.context import Context
from dashboard.pages import patient
from dashboard.security.roles import LOCAL, User


@pytest.fixture
def context(own_store: Store) -> Context:
    return Context(own_store, Config(store=str(own_store.place.folder)))


def views(store: Store) -> list[str]:
    return [e["key"] for e in store.log.entries().to_dict("records") if e["action"] == "view_patient"]


def test_a_page_made_ahead_is_what_the_reader_gets_and_only_the_reader_is_written_down(own_store: Store):
    app = create_app(own_store, Config(store=str(own_store.place.folder)))
    ahead = app.server.extensions[EXTENSION]
    waiting = list(ahead.waiting())
    keys = own_store.worklist()["key"].tolist()
    assert waiting == [((LOCAL.role, "light"), key) for key in keys]
    for one in waiting:
        ahead.make(*one)
    assert list(ahead.waiting()) == []
    assert views(own_store) == []
    kept = len(ahead._context.finished._things)
    page = app.server.test_client().get(f"/patient/{keys[0]}")
    assert page.status_code == 200
    assert b"Last panel" in page.data
    assert len(ahead._context.finished._things) == kept, "nothing was made anew"
    assert views(own_store) == [keys[0]]


def test_what_changes_the_pages_lets_them_be_made_again(context: Context):
    ahead = Ahead(context, patient.make_ahead)
    for one in list(ahead.waiting()):
        ahead.make(*one)
    finding = context.whole_store.analysis().findings["finding_id"].iloc[0]
    context.whole_store.seen(finding, by="ann")
    assert len(list(ahead.waiting())) == 2


def test_nothing_is_begun_while_somebody_is_served(context: Context, monkeypatch: pytest.MonkeyPatch):
    server = Flask("x")
    ahead = Ahead(context, patient.make_ahead)
    ahead.install(server)
    monkeypatch.setattr("dashboard.ahead._QUIET_SECONDS", 0.0)
    seen = []
    server.add_url_rule("/", "x", lambda: str(seen.append(ahead._idle())))
    server.test_client().get("/")
    assert seen == [False]
    assert ahead._idle()


def test_the_roles_that_ask_are_those_it_works_for_and_who_may_see_nobody_gets_nothing(context: Context):
    server = Flask("x")
    ahead = Ahead(context, patient.make_ahead)
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
    assert [kind for kind, _ in waiting] == [("coordinator", "light")] * 2
    ahead.make(*waiting[0])
    made = next(iter(context.finished._things.values()))
    assert "MRN-" not in made.text


def test_with_sign_in_it_waits_for_the_first_reader(own_store: Store, tmp_path: Path):
    config = Config(store=str(own_store.place.folder), auth="local", secrets=str(tmp_path))
    assert list(Ahead(Context(own_store, config), patient.make_ahead).waiting()) == []
