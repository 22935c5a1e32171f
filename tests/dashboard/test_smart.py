"""A patient opened from the hospital record: SMART App Launch against a small record with a sign-in of its own."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from analytics.errors import RefusedStart
from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.application.launch import ABSENT, DIFFERENT
from dashboard.config import Config, Oidc, Smart
from dashboard.deployment import logs
from dashboard.security.gate import public_of
from dashboard.security.start import check_start
from tests.dashboard.test_oidc import ROLES, Clock, Hospital, come_back, look, sign_in

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MRN = "urn:oid:1.2.36.146.595.217.0.1"
FHIR_ID = "f-9081726354"
LAUNCH = "launch-token-of-the-record"


class Record(Hospital):
    """A FHIR server of one patient with a sign-in of its own, as a hospital record has it."""

    def __init__(self) -> None:
        super().__init__()
        self.address = f"{self.issuer}/r4"
        self.patient: dict[str, Any] = {
            "resourceType": "Patient", "id": FHIR_ID,
            "identifier": [{"system": MRN, "value": "MRN-1"}, {"system": "urn:other", "value": "MRN-2"}],
        }  # fmt: skip
        self.context: dict[str, Any] = {"patient": FHIR_ID}
        self.methods = ["S256"]
        self.seen: list[tuple[str, str, dict[str, list[str]]]] = []
        for name in ("ada", "nora", "guest"):
            self.storage.get_user(name).claims["fhirUser"] = f"{self.address}/Practitioner/{name}"
        self.storage.get_user("none").claims["fhirUser"] = f"{self.address}/Patient/{FHIR_ID}"

    def _checked(self, inner: Any) -> Any:
        provider = super()._checked(inner)

        def application(environ: dict[str, Any], start: Any) -> Any:
            path = environ["PATH_INFO"]
            self.seen.append((environ["REQUEST_METHOD"], path, parse_qs(environ.get("QUERY_STRING", ""))))
            if path == "/r4/.well-known/smart-configuration":
                return _json(start, self._configuration())
            if path.startswith("/r4/"):
                allowed = environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
                found = allowed and path == f"/r4/Patient/{FHIR_ID}"
                return _json(start, self.patient if found else {"resourceType": "OperationOutcome"},
                             "200 OK" if found else "404 NOT FOUND")  # fmt: skip
            return self._with_context(provider, environ, start) if path == "/oauth2/token" else provider(environ, start)

        return application

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks",
            "authorization_endpoint": f"{self.issuer}/oauth2/authorize",
            "token_endpoint": f"{self.issuer}/oauth2/token", "code_challenge_methods_supported": self.methods,
            "capabilities": ["launch-ehr", "context-ehr-patient", "sso-openid-connect", "client-public"],
        }  # fmt: skip

    def _with_context(self, provider: Any, environ: dict[str, Any], start: Any) -> Any:
        """The answer of the sign-in, with the patient that is open in the record."""
        said: list[Any] = []
        body = b"".join(provider(environ, lambda status, headers, *_: said.extend((status, headers))))
        found = json.loads(body) | (self.context if said[0].startswith("200") else {})
        return _json(start, found, said[0])


def _json(start: Any, found: object, status: str = "200 OK") -> list[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(found).encode()]


@pytest.fixture
def record() -> Iterator[Record]:
    made = Record()
    made.thread.start()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


def options(record: Record, store: Store, **more: Any) -> Config:
    """Sign-in by a provider, and this record."""
    smart = {
        "servers": (record.address,),
        "client_id": "hepatrend",
        "client_secret": "s3cret",
        "identifier_system": MRN,
        "role": "clinician",
        "opens": "stored",
        "scopes": "launch openid fhirUser patient/Patient.read",
    }
    oidc = Oidc(issuer=record.issuer, client_id="hepatrend", client_secret="s3cret", roles=ROLES)
    return Config(auth="oidc", store=str(store.place.folder), oidc=oidc, smart=Smart(**(smart | more)))


@pytest.fixture
def client(record: Record, own_store: Store) -> Any:
    return create_app(own_store, options(record, own_store), now=Clock()).server.test_client()


def launched(client: Any, iss: str, token: str = LAUNCH) -> Any:
    """The record sends the browser."""
    return client.get(
        f"/smart/launch?{urlencode({'iss': iss, 'launch': token})}",
        headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    )


def opened(client: Any, record: Record, who: str = "ada") -> Any:
    """From the record to the end, as a person does."""
    answer = launched(client, record.address)
    assert answer.status_code == 303, answer.text
    return come_back(client, record.agree(answer.headers["Location"], who))


def test_the_record_opens_its_patient_for_a_member_of_its_staff(client, record, own_store):
    answer = opened(client, record)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/patient/{own_store.key_of('MRN-1')}")
    assert b"MRN-1" in client.get(answer.headers["Location"]).data
    assert look(client).status_code == 200
    entry = own_store.log.entries(5, "sign_in").iloc[0]
    assert (entry["user"], entry["role"], entry["detail"]) == ("ada", "clinician", "from the record")
    assert own_store.log.entries(5, "view_patient").iloc[0]["key"] == own_store.key_of("MRN-1")


def test_the_way_there_names_record_and_launch_and_has_pkce_nonce_and_state_each_its_own(client, record):
    first, second = (parse_qs(urlsplit(launched(client, record.address).headers["Location"]).query) for _ in range(2))
    assert (first["aud"], first["launch"]) == ([record.address], [LAUNCH])
    assert first["code_challenge_method"] == ["S256"]
    assert "launch" in first["scope"][0].split()
    assert not any(word in first["scope"][0] for word in ("write", "user/", "system/", "offline"))
    for name in ("code_challenge", "nonce", "state"):
        assert len(first[name][0]) >= 32
        assert first[name] != second[name]


def test_a_record_that_the_options_do_not_name_is_not_even_asked(client, record, monkeypatch):
    import requests

    asked: list[str] = []
    monkeypatch.setattr(requests.Session, "request", lambda _self, _method, url, **_: asked.append(url))
    for iss in (
        "", "https://elsewhere.example/r4", record.issuer, f"{record.address}.elsewhere.example",
        f"{record.address}/../x",
        f"{record.address}?x=1", f"{record.address}#x", record.address.upper(), f" {record.address}",
        f"//{record.address}", "file:///etc/passwd", "http://169.254.169.254/latest",
        record.address.replace("http://", "http://user@"),
    ):  # fmt: skip
        answer = launched(client, iss)
        assert (answer.status_code, asked) == (403, []), iss
    assert launched(client, record.address, token="").status_code == 403


def test_nothing_that_names_the_patient_is_in_addresses_logs_or_the_audit_log(client, record, own_store):
    lines = io.StringIO()
    handler, root = logging.StreamHandler(lines), logging.getLogger()
    handler.setFormatter(logs.Lines(as_json=True))
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    try:
        addresses = [launched(client, record.address).headers["Location"]]
        addresses.append(record.agree(addresses[0], "ada"))
        addresses.append(come_back(client, addresses[1]).headers["Location"])
        record.patient["birthDate"] = "1901-01-01"
        opened(client, record)
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
    ours = [line for line in lines.getvalue().splitlines() if "werkzeug" not in line]  # the small record's own
    said = "\n".join([*addresses, *ours, own_store.log.entries(50).to_csv()])
    assert "from the record" in said
    for name in (FHIR_ID, "MRN-1", "1901-01-01"):
        assert name not in said


def test_of_the_record_the_patient_alone_is_read(client, record):
    opened(client, record)
    asked = [(method, path) for method, path, _ in record.seen if path.startswith("/r4/") and "well-known" not in path]
    assert asked == [("GET", f"/r4/Patient/{FHIR_ID}")]


def test_a_patient_that_is_not_in_the_store_is_not_opened_and_no_session_begins(client, record, own_store):
    record.patient["identifier"][0]["value"] = "MRN-404"
    answer = opened(client, record)
    assert (answer.status_code, ABSENT in answer.text) == (404, True)
    assert look(client).status_code == 401
    assert "MRN-404" not in own_store.log.entries(50).to_csv()


@pytest.mark.parametrize(
    "identifiers",
    [
        [],
        [{"system": "urn:other", "value": "MRN-1"}],
        [{"value": "MRN-1"}],
        [{"system": MRN, "value": "MRN-1"}, {"system": MRN, "value": "MRN-2"}],
        [{"system": MRN, "value": "MRN-1", "use": "old"}],
        [{"system": MRN, "value": ""}],
        [{"system": MRN}],
        "MRN-1",
    ],
)
def test_a_patient_without_exactly_one_id_of_the_named_kind_is_not_opened(client, record, identifiers):
    record.patient["identifier"] = identifiers
    assert opened(client, record).status_code == 401
    assert look(client).status_code == 401


@pytest.mark.parametrize(
    ("context", "patient"),
    [
        ({}, {}),
        ({"patient": ""}, {}),
        ({"patient": "../Patient/x"}, {}),
        ({"patient": "somebody-else"}, {}),
        ({"patient": ["f", "g"]}, {}),
        ({"patient": FHIR_ID}, {"id": "another"}),
        ({"patient": FHIR_ID}, {"resourceType": "Person"}),
    ],
)
def test_a_record_that_does_not_say_clearly_which_patient_opens_none(client, record, context, patient):
    record.context = context
    record.patient |= patient
    answer = opened(client, record)
    assert (answer.status_code, "does not say clearly which patient" in answer.text) == (401, True)
    assert look(client).status_code == 401


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("1950-05-17", 303),
        ("1950-05", 303),
        ("1950", 303),
        ("", 303),
        (None, 303),
        ("1950-05-18", 403),
        ("1961", 403),
        ("1950-0", 403),
        ("19", 403),
        (19, 403),
        ("1950-05-17T", 403),
        ("1950-05-17-01", 403),
    ],
)
def test_where_the_birth_dates_differ_or_one_is_only_a_part_the_patient_is_not_opened(client, record, said, status):
    record.patient["birthDate"] = said
    answer = opened(client, record)
    assert (answer.status_code, DIFFERENT in answer.text) == (status, status == 403)
    assert look(client).status_code == (200 if status == 303 else 401)


def test_patients_of_the_hospital_and_people_without_a_kind_are_not_staff(client, record):
    for who in ("none", "odd"):
        answer = opened(client, record, who)
        assert (answer.status_code, "Only staff" in answer.text) == (401, True)
        assert look(client).status_code == 401


def test_an_address_of_another_browser_a_second_time_or_with_another_state_is_refused(client, record):
    address = record.agree(launched(client, record.address).headers["Location"], "ada")
    assert come_back(client.application.test_client(), address).status_code == 403
    assert come_back(client, f"{address}x").status_code in (401, 403)
    assert come_back(client, address).status_code == 403, "each errand once"
    assert opened(client, record).status_code == 303


def test_an_errand_of_the_sign_in_does_not_open_patients_nor_the_other_way_round(client, record):
    going = client.get("/login/sso")
    address = record.agree(going.headers["Location"], "ada").replace("/login/sso/back", "/smart/back")
    client.set_cookie("hepatrend_smart", client.get_cookie("hepatrend_sso").value)
    assert come_back(client, address).status_code == 403
    address = record.agree(launched(client, record.address).headers["Location"], "ada")
    client.set_cookie("hepatrend_sso", client.get_cookie("hepatrend_smart").value)
    assert come_back(client, address.replace("/smart/back", "/login/sso/back")).status_code == 403


def test_a_launch_ends_the_session_that_the_browser_had(client, record):
    sign_in(client, record, "nora")
    before = client.get_cookie("hepatrend").value
    assert b"MRN-1" not in look(client).data, "a coordinator"
    assert opened(client, record).status_code == 303
    assert client.get_cookie("hepatrend").value != before
    assert b"MRN-1" in look(client).data
    client.set_cookie("hepatrend", before)
    assert look(client).status_code == 401


def test_a_record_without_pkce_or_that_is_away_is_one_sentence(client, record, own_store):
    record.methods = ["plain"]
    assert launched(client, record.address).status_code == 503
    away = options(record, own_store, servers=("http://localhost:9/r4",))
    answer = launched(create_app(own_store, away).server.test_client(), "http://localhost:9/r4")
    assert (answer.status_code, "cannot be reached" in answer.text) == (503, True)


def test_the_id_of_the_record_itself_can_be_the_patient_id_and_a_former_id_finds_the_present_one(
    record, own_store, monkeypatch
):
    config = options(record, own_store, identifier_system="")
    client = create_app(own_store, config).server.test_client()
    assert opened(client, record).status_code == 404
    monkeypatch.setattr(own_store, "present_id", {FHIR_ID: "MRN-1"}.get)
    assert opened(client, record).headers["Location"] == f"/patient/{own_store.key_of('MRN-1')}"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"client_id": ""}, "CLIENT_ID"),
        ({"servers": ("http://record.example/r4",)}, "https"),
        ({"servers": ("https://a.example/r4", "https://b.example/r4"), "identifier_system": ""}, "IDENTIFIER_SYSTEM"),
        ({"role": ""}, "clinician"),
        ({"role": "coordinator"}, "clinician"),
        ({"role": "admin"}, "clinician"),
        ({"role": "owner"}, "clinician"),
        ({"role": "data_manager"}, "clinician"),
    ],
)
def test_a_start_that_would_open_the_wrong_patient_or_for_the_wrong_role_is_refused(record, own_store, change, says):
    check_start(options(record, own_store))
    with pytest.raises(RefusedStart, match=says):
        check_start(options(record, own_store, **change))


def test_without_openid_a_record_is_refused_at_the_start_and_its_addresses_are_behind_the_gate(record, own_store):
    config = options(record, own_store)
    with pytest.raises(RefusedStart, match="AUTH=oidc"):
        check_start(config.model_copy(update={"auth": "local"}))
    without = config.model_copy(update={"smart": Smart()})
    assert not any(path.startswith("/smart") for path in public_of(without))
    client = create_app(own_store, without).server.test_client()
    for path in ("/smart/launch", "/smart/back"):
        assert client.get(path).status_code == 401
