"""A result that looks as if it were in another unit is kept out of view and listed, in whatever order files came."""

from __future__ import annotations

from itertools import permutations

import pytest

from analytics.errors import InputError
from analytics.store import open_store
from tests.analytics.store.made import ingest_of, lab, labs_frame

ROWS = (("2024-01-01", 0.8), ("2024-02-01", 13.7), ("2024-03-01", 0.9), ("2024-04-01", 14.5))


def bili(*rows, patient="P1", status=""):
    return ingest_of(labs_frame(*(lab(patient, day, "BILI", value, status) for day, value in rows)))


def told(store):
    """Values shown, values held, and nothing wrong."""
    assert store.verify().problems == []
    held = store.quarantine(reason="UNIT_SUSPECT")
    assert held["result_id"].notna().all()
    return sorted(store.table("labs")["value"]), sorted(held["raw_cell"].str.split().str[0].astype(float))


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"))


def test_a_jump_is_kept_out_of_view_listed_and_counted_on_the_patient(store):
    receipt = store.publish(bili(*ROWS[:3]))[0]
    assert (receipt.stored, receipt.quarantined, receipt.unit_suspects) == (3, 0, 1)
    assert told(store) == ([0.8, 0.9], [13.7])
    held = store.panel(["P1"]).held
    assert held["analyte"].tolist() == ["BILI"]
    assert "if it was written in umol/L, it is 0.801 mg/dL" in held["message"].iloc[0]
    assert store.summary()["last_BILI"].tolist() == [0.9]


def test_the_order_of_files_makes_no_difference(tmp_path):
    seen = []
    for n, order in enumerate(list(permutations(ROWS))[3::5]):
        store = open_store(str(tmp_path / str(n)))
        for row in order:
            store.publish(bili(row))
        seen.append(told(store))
    assert {str(s) for s in seen} == {str(([0.8, 0.9], [13.7, 14.5]))}


def test_a_later_result_that_shows_the_rise_to_be_true_brings_it_back_and_keeps_the_trace(store):
    store.publish(bili(*ROWS[:2]))
    assert told(store) == ([0.8], [13.7])
    store.publish(bili(("2024-02-10", 6.0)))
    assert told(store) == ([0.8, 6.0, 13.7], [])
    assert store.quarantine(include_resolved=True)["resolution"].str.startswith("shown again").tolist() == [True]


def test_a_correction_takes_the_place_of_a_held_result(store):
    store.publish(bili(*ROWS[:2]))
    store.publish(bili(("2024-02-01", 0.8), status="corrected"))
    assert told(store) == ([0.8, 0.8], [])
    assert store.rebuild() and told(store) == ([0.8, 0.8], [])


def test_a_person_accepts_a_value_and_it_is_shown_for_good(store):
    store.publish(bili(*ROWS[:2]))
    with pytest.raises(InputError, match="why"):
        store.accept(store.quarantine()["quarantine_id"], "me", " ")
    assert store.accept(store.quarantine()["quarantine_id"].tolist(), "me", "phoned the laboratory") == 1
    assert told(store) == ([0.8, 13.7], [])
    store.publish(bili(("2024-03-01", 0.9)))
    store.rebuild()
    assert told(store) == ([0.8, 0.9, 13.7], [])


def test_a_person_dismisses_a_value_and_it_stays_out_of_view(store):
    store.publish(bili(*ROWS[:2]))
    store.dismiss(store.quarantine()["quarantine_id"].tolist(), "me", "was umol/L")
    store.publish(bili(("2024-02-10", 6.0)))
    store.rebuild()
    assert told(store) == ([0.8, 6.0], [])
    with pytest.raises(InputError, match="only stored results"):
        store.accept(store.quarantine(include_resolved=True)["quarantine_id"].tolist(), "me", "right after all")


def test_merging_two_ids_and_undoing_it_gives_the_same_again(store):
    store.publish(bili(*ROWS[:1]))
    store.publish(bili(*ROWS[1:2], patient="P2"))
    assert told(store) == ([0.8, 13.7], [])
    store.merge("P2", "P1", "me", "one person")
    assert told(store) == ([0.8], [13.7])
    assert store.quarantine()["patient_id"].tolist() == ["P2"]
    assert len(store.panel(["P1"]).held) == 1
    store.unmerge("P2", "me", "two people")
    assert told(store) == ([0.8, 13.7], [])


def test_a_purge_leaves_nothing_of_a_held_result(store):
    store.publish(bili(*ROWS[:2]))
    store.publish(bili(*ROWS[:2], patient="P2"))
    store.purge("P1", "asked for it")
    assert told(store) == ([0.8], [13.7])
    assert store.quarantine(include_resolved=True)["patient_id"].tolist() == ["P2"]
