"""The sample data read once for the questions."""

from __future__ import annotations

import pytest

from analytics.analysis import Analysis
from tests.stores import sample_store_in


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return sample_store_in(tmp_path_factory.mktemp("questions") / "store").analysis()
