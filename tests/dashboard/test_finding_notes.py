"""Notes on findings: a thread under each card, who may read and settle it, and what never takes it along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from analytics.store import Admin, Store
from analytics.store.working_state import patient_notes
from dashboard.application import signin
from dashboard.application.app import create_app
from dashboard.components.patient_episodes import Episode, episodes_of
from dashboard.components.patient_exports import WORDS
from dashboard.components.patient_notes import NO_LONGER, Threads
from dashboard.config import Config
from dashboard.pages.patient.findings import ID
from dashboard.security.roles import LOCAL, User
from dashboard.web.context import Context
from tests.dashboard.test_patient_page import page_of as patient_page

WHO = "HT-040"


@pytest.fixture(scope="module")
def client(sample_store: Store) -> Iterator[FlaskClient]:
    with pytest.MonkeyPatch.context() as patch:
        yield client_of(sample_store, LOCAL, patch)


def client_of(store: Store, user: User, patch: pytest.MonkeyPatch) -> FlaskClient:
    """The pages as one user has them."""
    patch.setattr(signin.Open, "identify", staticmethod(lambda: user))
    return create_app(store, Config(store=str(store.place.folder))).server.test_client()


def first_open(store: Any, name: str) -> Episode:
    return episodes_of(store.analysis([name]).findings, {})[0]


def note(client: Any, key: str, identity: str, text: str) -> Any:
    """What the server answers to a note that is written under a card."""
    return _post(client, key, "add-note", identity, [(identity, text)])


def settle(client: Any, key: str, note_id: str) -> Any:
    return _post(client, key, "settle", note_id, [])


def _post(client: Any, key: str, part: str, item: str, texts: list[tuple[str, str]]) -> Any:
    deps = client.get("/_dash-dependencies").get_json()
    (mine,) = [d for d in deps if any('"add-note"' in str(one["id"]) for one in d["inputs"])]
    button = ID(part, item)
    pressed = [{"id": button, "property": "n_clicks", "value": 1}]
    fields = [ID("note-text", one) for one, _ in texts]
    body = {
        "output": mine["output"],
        "outputs": {"id": "patient-findings", "property": mine["output"].split(".")[1]},
        "inputs": [pressed if part == "add-note" else [], pressed if part == "settle" else []],
        "state": [
            [{"id": one, "property": "value", "value": text} for one, (_, text) in zip(fields, texts, strict=True)],
            [{"id": one, "property": "id", "value": one} for one in fields],
            {"id": "patient-key", "property": "data", "value": key},
        ],
        "changedPropIds": [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"],
    }
    return client.post("/_dash-update-component", json=body)


def test_a_note_stands_under_its_card_with_author_and_is_settled_by_name(
    client: FlaskClient, sample_store: Admin
) -> None:
    key, lead = sample_store.key_of(WHO), first_open(sample_store, WHO).lead
    answer = note(client, key, lead["finding_id"], "call the <b>laboratory</b>")
    assert answer.status_code == 200, answer.text[:300]
    assert "1 note, 1 open" in answer.text and "call the <b>laboratory</b>" in answer.get_json()["response"].__repr__()
    (kept,) = [n for n in patient_notes.thread(sample_store, key, sees="identified") if n.finding]
    assert (kept.author, kept.finding) == (LOCAL.name, lead["finding_id"]) and kept.about
    opened = json.dumps(patient_page(client, f"/patient/{key}"))
    assert "1 note, 1 open" in opened
    assert f"settled by {LOCAL.name}" in settle(client, key, kept.note_id).text
    assert "1 note, 0 open" in json.dumps(patient_page(client, f"/patient/{key}"))
    log = sample_store.log.entries(action="seen")["detail"]
    assert log.eq("note on a finding added").sum() == 1 and log.eq("note on a finding settled").sum() == 1


def test_an_empty_note_is_refused_in_words_and_a_note_on_nothing_is_not_kept(
    client: FlaskClient, sample_store: Admin
) -> None:
    key = sample_store.key_of("HT-057")
    lead = first_open(sample_store, "HT-057").lead
    assert "1 to 1000 characters" in note(client, key, lead["finding_id"], "  ").text
    note(client, key, "nosuchfinding", "text")
    other = first_open(sample_store, WHO).lead["finding_id"]
    note(client, key, other, "of somebody else")
    assert patient_notes.thread(sample_store, key, sees="identified") == []


def test_a_note_of_another_patient_is_not_settled_from_here(client: FlaskClient, sample_store: Admin) -> None:
    theirs = patient_notes.add(sample_store, sample_store.key_of("HT-059"), "ann", "x", sees="identified", finding="f")
    settle(client, sample_store.key_of(WHO), theirs.note_id)
    assert patient_notes.thread(sample_store, sample_store.key_of("HT-059"), sees="identified")[0].settled_by == ""


def test_a_coordinator_has_a_thread_apart_and_is_told_no_day(sample_store: Admin, monkeypatch) -> None:
    config = Config(store=str(sample_store.place.folder))
    mine = first_open(sample_store, "HT-032").lead["finding_id"]
    patient_notes.add(sample_store, sample_store.key_of("HT-032"), "ann", "Mrs Miller called", sees="identified",
                      finding=mine, about="t")  # fmt: skip
    cora = client_of(sample_store, User("cora", "coordinator", "s"), monkeypatch)
    view = Context(sample_store, config).pseudonymised
    name = next(n for n in view.patient_ids if view.kept_key_of(n) == sample_store.key_of("HT-032"))
    key = view.worklist().set_index("patient_id").loc[name, "key"]
    assert "Miller" not in json.dumps(patient_page(cora, f"/patient/{key}"))
    answer = note(cora, key, first_open(view, name).lead["finding_id"], "ask the site")
    assert "ask the site" in answer.text and "UTC" not in answer.text and "Miller" not in answer.text
    seen_by_clinician = patient_notes.thread(sample_store, sample_store.key_of("HT-032"), sees="identified")
    assert [n.text for n in seen_by_clinician] == ["Mrs Miller called"]


def test_who_may_not_mark_may_not_write(sample_store: Admin, monkeypatch) -> None:
    dan = client_of(sample_store, User("dan", "data_manager", "s"), monkeypatch)
    lead = first_open(sample_store, WHO).lead["finding_id"]
    assert note(dan, sample_store.key_of(WHO), lead, "text").status_code == 403


def test_exports_and_the_report_leave_notes_out(client: FlaskClient, sample_store: Admin) -> None:
    key, lead = sample_store.key_of("HT-020"), first_open(sample_store, "HT-020").lead
    patient_notes.add(sample_store, key, "ann", "WORDS-OF-A-NOTE", sees="identified", finding=lead["finding_id"])
    patient_notes.add(sample_store, key, "ann", "WORDS-OF-A-NOTE", sees="identified")
    assert "WORDS-OF-A-NOTE" in json.dumps(patient_page(client, f"/patient/{key}"))
    for name in WORDS:
        assert "WORDS-OF-A-NOTE" not in client.get(f"/patient/{key}/{name}.csv").text
    assert "WORDS-OF-A-NOTE" not in client.get(f"/patient/{key}/report.html").text


def test_a_note_on_a_finding_that_is_gone_is_still_told(sample_store: Store) -> None:
    lost = patient_notes.Note("n", "ann", 0, "see the scan", "identified", finding="gone", about="Park criteria")
    rest = Threads(ID, [lost]).rest(episodes_of(sample_store.analysis([WHO]).findings, {}))
    text = json.dumps(rest.to_plotly_json(), default=lambda one: one.to_plotly_json())
    assert NO_LONGER in text and "see the scan" in text and "Park criteria" in text


def test_notes_that_were_written_before_findings_had_them_are_read(tmp_path: Path) -> None:
    old = patient_notes._read(json.dumps({"notes": [
        {"note_id": "a", "author": "ann", "utc": 1, "text": "t", "sees": "identified", "settled_by": ""}
    ]}))  # fmt: skip
    assert old[0].finding == "" and old[0].text == "t"
