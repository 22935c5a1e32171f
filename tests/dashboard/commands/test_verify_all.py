"""Verify names what is damaged wherever it lies, and a deleted audit log is noticed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.installed import Installed

FILES = ("store.db", "desk.db", "audit.db", "keys/accounts.db")


def tables_of(path: Path) -> dict[str, int]:
    """Root page of each table that has rows."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'").fetchall()
        return {n: p for n, p in found if connection.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0]}


@pytest.mark.parametrize("name", FILES)
def test_a_page_of_any_table_that_is_damaged_is_found(hepatrend: Installed, world: Path, name: str):
    path = world / "store" / name
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    whole = path.read_bytes()
    tables = tables_of(path)
    assert tables
    for table, page in tables.items():
        if page == 1:
            continue
        path.write_bytes(whole[: (page - 1) * size] + b"\xff" * size + whole[page * size :])
        done = hepatrend("verify", "--store", "store", cwd=world)
        assert done.status == 1, (table, done)
        assert "problems" in done.out, (table, done)
        path.write_bytes(whole)
    assert hepatrend("verify", "--store", "store", cwd=world).status == 0


def test_two_damaged_tables_are_both_named(hepatrend: Installed, world: Path):
    with closing(sqlite3.connect(world / "store" / "store.db")) as connection, connection:
        connection.execute("UPDATE results SET value = value + 1 WHERE rowid = 1")
        connection.execute("UPDATE patients SET sex = 'X' WHERE rowid = 1")
        connection.execute("UPDATE generations SET manifest = substr(manifest, 1, 9) WHERE generation = 1")
    done = hepatrend("verify", "--store", "store", cwd=world)
    assert done.status == 1
    assert "labs: row 1 is not as it was imported" in done.err
    assert "patients: row 1 is not as it was imported" in done.err
    assert "generations: row 1 has no manifest of its kind" in done.err


@pytest.mark.parametrize("then", [(), ("analyse",), ("alias", "list")])
def test_a_deleted_audit_log_is_noticed_also_after_new_entries(hepatrend: Installed, world: Path, then):
    (world / "store" / "audit.db").unlink()
    for _ in range(14 if then else 0):
        assert hepatrend(*then, "--store", "store", cwd=world).status == 0
    for words in (("verify",), ("audit", "verify"), ("doctor",)):
        done = hepatrend(*words, "--store", "store", cwd=world)
        assert done.status == 1, (words, done)
        assert "the log was deleted, begun anew or put back" in done.out + done.err


def test_a_log_that_goes_on_is_not_taken_for_another(hepatrend: Installed, world: Path):
    for _ in range(2):
        assert hepatrend("alias", "list", "--store", "store", cwd=world).status == 0
        assert hepatrend("audit", "verify", "--store", "store", cwd=world).status == 0
