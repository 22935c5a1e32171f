"""A patient read from the hospital record at a launch: shown to that session alone, and kept nowhere."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from analytics.errors import RefusedStart
from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.application.prewarm import EXTENSION
from dashboard.application.signin import SESSIONS
from dashboard.config import Config
from dashboard.deployment import logs
from dashboard.security import record_store
from dashboard.security.record_reading import KINDS, PAGE_ENTRIES
from dashboard.security.start import check_start
from tests.dashboard.application.test_app import navigate
from tests.dashboard.test_oidc import Clock, look, sign_in
from tests.dashboard.test_smart import FHIR_ID, Record, _json, opened, options
from tests.stores import small_store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
NAME = "MRN-1"


def whose(patient: str = FHIR_ID) -> dict[str, Any]:
    return {"subject": {"reference": f"Patient/{patient}"}}


def result(number: int, code: str, day: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    """A laboratory result as a record sends it."""
    return {
        "resourceType": "Observation", "id": f"o{number}", "status": "final", **whose(),
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": code}]}, "effectiveDateTime": f"{day}T08:00:00+01:00",
        "valueQuantity": {"value": value, "unit": unit, "code": unit, "system": UCUM}, **more,
    }  # fmt: skip


def results(count: int) -> list[dict[str, Any]]:
    """ALT (1742-6), each week another."""
    days = [f"2025-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(count)]
    return [result(i, "1742-6", day, 31 + i, "U/L") for i, day in enumerate(days)]


class Readable(Record):
    """A record that gives resources of its patient, a page of few at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.reset()

    def reset(self) -> None:
        """A patient with results, treatment, a scan and a specimen."""
        self.resources: dict[str, list[dict[str, Any]]] = {
            "Observation": [
                *results(7),
                result(50, "1975-2", "2025-11-03", 1.1, "mg/dL"),
                result(51, "1975-2", "2025-11-04", 1.1, "furlongs"),
                result(52, "1742-6", "2025-11-05", 3000, "U/L", specimen={"reference": "Specimen/s1"}),
            ],
            "Specimen": [{"resourceType": "Specimen", "id": "s1", **whose(), "type": {"text": "Ascites"}}],
            "Procedure": [{
                "resourceType": "Procedure", "id": "p1", "status": "completed", **whose(),
                "code": {"text": "Right hemihepatectomy"}, "performedDateTime": "2025-02-01",
            }],
            "MedicationRequest": [{"resourceType": "MedicationRequest", "id": "r1", **whose()}],
            "MedicationAdministration": [{
                "resourceType": "MedicationAdministration", "id": "a1", "status": "completed", **whose(),
                "medicationReference": {"reference": "Medication/m1"}, "effectiveDateTime": "2025-03-01",
            }],
            "MedicationStatement": [], "DiagnosticReport": [],
            "ImagingStudy": [{
                "resourceType": "ImagingStudy", "id": "i1", "status": "available", **whose(),
                "started": "2025-04-01", "modality": [{"code": "CT"}],
            }],
            "Medication": [{"resourceType": "Medication", "id": "m1", "code": {"text": "Oxaliplatin"}}],
        }  # fmt: skip
        self.at_once, self.status, self.slow, self.tokens_end_after = 4, {}, 0.0, 10**6
        self.change = lambda kind, at, bundle: bundle
        self.given: list[str] = []
        self.wanted: list[tuple[str, dict[str, list[str]]]] = []
        self.patient["birthDate"] = "1950-05-17"

    def _checked(self, inner: Any) -> Any:
        before = super()._checked(inner)

        def application(environ: dict[str, Any], start: Any) -> Any:
            path, query = environ["PATH_INFO"], parse_qs(environ.get("QUERY_STRING", ""))
            kind = path.removeprefix("/r4/")
            if path.startswith("/r4/") and kind in (*KINDS, "Medication"):
                allowed = environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
                self.wanted.append((kind, query))
                time.sleep(self.slow)
                if not allowed or len(self.wanted) > self.tokens_end_after:
                    return _json(start, {}, "401 UNAUTHORIZED")
                return self._searched(start, kind, query)
            return before(environ, start)

        return application

    def _searched(self, start: Any, kind: str, query: dict[str, list[str]]) -> Any:
        at = int(query.get("at", ["0"])[0])
        if status := self.status.get(kind) or self.status.get(f"{kind} {at}"):
            return _json(start, {"resourceType": "OperationOutcome"}, status)
        if kind == "Medication":
            found = [r for r in self.resources[kind] if r["id"] in query["_id"][0].split(",")]
        else:
            assert query["patient"] == [FHIR_ID]
            found = self.resources[kind]
        few = found[at : at + self.at_once]
        bundle: dict[str, Any] = {
            "resourceType": "Bundle", "type": "searchset",
            "entry": [{"fullUrl": f"{self.address}/{kind}/{r['id']}", "resource": r} for r in few],
        }  # fmt: skip
        if at + self.at_once < len(found):
            following = f"{self.address}/{kind}?{urlencode({'patient': FHIR_ID, 'at': at + self.at_once})}"
            bundle["link"] = [{"relation": "self", "url": "x"}, {"relation": "next", "url": following}]
        changed = self.change(kind, at, bundle)
        if isinstance(changed, bytes):
            start("200 OK", [("Content-Type", "application/fhir+json")])
            return [changed]
        return _json(start, changed)


@pytest.fixture(scope="module")
def server() -> Iterator[Readable]:
    made = Readable()
    made.thread.start()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


@pytest.fixture
def record(server: Readable) -> Readable:
    server.reset()
    return server


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two people: the one of the record has other results here."""
    return small_store(tmp_path_factory.mktemp("read") / "store")


def reading(record: Record, store: Store, **more: Any) -> Config:
    return options(record, store, **{"opens": "record", "scopes": "launch openid fhirUser patient/*.read", **more})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(record: Readable, store: Store, clock: Clock) -> Any:
    return create_app(store, reading(record, store), now=clock).server.test_client()


def page(client: Any, path: str) -> Any:
    token = {"X-CSRFToken": client.get_cookie("_csrf_token").value}
    return client.post("/_dash-update-component", json=navigate(path), headers=token)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_the_record_has_is_on_the_page_with_its_time_and_counts(client, record, store):
    answer = opened(client, record)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/patient/{store.key_of(NAME)}")
    text = page(client, answer.headers["Location"]).text
    for part in (NAME, "Read from the hospital record at", "8 results shown, 1 quarantined",
                 "Nothing of it is kept", "hemihepatectomy", "Oxaliplatin"):  # fmt: skip
        assert part in text, part
    assert "did not give" not in text
    assert FHIR_ID not in text, "the patient has the name of this hospital"
    assert list(client.application.extensions[EXTENSION].waiting()) == [], "of it no page is made ahead"
    assert "3000" not in text, "a result of ascites is none of blood"
    pages = [query.get("at", ["0"])[0] for kind, query in record.wanted if kind == "Observation"]
    assert pages == ["0", "4", "8"]
    assert record.wanted[0][1]["_count"] == [str(PAGE_ENTRIES)]


def test_results_of_the_store_are_not_mixed_in_and_its_pages_are_not_open(client, record, store):
    path = opened(client, record).headers["Location"]
    stored = set(store.panel([NAME]).labs["raw_value"])
    other = next(p for p in store.patient_ids if p != NAME)
    assert stored, "the store has results of that patient too"
    pages = ["/", "/cohort", "/quality", "/imports", "/schedules", "/audit", "/admin", "/account", "/methods"]
    beside = f"/beside/{store.key_of(NAME)}/{store.key_of(other)}"
    for address in (*pages, f"/patient/{store.key_of(other)}", beside):
        assert other not in page(client, address).text, address
    assert NAME in page(client, "/").text, "the start is the one patient"
    for address in ("report.html", "labs.csv"):
        assert client.get(f"{path}/{address}").status_code == 403, address


def test_another_session_sees_what_the_store_has_and_nothing_of_the_record(client, record, store):
    record.resources["Observation"].append(result(60, "1742-6", "2025-12-24", 777123, "U/L"))
    record.resources["Observation"][-1]["valueQuantity"]["value"] = 7771
    path = opened(client, record).headers["Location"]
    assert "7771" in page(client, path).text
    other = client.application.test_client()
    sign_in(other, record, "ada")
    seen = page(other, path).text
    assert NAME in seen
    assert "7771" not in seen
    assert "Read from the hospital record" not in seen
    assert "7771" in page(client, path).text, "and the first one still does"


def test_the_memory_goes_with_the_session_however_that_ends(record, store, clock):
    config = reading(record, store)
    for end in ("signs out", "idle", "too long", "ended by an admin", "another launch"):
        clock.wrong_by = 0.0
        app = create_app(store, config, now=clock)
        client, sessions = app.server.test_client(), sessions_of(app)
        opened(client, record)
        assert len(sessions.records) == 1, end
        if end == "signs out":
            client.post("/logout", headers={"X-CSRFToken": client.get_cookie("_csrf_token").value})
        elif end == "ended by an admin":
            with sessions.accounts.open() as database:
                database.execute("DELETE FROM sessions")
        elif end == "another launch":
            opened(client, record)
            assert len(sessions.records) == 1
            continue
        else:
            clock.wrong_by += 60 * config.idle_minutes + 1 if end == "idle" else 3600 * config.session_hours + 1
        sessions.records.let_go()
        assert len(sessions.records) == 0, end
        assert look(client).status_code == 401


def test_a_timer_lets_go_without_any_request():
    over: set[str] = set()
    records = record_store.OpenRecords(over.__contains__, every=0.02)
    records.put("a", object())  # type: ignore[arg-type]
    records.put("b", object())  # type: ignore[arg-type]
    over.add("a")
    until = time.monotonic() + 5
    while len(records) > 1 and time.monotonic() < until:
        time.sleep(0.01)
    assert (records.of("a"), records.of("b") is None) == (None, False)
    records.forget("b")


def test_who_cannot_be_shown_to_be_signed_in_is_let_go():
    def away(_digest: str) -> bool:
        raise sqlite3.OperationalError("unable to open database file")

    records = record_store.OpenRecords(away, every=60)
    records.put("a", object())  # type: ignore[arg-type]
    records.let_go()
    assert len(records) == 0


def test_a_session_whose_memory_is_gone_with_its_process_is_no_session_of_the_store(client, record, store, clock):
    path = opened(client, record).headers["Location"]
    again = create_app(store, reading(record, store), now=clock).server.test_client()
    for name in ("hepatrend", "_csrf_token"):
        again.set_cookie(name, client.get_cookie(name).value)
    assert page(again, path).status_code == 401


def test_nothing_is_written_but_the_entry_of_the_audit_log_and_the_session(record, tmp_path, clock):
    own = small_store(tmp_path / "own")
    client = create_app(own, reading(record, own), now=clock).server.test_client()
    record.resources["Observation"].append(result(60, "1742-6", "2025-12-24", 7771, "U/L"))
    look(client)
    before, lines = files_of(tmp_path), io.StringIO()
    handler, root = logging.StreamHandler(lines), logging.getLogger()
    handler.setFormatter(logs.Lines(as_json=True))
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        path = opened(client, record).headers["Location"]
        assert "7771" in page(client, path).text
        page(client, f"{path}?tab=results")
        record.status = {"Observation 4": "500 INTERNAL SERVER ERROR"}
        opened(client, record)
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    after = files_of(tmp_path)
    written = {Path(p).name for p in after if after[p] != before.get(p)}
    assert written <= {"audit.db", "accounts.db", "desk.db"}, "log, session, and where the log was last"
    said = [line for line in lines.getvalue().splitlines() if "werkzeug" not in line]  # the small record's own
    assert "a launch from the record was refused" in "\n".join(said)
    fresh = b"".join(after[p] for p in after if after[p] != before.get(p)) + "\n".join(said).encode()
    for secret in (b"7771", FHIR_ID.encode(), b"hemihepatectomy"):
        assert secret not in fresh, secret
    entry = own.log.entries(9, "sign_in").iloc[0]
    assert (entry["user"], entry["role"], entry["key"]) == ("ada", "record", own.key_of(NAME))
    assert (entry["rows"], entry["detail"]) == (9, "from the record, read for this session")


FOREIGN = {
    "another patient's result": lambda b: b["entry"][0]["resource"].update(whose("f-other")),
    "a result of nobody": lambda b: b["entry"][0]["resource"].pop("subject"),
    "a result of a person by number alone": lambda b: b["entry"][0]["resource"].update(
        {"subject": {"identifier": {"value": "MRN-1"}}}
    ),
    "a result of a thing": lambda b: b["entry"][0]["resource"].update({"subject": {"reference": "Device/d1"}}),
    "the patient of another server": lambda b: b["entry"][0]["resource"].update(
        {"subject": {"reference": f"https://elsewhere.example/r4/Patient/{FHIR_ID}"}}
    ),
    "another person": lambda b: b["entry"].append({"resource": {"resourceType": "Patient", "id": "f-other"}}),
    "a Bundle inside with another's result": lambda b: b["entry"].append(
        {"resource": {"resourceType": "Bundle", "entry": [{"resource": result(9, "1742-6", "2025-01-01", 9, "U/L")
                                                           | whose("f-other")}]}}
    ),
    "a report that holds another's result": lambda b: b["entry"].append(
        {"resource": {"resourceType": "DiagnosticReport", "id": "d", **whose(),
                      "contained": [result(9, "1742-6", "2025-01-01", 9, "U/L") | whose("f-other")]}}
    ),
    "a specimen of another": lambda b: b["entry"].append(
        {"resource": {"resourceType": "Specimen", "id": "s9", **whose("f-other")}}
    ),
}  # fmt: skip


def changed(on: str, at: int, how: Any) -> Any:
    """A change of one page of one kind."""

    def change(kind: str, start: int, bundle: dict[str, Any]) -> Any:
        if (kind, start) != (on, at):
            return bundle
        made = json.loads(json.dumps(bundle))
        given = how(made)
        return given if isinstance(given, (bytes, list)) or (isinstance(given, dict) and "id" not in given) else made

    return change


def test_a_page_with_something_of_anyone_else_opens_nothing(client, record):
    for name, how in FOREIGN.items():
        for at in (0, 4):

            def foreign(bundle: dict[str, Any], how: Any = how) -> None:
                how(bundle)

            record.change = changed("Observation", at, foreign)
            answer = opened(client, record)
            assert (answer.status_code, "is not of this patient" in answer.text) == (502, True), name
            assert look(client).status_code == 401, name


OUT_OF_FORM = {
    "no JSON": (lambda b: b"<html>error</html>", "no complete JSON"),
    "half an answer": (lambda b: json.dumps(b).encode()[:-40], "no complete JSON"),
    "deep JSON": (lambda b: b"[" * 100_000, "no complete JSON"),
    "a list": (lambda b: [], "something else than a Bundle"),
    "one resource": (lambda b: {"resourceType": "Observation"}, "something else than a Bundle"),
    "Latin-1": (lambda b: json.dumps(b).replace("final", "f\xefnal").encode("latin-1"), "not UTF-8"),
    "another server": (
        lambda b: b.update(link=[{"relation": "next", "url": "https://elsewhere.example/r4/Observation?at=4"}]),
        "another server",
    ),
    "another port": (
        lambda b: b.update(link=[{"relation": "next", "url": "http://localhost:9/r4/Observation?at=4"}]),
        "another server",
    ),
    "a name in the address": (
        lambda b: b.update(link=[{"relation": "next", "url": b["link"][1]["url"].replace("//", "//u:p@")}]),
        "another server",
    ),
    "a file": (lambda b: b.update(link=[{"relation": "next", "url": "file:///etc/passwd"}]), "another server"),
}


def test_an_answer_out_of_form_is_one_sentence_and_opens_nothing(client, record):
    for name, (how, says) in OUT_OF_FORM.items():
        record.change = changed("Observation", 0, how)
        answer = opened(client, record)
        assert (answer.status_code, says in answer.text) == (502, True), (name, answer.text[-600:])
        assert "Traceback" not in answer.text
        assert look(client).status_code == 401, name


def test_a_record_whose_pages_go_in_circles_opens_nothing(client, record):
    record.change = changed("Observation", 4, lambda b: b["link"][1].update(
        url=f"{record.address}/Observation?patient={FHIR_ID}&at=4"))  # fmt: skip
    answer = opened(client, record)
    assert (answer.status_code, "does not come to an end" in answer.text) == (502, True)


def test_errors_of_the_record_are_one_sentence(client, record):
    for status, says in (
        ("500 INTERNAL SERVER ERROR", "answered with 500"), ("503 SERVICE UNAVAILABLE", "answered with 503"),
        ("429 TOO MANY REQUESTS", "answered with 429"), ("302 FOUND", "answered with 302"),
        ("403 FORBIDDEN", "does not give its laboratory results"), ("401 UNAUTHORIZED", "permission ended"),
    ):  # fmt: skip
        for where in ("Observation", "Observation 4"):
            record.status = {where: status}
            answer = opened(client, record)
            assert (answer.status_code, says in answer.text) == (502, True), (where, status)
            assert look(client).status_code == 401


def test_a_token_that_ends_while_the_record_is_read_opens_nothing(client, record):
    record.tokens_end_after = len(record.wanted) + 5
    answer = opened(client, record)
    assert (answer.status_code, "permission ended" in answer.text) == (502, True)
    assert look(client).status_code == 401


def test_kinds_that_the_record_does_not_give_are_named_on_the_page(client, record):
    record.status = {"MedicationAdministration": "403 FORBIDDEN", "ImagingStudy": "404 NOT FOUND"}
    text = page(client, opened(client, record).headers["Location"]).text
    assert "The record did not give: medicines given, imaging. That this page has none of these does not mean" in text
    record.status = {"Procedure": "500 INTERNAL SERVER ERROR"}
    assert opened(client, record).status_code == 502, "that may be there and is only not told now"


def test_too_much_too_long_and_too_many_at_once_open_nothing(record, store, clock, monkeypatch):
    small = reading(record, store, most_mb=1)
    record.resources["Observation"][0]["note"] = [{"text": "x" * (1 << 20)}]
    answer = opened(create_app(store, small, now=clock).server.test_client(), record)
    assert (answer.status_code, "more than 1 MB" in answer.text) == (502, True)
    record.reset()
    record.slow = 0.4
    short = create_app(store, reading(record, store, patience_seconds=1), now=clock).server.test_client()
    answer = opened(short, record)
    assert (answer.status_code, "took longer than 1 second" in answer.text) == (502, True)
    record.slow = 0.0
    monkeypatch.setattr(record_store, "MOST_OPEN", 1)
    app = create_app(store, reading(record, store), now=clock)
    assert opened(app.server.test_client(), record).status_code == 303
    answer = opened(app.server.test_client(), record)
    assert (answer.status_code, "open from the record already" in answer.text) == (502, True)


def test_what_the_record_gave_cannot_be_marked_or_decided(client, record, store):
    path = opened(client, record).headers["Location"]
    assert "Mark as reviewed" not in page(client, path).text
    held = next(iter(client.application.extensions[SESSIONS].records._open.values())).store
    from analytics.errors import InputError

    for refused in (lambda: held.seen("f", "ada", of=NAME), lambda: held.dismiss([1], "ada", "x"),
                    lambda: held.accept([1], "ada", "x")):  # fmt: skip
        with pytest.raises(InputError, match="read-only"):
            refused()


def test_several_processes_do_not_share_a_memory_so_they_are_refused(record, store):
    config = reading(record, store)
    check_start(config)
    with pytest.raises(RefusedStart, match="OPENS=stored"):
        check_start(config.model_copy(update={"workers": 2}))
    check_start(options(record, store).model_copy(update={"workers": 2}))


def sessions_of(app: Any) -> Any:
    """Those of an application: what its gate asks who it is."""
    return app.server.extensions[SESSIONS]
