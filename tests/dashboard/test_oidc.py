"""Sign-in by OpenID against a real small provider on this machine: PKCE, nonce, groups, rotation, clocks, logout."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.serving import make_server

from analytics.errors import RefusedStart
from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.config import Config, Oidc
from dashboard.security.start import check_start
from tests.dashboard.application.test_app import navigate

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ROLES = {"liver-doctors": "clinician", "study-nurses": "coordinator", "it": "admin"}


class Hospital:
    """The provider. It refuses a code whose PKCE verifier does not fit, which the small provider itself does not."""

    def __init__(self) -> None:
        from oidc_provider_mock import User, app

        people = (
            ("ada", ["liver-doctors", "it"]), ("nora", ["study-nurses"]), ("guest", ["visitors"]), ("none", []),
        )  # fmt: skip
        claims = [User(sub=n, claims={"preferred_username": n, "groups": groups}) for n, groups in people]
        claims.append(User(sub="odd", claims={"preferred_username": "o d\nd", "groups": ["it"]}))
        self.app = app(require_nonce=True, user_claims=claims)
        self.app.wsgi_app = self._checked(self.app.wsgi_app)  # type: ignore[method-assign]
        self.server = make_server("localhost", 0, self.app, threaded=True)
        self.issuer = f"http://localhost:{self.server.server_port}"
        self.asked: list[str] = []
        self.challenges: set[str] = set()
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def _checked(self, inner: Any) -> Any:
        def application(environ: dict[str, Any], start: Any) -> Any:
            import io

            path, query = environ["PATH_INFO"], parse_qs(environ.get("QUERY_STRING", ""))
            self.asked.append(path)
            if path == "/oauth2/authorize":
                assert query["code_challenge_method"] == ["S256"]
                self.challenges.update(query["code_challenge"])
            if path == "/oauth2/token":
                body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                environ["wsgi.input"] = io.BytesIO(body)
                verifier = parse_qs(body.decode()).get("code_verifier", [""])[0]
                made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
                if made not in self.challenges:
                    start("400 BAD REQUEST", [("Content-Type", "application/json")])
                    return [b'{"error": "invalid_grant"}']
            return inner(environ, start)

        return application

    def rotate(self) -> None:
        """Another key pair from now on; the old one is gone."""
        from authlib import jose

        self.storage.jwk = jose.RSAKey.generate_key(2048, is_private=True)

    @property
    def storage(self) -> Any:
        import flask

        with self.app.test_request_context():
            self.app.preprocess_request()
            return flask.g.oidc_provider_mock_storage

    def agree(self, address: str, who: str) -> str:
        """Sign in at the provider as a person does; gives the address that it sends the browser back to."""

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        try:
            urllib.request.build_opener(Stay).open(address, data=urlencode({"sub": who}).encode(), timeout=30)
        except urllib.error.HTTPError as answer:
            return str(answer.headers["Location"])
        raise AssertionError("the provider did not send the browser back")


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    made = Hospital()
    made.thread.start()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


class Clock:
    """Time of this machine, which may be wrong."""

    wrong_by = 0.0

    def __call__(self) -> float:
        return time.time() + self.wrong_by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(hospital: Hospital, own_store: Store, clock: Clock) -> Any:
    options = Oidc(issuer=hospital.issuer, client_id="hepatrend", client_secret="s3cret", roles=ROLES)
    return create_app(
        own_store, Config(auth="oidc", store=str(own_store.place.folder), oidc=options), now=clock
    ).server.test_client()


def go(client: Any, target: str = "/") -> str:
    answer = client.get(f"/login/sso?next={target}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def come_back(client: Any, address: str) -> Any:
    parts = urlsplit(address)
    return client.get(
        f"{parts.path}?{parts.query}", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    )


def sign_in(client: Any, hospital: Hospital, who: str, target: str = "/") -> Any:
    return come_back(client, hospital.agree(go(client, target), who))


def look(client: Any) -> Any:
    cookie = client.get_cookie("_csrf_token")
    token = {"X-CSRFToken": cookie.value if cookie else ""}
    return client.post("/_dash-update-component", json=navigate("/"), headers=token)


def test_a_member_of_a_known_group_is_signed_in_with_its_role(client, hospital, own_store):
    assert look(client).status_code == 401
    answer = sign_in(client, hospital, "ada", target="/quality")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/quality")
    assert b"MRN-1" in look(client).data
    entry = own_store.log.entries(5, "sign_in").iloc[0]
    assert (entry["user"], entry["role"]) == ("ada", "clinician"), "in two groups: the first of the configuration"


def test_a_coordinator_by_group_sees_pseudonyms(client, hospital):
    sign_in(client, hospital, "nora")
    answer = look(client)
    assert answer.status_code == 200
    assert b"MRN-1" not in answer.data


@pytest.mark.parametrize(
    ("who", "says"), [("guest", "no access here"), ("none", "no access here"), ("odd", "out of form")]
)
def test_who_has_no_group_of_the_list_or_an_odd_name_gets_no_session(client, hospital, own_store, who, says):
    answer = sign_in(client, hospital, who)
    assert answer.status_code == 401
    assert says in answer.text
    assert look(client).status_code == 401
    assert own_store.log.entries(5, "sign_in_failed").iloc[0]["user"] == "unknown"


def test_the_way_to_the_provider_has_pkce_nonce_and_state_and_each_its_own(client):
    first, second = (parse_qs(urlsplit(go(client)).query) for _ in range(2))
    for name in ("code_challenge", "nonce", "state"):
        assert len(first[name][0]) >= 32
        assert first[name] != second[name]
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == ["http://localhost/login/sso/back"]


def test_an_address_of_another_browser_or_a_second_time_is_refused(client, hospital, own_store):
    address = hospital.agree(go(client), "ada")
    stranger = client.application.test_client()
    assert come_back(stranger, address).status_code == 403
    assert own_store.log.entries(5, "sign_in_failed").empty, "nobody fills the audit log from outside"
    assert come_back(client, address).status_code == 303
    assert come_back(client, address).status_code == 403


def test_an_errand_is_taken_once_also_where_the_browser_keeps_its_cookie_and_the_provider_its_code(client, hospital):
    address = hospital.agree(go(client), "ada")
    kept = client.get_cookie("hepatrend_sso").value
    code = hospital.storage.get_authorization_code(parse_qs(urlsplit(address).query)["code"][0])
    assert come_back(client, address).status_code == 303
    hospital.storage.store_authorization_code(code)
    client.set_cookie("hepatrend_sso", kept)
    assert come_back(client, address).status_code == 403


def test_a_sign_in_ends_the_sessions_that_the_groups_of_the_person_give_no_longer(client, hospital, own_store):
    elsewhere, stranger = (client.application.test_client() for _ in range(2))
    for browser, who in ((client, "ada"), (elsewhere, "ada"), (stranger, "nora")):
        sign_in(browser, hospital, who)
    groups = hospital.storage.get_user("ada").claims["groups"]
    sign_in(client, hospital, "ada")
    assert look(elsewhere).status_code == 200, "the same role: both go on"
    groups[:] = ["study-nurses"]
    sign_in(client, hospital, "ada")
    assert (look(client).status_code, look(elsewhere).status_code) == (200, 401)
    assert b"MRN-1" not in look(client).data
    groups[:] = []
    assert sign_in(elsewhere, hospital, "ada").status_code == 401
    assert look(client).status_code == 401, "no group at all: no session"
    assert look(stranger).status_code == 200, "another person's goes on"


def test_a_changed_state_or_issuer_or_an_error_of_the_provider_is_refused(client, hospital):
    for change, status in (
        (lambda a: re.sub(r"state=[^&]+", "state=other", a), 403),
        (lambda a: a + "&iss=https://elsewhere.example", 403),
        (lambda a: re.sub(r"code=[^&]+", "error=access_denied", a), 401),
        (lambda a: re.sub(r"code=[^&]+", "code=guess", a), 401),
    ):
        answer = come_back(client, change(hospital.agree(go(client), "ada")))
        assert answer.status_code == status
        assert look(client).status_code == 401


def test_a_cookie_that_was_changed_is_refused(client, hospital):
    address = hospital.agree(go(client), "ada")
    sealed = client.get_cookie("hepatrend_sso").value
    body = json.loads(base64.urlsafe_b64decode(sealed.partition(".")[0]))
    forged = base64.urlsafe_b64encode(json.dumps({**body, "target": "/audit"}).encode()).decode()
    client.set_cookie("hepatrend_sso", f"{forged}.{sealed.partition('.')[2]}")
    assert come_back(client, address).status_code == 403


def test_a_token_with_another_nonce_is_refused(client, hospital):
    address = hospital.agree(go(client), "ada")
    query = parse_qs(urlsplit(address).query)
    code = hospital.storage.get_authorization_code(query["code"][0])
    object.__setattr__(code, "nonce", "of another sign-in")
    assert come_back(client, address).status_code == 401


def test_a_code_without_its_verifier_is_refused(client, hospital):
    address = hospital.agree(go(client), "ada")
    hospital.challenges.clear()
    assert come_back(client, address).status_code == 401


def test_keys_that_the_provider_changes_are_fetched_anew_once(client, hospital):
    assert sign_in(client, hospital, "ada").status_code == 303
    assert sign_in(client, hospital, "ada").status_code == 303
    assert hospital.asked.count("/jwks") == 1, "kept while they fit"
    hospital.rotate()
    assert sign_in(client, hospital, "ada").status_code == 303
    assert hospital.asked.count("/jwks") == 2


def test_a_token_signed_by_a_key_that_is_not_published_is_refused(client, hospital, monkeypatch):
    from authlib import jose

    assert sign_in(client, hospital, "ada").status_code == 303
    address = hospital.agree(go(client), "nora")
    kept = json.dumps(jose.KeySet((hospital.storage.jwk,)).as_dict())
    hospital.rotate()
    monkeypatch.setitem(
        hospital.app.view_functions,
        "oidc-provider-mock.jwks",
        lambda: hospital.app.response_class(kept, mimetype="application/json"),
    )
    assert come_back(client, address).status_code == 401


@pytest.mark.parametrize(("wrong_by", "status"), [(-50, 303), (50, 303), (-300, 401), (3600 + 300, 401)])
def test_clocks_may_differ_by_the_leeway_and_no_more(client, hospital, clock, wrong_by, status):
    clock.wrong_by = wrong_by
    assert sign_in(client, hospital, "ada").status_code == status


def test_an_errand_ends_after_ten_minutes(client, hospital, clock):
    address = hospital.agree(go(client), "ada")
    clock.wrong_by = 601
    assert come_back(client, address).status_code == 403


def test_signing_out_ends_the_session_here_and_leads_to_the_end_of_the_one_there(client, hospital):
    sign_in(client, hospital, "ada")
    token = {"X-CSRFToken": client.get_cookie("_csrf_token").value}
    assert client.post("/logout", headers=token).status_code == 204
    assert look(client).status_code == 401
    assert 'href="/login/sso/out"' in client.get("/login").text
    place = urlsplit(client.get("/login/sso/out").headers["Location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"{hospital.issuer}/oauth2/end_session"
    assert parse_qs(place.query)["post_logout_redirect_uri"] == ["http://localhost/login"]


def test_a_provider_that_is_away_is_one_sentence(own_store):
    options = Oidc(issuer="http://localhost:9", client_id="hepatrend", roles=ROLES)
    config = Config(auth="oidc", store=str(own_store.place.folder), oidc=options)
    answer = create_app(own_store, config).server.test_client().get("/login/sso")
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text


def test_passwords_do_not_sign_in_here(client):
    token = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)
    assert token
    assert client.post("/login", data={"name": "ada", "password": "x", "token": token[1]}).status_code == 401


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "__CLIENT_ID"),
        ({"issuer": "http://sso.example", "client_id": "h", "roles": ROLES}, "https"),
        ({"issuer": "https://sso.example", "client_id": "h", "roles": {"all": "owner"}}, "'owner'"),
    ],
)
def test_a_start_without_what_it_needs_is_refused(options, says):
    with pytest.raises(RefusedStart, match=says):
        check_start(Config(auth="oidc", oidc=Oidc(**options)))


def test_without_openid_its_addresses_are_behind_the_gate(own_store):
    client = create_app(own_store, Config(auth="local", store=str(own_store.place.folder))).server.test_client()
    for path in ("/login/sso", "/login/sso/back", "/login/sso/out"):
        assert client.get(path).status_code == 401
