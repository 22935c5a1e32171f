"""Every write, fsync, rename and commit fails once: the store is then as before, or as after, never between."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import threading

import pandas as pd
import pytest
import sqlalchemy as sa

from analytics.analysis import PARTS, analyse
from analytics.errors import BusyStore, HepatrendError, StoreError
from analytics.store import open_store
from analytics.store.admin import backup
from analytics.store.admin.restore import drill, restore
from analytics.store.admin.verify import snapshot_digest
from analytics.store.database import atomic_files, lock
from analytics.store.database.location import Place
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.builders import events_of
from tests.conftest import ROOT
from tests.stores import copied


def _filled(folder):
    store = open_store(str(folder))
    store.publish(ingest_of(cohort(4)))


@pytest.fixture
def store(tmp_path):
    return copied(_filled, tmp_path / "store")


def second():
    """A file that adds, corrects and holds back."""
    return ingest_of(
        labs_frame(
            lab("P00001", "2024-06-01", "GGT", 50.0),
            lab("P00002", "2024-06-01", "GGT", 51.0),
            lab("P00002", "2024-06-01", "GGT", 55.0),
            lab("P00002", "2024-06-02", "GGT", 55.0, "preliminary"),
            lab("P00002", "2024-06-02", "GGT", 56.0, "corrected"),
        ),
        events_of([("2024-01-05", "systemic", "FOLFOX")], "P00001"),
    )


def steps_of(action):
    """Every step that an undisturbed run goes through."""
    seen = []
    atomic_files.hook = lambda kind, name: seen.append((kind, name))
    try:
        action()
    finally:
        atomic_files.hook = None
    return seen


def failing_at(n, action):
    """Run with the n-th step failing as on a full disk; True if the action got through all the same."""
    left = n

    def fail(kind, name):
        nonlocal left
        if left == 0:
            left = -1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        left -= 1

    atomic_files.hook = fail
    try:
        action()
        return True
    except (OSError, HepatrendError, sa.exc.DBAPIError):
        return False
    finally:
        atomic_files.hook = None


def rests(store):
    """Temp files and spills that lie about."""
    loose = [p.name for p in store.place.folder.rglob("*") if p.name.startswith(atomic_files.TEMP)]
    return loose + [p.name for p in store.place.spill.iterdir()]


def test_a_publication_that_fails_anywhere_changes_nothing(store, tmp_path):
    rehearsal = open_store(str(tmp_path / "rehearsal"))
    rehearsal.publish(ingest_of(cohort(4)))
    steps = steps_of(lambda: rehearsal.publish(second()))
    assert {kind for kind, _ in steps} == {"write", "fsync", "rename", "commit"}
    before, after = (snapshot_digest(s.place, s.manifest) for s in (store, rehearsal))
    for n in range(len(steps)):
        assert not failing_at(n, lambda: store.publish(second())), steps[n]
        assert snapshot_digest(store.place, store.manifest) == before, steps[n]
        assert len(store.imports()) == 1
        assert rests(store) == []
    assert store.verify().problems == []
    store.publish(second())
    assert snapshot_digest(store.place, store.manifest) == after
    assert store.verify().problems == []


def test_a_merge_that_fails_anywhere_changes_nothing(store):
    before = snapshot_digest(store.place, store.manifest)
    n = 0
    while not failing_at(n, lambda: store.merge("P00001", "P00002", by="me", why="same person")):
        assert snapshot_digest(store.place, store.manifest) == before
        assert store.aliases().empty
        n += 1
    assert n > 5
    assert store.present_id("P00001") == "P00002"
    assert store.verify().problems == []


def test_a_backup_that_fails_anywhere_leaves_no_half_backup(store, tmp_path):
    n = 0
    while not failing_at(n, lambda: store.backup(tmp_path / "kept")):
        for left in (tmp_path / "kept").iterdir():
            backup.check_backup(left)
        n += 1
    assert n > 8
    assert drill(backup.backups_in(tmp_path / "kept")[0])["rows"] == 40


def test_a_restore_that_fails_anywhere_leaves_the_old_store_or_the_new_one(store, tmp_path):
    made, backed_up = store.backup(tmp_path / "kept"), snapshot_digest(store.place, store.manifest)
    store.publish(second())
    old, n = snapshot_digest(store.place, store.manifest), 0
    while not failing_at(n, lambda: restore(made, store.place, replace=True)):
        again = open_store(str(store.place.folder), create=False)
        assert snapshot_digest(again.place, again.manifest) in (old, backed_up)
        assert not [p for p in tmp_path.iterdir() if p.name.startswith(atomic_files.TEMP)]
        n += 1
    assert n > 10
    again = open_store(str(store.place.folder), create=False)
    assert "GGT" not in set(again.table("labs")["analyte"])
    assert again.verify().problems == []


def test_an_analysis_that_fails_anywhere_is_computed_again(store):
    n = 0
    while not failing_at(n, store.analyse):
        assert store.unanalysed()
        n += 1
    assert n > 10
    assert store.unanalysed() == []
    stored, again = store.analysis(["P00001"]), analyse(store.panel(["P00001"]))
    for part in PARTS:
        pd.testing.assert_frame_equal(getattr(stored, part), getattr(again, part), check_dtype=False)


def test_a_full_disk_refuses_the_file_and_keeps_the_store(store):
    """The limit on file size stands in for the disk: SQLite and Parquet meet a real error of write(2)."""
    script = f"""
import resource, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from analytics.errors import HepatrendError
from analytics.store import open_store
from tests.analytics.store.made import cohort, ingest_of
store = open_store({str(store.place.folder)!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
try:
    store.publish(ingest_of(cohort(400, seed=5)))
except HepatrendError as error:
    print(error)
    sys.exit(1)
"""
    before = snapshot_digest(store.place, store.manifest)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "nothing was stored" in done.stdout
    assert snapshot_digest(store.place, store.manifest) == before
    assert len(store.imports()) == 1
    assert store.verify().problems == []
    assert store.publish(ingest_of(cohort(400, seed=5)))[0].adds_up
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_full_disk_is_named_as_such(store, monkeypatch):
    def full(kind, name):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_files, "hook", full)
    with pytest.raises(StoreError, match="the disk is full; nothing was stored"):
        store.publish(second())


def test_a_second_importer_waits_or_is_told_that_the_store_is_busy(store):
    with lock.writing(store.place.lock):
        with pytest.raises(BusyStore, match="another import"):
            store.publish(second(), wait=0.2)
        threading.Timer(0.4, lambda: None).start()
        assert open_store(str(store.place.folder), create=False).generation == 1
    assert store.publish(second(), wait=0.2)[0].generation == 2


def test_readers_never_wait_for_an_import_and_never_see_half_of_one(store):
    """Readers ask all the time while files come in; each answer is of one generation, before or after."""
    stop, faults, answers = threading.Event(), [], []
    place = Place(store.place.folder)

    def read():
        mine = open_store(str(place.folder), create=False)
        while not stop.is_set():
            try:
                panel = mine.panel()
                answers.append((panel.generation, len(panel.labs)))
            except Exception as error:
                faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    sizes = {1: 40}
    for i in range(25):
        receipt = store.publish(ingest_of(labs_frame(lab(f"P{i % 9:05d}", f"2024-07-{i + 1:02d}", "GGT", 50.0 + i))))[0]
        sizes[receipt.generation] = 40 + i + 1
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert len(answers) > 25
    assert all(sizes[generation] == n for generation, n in answers)
