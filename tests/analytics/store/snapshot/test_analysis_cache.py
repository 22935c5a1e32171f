"""Stored analyses: equal to a fresh one, reused only where nothing they follow from has changed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import analytics
from analytics.analysis import PARTS, analyse
from analytics.settings import Settings
from analytics.store import open_store
from analytics.store.snapshot import analysis_cache, manifest
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.read_ahead import read_for_processes
from tests.stores import copied


def _filled(folder):
    store = open_store(str(folder))
    store.publish(ingest_of(cohort(40, analytes=("ALT", "AST", "BILI", "ALP"))))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "ROWS_PER_BUCKET", 60)
    store = copied(_filled, tmp_path / "store")
    assert len(store.manifest.buckets) > 4
    return store


def same(left, right):
    for part in PARTS:
        frames = (
            getattr(side, part).sort_values("patient_id", kind="stable", ignore_index=True) for side in (left, right)
        )
        assert_frame_equal(*frames, obj=part)


@pytest.mark.parametrize("executor", ["serial", "processes", "dask"])
def test_every_executor_stores_what_one_analysis_of_population_gives(store, executor):
    read_for_processes()
    fresh = analyse(store.panel())
    assert store.analyse(executor=executor, workers=2) > 4
    stored = store.analysis()
    assert isinstance(stored.given, analysis_cache.Stored)
    same(stored, fresh)


def test_one_patient_read_back_equals_one_patient_computed(store):
    before = store.analysis(["P00007"])
    assert not before.given
    store.analyse()
    after = store.analysis(["P00007"])
    assert len(after.given)
    same(after, before)


def test_a_second_run_computes_nothing(store):
    store.analyse()
    assert store.analyse() == 0


def test_only_buckets_that_changed_are_computed_when_the_cut_off_stays(store):
    store.analyse()
    earlier = labs_frame(lab("P00001", "2024-01-02", "GGT", 40.0))
    store.publish(ingest_of(earlier))
    assert store.analyse() == 1


def test_a_later_cut_off_computes_findings_again_but_keeps_the_rest(store):
    store.analyse()
    kept = store.analysis(["P00002"]).points
    store.publish(ingest_of(labs_frame(lab("P00001", "2025-01-02", "GGT", 40.0))))
    task = next(
        t
        for t in analysis_cache.tasks_of(store.place, store.manifest, Settings())
        if t.number != store.manifest.bucket_of("P00001")
    )
    assert task.missing() == list(analysis_cache.AT_CUT_OFF)
    store.analyse()
    same(store.analysis(), analyse(store.panel()))
    assert_frame_equal(store.analysis(["P00002"]).points, kept)


def test_parts_that_are_kept_at_a_later_cut_off_do_not_depend_on_it(store):
    from dataclasses import replace

    panel = store.panel()
    later = analyse(replace(panel, as_of=panel.as_of + pd.Timedelta(days=900)))
    for part in analysis_cache.TIMELESS:
        assert_frame_equal(getattr(analyse(panel), part), getattr(later, part), obj=part)


def test_other_thresholds_have_their_own_analysis(store):
    store.analyse()
    strict = Settings().changed({"trend": {"alpha": 0.001}})
    assert all(t.missing() == list(PARTS) for t in analysis_cache.tasks_of(store.place, store.manifest, strict))
    assert open_store(str(store.place.folder), settings=strict).analyse() > 4


def test_study_days_and_dates_in_one_bucket_each_have_their_own_cut_off(tmp_path):
    store = open_store(str(tmp_path / "store"))
    people = pd.DataFrame({"patient_id": ["S1"], "clock": ["study_day"]})
    rows = labs_frame(*(lab("S1", f"2000-01-{d:02d}", "ALT", 40 + d) for d in range(1, 9)))
    store.publish(ingest_of(rows, patients=people, uncounted=1, results_in=8))
    store.publish(ingest_of(labs_frame(*(lab("D1", f"2024-01-{d:02d}", "ALT", 40 + d) for d in range(1, 9)))))
    alone = {p: analyse(store.panel([p])) for p in ("S1", "D1")}
    same_before = store.analysis()
    store.analyse()
    for patient, expected in alone.items():
        same(store.analysis([patient]), expected)
        for part in PARTS:
            whole = getattr(store.analysis(), part)
            mine = whole[whole["patient_id"] == patient].reset_index(drop=True)
            assert_frame_equal(mine, getattr(expected, part), obj=part)
    same(same_before, store.analysis())


def test_what_is_no_science_is_named_as_it_is():
    here = {path.name for path in Path(analytics.__file__).parent.iterdir()}
    assert set(analysis_cache._NOT_SCIENCE) <= here, "a renamed one would make every stored analysis out of date"
