"""Every route that there is: strange hosts, other sites, tokens that do not fit, sessions that others planted.

A new route is walked by itself; nothing here names one but those that anyone may ask.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from argon2 import PasswordHasher

from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.security import accounts as accounts_module
from dashboard.security import keys
from dashboard.security.accounts import Accounts
from dashboard.security.gate import public_of
from tests.dashboard.application.test_app import navigate
from tests.dashboard.test_signin import PASSWORD, csrf, sign_in

METHODS = ("get", "head", "post", "put", "delete", "patch", "options", "trace")
STRANGE = (
    "evil.example", "evil.example:8050", "localhost.evil.example", "localhost@evil.example", "127.0.0.1.evil.example",
    "evil.example#localhost", "[::2]", "LOCALHOST.", "0.0.0.0", "",
)  # fmt: skip
ELSEWHERE = (
    "//evil.example", "https://evil.example", "https:evil.example", "/\\evil.example", "\\\\evil.example",
    "/%2fevil.example",
    "javascript:alert(1)", "data:text/html,x", "///evil.example", "/\tevil.example", " //evil.example", "/\r\nX: y",
)  # fmt: skip


@pytest.fixture(scope="module")
def app(shared_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    patch = pytest.MonkeyPatch()
    patch.setattr(accounts_module, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    config = Config(auth="local", store=str(tmp_path_factory.mktemp("routes") / "store"))
    known = Accounts(keys.folder(config) / "accounts.db")
    for name in ("ada", "eve"):
        known.add(name, "clinician", PASSWORD)
    made = create_app(shared_store, config)
    made.server.test_client().get("/healthz")
    yield made
    patch.undo()


@pytest.fixture
def ada(app: Any) -> Any:
    """Signed in."""
    client = app.server.test_client()
    assert sign_in(client).status_code == 303
    return client


def addresses(app: Any) -> list[str]:
    """One of every route."""
    return sorted({re.sub(r"<[^>]+>", "1", rule.rule) for rule in app.server.url_map.iter_rules()})


def walked(app: Any, client: Any, **how: Any) -> dict[tuple[str, str], int]:
    """Status of every method of every route."""
    found = {}
    for path in addresses(app):
        for method in METHODS:
            with getattr(client, method)(path, **how) as answer:
                found[method, path] = answer.status_code
    return found


@pytest.mark.parametrize("host", STRANGE)
def test_no_route_answers_under_a_name_that_is_not_of_the_list(app, ada, host):
    found = walked(app, ada, headers={"Host": host})
    assert {code: key for key, code in found.items() if code != 400} == {}


def test_no_route_does_anything_for_another_site(app, ada):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", **csrf(ada)}
    found = walked(app, ada, headers=headers)
    assert {key: code for key, code in found.items() if code not in (403, 405)} == {}
    same_site = walked(app, ada, headers={**headers, "Sec-Fetch-Site": "same-site"})
    assert {key: code for key, code in same_site.items() if code not in (403, 405)} == {}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://[",
        "file://",
        "x",
    ],
)
def test_no_route_changes_anything_for_a_page_of_another_host_in_a_browser_that_says_no_more(app, ada, origin):
    """Before Sec-Fetch-Site came, browsers told the Origin alone."""
    headers = {"Origin": origin, **csrf(ada)}
    for path in addresses(app):
        with ada.post(path, headers=headers, json=navigate("/")) as answer:
            assert answer.status_code in (403, 405), path
    for own in ("http://localhost", "https://localhost:8443", "null"):
        with ada.post("/_dash-update-component", json=navigate("/"), headers={**headers, "Origin": own}) as answer:
            assert answer.status_code == 200, own


def test_no_route_changes_anything_without_the_token_of_its_own_session(app, ada):
    eve = app.server.test_client()
    sign_in(eve, name="eve")
    public = public_of(Config(auth="local"))
    for token in ({}, csrf(eve), {"X-CSRFToken": ""}, {"X-CSRFToken": "0" * 64}):
        for path in addresses(app):
            if path not in public:
                with ada.post(path, headers=token, json=navigate("/")) as answer:
                    assert answer.status_code == 403, (path, token)
    assert ada.post("/_dash-update-component", json=navigate("/"), headers=csrf(ada)).status_code == 200


def test_a_session_that_another_put_into_the_browser_is_not_the_one_that_signs_in(app):
    eve, victim = app.server.test_client(), app.server.test_client()
    sign_in(eve, name="eve")
    planted = {name: eve.get_cookie(name).value for name in ("hepatrend", "_csrf_token")}
    for name, value in planted.items():
        victim.set_cookie(name, value)
    assert sign_in(victim).status_code == 303
    assert victim.get_cookie("hepatrend").value != planted["hepatrend"]
    assert victim.get_cookie("_csrf_token").value != planted["_csrf_token"]
    used = app.server.test_client()
    used.set_cookie("hepatrend", planted["hepatrend"])
    answer = used.post("/_dash-update-component", json=navigate("/"), headers={"X-CSRFToken": planted["_csrf_token"]})
    assert answer.status_code == 401, "the planted one has ended, and was never ada's"
    unknown = app.server.test_client()
    unknown.set_cookie("hepatrend", "chosen-by-another")
    assert sign_in(unknown).status_code == 303
    assert unknown.get_cookie("hepatrend").value != "chosen-by-another"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(app, target):
    client = app.server.test_client()
    assert sign_in(client, target=target).headers["Location"] == "/"
    with app.server.test_client().get("/login", query_string={"next": target}) as page:
        assert 'name="next" value="/"' in page.text


def test_no_route_that_leads_on_leads_to_another_site(app, ada):
    for path in addresses(app):
        for name in ("next", "url", "redirect", "return", "target"):
            with ada.get(path, query_string={name: "https://evil.example"}) as answer:
                assert "evil.example" not in answer.headers.get("Location", ""), path


def test_no_answer_may_be_kept_framed_or_read_by_another_site(app, ada):
    """Signed in or not: so nothing is left for the back button after signing out."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for client in (ada, app.server.test_client()):
        for path in addresses(app):
            for method in METHODS:
                with getattr(client, method)(path, headers=asked) as answer:
                    said = answer.headers
                    assert said["Cache-Control"] == "no-store", (method, path)
                    assert said["X-Frame-Options"] == "DENY", (method, path)
                    assert "frame-ancestors 'none'" in said["Content-Security-Policy"], (method, path)
                    assert not [name for name, _ in said if name.startswith("Access-Control")], (method, path)


def kept(store: Store) -> dict[str, list[Any]]:
    """Every row of the database and of the working state; the head of the audit log moves with each look."""
    found = {}
    for path in (store.place.truth, store.place.working_state):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found |= {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    assert found.pop("audit_head")
    return found


def test_no_link_changes_anything(app, ada, shared_store):
    """What a foreign page can have a browser follow: the session, marks, jobs and data are as before."""
    before = kept(shared_store)
    for path in addresses(app):
        for query in ({}, {"next": "/", "name": "a.csv", "closed": "1", "id": "1", "job": "1", "key": "1"}):
            ada.get(path, query_string=query).close()
            ada.head(path, query_string=query).close()
    assert kept(shared_store) == before
    assert ada.post("/_dash-update-component", json=navigate("/"), headers=csrf(ada)).status_code == 200, (
        "still signed in"
    )
