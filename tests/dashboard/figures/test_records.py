"""Rows of a frame as dicts: exactly those of pandas."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.analysis import PARTS
from analytics.store import Store
from dashboard.figures.records import records


@pytest.mark.parametrize("part", PARTS)
def test_rows_are_those_of_pandas(sample_store: Store, part: str):
    frame = getattr(sample_store.analysis(["HT-032"]), part)
    assert repr(records(frame, frame.columns)) == repr(frame.to_dict("records"))
    some = list(frame.columns[:3])
    at = np.arange(len(frame))[::-2]
    assert repr(records(frame, some, at)) == repr(frame.iloc[at][some].to_dict("records"))
