"""Our own export is safe to open, complete, and reads back as the same values."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from analytics.conflicts import EXPORTED
from analytics.ingest import stream
from analytics.safe_csv import csv_text, safe_text
from analytics.store import open_store
from analytics.store.admin.export import Form, write_table
from analytics.store.database import atomic_files
from analytics.tables import TABLES
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.builders import events_of, imaging_of
from tests.conftest import ROOT

OWN = ("source_file", "source_line", "result_id", "replaced")


def export(store, name, path, **more):
    form = Form(name, "csv", store.relative_clocks(), **more)
    return write_table(store.pieces(name, form.piece), form, path)


def read_again(store, folder, target):
    again = open_store(str(target))
    for name in ("patients", "events", "imaging", "labs"):
        export(store, name, folder / f"{name}.csv")
        again.publish(stream(folder / f"{name}.csv"))
    return again


def same_values(left, right):
    for name in ("patients", "events", "imaging", "labs"):
        frames = [s.table(name).drop(columns=[c for c in OWN if c in TABLES[name].names]) for s in (left, right)]
        frames = [f.mask(f == "", None).convert_dtypes() for f in frames]
        assert_frame_equal(*frames, obj=name)


@pytest.mark.parametrize("excel", [False, True])
def test_csv_has_a_mark_and_carriage_returns_for_excel_alone(tmp_path, excel):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", 40))))
    export(store, "labs", tmp_path / "labs.csv", excel=excel)
    data = (tmp_path / "labs.csv").read_bytes()
    assert (data.startswith(b"\xef\xbb\xbf"), data.count(b"\r\n") > 0, data.count(b"\n") > 1) == (excel, excel, True)


def test_the_sample_data_reads_back_as_the_same_values(tmp_path):
    store = open_store(str(tmp_path / "store"))
    for name in ("patients", "events", "imaging", "labs"):
        store.publish(stream(ROOT / "sample_data" / f"{name}.csv"))
    again = read_again(store, tmp_path, tmp_path / "again")
    assert len(again.table("labs")) > 10_000
    same_values(store, again)


def test_study_days_never_look_like_dates_and_read_back(tmp_path):
    store = open_store(str(tmp_path / "store"))
    people = pd.DataFrame({"patient_id": ["S1"], "clock": ["study_day"]})
    rows = labs_frame(lab("S1", "2000-01-08", "ALT", 40), lab("S1", "1999-12-25", "ALT", 50))
    events = events_of([("2000-01-03", "systemic", "FOLFOX", "2000-03-01")], "S1")
    imaging = imaging_of([("2000-01-03", "CT", "PR")], "S1")
    store.publish(ingest_of(rows, events, imaging, people, uncounted=1, results_in=4))
    again = read_again(store, tmp_path, tmp_path / "again")
    with (tmp_path / "labs.csv").open(encoding="utf-8-sig", newline="") as file:
        assert sorted(row["collected_at"] for row in csv.DictReader(file)) == ["day -7", "day 7"]
    same_values(store, again)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("|cmd", "'|cmd"),
        ("＝1", "'＝1"),
        (" =1", "' =1"),
        ("-3.2", "-3.2"),
        ("+5", "+5"),
        ("<5", "<5"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_numbers_none(cell, written):
    assert safe_text(cell) == written


def test_numbers_below_zero_stay_numbers_and_raw_leaves_text_alone():
    frame = pd.DataFrame({"value": [-3.2], "=name": ["=1+1"]})
    assert csv_text(frame) == "value,'=name\r\n-3.2,'=1+1\r\n"
    assert csv_text(frame, raw=True) == "value,=name\r\n-3.2,=1+1\r\n"


def test_every_table_of_a_store_can_be_written_in_both_forms(tmp_path):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(cohort(8, analytes=("ALT", "AST", "BILI", "ALP"))))
    store.analyse()
    for name in TABLES:
        rows = export(store, name, tmp_path / "one.csv")
        assert len(pd.read_csv(tmp_path / "one.csv")) == rows == len(store.table(name))
        parquet = Form(name, "parquet")
        write_table(store.pieces(name, parquet.piece), parquet, tmp_path / "one.parquet")
        assert_frame_equal(TABLES[name].conform(pd.read_parquet(tmp_path / "one.parquet")), store.table(name), obj=name)
    assert (tmp_path / "one.csv").stat().st_mode & 0o077 == 0


def test_a_table_without_rows_still_has_its_header(tmp_path):
    store = open_store(str(tmp_path / "store"))
    assert export(store, "labs", tmp_path / "labs.csv") == 0
    assert pd.read_csv(tmp_path / "labs.csv").columns.tolist() == EXPORTED["labs"].names


def test_an_export_that_fails_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(cohort(2)))
    target = tmp_path / "out" / "labs.csv"
    target.parent.mkdir()
    target.write_text("old")
    steps = []
    monkeypatch.setattr(atomic_files, "hook", lambda kind, name: steps.append(kind))
    export(store, "labs", target)
    assert steps == ["write", "fsync", "rename", "fsync"]
    for n in range(3):
        target.write_text("old")
        left = n

        def fail(kind, name):
            nonlocal left
            if left == 0:
                raise OSError(28, "No space left on device")
            left -= 1

        monkeypatch.setattr(atomic_files, "hook", fail)
        with pytest.raises(OSError, match="No space left"):
            export(store, "labs", target)
        assert target.read_text() == "old"
        assert list(target.parent.iterdir()) == [target]
