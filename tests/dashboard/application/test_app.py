"""The application without a browser: gate, headers, routes, callbacks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from analytics.errors import RefusedStart
from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.security.gate import own_path
from dashboard.security.start import check_start
from dashboard.security.who import needed_by
from dashboard.web import ids


@pytest.fixture
def app(shared_store: Store) -> Any:
    return create_app(shared_store)


@pytest.fixture
def client(app: Any) -> FlaskClient:
    return app.server.test_client()


def navigate(path: str, search: str = "") -> dict[str, Any]:
    """The body that the browser sends when a reader comes to an address."""
    return {
        "output": f"..{ids.PAGE}.children...{ids.TITLE}.data..",
        "outputs": [{"id": ids.PAGE, "property": "children"}, {"id": ids.TITLE, "property": "data"}],
        "inputs": [
            {"id": ids.URL, "property": "pathname", "value": path},
            {"id": ids.URL, "property": "search", "value": search},
        ],
        "changedPropIds": [f"{ids.URL}.pathname"],
    }


def test_every_callback_asks_for_a_permission(app):
    app.server.test_client().get("/")
    unguarded = [name for name, c in app.callback_map.items() if "callback" in c and not needed_by(c["callback"])]
    assert len(app.callback_map) >= 1
    assert not unguarded


def test_every_own_route_asks_for_a_permission_or_is_public(app):
    of_dash = ("_dash", "/_dash", "/", "/<path:path>", "/_favicon.ico", "/_reload-hash")
    public = {"healthz", "readyz", "metrics", "login", "login_post", "login_style"}
    unguarded = [
        rule.endpoint
        for rule in app.server.url_map.iter_rules()
        if not rule.endpoint.startswith(of_dash[:2])
        and rule.endpoint not in of_dash
        and rule.endpoint not in public
        and not needed_by(app.server.view_functions[rule.endpoint])
    ]
    assert not unguarded


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/healthz", "/_dash-layout", "/_dash-update-component", "/assets/base.css"]
)
def test_every_answer_carries_the_headers(client, path):
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_an_unknown_address_is_a_page_with_status_404(client):
    assert client.get("/nope").status_code == 404
    assert b"Page not found" in client.post("/_dash-update-component", json=navigate("/nope")).data


def test_a_page_answers_inside_the_frame(client):
    answer = client.post("/_dash-update-component", json=navigate("/"))
    assert answer.status_code == 200
    response = json.loads(answer.data)["response"]
    assert response[ids.TITLE]["data"] == "Worklist · hepatrend"
    assert b"MRN-1" in answer.data


def test_a_strange_host_is_refused(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_another_site_may_link_here_but_not_post(client):
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200
    crossed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    assert client.get("/_dash-layout", headers=crossed).status_code == 403
    assert client.post("/_dash-update-component", json=navigate("/"), headers=crossed).status_code == 403


def test_a_body_of_another_form_is_refused(client):
    good = navigate("/")
    wrong = [
        [],
        {},
        {**good, "output": "x.children"},
        {**good, "inputs": []},
        {**good, "inputs": [{"id": "x", "property": "y"}, *good["inputs"][1:]]},
        {**good, "outputs": {}},
        {**good, "changedPropIds": ["other.prop"]},
        {**good, "extra": 1},
        {**good, "inputs": [{**good["inputs"][0], "value": 3}, good["inputs"][1]]},
        {**good, "inputs": [{**good["inputs"][0], "value": ["/"]}, good["inputs"][1]]},
    ]
    assert [client.post("/_dash-update-component", json=body).status_code for body in wrong] == [400] * len(wrong)


def test_a_large_body_is_refused(client):
    assert (
        client.post("/_dash-update-component", data=b"x" * (2 << 20), content_type="application/json").status_code
        == 413
    )


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace"])
def test_other_methods_are_refused(client, method):
    assert getattr(client, method)("/").status_code == 405


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0", "::", "192.0.2.1", "hospital.example", "", "127.0.0.1.example", "[::]", "fe80::1", "*", "0",
        "0x7f000001",
        "::ffff:192.0.2.1", "unix:/run/hepatrend.sock", "/run/hepatrend.sock", "127.0.0.1,0.0.0.0", "127.0.0.1 0.0.0.0",
    ],
)  # fmt: skip
def test_a_server_that_others_reach_does_not_start_without_sign_in(host):
    with pytest.raises(RefusedStart, match="HEPATREND_AUTH"):
        check_start(Config(host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.2"])
def test_a_loopback_server_starts_without_sign_in(host):
    check_start(Config(host=host))


def test_debug_mode_in_the_environment_refuses_a_public_bind(monkeypatch):
    monkeypatch.setenv("DASH_DEBUG", "true")
    with pytest.raises(RefusedStart, match="debug"):
        check_start(Config(host="0.0.0.0", auth="local", hostnames=("h.example",)))


def test_the_environment_cannot_open_debug_or_mcp(monkeypatch, shared_store):
    for name, value in (("DASH_DEBUG", "true"), ("DASH_MCP_ENABLED", "true"), ("HOST", "0.0.0.0")):
        monkeypatch.setenv(name, value)
    app = create_app(shared_store)
    rules = {rule.rule for rule in app.server.url_map.iter_rules()}
    assert not [rule for rule in rules if "mcp" in rule or "_dash-ws" in rule]
    assert app.server.debug is False


@pytest.mark.parametrize(
    "target", ["//evil", "https://evil", "/\\evil", "%2f%2fevil", "/%2fevil", "javascript:x", "", None, "evil"]
)
def test_after_sign_in_one_goes_only_to_own_paths(target):
    assert own_path(target) == "/"


def test_after_sign_in_one_goes_back_to_where_one_was():
    assert own_path("/patient/abc") == "/patient/abc"


def test_an_error_of_ours_is_a_number_for_the_reader_and_a_line_in_the_log(app, caplog):
    app.server.add_url_rule("/_dash-broken", "broken", lambda: 1 / 0)
    answer = app.server.test_client().get("/_dash-broken")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "division" not in answer.text
    number = json.loads(answer.text)["error"].split()[2].rstrip(";")
    assert number in caplog.text


def test_a_page_that_cannot_be_made_says_so_inside_the_frame(app, client, monkeypatch):
    from dashboard.pages import methods

    monkeypatch.setattr(methods, "_purpose", lambda: 1 / 0)
    answer = client.post("/_dash-update-component", json=navigate("/methods"))
    assert answer.status_code == 200
    assert "This page failed to load" in answer.text
    assert "division" not in answer.text
