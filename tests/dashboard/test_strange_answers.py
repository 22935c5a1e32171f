"""Every part of every answer of a provider and of a record, out of form, without end or late: a refusal in words."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from analytics.errors import SignInRefused
from analytics.settings import Settings
from dashboard.application.launch import from_record
from dashboard.config import Oidc, Smart
from dashboard.security import bounded, oidc, record_reading, smart
from dashboard.security.oidc import Errand, Provider
from dashboard.security.record_reading import KINDS
from dashboard.security.smart import RecordServer
from tests.dashboard.test_smart import FHIR_ID, MRN
from tests.dashboard.test_smart_reading import result, whose

HOME, NOW = "https://record.hospital.example", 1_800_000_000
ADDRESS = f"{HOME}/r4"
ODD: tuple[Any, ...] = (None, 5, True, "x", "", [], [5], {}, {"a": [None]}, [[]], "\x00", -1e308)
ERRAND = Errand("state", "n-1", "v" * 48, "/")


@cache
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


@cache
def token() -> str:
    claims = {"iss": HOME, "aud": "hepatrend", "sub": "ada", "exp": NOW + 300, "iat": NOW, "nonce": "n-1",
              "fhirUser": "Practitioner/ada"}  # fmt: skip
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key(), algorithms=["RS256"])


def description() -> dict[str, Any]:
    return {
        "issuer": HOME, "jwks_uri": f"{HOME}/jwks", "authorization_endpoint": f"{HOME}/authorize",
        "token_endpoint": f"{HOME}/token", "userinfo_endpoint": f"{HOME}/userinfo",
        "end_session_endpoint": f"{HOME}/end", "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }  # fmt: skip


def bundle(kind: str, *found: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle", "type": "searchset",
        "entry": [{"fullUrl": f"{ADDRESS}/{kind}/{one['id']}", "resource": one} for one in found],
        "link": [{"relation": "self", "url": f"{ADDRESS}/{kind}"}],
    }  # fmt: skip


def honest() -> dict[str, Any]:
    """Answers by path."""
    answers: dict[str, Any] = {f"/r4/{kind}": bundle(kind) for kind in KINDS}
    answers["/r4/Observation"] = bundle(
        "Observation",
        result(1, "1742-6", "2025-01-01", 31, "U/L", specimen={"reference": "Specimen/s1"},
               referenceRange=[{"low": {"value": 5}, "high": {"value": 40}}]),
    )  # fmt: skip
    answers["/r4/MedicationAdministration"] = bundle(
        "MedicationAdministration",
        {"resourceType": "MedicationAdministration", "id": "a1", "status": "completed", **whose(),
         "medicationReference": {"reference": "Medication/m1"}, "effectiveDateTime": "2025-03-01"},
    )  # fmt: skip
    answers["/r4/Medication"] = bundle(
        "Medication", {"resourceType": "Medication", "id": "m1", "code": {"text": "Oxaliplatin"}}
    )
    patient = {"resourceType": "Patient", "id": FHIR_ID, "birthDate": "1950-05-17",
               "identifier": [{"system": MRN, "value": "MRN-1"}]}  # fmt: skip
    return {
        "/r4/.well-known/smart-configuration": description(),
        "/.well-known/openid-configuration": description(),
        "/jwks": {"keys": [key().as_dict(private=False)]},
        "/token": {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": token(),
                   "patient": FHIR_ID, "scope": "openid"},
        "/userinfo": {"sub": "ada", "groups": ["staff"]},
        f"/r4/Patient/{FHIR_ID}": patient,
        **answers,
    }  # fmt: skip


class Body:
    """What arrives."""

    def __init__(self, body: bytes):
        self._left = body

    def read1(self, _amount: int, decode_content: bool = False) -> bytes:
        given, self._left = self._left, b""
        return given

    def close(self) -> None:
        self._left = b""

    release_conn = close


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the servers answer, without any socket."""
    import requests
    from requests.adapters import HTTPAdapter

    found = honest()

    def send(self: HTTPAdapter, request: Any, *_: Any, **__: Any) -> Any:
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200, request, request.url
        answer.raw = Body(json.dumps(found[urlsplit(request.url).path]).encode())
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return found


def replaced(thing: Any, way: tuple[Any, ...], odd: Any) -> Any:
    """A copy with another part."""
    if not way:
        return odd
    copy = dict(thing) if isinstance(thing, dict) else list(thing)
    copy[way[0]] = replaced(copy[way[0]], way[1:], odd)
    return copy


def ways(thing: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every part, the whole first."""
    yield so_far
    inner = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for name, one in inner:
        yield from ways(one, (*so_far, name))


def provider() -> Provider:
    options = Oidc(issuer=HOME, client_id="hepatrend", client_secret="s", roles={"staff": "clinician"})
    return Provider(options, lambda: float(NOW))


def record() -> RecordServer:
    options = Smart(servers=(ADDRESS,), client_id="hepatrend", client_secret="s", identifier_system=MRN,
                    role="clinician", opens="record", scopes="launch openid fhirUser patient/*.read")  # fmt: skip
    return RecordServer(ADDRESS, options, 60, lambda: float(NOW))


def signed_in() -> None:
    made = provider()
    made.begin("https://here/back", "/")
    made.out("https://here/login")
    assert made.finish(ERRAND, "https://here/back", "code").role == "clinician"


def read() -> None:
    made = record()
    made.launch("token", "https://here/back")
    launched = made.opened(ERRAND, "https://here/back", "code")
    assert launched.patient_id == "MRN-1", "never another one"
    assert launched.gathered is not None
    opened = from_record(launched, launched.gathered, "key", Settings())
    assert set(opened.store.panel().labs["patient_id"]) <= {"MRN-1"}


def refusals(answers: dict[str, Any], paths: list[str], odd_of: Any, do: Any) -> int:
    """How many of the changed answers were refused; anything but a refusal or a right reading is raised."""
    refused = 0
    for path in paths:
        whole = answers[path]
        for number, way in enumerate(ways(whole)):
            for odd in odd_of(number):
                answers[path] = replaced(whole, way, odd)
                try:
                    do()
                except SignInRefused as error:
                    assert "Traceback" not in str(error)
                    refused += 1
                except Exception as error:
                    raise AssertionError(f"{path} {way} {odd!r}") from error
        answers[path] = whole
    return refused


def test_no_part_of_an_answer_of_the_provider_makes_a_sign_in_fail_otherwise_than_in_words(answers):
    signed_in()
    paths = ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"]
    assert refusals(answers, paths, lambda _number: ODD, signed_in) > 100


def test_no_part_of_the_way_from_the_record_makes_a_launch_fail_otherwise_than_in_words(answers):
    read()
    paths = ["/r4/.well-known/smart-configuration", "/token", f"/r4/Patient/{FHIR_ID}"]
    assert refusals(answers, paths, lambda number: (ODD[number % len(ODD)], ODD[-1 - number % len(ODD)]), read) > 30


def test_no_part_of_what_the_record_has_makes_a_launch_fail_otherwise_than_in_words(answers):
    odd_of = lambda number: (ODD[number % len(ODD)],)  # noqa: E731
    assert refusals(answers, ["/r4/Observation"], odd_of, read) > 2


def test_groups_that_are_no_list_of_names_give_no_role(answers):
    for said in (5, {"staff": False}, [{"name": "staff"}], [["staff"]], None):
        answers["/userinfo"]["groups"] = said
        with pytest.raises(SignInRefused, match="no access here"):
            signed_in()
    answers["/userinfo"]["groups"] = "staff"
    signed_in()


class Dripping(socketserver.BaseRequestHandler):
    """Sends an answer a byte at a time, without end."""

    def handle(self) -> None:
        self.request.recv(65_536)
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n"
        try:
            self.request.sendall(head.encode())
            while True:
                self.request.sendall(b" ")
                time.sleep(0.02)
        except OSError:
            pass


@contextmanager
def dripping() -> Iterator[str]:
    """Address of such a server."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_an_answer_that_comes_a_byte_at_a_time_is_not_waited_for(monkeypatch):
    import requests

    monkeypatch.setattr(oidc, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(smart, "PATIENCE_SECONDS", 0.3)
    with dripping() as address:
        began = time.monotonic()
        options = Oidc(issuer=address, client_id="hepatrend", roles={"staff": "clinician"})
        with pytest.raises(SignInRefused, match="cannot be reached"):
            Provider(options, lambda: float(NOW)).begin("http://here/back", "/")

        def get(place: str, seconds: float) -> requests.Response:
            return requests.get(place, timeout=seconds, stream=True)

        limits = record_reading.Limits(1 << 20, 0.3, 10)
        with pytest.raises(SignInRefused, match="took longer than"):
            record_reading.RecordReading(address, FHIR_ID, get, limits).gathered("{}")
        with get(f"{address}/Patient", 10) as answer, pytest.raises(SignInRefused, match="took longer than"):
            smart._text_of(answer)
        assert time.monotonic() - began < 8


def test_an_answer_without_end_is_not_read_to_its_end(answers, monkeypatch):
    monkeypatch.setattr(bounded, "MOST_BYTES", 100)

    class Endless(Body):
        def read1(self, amount: int, decode_content: bool = False) -> bytes:
            return b"x" * 60

    import requests

    answer = requests.Response()
    answer.raw = Endless(b"")
    with pytest.raises(requests.RequestException):
        bounded._body(answer, 60)


def test_a_provider_that_hangs_holds_few_and_is_left_alone_for_a_while(monkeypatch):
    monkeypatch.setattr(oidc, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(oidc, "TURN_SECONDS", 0.1)
    with dripping() as address:
        made = Provider(Oidc(issuer=address, client_id="hepatrend", roles={"staff": "clinician"}), lambda: float(NOW))
        asked: list[float] = []
        ask = made._asked_for
        monkeypatch.setattr(made, "_asked_for", lambda place: (asked.append(time.monotonic()), ask(place))[1])
        for _ in range(3):
            with pytest.raises(SignInRefused):
                made.begin("http://here/back", "/")
        assert len(asked) == 3
        assert time.monotonic() - asked[1] < 0.3, "the second and the third were told at once"
        made._lock.acquire()
        began = time.monotonic()
        with pytest.raises(SignInRefused):
            made.begin("http://here/back", "/")
        assert time.monotonic() - began < 5, "who waits for another's question does not wait for long"
        for _ in range(oidc.AT_ONCE):
            made._askings.acquire()
        with pytest.raises(SignInRefused, match="others are signing in"):
            made.finish(ERRAND, "http://here/back", "code")
