"""The sample data read once for the questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.analysis import Analysis
from analytics.ingest import read
from analytics.store import open_store

SAMPLE = Path(__file__).resolve().parents[4] / "sample_data"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    store = open_store(str(tmp_path_factory.mktemp("questions") / "store"))
    for name in ("labs", "events", "imaging", "patients"):
        store.publish(read(SAMPLE / f"{name}.csv"), by="test")
    return store.analysis()
