"""A store with the sample data, made once for all tests of the dashboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.ingest import read
from analytics.store import Store, open_store
from tests.dashboard.small_store import small_store

SAMPLE = Path(__file__).resolve().parent.parent.parent / "sample_data"


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The sample data as ``hepatrend demo`` loads it."""
    store = open_store(str(tmp_path_factory.mktemp("sample") / "store"))
    store.publish([read(SAMPLE / f"{name}.csv") for name in ("patients", "events", "imaging", "labs")], by="test")
    store.analyse()
    return store


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two people; for tests that do not care what others write into its audit log."""
    return small_store(tmp_path_factory.mktemp("small") / "store")


@pytest.fixture
def own_store(tmp_path: Path) -> Store:
    """Two people, for one test alone."""
    return small_store(tmp_path / "own")
