"""Without sign-in: only this machine, by its socket; nobody through a proxy, whatever the Host header says."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.middleware.proxy_fix import ProxyFix

from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.config import Config, Proxy
from dashboard.security.loopback import REFUSED
from tests.dashboard.application.test_app import navigate


@pytest.fixture(scope="module")
def app(shared_store: Store) -> Any:
    return create_app(shared_store)


@pytest.fixture
def client(app: Any) -> FlaskClient:
    return app.server.test_client()


ADDRESSES = ("/", "/nope", "/healthz", "/_dash-layout", "/assets/base.css", "/download/held-back.csv", "/_favicon.ico")


def refused(answer: Any) -> bool:
    """Refused with the one sentence, and nothing of the store."""
    return answer.status_code == 403 and answer.text == REFUSED and "MRN-1" not in answer.text


@pytest.mark.parametrize(
    "peer",
    ["192.0.2.7", "10.0.0.1", "2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.7", "0.0.0.0", "::", "", "localhost",
     "127.0.0.1, 192.0.2.7", "128.0.0.1", "nonsense"],
)  # fmt: skip
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]:8050"])
def test_a_peer_that_is_not_this_machine_is_refused_whatever_host_it_names(client, peer, host):
    where = {"environ_base": {"REMOTE_ADDR": peer}, "headers": {"Host": host}}
    for path in ADDRESSES:
        assert refused(client.get(path, **where)), path
    assert refused(client.post("/_dash-update-component", json=navigate("/"), **where))
    assert refused(client.post("/upload?name=a.csv", data=b"x", **where))


def test_a_request_without_an_address_of_its_peer_is_refused(app):
    statuses = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1"}
    body = b"".join(app.server(environ, lambda status, headers: statuses.append(status)))
    assert statuses == ["403 FORBIDDEN"]
    assert body.decode() == REFUSED


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_answered(client, peer):
    answer = client.post("/_dash-update-component", json=navigate("/"), environ_base={"REMOTE_ADDR": peer})
    assert answer.status_code == 200
    assert "MRN-1" in answer.text


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix",
     "X-Forwarded-Server", "X-Forwarded-By", "X-Forwarded", "x-forwarded-ssl", "X-Real-IP", "Via", "X-Client-IP",
     "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-For", "X-Original-URL", "Client-IP",
     "X-Envoy-External-Address", "X-Remote-User", "X-Amzn-Trace-Id"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["127.0.0.1", "for=127.0.0.1", ""])
def test_any_header_of_a_proxy_is_refused_also_with_an_address_of_this_machine(client, name, value):
    for path in ADDRESSES:
        assert refused(client.get(path, headers={name: value})), path


def test_the_way_that_a_default_nginx_speaks_is_refused(client):
    as_nginx = {"Host": "127.0.0.1:8050", "Connection": "close"}
    assert refused(client.get("/", headers=as_nginx, environ_overrides={"SERVER_PROTOCOL": "HTTP/1.0"}))
    assert client.get("/", headers=as_nginx, environ_overrides={"SERVER_PROTOCOL": "HTTP/1.1"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://hospital.example", "https://192.0.2.7", "http://127.0.0.1.example", "x://["]
)
def test_a_page_that_the_browser_has_under_another_name_is_refused(client, origin):
    sent = client.post("/_dash-update-component", json=navigate("/"), headers={"Origin": origin})
    assert refused(sent)


@pytest.mark.parametrize("here", ["http://127.0.0.1:8050", "http://localhost:8050"])
def test_a_page_of_this_server_is_answered(client, here):
    sent = client.post("/_dash-update-component", json=navigate("/"), headers={"Origin": here}, base_url=here)
    assert sent.status_code == 200
    said = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}  # a form of ours, whose pages send no Referer
    assert client.post("/_dash-update-component", json=navigate("/"), headers=said, base_url=here).status_code == 200


@pytest.mark.parametrize("origin", ["http://127.0.0.1:3000", "http://localhost", "http://127.0.0.2:8050", "null"])
def test_a_page_of_another_server_on_this_machine_changes_nothing(client, origin):
    """Where the browser does not say of itself that it is another site; an upload is a form that any page may send."""
    for path, body in (("/upload?name=a.csv", {"data": b"x"}), ("/_dash-update-component", {"json": navigate("/")})):
        sent = client.post(path, headers={"Origin": origin}, base_url="http://127.0.0.1:8050", **body)
        assert sent.status_code == 403, path


def test_a_middleware_around_the_application_does_not_hide_the_proxy(shared_store):
    app = create_app(shared_store)
    app.server.wsgi_app = ProxyFix(app.server.wsgi_app)
    answer = app.server.test_client().get(
        "/", headers={"X-Forwarded-For": "127.0.0.1"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert refused(answer)


def test_networks_of_a_gateway_do_not_open_a_server_without_sign_in(shared_store, tmp_path):
    config = Config(store=str(tmp_path / "s"), proxy=Proxy(networks=("127.0.0.1",)))
    client = create_app(shared_store, config).server.test_client()
    assert refused(client.get("/", headers={"X-Forwarded-For": "127.0.0.1"}))
    assert refused(client.get("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}))


def test_with_sign_in_others_are_asked_to_sign_in(shared_store, tmp_path):
    client = create_app(shared_store, Config(auth="local", store=str(tmp_path / "s"))).server.test_client()
    answer = client.get("/_dash-layout", headers={"X-Forwarded-For": "192.0.2.7"})
    assert answer.status_code == 401
    assert client.get("/login", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
