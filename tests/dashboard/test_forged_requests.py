"""Whoever may not know who is who asks every callback and every route, with ids, keys and jobs that are not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote

import pytest

from analytics.store import Store
from analytics.store.working_state import jobs, saved_cohorts
from dashboard.application import signin
from dashboard.application.app import create_app
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.security.keys import pseudonyms_of
from dashboard.security.roles import GRANTED, ROLES, User
from tests.dashboard.application.test_app import navigate
from tests.dashboard.test_fuzz_bodies import FULL
from tests.dashboard.test_hostile_names import POST, Call
from tests.dashboard.test_linkage import PRIMARIES, SECRET, nine

IDS = [f"HOSP-{p}" for p in range(len(PRIMARIES))]
BLIND = [name for name in GRANTED if ROLES[name].sees != "identified"]
"""Roles that never see an identified patient."""
NEWEST = ("2025-07-22", "22 Jul 2025", "22 July 2025")
"""The newest result's day as pages, exports and sentences write it: dates move back, so no other day is shown as it."""


CLAIMS = {"X-Remote-User": "ada", "X-Remote-Role": "clinician", "Cookie": "hepatrend=x; role=clinician"}
"""What a browser could say of itself."""


class Place:
    """A store of nine, with what a clinician leaves in it: a shared and a private cohort, and finished jobs."""

    def __init__(self, store: Store):
        self.user = User("vera", "auditor", "s")
        self.store, self.config = store, Config(store=str(store.place.folder))
        self.app = create_app(store, self.config)
        newest = max(store.panel().labs["collected_at"])
        assert f"{newest:%Y-%m-%d}" == NEWEST[0]
        for name, shared in (("private", False), ("shared", True)):
            run = {"generation": store.generation, "patients": IDS}
            saved_cohorts.save(store, name, "where sex is F", run, "ada", sees="identified", shared=shared)
        self.jobs = [self._job(kind) for kind in worker.SUFFIX]
        names = pseudonyms_of(self.config)
        self.pseudonyms = [names.name(one) for one in IDS]

    def _job(self, kind: str) -> str:
        """A job of a clinician that is over; its file holds patients as they are."""
        job_id = jobs.submit(self.store, kind, "ada", {"text": "where sex is F", "sees": "identified"})
        jobs.work(self.store, {kind: lambda *_: {"patients": 9}})
        with worker.private(worker.file_of(self.store, job_id, kind)) as file:
            file.write("\n".join([*IDS, SECRET]).encode())
        return job_id

    @cached_property
    def forged(self) -> list[Any]:
        """What somebody could send to be shown a patient, a job or a cohort that is not theirs."""
        store, name = self.store, IDS[3]
        found = store.analysis([name]).findings
        findings = found["finding_id"].head(2).tolist() if len(found) else []
        held = store.quarantine()["quarantine_id"].head(2).tolist()
        pattern = {"item": store.key_of(name), "page": "patient", "part": "key"}
        return [
            name, store.key_of(name), self.pseudonyms[3], self.pseudonyms[3].lower(), f"/patient/{name}",
            f"/patient/{store.key_of(name)}", f"/patient/{self.pseudonyms[3]}", *findings, *held, *self.jobs, "private",
            "shared", "ada", "shared (shared by ada)", "one.csv", "identified", "clinician",
            "where patient_id is HOSP-3",
            "where site is Harbour", [name], [store.key_of(name)], {"key": store.key_of(name)}, pattern,
            {"sees": "identified", "role": "clinician", "user": "ada"},
        ]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    patch = pytest.MonkeyPatch()
    patch.setattr(worker, "start", lambda _config: None)
    made: list[Place] = []
    patch.setattr(signin.Open, "identify", staticmethod(lambda: made[0].user))
    made.append(Place(nine(tmp_path_factory.mktemp("forged"))))
    yield made[0]
    patch.undo()


@pytest.fixture(params=BLIND)
def role(request: pytest.FixtureRequest, place: Place) -> str:
    """Each of these roles is let in."""
    place.user = User("vera", request.param, "s")
    return str(request.param)


def told(text: str, sent: str, place: Place, role: str) -> list[str]:
    """Words of an answer that tell who is who; an echo of what was sent itself tells nothing."""
    words = [*IDS, "Harbour", "Maria", "one.csv", "two.csv", "people.csv", "1950-05-1", "May 1950", *NEWEST]
    if ROLES[role].sees == "nothing":
        words += [*place.pseudonyms, "PANEL", "U/L"]
    return [word for word in words if word in text and word not in sent]


def bodies(place: Place) -> Iterator[dict[str, Any]]:
    """Every field of every callback with forged values (all of them in the full run), also in the id of a pattern."""
    place.app.server.test_client().get("/")
    for name, callback in place.app.callback_map.items():
        if "callback" not in callback:
            continue
        call = Call(name, callback)
        for at in range(len(call.fields)):
            values = place.forged if FULL else place.forged[at % 3 :: 3]
            for number, trigger in enumerate(call.triggers(at)):
                # with each further button some of those that lead to a patient, in turn
                yield from (
                    call.body(at, value, trigger) for value in (values if number == 0 else values[number % 3 : 3])
                )
            if call.has_pattern(at):
                yield from (call.body(at, value, call.triggers(at)[0], in_id=True) for value in values)


@pytest.mark.timeout(600)
def test_no_forged_field_of_any_callback_tells_who_is_who(place, role):
    client, wrong, answered = place.app.server.test_client(), [], 0
    for body in bodies(place):
        answer = client.post(POST, json=body)
        answered += answer.status_code == 200
        found = told(answer.text, str(body), place, role)
        if answer.status_code >= 500 or found:
            wrong.append((answer.status_code, found, body["output"][:60], str(body["inputs"])[:300]))
    assert not wrong, f"{len(wrong)}; first: {wrong[:3]}"
    assert answered > (300 if ROLES[role].sees == "pseudonymised" else 20), "many get past the permission"


def addresses(place: Place) -> Iterator[str]:
    """Every route with forged parts, and every page's address."""
    words = [str(value) for value in place.forged if isinstance(value, (str, int))]
    for rule in place.app.server.url_map.iter_rules():
        for word in words if rule.arguments else [""]:
            for table in ("results", "findings", "events", "notes") if "name" in rule.arguments else ("",):
                filled = re.sub(r"<(?:\w+:)?name>", table, rule.rule)
                yield re.sub(r"<[^>]+>", quote(word, safe="/"), filled)
                yield f"{re.sub(r'<[^>]+>', quote(word, safe='/'), filled)}?identified=1&sees=identified&role=clinician"


def test_no_address_tells_who_is_who(place, role):
    client, wrong, answered = place.app.server.test_client(), [], 0
    for address in addresses(place):
        if address.startswith(("/_dash-component-suites", "/assets")):
            continue
        for ask, headers in ((client.get, {}), (client.post, {}), (client.get, CLAIMS)):
            with ask(address, headers=headers) as answer:
                answered += answer.status_code == 200
                found = told(answer.data.decode("utf-8", "replace"), address, place, role)
                if answer.status_code >= 500 or found:
                    wrong.append((answer.status_code, found, address))
    assert not wrong, f"{len(wrong)}; first: {wrong[:5]}"
    assert answered > 10


def test_what_a_browser_sent_never_stands_in_the_audit_log_as_what_it_names(place):
    place.user = User("vera", "coordinator", "s")
    client = place.app.server.test_client()
    for body in bodies(place):
        if any(word in body["output"] for word in ("quality", "shell-page")):
            client.post(POST, json=body)
    for address in addresses(place):
        if address.startswith(("/patient", "/cohort", "/download", "/schedules")):
            client.get(address).close()
    log = place.store.log.entries(10_000)[["key", "detail"]].to_csv()
    assert [word for word in (*IDS, "Harbour", "one.csv", "Maria") if word in log] == []


def test_what_the_walk_looks_for_is_seen_by_who_may_see_it(place):
    place.user, seen = User("ada", "clinician", "s"), ""
    client, key = place.app.server.test_client(), place.store.key_of(IDS[3])
    for path in ("/", "/quality", f"/patient/{key}"):
        seen += client.post(POST, json=navigate(path)).text
    for address in (f"/patient/{key}/results.csv", "/download/held-back.csv", f"/cohort/file/{place.jobs[0]}"):
        with client.get(address) as answer:
            assert answer.status_code == 200
            seen += answer.data.decode("utf-8", "replace")
    assert [word for word in (*IDS, "Maria", "one.csv", "two.csv", *NEWEST[:2], "Harbour") if word not in seen] == []


def test_the_file_of_a_job_is_for_its_owner_alone(place):
    for name in GRANTED:
        place.user = User("vera", name, "s")
        for job_id in place.jobs:
            with place.app.server.test_client().get(f"/cohort/file/{job_id}") as answer:
                assert answer.status_code in (403, 404), (name, job_id)
                assert SECRET not in answer.text
