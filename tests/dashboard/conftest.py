"""Stores that the tests of the dashboard share."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.store import Store
from tests.stores import sample_store_in, small_store


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The sample data, analysed."""
    return sample_store_in(tmp_path_factory.mktemp("sample") / "store")


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two people; for tests that do not care what others write into its audit log."""
    return small_store(tmp_path_factory.mktemp("small") / "store")


@pytest.fixture
def own_store(tmp_path: Path) -> Store:
    """Two people, for one test alone."""
    return small_store(tmp_path / "own")
