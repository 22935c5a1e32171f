"""Columns as codes into their different words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from analytics.ingest.dictionary import Coded, pairs_of


@pytest.mark.parametrize(("words", "rows"), [(3, 50), (40, 200), (900, 300), (1, 1), (0, 0)])
def test_each_pair_of_entries_is_found_once_and_each_row_has_its_own(words, rows):
    rng = np.random.default_rng(words)
    texts = pa.array([f"w{i}" for i in range(words)], pa.string())
    one, other = (Coded(rng.integers(0, max(words, 1), rows).astype(np.int32), texts) for _ in range(2))
    pairs, codes = pairs_of(one, other)
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)
    assert pairs[codes].tolist() == np.stack([one.codes, other.codes], axis=1).tolist()
    assert sorted(set(codes.tolist())) == list(range(len(pairs)))
