"""``verify`` finds what changed behind the store's back, down to one byte."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from analytics.store import open_store
from analytics.store.admin.verify import verify
from analytics.store.database import engines
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.builders import events_of
from tests.stores import copied


def _filled(folder):
    store = open_store(str(folder))
    store.publish(ingest_of(cohort(5), events_of([("2024-01-05", "systemic", "FOLFOX")], "P00003")))
    store.publish(
        ingest_of(labs_frame(lab("P00001", "2024-01-01", "GGT", 50.0), lab("P00002", "2024-01-01", "GGT", 51.0)))
    )
    store.publish(ingest_of(labs_frame(lab("P00001", "2024-01-01", "GGT", 55.0, "corrected"))))
    store.publish(ingest_of(labs_frame(lab("P00002", "2024-01-01", "GGT", 61.0))))
    store.merge("P00003", "P00004", by="me", why="same person")


@pytest.fixture
def store(tmp_path):
    return copied(_filled, tmp_path / "store")


def checked(store):
    with engines.truth(store.place).connect() as connection:
        return verify(store.place, connection)


def behind(store, statement):
    with sqlite3.connect(store.place.truth) as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()


def test_a_sound_store_holds(store):
    verdict = checked(store)
    assert verdict.problems == []
    assert verdict.rows == 50 + 1 + 2 + 1 + 1
    assert verdict.files == len(store.manifest.files()) > 3


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE results SET value = value + 1e-9 WHERE row_id = 7", "labs: row 7 is not as it was imported"),
        ("UPDATE results SET patient_id = 'P00004' WHERE row_id = 3", "labs: row 3 is not as it was imported"),
        ("UPDATE results SET collected_at = collected_at + 1 WHERE row_id = 4", "labs: row 4"),
        ("UPDATE results SET comparator = NULL WHERE row_id = 5", "labs: row 5"),
        ("UPDATE events SET name = 'FOLFIRI'", "events: row 1 is not as it was imported"),
        ("DELETE FROM results WHERE row_id = 9", "import 1: its rows of labs do not add up"),
        ("UPDATE imports SET stored = stored + 1 WHERE import_id = 1", "ledger: import 1 is not as it was written"),
        ("UPDATE quarantine SET raw_cell = '5'", "quarantine: row 1 is not as it was imported"),
        ("UPDATE quarantine SET specimen_id = 'S2'", "quarantine: row 1 is not as it was imported"),
        ("DELETE FROM quarantine", "import 4: its rows of quarantine do not add up"),
        ("DELETE FROM replacements", "snapshot: it does not show what the database holds"),
    ],
)
def test_a_change_behind_its_back_is_found(store, statement, said):
    behind(store, statement)
    assert any(said in problem for problem in checked(store).problems)


def test_a_changed_snapshot_file_is_found(store):
    name = store.manifest.buckets[0].files["labs"]
    path = store.place.snapshot / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert any(name in problem for problem in checked(store).problems)


def test_every_flipped_byte_of_the_database_is_found_or_does_no_harm(store, tmp_path):
    """Flip single bits all over the file: verify must speak up, or every row must still read as it was."""
    path, rng = store.place.truth, np.random.default_rng(7)
    sound = path.read_bytes()
    rows = "SELECT * FROM results ORDER BY row_id"
    with sqlite3.connect(path) as connection:
        expected = connection.execute(rows).fetchall()
    connection.close()
    unseen = []
    for at in rng.choice(len(sound), 60, replace=False):
        data = bytearray(sound)
        data[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)
        if checked(store).holds:
            with sqlite3.connect(path) as connection:
                if connection.execute(rows).fetchall() != expected:
                    unseen.append(int(at))
            connection.close()
    assert unseen == []
