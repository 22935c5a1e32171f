"""Signing in: accounts, sessions and their ends, tokens, tries, roles, the gateway's headers."""

from __future__ import annotations

import importlib.util
import re
import stat
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from analytics.errors import InputError, RefusedStart
from analytics.store import Store
from dashboard.application import signin
from dashboard.application.app import create_app
from dashboard.config import Config, Proxy
from dashboard.security import accounts as accounts_module
from dashboard.security import keys
from dashboard.security.accounts import Accounts
from dashboard.security.administration import Administration
from dashboard.security.roles import PERMISSIONS, ROLES
from tests.dashboard.application.test_app import navigate

PASSWORD = "correct horse battery"


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(auth="local", store=str(tmp_path / "store"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch) -> None:
    """The real cost of a hash is measured elsewhere; here it would only be waited for."""
    monkeypatch.setattr(accounts_module, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def store(shared_store: Store) -> Store:
    return shared_store


@pytest.fixture
def app(config: Config, store: Store, clock: Clock) -> Any:
    accounts = Accounts(keys.folder(config) / "accounts.db")
    accounts.add("ada", "clinician", PASSWORD)
    accounts.add("cora", "coordinator", PASSWORD)
    accounts.add("audrey", "auditor", PASSWORD)
    accounts.add("alan", "admin", PASSWORD)
    return create_app(store, config, now=clock)


@pytest.fixture
def client(app: Any) -> FlaskClient:
    return app.server.test_client()


def sign_in(client: FlaskClient, name: str = "ada", password: str = PASSWORD, target: str = "/") -> Any:
    """Fill in the form and send it."""
    form = client.get("/login").text
    token = re.search(r'name="token" value="([^"]+)"', form)
    assert token
    return client.post("/login", data={"name": name, "password": password, "token": token[1], "next": target})


def csrf(client: FlaskClient) -> dict[str, str]:
    """The header that Dash sends."""
    cookie = client.get_cookie("_csrf_token")
    return {"X-CSRFToken": cookie.value if cookie else ""}


def look(client: FlaskClient, path: str = "/") -> Any:
    """Come to a page as the browser does."""
    return client.post("/_dash-update-component", json=navigate(path), headers=csrf(client))


def test_without_sign_in_every_route_but_the_public_ones_is_refused(app, client):
    client.get("/healthz")
    for rule in app.server.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        if path in ("/login", "/login.css", "/healthz", "/readyz"):
            continue
        for method in ("get", "post", "head", "put", "delete", "patch", "options", "trace"):
            for accept in ("text/html", "application/json", "*/*"):
                with getattr(client, method)(path, headers={"Accept": accept}) as answer:
                    assert answer.status_code in (303, 401, 405), (method, path, answer.status_code)
                    assert b"MRN-1" not in answer.data


@pytest.mark.parametrize(
    "path",
    [
        "//_dash-layout", "/%5fdash-layout", "/_dash-layout;x", "/login/../_dash-layout", "/./_dash-layout",
        "/_dash-layout/", "/_DASH-LAYOUT", "/healthz/../_dash-layout", "/login/x", "/login.css/x", "/healthz/x",
        "/_dash-layout?x=/login", "/%2e%2e/_dash-layout", "/assets/../app.py", "/assets/%2e%2e/app.py",
        "/_dash-component-suites/dash/../../x.py", "/static/x", "/_dash-dependencies%00", "/login%2f..%2f_dash-layout",
    ],
)  # fmt: skip
def test_odd_paths_do_not_pass_the_gate(client, path):
    with client.get(path) as answer:
        assert answer.status_code in (303, 308, 400, 401, 404)
        assert b"react-entry" not in answer.data
        assert b"shell-page" not in answer.data


def test_a_page_asks_to_sign_in_and_goes_back_there(client):
    answer = client.get("/patient/abc", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/patient/abc")
    assert sign_in(client, target="/patient/abc").headers["Location"] == "/patient/abc"


def test_signing_in_opens_the_pages(client):
    assert look(client).status_code == 401
    assert sign_in(client).status_code == 303
    assert look(client).status_code == 200


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong password"), ("nobody", PASSWORD), ("", ""), ("ada", "")])
def test_a_wrong_name_and_a_wrong_password_read_alike(client, name, password):
    answer = sign_in(client, name, password)
    assert answer.status_code == 401
    assert signin.REFUSED in answer.text
    assert look(client).status_code == 401


def test_the_form_needs_its_own_token(client):
    client.get("/login")
    answer = client.post("/login", data={"name": "ada", "password": PASSWORD, "token": "other"})
    assert answer.status_code == 403


def test_too_many_tries_have_to_wait(client, clock):
    for _ in range(5):
        assert sign_in(client, password="wrong password").status_code == 401
    refused = sign_in(client)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    clock.seconds += 61
    assert sign_in(client).status_code == 303


def test_an_account_is_protected_against_many_sources(app, clock):
    for i in range(10):
        client = app.server.test_client()
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{i}"
        assert sign_in(client, password="wrong password").status_code == 401
    client.environ_base["REMOTE_ADDR"] = "192.0.2.99"
    assert sign_in(client).status_code == 429


def locked_out(app: Any) -> None:
    """Somebody tries from many places until nobody else may."""
    for i in range(12):
        client = app.server.test_client()
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{i}"
        sign_in(client, password="wrong password")


def test_no_one_is_locked_out_of_an_account_on_a_device_where_it_has_signed_in(app, client):
    sign_in(client)
    client.post("/logout", headers=csrf(client))
    locked_out(app)
    stranger = app.server.test_client()
    assert sign_in(stranger).status_code == 429
    assert sign_in(client).status_code == 303
    assert sign_in(stranger).status_code == 429, "a device that is known opens nothing for others"


def test_a_known_device_has_no_more_tries_than_any_source_and_is_known_for_one_account(app, client):
    sign_in(client)
    locked_out(app)
    assert [sign_in(client, password="wrong password").status_code for _ in range(6)] == [401] * 5 + [429]
    other = app.server.test_client()
    for cookie in ("hepatrend_device_00000000", *(c.key for c in client._cookies.values() if "device" in c.key)):
        other.set_cookie(cookie, "forged." + "0" * 64, path="/login")
    assert sign_in(other).status_code == 429


def test_who_waits_on_a_known_device_is_unlocked_with_the_account(app, client, config):
    sign_in(client)
    assert [sign_in(client, password="wrong password").status_code for _ in range(6)] == [401] * 5 + [429]
    accounts = Accounts(keys.folder(config) / "accounts.db")
    assert accounts.tries() == {"ada": 5}
    assert next(k.tries for k in Administration(config).known() if k.account.name == "ada") == 5
    assert accounts.unlock("ada") == 5
    assert sign_in(client).status_code == 303


@pytest.mark.parametrize(
    ("addresses", "status"),
    [
        ([f"2001:db8:1:2::{i:x}" for i in range(1, 7)], 429),
        ([f"2001:db8:1:{i:x}::1" for i in range(1, 7)], 401),
        ([f"192.0.2.7:{5000 + i}" for i in range(6)], 429),
        ([f"[2001:db8::7]:{5000 + i}" for i in range(6)], 429),
        (["192.0.2.7", "::ffff:192.0.2.7"] * 3, 429),
        (["unknown", "", "_hidden", "1.2.3.4, 5.6.7.8", "fe80::1%eth0", "x" * 5000], 401),
        (["unknown", "", "_hidden", "1.2.3.4, 5.6.7.8", "x" * 5000, "y"], 429),
    ],
)
def test_a_client_that_changes_what_it_can_of_its_address_is_one_source(app, addresses, status):
    for i, address in enumerate(addresses):
        client = app.server.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        answer = sign_in(client, name=f"name{i}", password="wrong password")
        assert answer.status_code == (status if i == 5 else 401), address


def test_whoever_goes_on_trying_waits_longer_each_time(client, clock):
    waits = []
    for _ in range(4):
        for _ in range(5):
            sign_in(client, password="wrong password")
        waits.append(int(sign_in(client).headers["Retry-After"]))
        clock.seconds += max(waits) + 900
    assert waits[0] <= 61 < waits[1] < waits[2]


def test_an_account_is_unlocked_on_the_host(app, client, config):
    locked_out(app)
    assert sign_in(client).status_code == 429
    assert Accounts(keys.folder(config) / "accounts.db").unlock("ada") >= 10
    assert sign_in(client).status_code == 303
    with pytest.raises(InputError, match="no account"):
        Accounts(keys.folder(config) / "accounts.db").unlock("nobody")


def test_a_session_ends_when_idle(client, clock):
    sign_in(client)
    clock.seconds += 14 * 60
    assert look(client).status_code == 200
    clock.seconds += 14 * 60
    assert look(client).status_code == 200
    clock.seconds += 901
    assert look(client).status_code == 401


@pytest.mark.parametrize("back", [120, 3600, 30 * 24 * 3600])
def test_a_clock_that_is_set_back_lets_no_session_live_longer(client, clock, back):
    sign_in(client)
    clock.seconds += 600
    assert look(client).status_code == 200
    clock.seconds -= back + 600
    assert look(client).status_code == 401
    clock.seconds += back + 600
    assert look(client).status_code == 401


def test_a_clock_that_is_put_right_by_a_moment_ends_no_session(client, clock):
    sign_in(client)
    clock.seconds -= 30
    assert look(client).status_code == 200


@pytest.mark.parametrize("back", [100, 3600, 30 * 24 * 3600])
def test_a_clock_that_is_set_back_ends_no_wait_later(client, clock, back):
    for _ in range(5):
        sign_in(client, password="wrong password")
    clock.seconds -= back
    refused = sign_in(client)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 61
    clock.seconds += 62
    assert sign_in(client).status_code == 303


@pytest.mark.parametrize("token", ["é", "ÿ" * 64, "x" * 5_000, "", " ", "0", "\x7f", '{"a": 1}', "ß" * 32, "null"])
def test_an_odd_token_is_refused_and_no_failure(client, token):
    sign_in(client)
    answer = client.post("/_dash-update-component", json=navigate("/"), headers={"X-CSRFToken": token})
    assert answer.status_code == 403
    client.set_cookie("hepatrend", "é" * 10)
    assert look(client).status_code == 401


def test_a_timer_does_not_keep_an_idle_session_alive(client, clock):
    sign_in(client)
    body = {**navigate("/"), "changedPropIds": ["page-timer.n_intervals"]}
    for _ in range(3):
        clock.seconds += 5 * 60 + 1
        client.post("/_dash-update-component", json=body, headers=csrf(client))
    assert look(client).status_code == 401


def test_a_session_ends_after_eight_hours_however_busy(client, clock):
    sign_in(client)
    for _ in range(48):
        assert look(client).status_code == 200
        clock.seconds += 600
    clock.seconds += 1
    assert look(client).status_code == 401


def test_signing_out_ends_the_session_on_the_server(client):
    sign_in(client)
    token = client.get_cookie("hepatrend").value
    assert client.post("/logout", headers=csrf(client)).status_code == 204
    client.set_cookie("hepatrend", token)
    assert look(client).status_code == 401


def test_each_sign_in_has_its_own_token(client):
    sign_in(client)
    first = client.get_cookie("hepatrend").value
    sign_in(client)
    second = client.get_cookie("hepatrend").value
    assert first != second
    client.set_cookie("hepatrend", first)
    assert look(client).status_code == 401


def test_another_role_or_password_or_removal_ends_the_sessions(config, client):
    accounts = Accounts(keys.folder(config) / "accounts.db")
    for change in (
        lambda: accounts.set_role("ada", "auditor"),
        lambda: accounts.set_password("ada", PASSWORD + "!"),
    ):
        sign_in(client, password=PASSWORD)
        assert client.get("/").status_code == 200
        change()
        assert client.get("/").status_code == 401
    sign_in(client, password=PASSWORD + "!")
    accounts.remove("ada")
    assert client.get("/").status_code == 401


def test_only_the_hash_of_a_token_and_of_a_password_is_kept(config, client):
    sign_in(client)
    kept = (keys.folder(config) / "accounts.db").read_bytes()
    assert client.get_cookie("hepatrend").value.encode() not in kept
    assert PASSWORD.encode() not in kept


def test_a_request_that_changes_something_needs_the_token_of_its_session(app, client):
    sign_in(client)
    other = app.server.test_client()
    sign_in(other, "cora")
    good, foreign = csrf(client), csrf(other)
    post = "/_dash-update-component"
    assert client.post(post, json=navigate("/")).status_code == 403
    assert client.post(post, json=navigate("/"), headers=foreign).status_code == 403
    assert client.post(post, json=navigate("/"), headers={**good, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(post, json=navigate("/"), headers=good).status_code == 200


def test_cookies_are_strict(tmp_path, store, clock):
    config = Config(auth="local", store=str(tmp_path / "tls"), tls=True)
    Accounts(keys.folder(config) / "accounts.db").add("ada", "clinician", PASSWORD)
    client = create_app(store, config, now=clock).server.test_client()
    set_cookies = {c.split("=")[0]: c for c in sign_in_tls(client).headers.getlist("Set-Cookie")}
    session, token = set_cookies["__Host-hepatrend"], set_cookies["_csrf_token"]
    assert "Secure" in session and "HttpOnly" in session and "SameSite=Lax" in session and "Path=/" in session
    assert "Secure" in token and "HttpOnly" not in token
    assert "max-age" in client.get("/login").headers["Strict-Transport-Security"]


def sign_in_tls(client: FlaskClient) -> Any:
    """As sign_in, by https."""
    base = "https://localhost"
    token = re.search(r'name="token" value="([^"]+)"', client.get("/login", base_url=base).text)
    assert token
    form = {"name": "ada", "password": PASSWORD, "token": token[1]}
    return client.post("/login", data=form, base_url=base)


@pytest.mark.parametrize("name", ["audrey", "alan"])
def test_a_role_without_clinical_data_finds_no_patient(client, name):
    sign_in(client, name)
    answer = look(client)
    assert answer.status_code == 200
    assert answer.json["response"]["shell-title"]["data"] in ("Audit · hepatrend", "Administration · hepatrend")
    assert "MRN" not in answer.text


def test_sign_in_and_refusal_are_written_down(config, own_store, app):
    client = create_app(own_store, config).server.test_client()
    sign_in(client, password="wrong password")
    sign_in(client)
    assert own_store.log.entries(limit=2)[["action", "user"]].values.tolist() == [
        ["sign_in", "ada"],
        ["sign_in_failed", "ada"],
    ]


def test_an_account_in_bad_form_is_refused(config):
    accounts = Accounts(keys.folder(config) / "accounts.db")
    for name, role, password in (
        ("Ada Lovelace", "clinician", PASSWORD),
        ("ada", "owner", PASSWORD),
        ("ada", "clinician", "short"),
        ("ada", "clinician", "elevenchars"),
    ):
        with pytest.raises(InputError):
            accounts.add(name, role, password)
    accounts.add("ada", "clinician", "twelve chars")
    with pytest.raises(InputError, match="already"):
        accounts.add("ada", "admin", PASSWORD)


def test_keys_are_private_and_their_own(tmp_path):
    first, second = (Config(store=str(tmp_path / name)) for name in ("a", "b"))
    assert len(keys.secret(first, "session")) == 32
    assert keys.secret(first, "session") != keys.secret(second, "session")
    assert keys.secret(first, "session") == keys.secret(first, "session")
    path = tmp_path / "a" / "keys" / "session.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(RefusedStart, match="chmod 600"):
        keys.secret(first, "session")


def test_no_role_has_a_permission_that_is_not_in_the_table():
    assert all(role.may <= set(PERMISSIONS) for role in ROLES.values())
    assert not ROLES["admin"].may & {"patients", "cohorts", "export", "quality"}
    assert not ROLES["auditor"].may & {"patients", "cohorts", "export", "quality", "users"}


GATEWAY = {"X-Remote-User": "grace", "X-Remote-Role": "clinician", "X-Proxy-Secret": "s" * 32}


@pytest.fixture
def behind(tmp_path: Path, store: Store) -> FlaskClient:
    proxy = Proxy(networks=("10.1.2.0/24", "2001:db8::1"), secret="s" * 32)  # type: ignore[arg-type]
    return create_app(store, Config(auth="proxy", store=str(tmp_path / "p"), proxy=proxy)).server.test_client()


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("10.1.2.7", GATEWAY, 200),
        ("2001:db8::1", GATEWAY, 200),
        ("10.1.3.7", GATEWAY, 401),
        ("2001:db8::2", GATEWAY, 401),
        ("127.0.0.1", GATEWAY, 401),
        ("10.1.2.7", {**GATEWAY, "X-Proxy-Secret": "t" * 32}, 401),
        ("10.1.2.7", {**GATEWAY, "X-Proxy-Secret": ""}, 401),
        ("10.1.2.7", {**GATEWAY, "X-Remote-Role": "owner"}, 401),
        ("10.1.2.7", {**GATEWAY, "X-Remote-Role": ""}, 401),
        ("10.1.2.7", {**GATEWAY, "X-Remote-User": ""}, 401),
        ("10.1.3.7", {**GATEWAY, "X-Forwarded-For": "10.1.2.7"}, 401),
        ("10.1.2.7", {**GATEWAY, "X-Forwarded-For": "198.51.100.3"}, 200),
    ],
)
def test_the_gateways_headers_are_believed_only_from_it(behind, peer, headers, status):
    answer = behind.get("/_dash-layout", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert answer.status_code == status


def test_behind_a_gateway_a_callback_needs_the_token_that_came_with_the_page(behind):
    behind.environ_base["REMOTE_ADDR"] = "10.1.2.7"
    behind.get("/", headers=GATEWAY)
    post = "/_dash-update-component"
    assert behind.post(post, json=navigate("/"), headers=GATEWAY).status_code == 403
    assert behind.post(post, json=navigate("/"), headers={**GATEWAY, "X-CSRFToken": "é"}).status_code == 403
    assert behind.post(post, json=navigate("/"), headers={**GATEWAY, **csrf(behind)}).status_code == 200


class Counting(PasswordHasher):
    """Counts what takes a sign-in long."""

    done: ClassVar[list[str]] = []

    def hash(self, *said: Any, **more: Any) -> str:
        self.done.append("hash")
        return super().hash(*said, **more)

    def verify(self, *said: Any) -> bool:
        self.done.append("verify")
        return super().verify(*said)


def test_only_a_sign_in_hashes_and_a_name_without_account_is_compared_as_any_other(tmp_path, monkeypatch):
    monkeypatch.setattr("argon2.PasswordHasher", Counting)
    fresh = importlib.util.module_from_spec(accounts_module.__spec__)
    monkeypatch.setitem(sys.modules, "accounts_read_anew", fresh)
    accounts_module.__spec__.loader.exec_module(fresh)
    assert Counting.done == [], "a command that signs nobody in hashes nothing"
    fresh._hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    accounts = fresh.Accounts(tmp_path / "accounts.db")
    accounts.add("ada", "clinician", "a long password of ada")
    done = []
    for name in ("nobody", "ada", "nobody"):
        Counting.done.clear()
        accounts.check(name, "wrong")
        done.append(list(Counting.done))
    assert done == [["hash", "verify"], ["verify"], ["verify"]]
