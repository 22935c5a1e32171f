"""Merging and dismissing: reversible, reasoned, and nothing imported is changed."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analytics.errors import InputError, UnknownPatient
from analytics.store import open_store
from analytics.store.admin.verify import snapshot_digest
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.stores import copied


def _filled(folder):
    store = open_store(str(folder))
    store.publish(ingest_of(cohort(6)))


@pytest.fixture
def store(tmp_path):
    return copied(_filled, tmp_path / "store")


def test_a_merged_patient_is_shown_under_the_other_id_with_its_results_untouched(store):
    before = store.table("labs")
    store.merge("P00001", "P00002", by="me", why="same person")
    assert "P00001" not in store.patient_ids
    mine = store.panel(["P00002"]).labs
    assert len(mine) == 20
    assert set(mine["result_id"]) == set(before["result_id"][before["patient_id"].isin(["P00001", "P00002"])])
    assert store.present_id("P00001") == "P00002"
    assert store.patient_of(store.key_of("P00001")) == "P00002"
    with pytest.raises(UnknownPatient):
        store.panel(["P00001"])


def test_a_result_that_both_ids_carry_is_shown_once_and_two_that_differ_both(store):
    store.publish(ingest_of(labs_frame(lab("A", "2024-01-01", "GGT", 50), lab("A", "2024-01-08", "GGT", 60))))
    store.publish(ingest_of(labs_frame(lab("B", "2024-01-01", "GGT", 50), lab("B", "2024-01-08", "GGT", 61))))
    store.merge("A", "B", by="me", why="same person")
    assert store.panel(["B"]).labs["value"].tolist() == [50.0, 60.0, 61.0]


def test_what_comes_in_later_for_a_merged_id_is_shown_under_the_other(store):
    store.merge("P00001", "P00002", by="me", why="same person")
    store.publish(ingest_of(labs_frame(lab("P00001", "2025-01-01", "GGT", 50))))
    assert store.panel(["P00002"]).labs["value"].isin([50.0]).sum() == 1
    store.unmerge("P00001", by="me", why="no")
    assert "GGT" in set(store.panel(["P00001"]).labs["analyte"])
    assert "GGT" not in set(store.panel(["P00002"]).labs["analyte"])


@settings(max_examples=8)
@given(pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=4))
def test_merging_and_undoing_it_in_reverse_is_the_identity(tmp_path_factory, pairs):
    store = open_store(str(tmp_path_factory.mktemp("merge") / "store"))
    store.publish(ingest_of(cohort(6, per_series=3)))
    store.publish(ingest_of(labs_frame(lab("P00001", "2024-01-01", "ALT", 50.0, "corrected"))))
    digest, merged = snapshot_digest(store.place, store.manifest), []
    for old, new in pairs:
        try:
            store.merge(f"P{old:05d}", f"P{new:05d}", by="me", why="test")
            merged.append(f"P{old:05d}")
        except InputError:
            continue
    for old in reversed(merged):
        store.unmerge(old, by="me", why="test")
    assert snapshot_digest(store.place, store.manifest) == digest
    assert len(store.aliases()) == 2 * len(merged)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("P00001", "P00001", "itself"), ("P00001", "nobody", "not in the store"), ("P00002", "P00003", "circle")],
)
def test_a_merge_that_makes_no_sense_is_refused(store, old, new, said):
    store.merge("P00003", "P00002", by="me", why="same person")
    with pytest.raises(InputError, match=said):
        store.merge(old, new, by="me", why="same person")


def test_a_merge_needs_a_reason(store):
    with pytest.raises(InputError, match="say why"):
        store.merge("P00001", "P00002", by="me", why=" ")
    assert store.aliases().empty


def test_patients_on_different_clocks_cannot_be_merged(store):
    people = pd.DataFrame({"patient_id": ["S1"], "clock": ["study_day"]})
    store.publish(ingest_of(labs_frame(lab("S1", "2000-01-08", "ALT", 40)), patients=people, uncounted=1, results_in=1))
    with pytest.raises(InputError, match="calendar dates"):
        store.merge("S1", "P00001", by="me", why="same person")


def test_a_dismissed_row_stays_with_who_when_and_why(store):
    store.publish(ingest_of(labs_frame(lab("P00001", "2024-01-01", "ALB", 40))))
    store.publish(ingest_of(labs_frame(lab("P00001", "2024-01-01", "ALB", 41))))
    held = store.quarantine()
    generation = store.generation
    assert store.dismiss(held["quarantine_id"].tolist(), by="co", why="typing error at the source") == 1
    assert store.quarantine().empty
    assert store.held_count() == 0
    assert store.panel(["P00001"]).held.empty
    kept = store.quarantine(include_resolved=True).iloc[0]
    assert (kept["resolved_by"], kept["resolution"]) == ("co", "dismissed: typing error at the source")
    assert store.generation == generation + 1
    assert_frame_equal(store.table("labs"), store.panel().labs)


def test_a_dismissal_needs_a_reason(store):
    with pytest.raises(InputError, match="say why"):
        store.dismiss([1], by="co", why="")
