"""Threads of notes on the patients of a cohort: who wrote what, what is settled, and whose eyes they are for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.errors import QuestionError
from analytics.store import Admin, Store
from analytics.store.working_state import patient_notes
from analytics.store.working_state.patient_notes import LONGEST
from dashboard.config import Config
from dashboard.security.roles import LOCAL, User
from tests.dashboard.cohorts.test_small_cohorts import Page, page_of
from tests.stores import small_store

ASKED = "find ALT above 3 x ULN"


@pytest.fixture(scope="module")
def page(sample_store: Store) -> Iterator[Page]:
    with pytest.MonkeyPatch.context() as patch:
        yield page_of(sample_store, Config(store=str(sample_store.place.folder)), LOCAL, patch)


def thread(page: Page, changed: str, **values: object) -> str:
    return page.ask("cohort-thread.children", changed, asked=ASKED, place=0, **values)


def test_notes_go_into_a_thread_and_are_settled_by_name(tmp_path: Path) -> None:
    store = small_store(tmp_path / "notes")
    first = patient_notes.add(store, "key", "ann", " call the laboratory ", sees="identified")
    patient_notes.add(store, "key", "bob", "done, see the scan", sees="identified")
    patient_notes.add(store, "other", "bob", "nothing", sees="identified")
    assert [n.text for n in patient_notes.thread(store, "key", sees="identified")] == [
        "call the laboratory",
        "done, see the scan",
    ]
    patient_notes.settle(store, "key", first.note_id, "bob", sees="identified")
    patient_notes.settle(store, "key", "no such note", "bob", sees="identified")
    settled = [n.settled_by for n in patient_notes.thread(store, "key", sees="identified")]
    assert settled == ["bob", ""]


def test_a_note_is_there_only_for_who_sees_patients_in_the_same_way(tmp_path: Path) -> None:
    store = small_store(tmp_path / "notes")
    note = patient_notes.add(store, "key", "ann", "Mrs Miller called", sees="identified")
    assert patient_notes.thread(store, "key", sees="pseudonymised") == []
    patient_notes.settle(store, "key", note.note_id, "cora", sees="pseudonymised")
    assert patient_notes.thread(store, "key", sees="identified")[0].settled_by == ""


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST + 1)])
def test_an_empty_or_endless_note_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(QuestionError, match="1 to 1000 characters"):
        patient_notes.add(small_store(tmp_path / "notes"), "key", "ann", text, sees="identified")


def test_the_notes_of_an_erased_person_go_with_the_person(tmp_path: Path) -> None:
    store = small_store(tmp_path / "notes")
    key = store.key_of("MRN-1")
    patient_notes.add(store, key, "ann", "call the laboratory", sees="identified")
    store.purge("MRN-1", "asked")
    assert patient_notes.thread(store, key, sees="identified") == []


def test_the_page_shows_the_thread_of_the_patient_and_adds_to_it(page: Page, sample_store: Admin) -> None:
    assert "call" not in thread(page, "place")
    added = thread(page, "add-note", **{"add-note": 1}, note="call the <b>laboratory</b>")
    assert "1 note, 1 open" in added and "call the <b>laboratory</b>" in added and LOCAL.name in added
    assert "call the" in thread(page, "place")
    assert "1 to 1000 characters" in thread(page, "add-note", **{"add-note": 1}, note=" ")
    assert sample_store.log.entries(action="seen")["detail"].eq("note added").sum() == 1


def test_a_role_that_sees_pseudonyms_is_told_no_day_of_a_note(
    sample_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cora = page_of(
        sample_store, Config(store=str(sample_store.place.folder)), User("cora", "coordinator", "s"), monkeypatch
    )
    added = json.loads(thread(cora, "add-note", **{"add-note": 1}, note="ask the site"))
    assert "ask the site" in json.dumps(added) and "UTC" not in json.dumps(added)
