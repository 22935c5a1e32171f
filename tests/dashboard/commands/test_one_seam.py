"""Every command that takes an executor writes the same bytes whichever does the work, also where workers die."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from distributed import LocalCluster

from analytics.ingest import read
from analytics.ingest import spread as spread_import
from analytics.store import open_store
from analytics.store.snapshot import manifest
from dashboard.commands import cohort, export, import_, report
from dashboard.reporting import folder, run
from tests.conftest import ROOT
from tests.read_ahead import read_for_processes


class Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 1, 12, tzinfo=tz)


SAMPLE = ROOT / "sample_data"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    """The sample in several buckets."""
    read_for_processes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "ROWS_PER_BUCKET", 3_000)
        made = open_store(str(tmp_path_factory.mktemp("seam") / "store"))
        for name in ("labs", "events", "imaging", "patients"):
            made.publish(read(SAMPLE / f"{name}.csv"), by="test")
    made.analyse()
    assert len(made.bucket_tasks()) > 3
    return made


@pytest.fixture(scope="module")
def scheduler():
    """Two workers of a cluster on this machine."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"}
    ) as cluster:
        yield cluster.scheduler_address


def spread(scheduler: str) -> list[list[str]]:
    """Options of the two executors that spread the work."""
    return [["--executor", "processes", "--workers", "2"], ["--scheduler", scheduler]]


@pytest.mark.parametrize("words", ["labs labs.csv", "points points.parquet"])
def test_a_table_is_written_to_the_same_bytes(store, scheduler, tmp_path: Path, words):
    table, name = words.split()
    written = []
    for number, more in enumerate([[], *spread(scheduler)]):
        out = tmp_path / str(number) / name
        out.parent.mkdir()
        given = [table, "--out", str(out), "--store", str(store.place.folder), *more]
        done = CliRunner().invoke(export.COMMAND, given, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        written.append(out.read_bytes())
    assert written[0] == written[1] == written[2] and len(written[0]) > 100


def test_reports_of_many_patients_are_the_same_files(store, scheduler, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(folder, "SHARE", 3)
    monkeypatch.setattr(run, "datetime", Noon)
    (tmp_path / "ids.txt").write_text("\n".join(store.patient_ids[:8]))
    written = []
    for number, more in enumerate([[], *spread(scheduler)]):
        out = tmp_path / str(number)
        given = ["patient", "--list", f"file:{tmp_path / 'ids.txt'}", "--assets", "none", "--out", str(out), *more]
        done = CliRunner().invoke(report.COMMAND, [*given, "--store", str(store.place.folder)], catch_exceptions=False)
        assert done.exit_code in (0, 3), done.output
        written.append({p.name: p.read_bytes() for p in out.iterdir()})
    assert written[0] == written[1] == written[2] and len(written[0]) == 9


def test_a_scheduler_that_is_away_is_told_in_one_line_and_leaves_no_file(store, tmp_path: Path):
    out = tmp_path / "labs.csv"
    given = ["labs", "--out", str(out), "--store", str(store.place.folder), "--scheduler", "tcp://127.0.0.1:9"]
    done = CliRunner().invoke(export.COMMAND, given)
    assert "no Dask scheduler answers" in str(done.exception) and "\n" not in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_files_is_taken_in_alike(scheduler, tmp_path: Path, monkeypatch):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("labs", "events", "imaging", "patients"):
        (inbox / f"{name}.csv").write_bytes((SAMPLE / f"{name}.csv").read_bytes())
    (inbox / "again.csv").write_bytes((SAMPLE / "events.csv").read_bytes())
    (inbox / "letter.csv").write_text("Dear colleague,\nthank you.\n")
    told, tables = [], []
    for number, more in enumerate([[], *spread(scheduler)]):
        given = [str(inbox), "--json", "--by", "me", "--store", str(tmp_path / f"store{number}"), *more]
        done = CliRunner().invoke(import_.COMMAND, given, catch_exceptions=False)
        assert done.exit_code == 1, done.output  # the letter is refused, and keeps no other file out
        receipts = json.loads(done.stdout)
        told.append([{k: v for k, v in one.items() if k not in ("seconds", "imported_utc")} for one in receipts])
        taken = open_store(str(tmp_path / f"store{number}"), create=False)
        tables.append({name: taken.table(name).to_csv() for name in ("labs", "events", "imaging", "patients")})
    assert told[0] == told[1] == told[2] and len(told[0]) == 6
    assert tables[0] == tables[1] == tables[2]


def test_a_file_that_is_large_is_streamed_by_the_writer(scheduler, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(spread_import, "MOST_BYTES", 20_000)
    here: list[str] = []
    one = spread_import._here
    monkeypatch.setattr(spread_import, "_here", lambda path, *more: (here.append(path.name), one(path, *more))[1])
    given = [str(SAMPLE / "labs.csv"), str(SAMPLE / "patients.csv"), "--store", str(tmp_path / "store")]
    done = CliRunner().invoke(import_.COMMAND, [*given, "--scheduler", scheduler], catch_exceptions=False)
    assert done.exit_code in (0, 3), done.output
    assert here == ["labs.csv"]


def test_a_cohort_is_written_to_the_same_files(store, scheduler, tmp_path: Path):
    (tmp_path / "asked.txt").write_text("find ALT above 1 x ULN\n")
    written = []
    for number, more in enumerate([[], *spread(scheduler)]):
        out = tmp_path / str(number)
        given = ["export", str(tmp_path / "asked.txt"), "--out", str(out), "--store", str(store.place.folder), *more]
        done = CliRunner().invoke(cohort.COMMAND, [*given, "--identified"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        written.append({p.name: p.read_bytes() for p in out.iterdir()})
    assert written[0] == written[1] == written[2] and "answer.csv" in written[0]
