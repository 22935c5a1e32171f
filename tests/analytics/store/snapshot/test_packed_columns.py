"""Columns in few bytes give back what was put in, to the last bit, however many words, numbers or runs there are."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pyarrow as pa
import pytest

from analytics.derive.baseline import Baselines
from analytics.store.snapshot.packed_columns import Numbers, Runs, Texts


def halves(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    """All positions in two parts of any order."""
    return list(np.array_split(rng.permutation(n), 2))


@pytest.mark.parametrize(("words", "kind"), [(3, np.int8), (127, np.int8), (128, np.int16), (40_000, np.int32)])
def test_texts_of_any_number_of_words_are_given_back(rng, words, kind):
    n = words + 50
    texts = np.array([None, *(f"w{i}" for i in range(words)), *rng.choice(["w0", None], n - words - 1)], dtype=object)
    column = Texts(n)
    for at in halves(rng, n):
        column.put(at, pa.chunked_array([pa.array(texts[at], pa.large_string())]))
    assert column.codes.dtype == kind
    back = column.texts(np.arange(n))
    assert [None if text != text else text for text in back] == texts.tolist()


@pytest.mark.parametrize(("many", "kind"), [(2, np.int8), (127, np.int8), (128, np.int16), (40_000, np.int32)])
def test_numbers_are_given_back_to_the_last_bit(rng, many, kind):
    distinct = np.unique(rng.random(many) * 1e3 + 0.1)
    values = np.append(np.concatenate([distinct, distinct[::-1]]), np.nan)
    column = Numbers(len(values))
    for at in halves(rng, len(values)):
        column.put(at, values[at])
    assert column.codes.dtype == kind
    np.testing.assert_array_equal(column.pool[column.codes].view(np.int64), values.view(np.int64))


def test_runs_of_baselines_are_given_back_to_the_last_bit(rng):
    n = 5_000
    pick = np.sort(rng.integers(0, 40, n))

    def of(low: int) -> np.ndarray:
        return np.where(rng.random(40) < 0.2, np.nan, rng.random(40) + low)[pick]

    whole = Baselines(
        rng.integers(0, 3, 40).astype(np.int16)[pick], of(1), of(2), rng.integers(0, 3, 40).astype(np.int8)[pick], of(3)
    )
    runs = Runs(n)
    for at in np.array_split(np.arange(n), 3):
        runs.put(at, Baselines(**{f.name: getattr(whole, f.name)[at] for f in fields(whole)}))
    back = runs.done(runs.of)
    for f in fields(whole):
        mine, theirs = getattr(back, f.name), getattr(whole, f.name)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    assert len(back._runs.value) <= 42


def test_no_results_have_no_runs():
    assert Runs(0).done(np.zeros(0, np.int32)).value.tolist() == []
