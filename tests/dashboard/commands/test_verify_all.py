"""Verify names what is damaged wherever it lies, and a deleted audit log is noticed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.installed import Done, Installed, environment, forked

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
        assert "problem" in done.out, (table, done)
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


def without_override(*words: str, cwd: Path) -> Done:
    """Run it as somebody whom the modes of files bind, also where the tests run as root."""
    under = ("setpriv", "--bounding-set", "-dac_override") if os.geteuid() == 0 else ()
    return forked(*words, "--store", "store", cwd=cwd, env=environment(), under=under)


@pytest.fixture
def read_only(world: Path) -> Iterator[Path]:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("setpriv is not here, and root may write everything")
    folder = world / "store"
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    yield world
    for path in paths:
        path.chmod(path.stat().st_mode | 0o200)


@pytest.mark.parametrize(
    "words",
    [
        ("verify",), ("export", "labs", "--out", "-"), ("cohort", "run", "ask.txt"),
        ("report", "patient", "P1", "--out", "one.html"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_read_only_store_can_be_read(read_only: Path, words: tuple[str, ...]):
    before = sorted(p.name for p in (read_only / "store").rglob("*"))
    done = without_override(*words, cwd=read_only)
    assert done.status in (0, 3), done
    assert sorted(p.name for p in (read_only / "store").rglob("*")) == before


@pytest.mark.parametrize("words", [("import", "held.csv"), ("backup",), ("alias", "remove", "P1", "--why", "x")])
def test_a_read_only_store_is_not_written_and_says_so(read_only: Path, words: tuple[str, ...]):
    done = without_override(*words, cwd=read_only)
    assert done.status == 1, done
    assert "fault of hepatrend" not in done.err
