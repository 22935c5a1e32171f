"""The audit log refuses changes and shows those that were made behind its back."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from analytics.errors import DamagedStore, StoreError
from analytics.store import open_store
from analytics.store.database import atomic_files, reserve


@pytest.fixture
def store(tmp_path):
    store = open_store(str(tmp_path / "store"))
    for n in range(5):
        assert store.audit("view_patient", user="dr", role="clinician", key="abcdefghij", rows=n) == n + 1
    return store


def behind(store, *statements):
    """Change the file as somebody with access to it could."""
    with sqlite3.connect(store.place.audit) as connection:
        for trigger in ("UPDATE", "DELETE"):
            connection.execute(f"DROP TRIGGER audit_no_{trigger}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_entries_come_newest_first_and_can_be_filtered(store):
    store.audit("export", user="co", detail="labs")
    assert store.log.entries()["seq"].tolist() == [6, 5, 4, 3, 2, 1]
    assert store.log.entries(action="export")["user"].tolist() == ["co"]
    assert store.log.verify() == 6


@pytest.mark.parametrize("statement", ["UPDATE audit SET user = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_an_entry(store, statement):
    with sqlite3.connect(store.place.audit) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET user = 'ds' WHERE seq = 3", "entry 3 is not as it was written"),
        ("UPDATE audit SET rows = rows + 1 WHERE seq = 1", "entry 1 is not as it was written"),
        ("DELETE FROM audit WHERE seq = 2", "entry 2 is missing"),
        ("DELETE FROM audit WHERE seq = 5", "5 entries were written, 4 are there"),
        ("DELETE FROM audit", "5 entries were written, 0 are there"),
        ("UPDATE audit SET seq = CASE seq WHEN 2 THEN -3 WHEN 3 THEN 2 ELSE seq END", "entry 1 is missing"),
    ],
)
def test_a_change_behind_its_back_is_found(store, statement, said):
    behind(store, statement)
    with pytest.raises(DamagedStore, match=said):
        store.log.verify()


def test_without_an_entry_there_is_an_error_and_not_an_answer(store, monkeypatch):
    def full(kind, name):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_files, "hook", full)
    with pytest.raises(StoreError, match=r"cannot be written \(the disk is full\)"):
        store.audit("view_patient", user="dr")
    monkeypatch.setattr(atomic_files, "hook", None)
    assert store.log.verify() == 5


def test_an_unknown_action_is_refused(store):
    with pytest.raises(StoreError, match="known: sign_in"):
        store.audit("looked")


def test_the_log_is_a_file_of_its_own(store):
    with store.working_state.connect() as connection:
        assert not sa.inspect(connection).has_table("audit")


def test_a_full_disk_takes_the_reserve_a_step_at_a_time_and_it_grows_back(tmp_path, monkeypatch):
    free = 1 << 40
    monkeypatch.setattr(reserve.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))

    def size():
        return (tmp_path / reserve.FILE).stat().st_size

    reserve.give_room(tmp_path)
    assert not (tmp_path / reserve.FILE).exists(), "who only reads or writes a store makes none"
    reserve.keep(tmp_path)
    assert size() == reserve.SIZE
    free = 0
    for _ in range(2):
        reserve.give_room(tmp_path)
    assert size() == reserve.SIZE - 2 * reserve.STEP
    free = reserve.STEP
    reserve.give_room(tmp_path)
    assert size() == reserve.SIZE - 2 * reserve.STEP
    free = 1 << 40
    reserve.give_room(tmp_path)
    assert size() == reserve.SIZE
