"""A file of the snapshot or of the stored analysis that is cut off: an error in words, and a way back."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from analytics.analysis import PARTS
from analytics.errors import DamagedStore, HepatrendError
from analytics.store import open_store
from tests.analytics.store.made import cohort, ingest_of
from tests.stores import copied


def _filled(folder):
    store = open_store(str(folder))
    store.publish(ingest_of(cohort(3)))
    store.analyse()


@pytest.fixture
def store(tmp_path):
    return copied(_filled, tmp_path / "store")


def everything(store):
    """What pages and reports read."""
    again = open_store(str(store.place.folder), create=False)
    again.worklist()
    again.table("labs")
    one = again.analysis(again.patient_ids[:1])
    for part in PARTS:
        getattr(one, part)
        getattr(again.analysis(), part)


def test_whatever_file_is_cut_off_the_error_is_ours_and_names_it(store):
    everything(store)
    files = sorted(p for folder in (store.place.snapshot, store.place.analyses) for p in folder.rglob("*.parquet"))
    assert len(files) > 10
    found = 0
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        try:
            everything(store)
        except DamagedStore as error:
            assert path.name in str(error)
            found += 1
        finally:
            path.write_bytes(whole)
    assert found > 10, "some files are read by nobody here, most are"


def values(store):
    """Every stored part of everybody, read anew."""
    return {part: open_store(str(store.place.folder), create=False).table(part) for part in PARTS}


def test_a_byte_that_flips_among_stored_numbers_is_never_a_wrong_value(store):
    right = values(store)
    files = sorted(p for p in store.place.analyses.rglob("*.parquet") if p.stem in PARTS)
    chance, found = random.Random(7), 0
    for _ in range(60):
        path = chance.choice(files)
        whole = path.read_bytes()
        footer = 8 + int.from_bytes(whole[-8:-4], "little")
        at = chance.randrange(4, len(whole) - footer)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        try:
            seen = open_store(str(store.place.folder), create=False).table(path.stem)
            pd.testing.assert_frame_equal(seen, right[path.stem])
        except DamagedStore:
            found += 1
        finally:
            path.write_bytes(whole)
    assert found > 20


@pytest.mark.parametrize("which", ["snapshot", "analyses"])
def test_rebuilding_mends_what_cannot_be_read(store, which):
    for path in getattr(store.place, which).rglob("*.parquet"):
        path.write_bytes(b"PAR1 and no more")
    with pytest.raises(HepatrendError):
        everything(store)
    open_store(str(store.place.folder), create=False).rebuild()
    everything(store)
    assert open_store(str(store.place.folder), create=False).verify().problems == []
