"""What goes with a person who is erased is theirs alone: of P10 nothing goes with P1, and a short number is no name."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import sqlalchemy as sa

from analytics.store import open_store
from analytics.store.admin import erasure
from analytics.store.admin.erasure_names import Names
from analytics.store.admin_store import Admin
from analytics.store.tables.saved import SAVED
from analytics.store.tables.schedules import RUNS
from analytics.store.working_state import patient_notes
from tests.analytics.store.made import ingest_of, lab, labs_frame


@pytest.mark.parametrize(
    ("text", "loosely", "strictly"),
    [
        ("P1,ALT,40", True, True), ("ALT of P1.", True, True), ("(P1)", True, True), ('["P1"]', True, True),
        ("P1", True, True), ("P1 P10", True, True), ("x=P1;", True, True),
        ("P10,ALT,40", False, False), ("XP1", False, False), ("P11", False, False), ("", False, False),
        (None, False, False), ("P1-2,ALT", True, False), ("A/P1", True, False), ("P1.5", True, False),
    ],
)  # fmt: skip
def test_an_id_is_found_as_a_whole_word(text, loosely, strictly):
    names = Names(["P1"])
    assert (names.loosely_in(text), names.strictly_in(text)) == (loosely, strictly)


def test_a_short_number_is_no_name_in_what_is_of_somebody_else():
    assert not Names(["12"]).strictly_in("P7,2024-05-12,ALT,12,U/L")
    assert Names(["12"]).loosely_in("12,2024-05-01,ALT,40,U/L")
    assert Names(["123456"]).strictly_in("compare with 123456")
    assert not Names([]).loosely_in("anything") and not Names(["12"]).strictly_in("12")


def held(*rows: tuple[str | None, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file": "case.csv", "line": range(3, 3 + len(rows)), "reason_code": "UNIT_UNKNOWN", "message": "unit 'mg%'",
            "raw_line": [text for _, text in rows], "patient_id": [of for of, _ in rows],
        }
    )  # fmt: skip


@pytest.mark.parametrize("who", ["P1", "1"])
def test_what_is_of_others_stays(tmp_path, who):
    store = Admin.of(open_store(str(tmp_path / "s")))
    other, third = f"{who}0", f"{who}-7"
    rows = [lab(name, f"2024-01-0{day}", "ALT", 50.0 + day) for name in (who, other, third) for day in (1, 2)]
    waiting = held((who, f"{who},ALT,40,mg%"), (None, f"{who},ALT,41,mg%"), (other, f"{other},ALT,1,mg%"),
                   (third, f"{third},ALT,42,mg%"), (None, f"{other},ALT,43,mg%"))  # fmt: skip
    store.publish(ingest_of(labs_frame(*rows), quarantine=waiting))
    mine, others = store.key_of(who), store.key_of(other)
    patient_notes.add(store, mine, "dr", "hers", sees="identified")
    patient_notes.add(store, others, "dr", f"compare with MRN {who}x", sees="identified")
    lists = {"board": [who, other, third], "all others": [other, third], "one": [who]}
    with store.working_state.begin() as connection:
        for name, patients in lists.items():
            body = json.dumps({"versions": [{"text": "all", "run": {"patients": patients}}]})
            connection.execute(sa.insert(SAVED).values(kind="cohort", name=name, owner="dr", body=body, utc=0))
    store.purge(who, reason="asked for")
    assert sorted(store.patient_ids) == sorted([other, third])
    left = store.quarantine()["raw_line"].tolist()
    assert left == [f"{other},ALT,1,mg%", f"{third},ALT,42,mg%", f"{other},ALT,43,mg%"]
    with store.working_state.connect() as connection:
        saved = {row.name: json.loads(row.body) for row in connection.execute(sa.select(SAVED))}
    runs = {name: body["versions"][0]["run"]["patients"] for name, body in saved.items() if "versions" in body}
    assert runs == {"board": [other, third], "all others": [other, third], "one": []}
    assert [note.text for note in patient_notes.thread(store, others, sees="identified")] == [
        f"compare with MRN {who}x"
    ]
    assert patient_notes.thread(store, mine, sees="identified") == []
    assert store.verify().problems == []


def test_where_others_name_the_person_the_name_goes_and_nothing_else(tmp_path):
    store = Admin.of(open_store(str(tmp_path / "s")))
    store.publish(ingest_of(labs_frame(*(lab(name, "2024-01-01", "ALT", 50.0) for name in ("P1", "P2")))))
    other = store.key_of("P2")
    for text in ("mixed up with P1", "of the patient alone"):
        patient_notes.add(store, other, "dr", text, sees="identified")
    with store.working_state.begin() as connection:
        for name, body in (("P1 and sister", {"text": "all"}), ("kept", {"text": "all"}), ("asked", {"text": "id P1"})):
            values = {"kind": "cohort", "name": name, "owner": "dr", "body": json.dumps(body), "utc": 0}
            connection.execute(sa.insert(SAVED).values(**values))
        run = {"asked": False, "state": "failed", "attempt": 1, "worker": "", "lease_utc": 0, "next_utc": 0, "size": 0,
               "started_utc": 0, "file": "", "generation": 1, "counts": "{}"}  # fmt: skip
        for schedule, message in (("a", "unknown patient 'P1'"), ("b", "unknown patient 'P12'")):
            connection.execute(sa.insert(RUNS).values(schedule=schedule, slot_utc=0, message=message, **run))
    store.purge("P1", reason="asked for")
    assert [n.text for n in patient_notes.thread(store, other, sees="identified")] == ["of the patient alone"]
    with store.working_state.connect() as connection:
        named = connection.execute(sa.select(SAVED.c.name).where(SAVED.c.kind == "cohort")).scalars().all()
        said = connection.execute(sa.select(RUNS.c.message).order_by(RUNS.c.schedule)).scalars().all()
    assert named == ["kept"]
    assert said == ["named a person who was erased", "unknown patient 'P12'"]
    assert [p.name for p in store.place.folder.rglob("*") if p.is_file() and b"mixed up with" in p.read_bytes()] == []


def test_a_purge_that_is_cut_short_can_be_asked_for_again(tmp_path, monkeypatch):
    store = Admin.of(open_store(str(tmp_path / "s")))
    store.publish(ingest_of(labs_frame(*(lab(name, "2024-01-01", "ALT", 50.0) for name in ("P1", "P2")))))
    patient_notes.add(store, store.key_of("P1"), "dr", "hers", sees="identified")

    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasure, "_remove_rows", killed)
        with pytest.raises(KeyboardInterrupt):
            store.purge("P1", reason="asked for")
    assert store.purge("P1", reason="asked for again") == 1
    assert patient_notes.thread(store, store.key_of("P1"), sees="identified") == []
