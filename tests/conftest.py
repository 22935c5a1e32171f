"""What all tests share: the real-data folder beside the project, and the fixed seed."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from tests import in_memory, longest_first, moulds
from tests.pace import pace

ROOT = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = False  # some images set it: each worker and each command would compile the whole house anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
in_memory.use_memory()
settings.register_profile("house", deadline=None, derandomize=True, max_examples=100)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The time-out of pyproject.toml, stretched on a slow or busy machine; one on the command line stays."""
    if config.getoption("timeout", None) is None and "PYTEST_TIMEOUT" not in os.environ:
        config.option.timeout = float(config.getini("timeout")) * pace()
    config.option.loadscopereorder = False  # of xdist: by the number of tests in a file
    if os.environ.get("HEPATREND_MEASURE") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(longest_first.Measured())
    moulds.begin()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """No search for garbage among what stays to the end: ten thousand tests and the modules that they are in."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The order of the files where several workers share them; a single process keeps that of the folders."""
    if hasattr(config, "workerinput"):
        order = longest_first.in_order((longest_first.file_of(i.nodeid) for i in items), longest_first.table())
        items[:] = [items[i] for i in order]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data beside the project; tests that need it skip where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data is not beside this checkout")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """The one seed of all random tests."""
    return np.random.default_rng(20260101)
