"""While a page is made the store stays as it was."""

from __future__ import annotations

from pathlib import Path

from analytics.store.snapshot.request_scope import one_moment
from tests.stores import small_store


def test_within_a_moment_generation_and_marks_stay_and_afterwards_they_are_as_they_are(tmp_path: Path):
    store = small_store(tmp_path)
    before, marks = store.generation, store.seen_state()
    with one_moment():
        assert (store.generation, store.seen_state()) == (before, marks)
        store.seen("F1", by="ann")
        store.rebuild()
        assert (store.generation, store.seen_state()) == (before, marks)
        assert len(store.analysis(["MRN-1"]).panel.labs) == 7
    assert store.generation > before
    assert store.seen_state() != marks
    assert store.seen_findings()["by"].tolist() == ["ann"]


def test_a_moment_is_of_each_store_by_itself(tmp_path: Path):
    one, other = small_store(tmp_path / "a"), small_store(tmp_path / "b")
    one.rebuild()
    with one_moment():
        assert one.generation == other.generation + 1


def test_a_snapshot_that_was_cleared_away_within_a_moment_is_read_anew(tmp_path: Path):
    store = small_store(tmp_path)
    with one_moment():
        before = store.manifest
        store.rebuild()
        for name in before.files():
            (store.place.snapshot / name).unlink(missing_ok=True)
        assert len(store.analysis(["MRN-1"]).panel.labs) == 7
