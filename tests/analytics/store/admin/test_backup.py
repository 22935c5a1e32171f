"""Backups restore to the same store, and an unsound one is refused before anything is touched."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from analytics.errors import DamagedStore, InputError
from analytics.store import open_store
from analytics.store.admin import backup
from analytics.store.admin.restore import drill, restore
from analytics.store.admin.verify import snapshot_digest
from analytics.store.database.location import Place
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.stores import copied


def _filled(folder):
    store = open_store(str(folder))
    store.publish(ingest_of(cohort(5)))
    store.publish(ingest_of(labs_frame(lab("P00001", "2024-01-01", "GGT", 50.0))))
    store.publish(ingest_of(labs_frame(lab("P00001", "2024-01-01", "GGT", 55.0, "corrected"))))
    store.merge("P00003", "P00004", by="me", why="same person")
    store.seen("finding", by="dr", note="spoken about")
    store.audit("view_patient", user="dr")


@pytest.fixture
def store(tmp_path):
    return copied(_filled, tmp_path / "store")


def test_a_restored_store_shows_what_was_backed_up(store, tmp_path):
    made = store.backup()
    place = Place(tmp_path / "again")
    assert restore(made, place) is None
    again = open_store(str(tmp_path / "again"), create=False)
    assert snapshot_digest(again.place, again.manifest) == snapshot_digest(store.place, store.manifest)
    assert again.key_of("P00001") == store.key_of("P00001")
    assert again.seen_findings()["note"].tolist() == ["spoken about"]
    assert again.log.verify() == 4  # three imports and a look
    assert again.verify().problems == []
    assert again.generation > store.generation


def test_a_restore_keeps_the_store_that_it_replaces(store, tmp_path):
    made = store.backup(tmp_path / "kept")
    store.publish(ingest_of(labs_frame(lab("P00009", "2024-01-01", "GGT", 50.0))))
    with pytest.raises(InputError, match="--replace"):
        restore(made, store.place)
    generation = store.generation
    aside = restore(made, store.place, replace=True)
    assert "P00009" not in store.patient_ids
    assert store.generation > generation
    assert "P00009" in open_store(str(aside)).patient_ids


def test_only_the_newest_backups_are_kept(store, tmp_path):
    made = [store.backup(tmp_path / "kept", keep=2) for _ in range(4)]
    assert backup.backups_in(tmp_path / "kept") == made[:1:-1]


def test_the_drill_restores_checks_and_leaves_nothing(store, tmp_path):
    made = store.backup(tmp_path / "kept")
    assert drill(made)["rows"] == 52
    assert list((tmp_path / "kept").iterdir()) == [made]


@pytest.mark.parametrize("name", ["store.db", "audit.db", "desk.db", "secret.key", "contents.json"])
def test_a_damaged_backup_is_refused_and_the_store_stays(store, tmp_path, name):
    made = store.backup(tmp_path / "kept")
    data = bytearray((made / name).read_bytes())
    data[len(data) // 2] ^= 1
    (made / name).write_bytes(data)
    before = snapshot_digest(store.place, store.manifest)
    with pytest.raises(DamagedStore):
        restore(made, store.place, replace=True)
    assert snapshot_digest(store.place, store.manifest) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kept", "store"]


def test_a_backup_without_its_list_is_no_backup(store, tmp_path):
    made = store.backup(tmp_path / "kept")
    (made / backup.LIST).unlink()
    with pytest.raises(DamagedStore, match="not a whole backup"):
        backup.check_backup(made)
    assert backup.backups_in(tmp_path / "kept") == []


def test_a_file_that_is_missing_in_a_backup_is_named(store, tmp_path):
    made = store.backup(tmp_path / "kept")
    assert set(json.loads((made / backup.LIST).read_text())) == {
        "store.db",
        "desk.db",
        "audit.db",
        "secret.key",
        "about.json",
    }
    (made / "audit.db").unlink()
    with pytest.raises(DamagedStore, match=r"audit\.db"):
        backup.check_backup(made)


def test_the_snapshot_can_be_made_anew_from_the_rows(store):
    before = snapshot_digest(store.place, store.manifest)
    shutil.rmtree(store.place.snapshot)
    store.place.make()
    store.rebuild()
    assert snapshot_digest(store.place, store.manifest) == before
    assert store.verify().problems == []


def test_two_drills_of_one_backup_at_once_do_not_meet(store):
    made = store.backup()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(drill, [made, made])
    assert first == second
    assert backup.backups_in(made.parent) == [made]
    assert [p.name for p in made.parent.iterdir()] == [made.name]
