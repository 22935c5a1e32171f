"""Files and folders written by several threads at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest

from analytics.store.admin.export import Form, write_table
from analytics.store.database import atomic_files
from analytics.store.snapshot import analysis_cache

THREADS = 8


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """All threads reach the rename before any of them does it."""
    barrier = Barrier(THREADS, timeout=20)
    monkeypatch.setattr(atomic_files, "hook", lambda kind, name: barrier.wait() if kind == "rename" else None)


@pytest.mark.usefixtures("together")
def test_threads_that_write_one_file_at_once_all_succeed(tmp_path: Path) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda n: atomic_files.write_whole(tmp_path / "a", b"%d" % n * 9), range(THREADS)))
    assert len(set((tmp_path / "a").read_bytes())) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.usefixtures("together")
def test_threads_that_store_one_bucket_at_once_all_succeed(tmp_path: Path) -> None:
    parts = {"part": pa.table({"n": [1, 2, 3]})}
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: analysis_cache._write(tmp_path / "bucket", parts), range(THREADS)))
    assert [p.name for p in tmp_path.iterdir()] == ["bucket"]
    assert [p.name for p in (tmp_path / "bucket").iterdir()] == ["part.parquet"]


@pytest.mark.usefixtures("together")
def test_threads_that_export_one_file_at_once_all_succeed(tmp_path: Path) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: write_table([], Form("ledger"), tmp_path / "a.csv"), range(THREADS)))
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
