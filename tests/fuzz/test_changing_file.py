"""A file that another process replaces, cuts, appends to or rewrites while it is imported: all of it, or nothing.

Two tries of each sort in ``make test``, 50 in ``make fuzz`` (HEPATREND_FUZZ=full).
"""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest

from analytics.ingest.importer import Options, import_one
from analytics.ingest.reading import source
from analytics.store import open_store

FULL = os.environ.get("HEPATREND_FUZZ") == "full"
TRIES = 50 if FULL else 2
ROWS = 4_000


def text_of(n: int) -> str:
    """A file whose values say which try it is of."""
    rows = "".join(f"P{i:05d},ALT,2024-03-05T08:00,{20 + n % 900}.{i % 10},U/L\n" for i in range(ROWS))
    return "patient_id,test,date,value,unit\n" + rows


def replace(path: Path, n: int) -> None:
    other = path.with_suffix(".new")
    other.write_text(text_of(n + 1))
    os.replace(other, path)


def truncate(path: Path, n: int) -> None:
    os.truncate(path, path.stat().st_size // 2)


def append(path: Path, n: int) -> None:
    with open(path, "a") as handle:
        handle.write("P99999,ALT,2024-03-05T08:00,77,U/L\n")


def rewrite(path: Path, n: int) -> None:
    path.write_text(text_of(n + 1))


@pytest.mark.slow
@pytest.mark.timeout(1800 if FULL else 200)
@pytest.mark.parametrize("change", [replace, truncate, append, rewrite])
def test_a_file_that_changes_during_its_import_is_stored_whole_or_not_at_all(change, tmp_path, monkeypatch):
    monkeypatch.setattr(source, "BLOCK", 16 << 10)
    rng, outcomes = random.Random(change.__name__), []
    seconds = 0.0
    for n in range(TRIES + 1):
        path = tmp_path / f"labs-{n}.csv"
        path.write_text(text_of(n))
        store = open_store(str(tmp_path / f"store-{n}"))
        other = threading.Timer(rng.uniform(0, 0.7 * seconds), change, (path, n))
        if n:
            other.start()
        began = time.monotonic()
        outcome = import_one(path, store, Options())
        seconds = seconds or time.monotonic() - began
        if n:
            other.join()
        labs = store.table("labs")
        if outcome.refused:
            assert "changed while being read" in outcome.refused
            assert len(labs) == 0
        else:
            assert len(labs) == outcome.receipt["stored"] == ROWS
            assert set(labs["value"] // 1) == {20 + n % 900}
        outcomes.append(bool(outcome.refused))
    assert outcomes[0] is False
    if FULL:
        assert any(outcomes), "some changes must fall into the reading"
