"""Everybody in small types: to the last bit what the wide frame gives, made once a bucket, kept over a restart."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from analytics import pseudonyms
from analytics.analysis import Analysis, analyse
from analytics.case import Case
from analytics.cohort.export import bundle
from analytics.cohort.monitoring_gaps import limit_changes
from analytics.cohort.part_columns import columns_of
from analytics.cohort.patient_table import people
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.cohort.site_quality import board, jump_rows
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.grades.ctcae import grades_of
from analytics.pseudonyms import Pseudonyms
from analytics.settings import Settings
from analytics.store import open_store
from analytics.store.snapshot import analysis_cache, derived_arrays, manifest
from analytics.store.snapshot.population import PopulationPanel
from dashboard.cohorts.export import write
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame

KEYS = Pseudonyms("trial", b"n" * 32, b"d" * 32)
TREATED = pd.DataFrame(
    {
        "patient_id": [f"P{i:05d}" for i in range(0, 16, 2)],
        "kind": "systemic",
        "name": "oxaliplatin",
        "start_date": pd.Timestamp("2024-01-20"),
    }
)

AWKWARD = labs_frame(
    lab("A1", "2024-01-02", "BILI", None),
    lab("A1", "2024-01-03 08:15:30", "BILI", 3.3, comparator="<", uln=1.1, lab="North", method="wet"),
    lab("A1", "2024-01-09", "BILI", 1.1 * 3, uln=1.2, lab="South", status="corrected"),
    lab("Ä2", "2024-02-01", "ALT", 0.1 + 0.2, uln=0.3, lln=np.nan, lab="", method="dry"),
    lab("Z9", "2000-01-05", "ALT", 120.0, uln=40.0, comparator=">"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("everybody") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "ROWS_PER_BUCKET", 100)
        store = open_store(str(folder))
        store.publish(ingest_of(cohort(16, analytes=("ALT", "AST", "BILI", "ALP")), events=TREATED))
        people = pd.DataFrame({"patient_id": ["Z9"], "clock": ["study_day"]})
        store.publish(ingest_of(labs_frame(lab("A1", "2024-01-09", "BILI", 4.4, uln=1.2, lab="South", status="final"))))
        store.publish(ingest_of(AWKWARD, patients=people, uncounted=1, results_in=len(AWKWARD)))
    assert len(store.manifest.buckets) == 4
    return folder


@pytest.fixture
def store(made):
    return open_store(str(made))


@pytest.fixture
def own(made, tmp_path):
    """A copy that a test may change."""
    return open_store(str(shutil.copytree(made, tmp_path / "store")))


def wide(store):
    return Case(store.panel(), Settings())


def test_every_array_equals_that_of_the_wide_frame_to_the_last_bit(store):
    mine, theirs = store.analysis().case, wide(store)
    assert isinstance(mine.panel, PopulationPanel)
    assert len(points_of(mine)) == len(points_of(theirs)) < len(store.panel().labs)
    for name in ("patient", "analyte", "day", "value", "comparator", "lln", "uln", "row", "x_uln"):
        np.testing.assert_array_equal(getattr(points_of(mine), name), getattr(points_of(theirs), name), err_msg=name)
    for field in dataclasses.fields(baselines_of(theirs)):
        left, right = getattr(baselines_of(mine), field.name), getattr(baselines_of(theirs), field.name)
        np.testing.assert_array_equal(left, right, err_msg=field.name)
    for version in ("4.0", "5.0", "6.0"):
        np.testing.assert_array_equal(grades_of(mine, version), grades_of(theirs, version))


def test_laboratories_are_told_apart_as_in_the_wide_frame(store):
    mine, theirs = points_of(store.analysis().case).lab, points_of(wide(store)).lab
    np.testing.assert_array_equal(mine[:, None] == mine[None, :], theirs[:, None] == theirs[None, :])
    np.testing.assert_array_equal(mine < 0, theirs < 0)


def test_texts_of_results_are_those_of_the_frame(store):
    panel, labs = store.analysis().panel, store.panel().labs
    at = np.arange(len(labs))[::-3]
    names = ["patient_id", "analyte", "value", "comparator", "unit", "uln", "lab", "method", "replaced"]
    names += ["source_file", "source_line"]
    assert_frame_equal(panel.lab_rows(at, names), labs[names].iloc[at].reset_index(drop=True))
    assert_frame_equal(panel.lab_rows(at, ["raw_value"]), labs[["raw_value"]].iloc[at].reset_index(drop=True))
    assert panel.filled("replaced").tolist() == np.flatnonzero(labs["replaced"].fillna("") != "").tolist() != []


def test_the_frame_of_all_columns_is_read_where_it_is_asked_for(store):
    assert_frame_equal(store.analysis().panel.labs, store.panel().labs)


def test_some_patients_of_it_are_the_same_panel_with_the_cut_off_of_population(store):
    some = store.analysis().panel.select(["P00003", "A1"])
    assert_frame_equal(some.labs, store.panel().select(["P00003", "A1"]).labs)
    assert some.as_of == store.panel().as_of


@pytest.mark.parametrize(
    "text",
    [
        "find BILI at least 2 x lowest after first dose",
        "find ALT or AST at least 3 x ULN while ALP at most 2 x ULN and BILI above 2 x ULN within 28 days after it",
        "find ALT grade v6 at least 1 after first dose",
        "where finding hys_law",
    ],
)
def test_an_answer_is_that_of_the_wide_frame(store, text):
    mine, theirs = run(parse(text), store.analysis()), run(parse(text), analyse(store.panel()))
    assert mine.to_json() == theirs.to_json()
    assert_frame_equal(mine.rows, theirs.rows)


def test_tables_of_the_cohort_are_those_of_the_wide_frame(store):
    mine, theirs = store.analysis(), analyse(store.panel())
    for table in (board, jump_rows, limit_changes):
        assert_frame_equal(table(mine.case), table(theirs.case), obj=table.__name__)
    assert len(limit_changes(mine.case)) == 1
    assert_frame_equal(people(mine), people(theirs))


@pytest.mark.parametrize(
    ("part", "columns"),
    [
        ("findings", ["patient_id", "rule", "state", "level", "severity"]),
        ("responses", ["analyte", "patient_id", "kind", "before", "nadir", "day_half", "rebound_day", "verdict"]),
    ],
)
def test_columns_that_are_read_alone_are_those_of_the_whole_table(store, part, columns):
    analysis = store.analysis()
    some = columns_of(analysis, part, columns)
    assert part not in analysis.given._read, "the whole table was read"
    whole = getattr(analysis, part)[columns]
    texts = dict.fromkeys((c for c in columns if whole[c].dtype == "str"), whole["patient_id"].dtype)
    assert len(whole) > 4
    assert_frame_equal(
        some.astype(texts).sort_values(columns, ignore_index=True), whole.sort_values(columns, ignore_index=True)
    )


def test_findings_of_one_rule_are_those_of_the_table(store):
    whole = store.analysis().findings
    rule = str(whole["rule"].mode()[0])
    mine = whole.loc[whole["rule"] == rule, ["patient_id", "says"]]
    found = store.findings_of(rule, ["patient_id", "says"])
    assert sorted(map(tuple, found.to_numpy())) == sorted(map(tuple, mine.to_numpy()))
    assert len(found) > 1
    assert store.findings_of("no_such_rule", ["patient_id"]).empty


def test_a_filter_by_finding_and_the_patients_table_read_no_sentence(store, monkeypatch):
    monkeypatch.setattr(analysis_cache, "read_part", lambda *_: pytest.fail("a whole part was read"))
    analysis = store.analysis()
    assert len(run(parse("where no finding hys_law"), analysis).patient_ids) == len(analysis.panel)
    assert people(analysis)["findings"].sum() > 0


def test_a_restart_computes_no_array_again(store, monkeypatch):
    before = baselines_of(store.analysis().case).value
    monkeypatch.setattr(derived_arrays, "_table", lambda case: pytest.fail("computed again"))
    again = open_store(str(store.place.folder)).analysis().case
    np.testing.assert_array_equal(baselines_of(again).value, before)


def test_a_new_generation_computes_the_arrays_of_changed_buckets_alone(own, monkeypatch):
    own.analysis()
    made, compute = [], derived_arrays._table
    monkeypatch.setattr(derived_arrays, "_table", lambda case: (made.append(1), compute(case))[1])
    own.publish(ingest_of(labs_frame(lab("P00001", "2024-01-02", "GGT", 40.0))))
    case = own.analysis().case
    assert made == [1]
    np.testing.assert_array_equal(baselines_of(case).value, baselines_of(wide(own)).value)


def test_clearing_keeps_the_arrays_that_are_still_right(own):
    own.analysis()
    analysis_cache.clear_unused(own.place, [own.manifest])
    assert all(
        derived_arrays.path_of(t).is_file() for t in analysis_cache.tasks_of(own.place, own.manifest, Settings())
    )


def test_an_empty_store_has_nobody(tmp_path):
    analysis = open_store(str(tmp_path / "empty")).analysis()
    assert len(analysis.panel) == len(points_of(analysis.case)) == 0
    assert run(parse("find ALT above 3 x ULN"), analysis).patient_ids == []


def test_memory_holds_one_of_population_and_lets_the_former_go(own):
    first = own.analysis()
    assert own.analysis() is first
    own.publish(ingest_of(labs_frame(lab("P00001", "2024-01-02", "GGT", 41.0))))
    assert own.analysis() is not first


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_data_set_written_bucket_by_bucket_has_the_rows_of_one_made_in_memory(store, tmp_path, form, monkeypatch):
    monkeypatch.setattr(pseudonyms, "TOGETHER", 1)  # each bucket is put into order by itself
    definition = parse("where no hepatectomy\nfind ALT above 0.5 x ULN")
    streamed = bundle(run(definition, store.analysis()), KEYS)
    panel = store.panel()  # of two clocks, each with its own cut-off
    parts = analysis_cache.analysed(panel, store.manifest, Settings())
    whole = bundle(run(definition, Analysis(panel, Settings(), parts)), KEYS)
    assert len(list(streamed.pieces["labs"]())) == 4 > len(list(whole.pieces["labs"]())) == 1
    for name, frame in whole.frames.items():
        order = "patient_id" if "patient_id" in frame else frame.columns[0]
        left, right = (f.sort_values(order, kind="stable", ignore_index=True) for f in (streamed.frames[name], frame))
        assert_frame_equal(left, right, obj=name)
    write(streamed, tmp_path / "out", form)
    read = pd.read_parquet if form == "parquet" else pd.read_csv
    written = read(tmp_path / "out" / f"points.{form}")
    assert written["value"].tolist() == streamed.frames["points"]["value"].tolist()
