"""Versions of the tables: newer ones are refused, older ones are backed up and brought forward in one transaction."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import sqlite3

import pytest

from analytics.errors import HepatrendError, NewerStore
from analytics.store import open_store
from analytics.store.admin import backup
from analytics.store.database import atomic_files, schema
from analytics.store.database.location import Place
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame

SECOND = '''"""A later change, for this test."""

import sqlalchemy as sa
from alembic import op

from analytics.store.migrations import on

revision = "0006"
down_revision = "0005"


def upgrade():
    if on("truth"):
        op.add_column("imports", sa.Column("weather", sa.Text))
        op.execute("UPDATE imports SET weather = 'fair'")
'''


@pytest.fixture
def store(tmp_path):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(cohort(2)))
    return store


@pytest.fixture
def newer_code(tmp_path, monkeypatch):
    folder = tmp_path / "migrations"
    shutil.copytree(schema.FOLDER, folder)
    (folder / "versions" / "0006_weather.py").write_text(SECOND)
    monkeypatch.setattr(schema, "FOLDER", folder)


def state(store):
    """Version of both databases and whether the change is there."""
    place = getattr(store, "place", store)
    with sqlite3.connect(place.truth) as truth, sqlite3.connect(place.working_state) as working_state:
        versions = [c.execute("SELECT version_num FROM alembic_version").fetchone()[0] for c in (truth, working_state)]
        columns = [row[1] for row in truth.execute("PRAGMA table_info(imports)")]
    truth.close()
    working_state.close()
    return versions, "weather" in columns


def test_a_new_store_has_the_newest_version(store):
    assert state(store) == (["0005", "0005"], False)


def test_a_table_that_is_absent_is_made_and_the_others_keep_their_rows(store):
    with sqlite3.connect(store.place.truth) as connection:
        connection.execute("DROP TABLE quarantine")
    connection.close()
    again = open_store(str(store.place.folder))
    assert len(again.quarantine()) == 0
    assert len(again.table("labs")) == 20
    assert state(again) == (["0005", "0005"], False)


def test_a_store_of_a_newer_hepatrend_is_refused_and_left_alone(store):
    with sqlite3.connect(store.place.truth) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(NewerStore, match="version 9999"):
        open_store(str(store.place.folder))
    assert state(store)[0] == ["9999", "0005"]


@pytest.mark.usefixtures("newer_code")
def test_an_older_store_is_backed_up_and_brought_forward(store, tmp_path):
    _as_old(store)
    again = open_store(str(store.place.folder))
    assert state(again) == (["0006", "0006"], True)
    assert len(backup.backups_in(again.place.backups)) == 1
    assert len(again.table("labs")) == 20


@pytest.mark.usefixtures("newer_code")
@pytest.mark.parametrize("every", [False, True], ids=["once", "from then on"])
def test_a_migration_that_fails_anywhere_leaves_the_old_store_or_the_new_one(store, tmp_path, every):
    """At each of its writes, syncs, renames and commits, once or from there on as on a full disk."""
    _as_old(store)
    seen = set()
    for place in _failed_openings(store, tmp_path, every=every):
        (truth, working_state), changed = state(place)
        assert changed == (truth == "0006")
        seen.add((truth, working_state))
        again = open_store(str(place.folder))
        assert state(again) == (["0006", "0006"], True)
        assert len(again.table("labs")) == 20
        assert again.verify().problems == []
        assert not list(place.folder.rglob(f"{atomic_files.TEMP}*"))
    assert seen == {("0005", "0005"), ("0006", "0005"), ("0006", "0006")}


@pytest.mark.parametrize("every", [False, True], ids=["once", "from then on"])
def test_bringing_the_first_release_forward_fails_anywhere_and_leaves_it_or_the_new_one(tmp_path, every):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "BILI", 0.8), lab("P1", "2024-02-01", "BILI", 13.7))))
    _as_first(store)
    for place in _failed_openings(store, tmp_path, every=every):
        with sqlite3.connect(place.truth) as truth:
            version = truth.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            columns = [row[1] for row in truth.execute("PRAGMA table_info(quarantine)")]
            assert ("result_id" in columns) == (version == "0005")
        truth.close()
        again = open_store(str(place.folder))
        assert again.table("labs")["value"].tolist() == [0.8]
        assert again.quarantine()["reason_code"].tolist() == ["UNIT_SUSPECT"]
        assert again.verify().problems == []


def _failed_openings(store, tmp_path, *, every):
    """Copies of a store that were opened while the first, the second ... step failed, until it opens all the same."""
    kept = shutil.copytree(store.place.folder, tmp_path / "kept")
    for fails_at in itertools.count():
        place = Place(shutil.copytree(kept, tmp_path / f"try-{fails_at}"))
        if _opened(place, fails_at, every=every):
            assert fails_at > 12
            return
        yield place


def _opened(place, fails_at, *, every):
    """Open with a step that fails; whether it opened all the same."""
    left = fails_at

    def fail(kind, name):
        nonlocal left
        left -= 1
        if left == -1 or (every and left < 0):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    atomic_files.hook = fail
    try:
        open_store(str(place.folder))
        return left >= 0
    except (OSError, HepatrendError):
        return False
    finally:
        atomic_files.hook = None


def _as_old(store):
    """The fixture's store may have been made with either code; make it one of version 0005."""
    for path in (store.place.truth, store.place.working_state):
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0005'")
        connection.close()


def _as_first(store):
    """As the first release would have left it."""
    with sqlite3.connect(store.place.truth) as connection:
        connection.execute("DELETE FROM quarantine")
        for column in ("result_id", "specimen_id"):
            connection.execute(f"ALTER TABLE quarantine DROP COLUMN {column}")
        for column in ("ignored_why", "notes"):
            connection.execute(f"ALTER TABLE imports DROP COLUMN {column}")
        for column in ("version", "issued_at"):
            connection.execute(f"ALTER TABLE results DROP COLUMN {column}")
    connection.close()
    for path in (store.place.truth, store.place.working_state):
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.close()


def test_a_store_of_the_first_release_is_brought_forward_and_looked_through_for_suspect_units(tmp_path):
    store = open_store(str(tmp_path / "store"))
    store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "BILI", 0.8), lab("P1", "2024-02-01", "BILI", 13.7))))
    _as_first(store)
    again = open_store(str(store.place.folder))
    assert again.quarantine()["reason_code"].tolist() == ["UNIT_SUSPECT"]
    assert again.verify().problems == []
