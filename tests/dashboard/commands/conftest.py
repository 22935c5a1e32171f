"""The installed command, and a small hospital for it to work on: files, a store, a damaged one, a backup."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.dashboard.commands.small_world import make_world
from tests.installed import Installed


@pytest.fixture(scope="session")
def hepatrend(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Call it with the words of a command line."""
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="session")
def made_world(hepatrend: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(hepatrend, tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(made_world: Path, tmp_path: Path) -> Path:
    """A copy of it for one test alone: see small_world."""
    return Path(shutil.copytree(made_world, tmp_path / "world"))
