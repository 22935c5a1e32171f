"""The committed sample, imported once for all tests of the answers."""

from __future__ import annotations

import pytest

from analytics.analysis import Analysis
from tests.analytics.rules.planted import sample_analysis


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Analysis:
    """Analysis of the sample at its cut-off."""
    return sample_analysis(tmp_path_factory.mktemp("answers") / "store")
