"""Administration and the own account: who sees and does what, and what is written down."""

from __future__ import annotations

import json
from typing import Any

import pytest
from argon2 import PasswordHasher

from analytics.store import Store
from analytics.store.working_state import jobs
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.security import accounts as accounts_module
from dashboard.security import keys
from dashboard.security.accounts import Accounts
from tests.dashboard.test_signin import PASSWORD, look, sign_in

NEW = "another horse battery"


@pytest.fixture
def app(own_store: Store, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(accounts_module, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    config = Config(auth="local", store=str(own_store.place.folder))
    accounts = Accounts(keys.folder(config) / "accounts.db")
    for name, role in (("ada", "clinician"), ("dana", "data_manager"), ("audrey", "auditor"), ("alan", "admin")):
        accounts.add(name, role, PASSWORD)
    return create_app(own_store, config)


def enter(app: Any, name: str, password: str = PASSWORD) -> Any:
    client = app.server.test_client()
    assert sign_in(client, name, password).status_code == 303
    return client


def press(client: Any, output: str, outputs: list[Any], inputs: list[Any], pressed: str, state: Any = ()) -> Any:
    body = {"output": output, "outputs": outputs, "inputs": inputs, "changedPropIds": [pressed], "state": list(state)}
    token = {"X-CSRFToken": client.get_cookie("_csrf_token").value}
    return client.post("/_dash-update-component", json=body, headers=token)


def administer(client: Any, part: str, name: str) -> Any:
    """Press a button of an account's row."""
    item = {"item": name, "page": "admin", "part": part}
    pressed = f"{json.dumps(item, separators=(',', ':'), sort_keys=True)}.n_clicks"
    own = [{"id": item, "property": "n_clicks", "value": 1}]
    said, table = ({"id": f"admin-{p}", "property": "children"} for p in ("said", "accounts"))
    inputs = [own, []] if part == "end" else [[], own]
    return press(client, "..admin-said.children...admin-accounts.children..", [said, table], inputs, pressed)


def change(client: Any, old: str, new: str, again: str | None = None) -> Any:
    state = [
        {"id": f"account-{part}", "property": "value", "value": value}
        for part, value in (("old", old), ("new", new), ("again", new if again is None else again))
    ]
    button = [{"id": "account-change", "property": "n_clicks", "value": 1}]
    output = {"id": "account-said", "property": "children"}
    return press(client, "account-said.children", output, button, "account-change.n_clicks", state)


NOT_FOUND = "Page not found, or not available to your role."


@pytest.mark.parametrize(
    ("name", "title"),
    [("ada", "Worklist"), ("dana", "Data quality"), ("audrey", "Audit"), ("alan", "Administration")],
)
def test_every_role_comes_to_a_page_of_its_own_at_the_start(app, name, title):
    assert f"{title} · hepatrend" in look(enter(app, name)).get_json()["response"]["shell-title"]["data"]


def test_a_data_manager_imports_and_curates_and_opens_no_patient(app, own_store):
    client = enter(app, "dana")
    for path in ("/quality", "/imports", "/schedules"):
        assert NOT_FOUND not in look(client, path).text, path
    for path in (f"/patient/{own_store.key_of('MRN-1')}", "/cohort", "/audit", "/admin"):
        assert NOT_FOUND in look(client, path).text, path


def test_an_admin_sees_accounts_jobs_and_keys_and_nothing_of_patients(app, own_store):
    jobs.submit(own_store, "cohort_export", "ada", {"text": "where id is MRN-1"})
    enter(app, "ada")
    text = look(enter(app, "alan"), "/admin").text
    for shown in ("ada", "clinician", "session.key", "cohort export", "generation 2"):
        assert shown in text
    assert "MRN-1" not in text
    assert NOT_FOUND in look(enter(app, "ada"), "/admin").text


def test_an_admin_ends_sessions_and_it_is_written_down(app, own_store):
    ada, alan = enter(app, "ada"), enter(app, "alan")
    assert look(ada).status_code == 200
    assert "1 session of ada ended" in administer(alan, "end", "ada").text
    assert look(ada).status_code == 401
    entry = own_store.log.entries(1, "user_admin").iloc[0]
    assert (entry["user"], entry["key"], entry["detail"]) == ("alan", "ada", "sessions ended")
    assert administer(enter(app, "audrey"), "end", "alan").status_code == 403


def test_an_admin_unlocks_an_account(app):
    client = app.server.test_client()
    for _ in range(5):
        sign_in(client, "ada", "wrong password here")
    assert sign_in(client, "ada").status_code == 429
    alan = app.server.test_client()
    token = {"REMOTE_ADDR": "192.0.2.9"}
    alan.environ_base.update(token)
    assert sign_in(alan, "alan").status_code == 303
    assert "ada can sign in" in administer(alan, "unlock", "ada").text
    assert sign_in(client, "ada").status_code == 303
    assert "Unlock" not in administer(alan, "unlock", "nobody").text


def test_everyone_changes_the_own_password_and_nobody_elses(app, own_store):
    client, other = enter(app, "audrey"), enter(app, "audrey")
    assert "The new passwords differ" in change(client, PASSWORD, NEW, "different").text
    assert "now is wrong" in change(client, "not the password", NEW).text
    assert "12 characters" in change(client, PASSWORD, "short").text
    assert "is changed" in change(client, PASSWORD, NEW).text
    assert look(client).status_code == look(other).status_code == 401, "every session ended"
    assert sign_in(app.server.test_client(), "audrey").status_code == 401
    assert look(enter(app, "audrey", NEW)).status_code == 200
    assert look(enter(app, "ada")).status_code == 200
    assert own_store.log.entries(1, "user_admin").iloc[0]["detail"] == "own password"


def test_guessing_the_own_password_is_slowed_as_signing_in_is(app):
    client = enter(app, "ada")
    said = [change(client, f"a guess number {n}", NEW).text for n in range(8)]
    assert "Too many tries" in said[-1]


def test_where_no_password_is_kept_here_there_is_no_form(own_store):
    client = create_app(own_store, Config(store=str(own_store.place.folder))).server.test_client()
    text = look(client, "/account").text
    assert "No password of yours" in text
    assert "account-change" not in text
    assert "No accounts and no sessions" in look(client, "/admin").text
    assert not (own_store.place.folder / "keys" / "accounts.db").exists()
