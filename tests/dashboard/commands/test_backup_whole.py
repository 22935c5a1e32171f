"""A backup holds everything that cannot be made anew, and a restore brings it back or says what is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from analytics.store import open_store
from analytics.store.admin import backup
from analytics.store.database.clock import utc_now
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.security.accounts import Accounts
from dashboard.security.keys import pseudonyms_of
from tests.installed import Installed

WORDS = "a long and secret sentence"


def made_of(done) -> Path:
    assert done.status == 0, done
    return Path(done.document["backup"])


def who_is_who(folder: Path, keys: Path | None = None) -> tuple:
    """Pseudonyms, shifts of dates, accounts and opaque keys: what must be the same for as long as a study goes on."""
    names = pseudonyms_of(Config(store=str(folder), keys=keys))
    accounts = Accounts((keys or folder / "keys") / "accounts.db")
    store = open_store(str(folder))
    people = [(names.name(p), names.shift_days(p), store.key_of(p)) for p in store.patient_ids]
    return people, [(a.name, a.role) for a in accounts.list()]


def test_after_a_restore_everybody_is_who_they_were(hepatrend: Installed, world: Path):
    before = who_is_who(world / "store")
    (world / "store" / "profiles").mkdir(mode=0o700)
    (world / "store" / "profiles" / "ours.toml").write_text('name = "ours"\n')
    made = made_of(hepatrend("backup", "--to", "kept", "--json", "--store", "store", cwd=world))
    shutil.rmtree(world / "store" / "keys")
    assert hepatrend("restore", made, "--replace", "--store", "store", cwd=world).status == 0
    assert who_is_who(world / "store") == before
    assert (world / "store" / "profiles" / "ours.toml").is_file()
    assert Accounts(world / "store" / "keys" / "accounts.db").check("ann", WORDS) is not None
    assert hepatrend("verify", "--store", "store", cwd=world).status == 0


def test_the_options_and_thresholds_of_a_site_are_in_it(hepatrend: Installed, world: Path):
    (world / "hepatrend.toml").write_text('store = "store"\nsettings = "limits.toml"\nkeys = "elsewhere"\n')
    (world / "limits.toml").write_text("[baseline]\nwindow_days = 90\n")
    shutil.move(world / "store" / "keys", world / "elsewhere")
    before = who_is_who(world / "store", world / "elsewhere")
    made = made_of(hepatrend("backup", "--to", "kept", "--json", cwd=world))
    shutil.rmtree(world / "elsewhere")
    done = hepatrend("restore", made, "--replace", cwd=world)
    assert done.status == 0, done
    assert "window_days = 90" in (world / "store" / "configuration" / "thresholds.toml").read_text()
    assert "limits.toml" in (world / "store" / "configuration" / "hepatrend.toml").read_text()
    assert who_is_who(world / "store", world / "elsewhere") == before


def test_published_reports_come_back(hepatrend: Installed, world: Path):
    assert hepatrend("schedule", "run", "weekly", "--store", "store", cwd=world).status in (0, 3)
    published = sorted(p.name for p in (world / "store" / "reports").rglob("*") if p.is_file())
    made = made_of(hepatrend("backup", "--to", "kept", "--json", "--store", "store", cwd=world))
    assert hepatrend("restore", made, "--store", "again", cwd=world).status == 0
    assert sorted(p.name for p in (world / "again" / "reports").rglob("*") if p.is_file()) == published
    assert "done" in hepatrend("schedule", "history", "--store", "again", "--json", cwd=world).out


def as_an_earlier_version_made_it(made: Path) -> None:
    for name in ("keys", "profiles", "reports", "configuration"):
        shutil.rmtree(made / name, ignore_errors=True)
    (made / "about.json").unlink()
    kept = {n: d for n, d in json.loads((made / "contents.json").read_text()).items() if (made / n).is_file()}
    (made / "contents.json").write_text(json.dumps(kept))


def test_a_backup_of_an_earlier_version_is_refused_with_what_it_lacks(hepatrend: Installed, world: Path):
    made = next((world / "kept").iterdir())
    as_an_earlier_version_made_it(made)
    before = who_is_who(world / "store")
    refused = hepatrend("restore", made, "--replace", "--store", "store", cwd=world)
    assert refused.status == 1
    assert "keys (accounts and the keys of pseudonyms" in refused.err
    assert who_is_who(world / "store") == before
    assert hepatrend("restore", made, "--replace", "--incomplete", "--store", "store", cwd=world).status == 0
    assert who_is_who(world / "store") == before


def test_files_that_are_missing_are_all_named(hepatrend: Installed, world: Path):
    made = next((world / "kept").iterdir())
    for name in ("keys/accounts.db", "secret.key"):
        (made / name).unlink()
    refused = hepatrend("restore", made, "--store", "own", cwd=world)
    assert (refused.status, "missing: keys/accounts.db, secret.key" in refused.err) == (1, True)
    assert not (world / "own").exists()


def test_the_new_backup_stays_though_the_clock_was_put_back(
    hepatrend: Installed, world: Path, monkeypatch: pytest.MonkeyPatch
):
    store = open_store(str(world / "store"))
    monkeypatch.setattr(backup, "utc_now", lambda: utc_now() - timedelta(days=400))
    made = store.backup(world / "kept", keep=1)
    assert backup.backups_in(world / "kept") == [made]


def test_what_a_killed_restore_left_is_removed_by_doctor(hepatrend: Installed, world: Path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f".tmp-{ended.pid}-restore-x", f".tmp-{os.getpid()}-restore-y"):
        (world / name).mkdir()
        (world / name / "store.db").write_text("identified")
    said = hepatrend("doctor", "--store", "store", cwd=world).out
    assert "1 folders of killed backups and restores, removed now" in said
    left = [p.name for p in world.iterdir() if p.name.startswith(".tmp-")]
    assert left == [f".tmp-{os.getpid()}-restore-y"]


@pytest.mark.parametrize("auth", ["none", "local"])
def test_a_server_goes_on_while_a_backup_is_restored_beside_it(hepatrend: Installed, world: Path, auth):
    folder = world / "store"
    client = create_app(open_store(str(folder)), Config(store=str(folder), auth=auth)).server.test_client()
    key = open_store(str(folder)).key_of("P1")
    paths = ("/", "/cohort", f"/patient/{key}", "/quality", "/login", "/healthz")
    before = [client.get(path).status_code for path in paths]
    made = next((world / "kept").iterdir())
    assert hepatrend("restore", made, "--replace", "--store", "store", cwd=world).status == 0
    assert [client.get(path).status_code for path in paths] == before
    assert max(before) < 500
