"""After a purge no byte of the store names the person; everybody else is as before."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import sqlalchemy as sa
from pandas.testing import assert_frame_equal

from analytics.errors import InputError, UnknownPatient
from analytics.report_changes import from_bytes, remember, to_bytes
from analytics.store import open_store
from analytics.store.admin.erasure import backups_with
from analytics.store.admin.erasure_working_state import files_with
from analytics.store.tables.saved import SAVED
from analytics.store.tables.schedules import MEMORIES
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.builders import events_of, imaging_of

WHO = "Q7319X"


@pytest.fixture
def store(tmp_path):
    store = open_store(str(tmp_path / "store"))
    mine = labs_frame(lab(WHO, "2024-01-01", "ALT", 50.0), lab(WHO, "2024-02-01", "BILI", 2.0, specimen_id=f"{WHO}-1"))
    held = pd.DataFrame(
        {
            "file": "case.csv",
            "line": [7, 8],
            "reason_code": "UNIT_UNKNOWN",
            "message": "unit 'mg%'",
            "raw_line": [f"{WHO},ALT,40,mg%", "P00001,ALT,40,mg%"],
            "patient_id": [None, "P00001"],
        }
    )
    events = events_of([("2024-01-05", "systemic", "FOLFOX")], WHO)
    images = imaging_of([("2024-01-05", "CT", "PR")], WHO)
    store.publish(ingest_of(cohort(5)))
    store.publish(ingest_of(mine, events, images, pd.DataFrame({"patient_id": [WHO], "clock": ["date"]}), held))
    store.publish(ingest_of(labs_frame(lab(WHO, "2024-01-01", "ALT", 55.0, "corrected"))))
    store.publish(ingest_of(labs_frame(lab("other-id", "2024-03-01", "ALT", 56.0))))
    store.merge("other-id", WHO, by="me", why="same person")
    store.analyse()
    return store


def test_no_file_of_the_store_names_the_person_any_more(store):
    others = store.panel([f"P{i:05d}" for i in range(5)]).labs
    key = store.key_of(WHO)
    assert store.purge(WHO, reason="request of the person") == 8
    named = [p.name for p in store.place.folder.rglob("*") if p.is_file() and _names(p, (WHO, "other-id"))]
    assert named == []
    assert_frame_equal(store.panel().labs, others)
    with pytest.raises(UnknownPatient):
        store.patient_of(key)


def test_the_store_still_verifies_and_keeps_what_is_not_of_the_person(store):
    store.purge(WHO, reason="request of the person")
    assert store.verify().problems == []
    assert store.quarantine()["raw_line"].tolist() == ["P00001,ALT,40,mg%"]
    assert store.imports()["stored"].sum() > 0
    assert store.publish(ingest_of(labs_frame(lab("P00001", "2025-01-01", "GGT", 50.0))))[0].stored == 1
    assert store.verify().problems == []


def test_notes_saved_cohorts_and_memories_of_reports_forget_the_person(store):
    finding = store.analysis([WHO]).findings["finding_id"].tolist() or ["none"]
    store.seen(finding[0], by="dr", note="hers")
    store.seen("somebody else's", by="dr", note="other")
    memory = to_bytes(remember(store.analysis(), {"rule": "1"}))
    body = {"versions": [{"text": "all", "run": {"patients": [WHO, "P00001"], "rows": [{"patient_id": WHO}]}}]}
    with store.working_state.begin() as connection:
        connection.execute(sa.insert(MEMORIES).values(schedule="weekly", slot_utc=0, body=memory))
        for kind, name, saved in (("cohort", "c", body), ("reviewed", store.key_of(WHO), {"definition": "all"})):
            values = {"kind": kind, "name": name, "owner": "dr", "body": json.dumps(saved), "utc": 0}
            connection.execute(sa.insert(SAVED).values(**values))
    store.purge(WHO, reason="request of the person")
    with store.working_state.connect() as connection:
        kept = from_bytes(connection.scalar(sa.select(MEMORIES.c.body)))
        saved = connection.execute(sa.select(SAVED.c.kind, SAVED.c.body)).all()
    assert set(kept.patients) == {f"P{i:05d}" for i in range(5)}
    assert set(kept.labs["patient_id"]) == set(kept.patients)
    assert [(kind, json.loads(text)["versions"][0]["run"]) for kind, text in saved] == [
        ("cohort", {"patients": ["P00001"], "rows": []})
    ]
    assert "other" in store.seen_findings()["note"].tolist()
    assert "hers" not in store.seen_findings()["note"].tolist()
    assert list(files_with(store.place, [WHO, "other-id"])) == []


def test_backups_that_still_hold_the_person_are_named(store):
    made = store.backup()
    store.purge(WHO, reason="request of the person")
    later = store.backup()
    assert backups_with(store.place, [WHO]) == [made]
    assert later.is_dir()


def test_a_purge_needs_a_reason(store):
    with pytest.raises(InputError, match="say why"):
        store.purge(WHO, reason="")
    assert WHO in store.patient_ids


def _names(path, words):
    content = path.read_bytes()
    return any(word.encode() in content for word in words)
