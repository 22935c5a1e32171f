"""What is made once is never made anew in silence: a key or database that is gone or another is said by every door."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from analytics.store import open_store
from dashboard.config import Config
from dashboard.security.keys import pseudonyms_of
from tests.installed import Installed

ONCE = ("store.db", "desk.db", "secret.key", "keys/accounts.db", "keys/pseudonym.key", "keys/dates.key")


@pytest.fixture
def store(hepatrend: Installed, world: Path) -> Path:
    """A store in which every one of them was made, its databases without a WAL beside."""
    pseudonyms_of(Config(store=str(world / "store")))
    assert hepatrend("doctor", "--store", "store", cwd=world).status == 0
    with closing(sqlite3.connect(world / "store" / "store.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return world / "store"


def other(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.parametrize("how", ["gone", "empty", "another"])
def test_verify_and_doctor_end_with_1(hepatrend: Installed, store: Path, name: str, how: str):
    if how == "gone":
        (store / name).unlink()
    elif how == "empty":
        (store / name).write_bytes(b"")
    else:
        other(store / name)
    before = sorted(p.relative_to(store) for p in store.rglob("*.db"))
    for command in ("doctor", "verify"):
        done = hepatrend(command, "--store", "store", cwd=store.parent)
        assert done.status == 1, done
        assert "fault of hepatrend" not in done.err
    assert sorted(p.relative_to(store) for p in store.rglob("*.db")) == before  # nothing was made in its place


def test_pseudonyms_are_never_others_in_silence(hepatrend: Installed, store: Path):
    (store / "keys" / "pseudonym.key").unlink()
    done = hepatrend("schedule", "run", "weekly", "--store", "store", cwd=store.parent)
    assert done.status == 1
    assert "pseudonym.key is gone or empty; put it back from a backup" in done.out + done.err
    assert not (store / "keys" / "pseudonym.key").exists()


def test_a_folder_of_keys_that_lies_elsewhere_is_looked_at_there(hepatrend: Installed, store: Path):
    (store / "keys").rename(store.parent / "elsewhere")
    (store.parent / "hepatrend.toml").write_text('store = "store"\nkeys = "elsewhere"\n')
    assert hepatrend("doctor", cwd=store.parent).status == 0
    (store.parent / "elsewhere" / "dates.key").unlink()
    done = hepatrend("doctor", cwd=store.parent)
    assert (done.status, "elsewhere/dates.key is gone" in done.out) == (1, True)


def test_who_accepts_it_goes_on(hepatrend: Installed, store: Path):
    (store / "desk.db").unlink()
    refused = hepatrend("schedule", "list", "--store", "store", cwd=store.parent)
    assert (refused.status, "doctor --accept desk.db" in refused.err) == (1, True)
    assert hepatrend("doctor", "--accept", "what", "--store", "store", cwd=store.parent).status == 1
    assert hepatrend("doctor", "--accept", "desk.db", "--store", "store", cwd=store.parent).status == 0
    assert hepatrend("schedule", "list", "--store", "store", cwd=store.parent).out == "no schedules\n"


def test_a_new_store_has_nothing_to_say(tmp_path: Path, hepatrend: Installed):
    open_store(str(tmp_path / "new"))
    assert hepatrend("doctor", "--store", "new", cwd=tmp_path).status == 0


def test_a_stored_analysis_that_cannot_be_read_is_named(hepatrend: Installed, store: Path):
    path = next(store.glob("analyses/**/points.parquet"))
    path.write_bytes(path.read_bytes()[:200] + b"\x00" * 60 + path.read_bytes()[260:])
    done = hepatrend("verify", "--store", "store", cwd=store.parent)
    assert (done.status, "points.parquet" in done.err) == (1, True)
    assert hepatrend("doctor", "--rebuild", "--store", "store", cwd=store.parent).status == 0
    assert hepatrend("verify", "--store", "store", cwd=store.parent).status == 0
