"""The installed command, and a small hospital for it to work on: files, a store, a damaged one, a backup."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.dashboard.commands import small_world
from tests.installed import Installed
from tests.moulds import made_once


@pytest.fixture(scope="session")
def hepatrend(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Call it with the words of a command line."""
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A copy of it for one test alone: see small_world."""
    return Path(shutil.copytree(made_once(small_world.world), tmp_path / "world"))
