"""Every command that takes an executor writes the same bytes whichever does the work, also where workers die."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from distributed import LocalCluster

from analytics.ingest import read
from analytics.store import open_store
from analytics.store.snapshot import manifest
from dashboard.commands import export, report
from dashboard.reporting import folder, run
from tests.conftest import ROOT


class Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 1, 12, tzinfo=tz)


SAMPLE = ROOT / "sample_data"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    """The sample in several buckets."""
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
