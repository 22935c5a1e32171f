"""The commands of the store, as a coordinator types them."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from dashboard.cli import group
from tests.conftest import ROOT

SAMPLE = ROOT / "sample_data"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Address of a store with the sample data."""
    url = str(tmp_path_factory.mktemp("commands") / "store")
    files = [str(SAMPLE / f"{name}.csv") for name in ("patients", "events", "imaging", "labs")]
    assert run("import", *files, "--store", url).exit_code == 0
    return url


def run(*words):
    return CliRunner().invoke(group, [str(w) for w in words])


def document(*words):
    """What a command prints with --json."""
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_export_writes_the_rows_that_the_store_shows(loaded, tmp_path):
    out = tmp_path / "labs.csv"
    said = document("export", "labs", "--out", out, "--store", loaded)
    assert said["table"] == "labs"
    assert len(pd.read_csv(out)) == said["rows"] > 13_000


@pytest.mark.parametrize("table", ["points", "series", "responses", "scores", "findings", "near", "ledger"])
def test_every_result_table_can_be_exported_as_parquet(loaded, tmp_path, table):
    out = tmp_path / "one.parquet"
    said = document("export", table, "--format", "parquet", "--out", out, "--store", loaded)
    assert len(pd.read_parquet(out)) == said["rows"] > 0


def test_points_carry_day_multiples_baseline_and_both_grades(loaded, tmp_path):
    run("export", "points", "--out", tmp_path / "points.csv", "--store", loaded)
    points = pd.read_csv(tmp_path / "points.csv", low_memory=False)
    for name in ("day", "x_uln", "baseline", "x_baseline", "grade_v5", "grade_v6"):
        assert points[name].notna().any(), name


def test_an_export_is_in_the_audit_log(loaded, tmp_path):
    run("export", "events", "--out", tmp_path / "events.csv", "--store", loaded)
    entry = document("audit", "list", "--action", "export", "--store", loaded)[0]
    assert (entry["action"], entry["detail"]) == ("export", "events")
    assert document("audit", "verify", "--store", loaded)["holds"] is True


def test_analyse_computes_once_and_then_finds_everything_done(loaded):
    document("analyse", "--store", loaded)
    again = document("analyse", "--store", loaded)
    assert (again["buckets_computed"], again["buckets"]) == (0, 1)


def test_backup_drill_and_restore(loaded, tmp_path):
    made = document("backup", "--to", tmp_path / "kept", "--store", loaded)["backup"]
    assert document("restore", made, "--drill", "--store", loaded)["rows"] > 13_000
    again = str(tmp_path / "again")
    assert document("restore", made, "--store", again)["former"] is None
    assert document("verify", "--store", again)["holds"] is True
    refused = run("restore", made, "--store", again)
    assert refused.exit_code == 1
    assert "--replace" in str(refused.exception)


def test_doctor_finds_no_fault_in_a_good_store_and_one_in_a_bad_one(loaded, tmp_path):
    made = document("backup", "--to", tmp_path / "kept", "--store", loaded)["backup"]
    again = tmp_path / "again"
    run("restore", made, "--store", again)
    assert run("doctor", "--store", again).exit_code == 0
    (again / "store.db").chmod(0o644)
    done = run("doctor", "--store", again)
    assert done.exit_code == 1
    assert "readable by others" in done.output


def test_verify_ends_with_1_when_a_file_was_changed(loaded, tmp_path):
    made = document("backup", "--to", tmp_path / "kept", "--store", loaded)["backup"]
    again = tmp_path / "again"
    run("restore", made, "--store", again)
    path = next((again / "snapshot").glob("labs-*.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = run("verify", "--store", again)
    assert done.exit_code == 1
    assert "is not as it was written" in done.output


def test_merging_listing_and_undoing(loaded, tmp_path):
    made = document("backup", "--to", tmp_path / "kept", "--store", loaded)["backup"]
    again = tmp_path / "again"
    run("restore", made, "--store", again)
    words = ("--why", "same person", "--although", "one birth date was a slip of the pen", "--store", again)
    assert run("alias", "add", "HT-001", "HT-002", *words).exit_code == 0
    assert document("alias", "list", "--store", again)[0]["new_id"] == "HT-002"
    assert run("alias", "remove", "HT-001", "--why", "was wrong", "--store", again).exit_code == 0
    assert [a["action"] for a in document("alias", "list", "--store", again)] == ["merge", "unmerge"]


def test_purge_takes_the_opaque_key_or_the_id_and_leaves_others(loaded, tmp_path):
    from analytics.store import open_store

    made = document("backup", "--to", tmp_path / "kept", "--store", loaded)["backup"]
    again = tmp_path / "again"
    run("restore", made, "--store", again)
    key = open_store(str(again)).key_of("HT-001")
    assert run("purge", "nobody", "--reason", "request", "--yes", "--store", again).exit_code == 1
    assert document("purge", key, "--reason", "request", "--yes", "--store", again)["rows_removed"] > 10
    store = open_store(str(again))
    assert "HT-001" not in store.patient_ids
    assert run("purge", "HT-003", "--reason", "request", "--yes", "--store", again).exit_code == 0
    assert "HT-003" not in open_store(str(again)).patient_ids
    assert "HT-002" in store.patient_ids
    assert store.log.entries(action="purge")["key"].tolist() == [store.key_of("HT-003"), key]


@pytest.mark.parametrize("command", [("doctor",), ("verify",), ("backup",), ("analyse",), ("audit", "verify")])
def test_a_store_that_is_not_there_is_said_in_one_line(tmp_path, command):
    done = run(*command, "--store", tmp_path / "absent")
    assert done.exit_code == 1
    assert "no store in" in str(done.exception)
    assert not (tmp_path / "absent").exists()
