"""Buckets are written while the rest of a file is settled, and are those that would be written afterwards."""

import sqlite3

import pandas as pd
import pytest
import sqlalchemy as sa

from analytics.errors import RefusedFile
from analytics.store import open_store
from analytics.store.admin.verify import snapshot_digest
from analytics.store.publish import import_transaction, publish
from analytics.store.snapshot import buckets, manifest
from analytics.store.tables.rows import ROWS
from tests.analytics.store.made import cohort, ingest_of


@pytest.fixture
def small(monkeypatch):
    """Buckets of about 40 results, settled by some 40."""
    monkeypatch.setattr(manifest, "ROWS_PER_BUCKET", 40)
    monkeypatch.setattr(import_transaction, "ROWS_AT_ONCE", 40)


def afterwards(monkeypatch):
    """As where it is not known into how many buckets the patients are parted."""
    begin = buckets.Building.__init__

    def late(self, place, old, change, generation, coming):
        begin(self, place, old, change, generation, 0)

    monkeypatch.setattr(buckets.Building, "__init__", late)


def content(store):
    """What each bucket holds, but for numbers of rows, which follow the order in which patients were settled."""
    found = []
    for bucket in store.manifest.buckets:
        labs = buckets.read_part(store.place, bucket, "labs")
        rest = [buckets.read_part(store.place, bucket, part) for part in ("patients", "summary")]
        found.append((labs.drop_columns(["result_id"]), *rest, dict(bucket.rows), dict(bucket.as_of)))
    return found


def indices(store):
    with sqlite3.connect(store.place.truth) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'results'")
        return [name for (name,) in rows]


def files_of(frame, *, doubled=1):
    return ingest_of(pd.concat([frame] * doubled, ignore_index=True))


@pytest.mark.parametrize("doubled", [1, 5], ids=["no duplicates", "more duplicates than results"])
def test_the_buckets_are_those_that_would_be_written_afterwards(small, tmp_path, monkeypatch, doubled):
    frame = cohort(40, 3)
    early, late = open_store(str(tmp_path / "early")), open_store(str(tmp_path / "late"))
    [receipt] = early.publish(files_of(frame, doubled=doubled))
    assert (receipt.stored, receipt.duplicate) == (len(frame), len(frame) * (doubled - 1))
    with monkeypatch.context() as patch:
        afterwards(patch)
        late.publish(files_of(frame, doubled=doubled))
    assert len(early.manifest.buckets) == 8
    assert content(early) == content(late)
    assert early.verify().problems == late.verify().problems == []
    more = cohort(40, 4, seed=3)
    for store in (early, late):
        store.publish(ingest_of(more[more["patient_id"] < "P00005"]))
    assert content(early) == content(late)
    assert early.verify().problems == []


def test_a_bucket_is_written_before_the_last_patients_are_settled(small, tmp_path, monkeypatch):
    said, write, settle = [], buckets.write_bucket, import_transaction.settle
    monkeypatch.setattr(buckets, "write_bucket", lambda *told: (said.append("written"), write(*told))[1])
    monkeypatch.setattr(import_transaction, "settle", lambda *told: (said.append("settled"), settle(*told))[1])
    open_store(str(tmp_path / "store")).publish(ingest_of(cohort(60, 3)))
    assert said.count("written") == 16
    last = max(i for i, what in enumerate(said) if what == "settled")
    assert said[:last].count("written") > 8


def test_a_bucket_that_cannot_be_written_refuses_the_file(small, tmp_path, monkeypatch):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(cohort(2)))
    before = snapshot_digest(store.place, store.manifest)

    def failing(*told):
        raise RefusedFile("no", file="case.csv")

    with monkeypatch.context() as patch, pytest.raises(RefusedFile):
        patch.setattr(buckets, "write_bucket", failing)
        store.publish(ingest_of(cohort(60, 3)))
    assert snapshot_digest(store.place, store.manifest) == before
    assert store.publish(ingest_of(cohort(60, 3)))[0].adds_up
    assert store.verify().problems == []


def test_the_first_results_are_indexed_once_they_are_all_there(small, tmp_path, monkeypatch):
    there = []
    seen = import_transaction.bulk.insert

    def watched(connection, table, data):
        if table is ROWS["labs"]:
            there.append(bool(sa.inspect(connection).get_indexes("results")))
        seen(connection, table, data)

    monkeypatch.setattr(import_transaction.bulk, "insert", watched)
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(cohort(60, 3)))
    assert len(there) > 3
    assert not any(there)
    assert indices(store) == ["ix_labs_patient"]
    there.clear()
    store.publish(ingest_of(cohort(60, 3, seed=5)))
    assert all(there)


def test_an_import_that_fails_or_is_dry_leaves_the_index(small, tmp_path, monkeypatch):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(cohort(60, 3)), dry=True)
    assert indices(store) == ["ix_labs_patient"]

    def failing(*told):
        raise RefusedFile("no", file="case.csv")

    with monkeypatch.context() as patch, pytest.raises(RefusedFile):
        patch.setattr(publish, "reconcile", failing)
        store.publish(ingest_of(cohort(60, 3)))
    assert indices(store) == ["ix_labs_patient"]
    assert store.table("labs").empty
