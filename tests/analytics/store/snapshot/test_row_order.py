"""Results are put in the order of their keys, whatever they span, and rows that are alike keep theirs."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.store.database.arrow import rows_at
from analytics.store.snapshot.row_order import order_of

MINUTE, SECOND = 60_000_000, 1_000_000


@given(
    st.lists(st.tuples(*(st.integers(0, 3) for _ in range(4))), max_size=30),
    st.sampled_from([MINUTE, SECOND, 1, 2**60]),
    st.sampled_from([1, 2**40]),
)
def test_the_order_is_that_of_the_keys_one_after_the_other(rows, step, apart):
    series, when, line, number = np.array(rows, np.int64).reshape(-1, 4).T
    series, when = series * apart, (when - 2) * step
    order = order_of(series, when, line, number)
    expected = np.lexsort((number, line, when, series))
    assert np.array_equal(np.arange(len(rows)) if order is None else order, expected)


def test_rows_in_their_order_are_left_alone():
    told = np.array([0, 0, 0, 1]), np.array([5, 5, 9, 2]), np.array([1, 1, 0, 0]), np.array([7, 7, 3, 1])
    assert order_of(*told) is None


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pa.nulls(3, pa.float64()), id="nothing told"),
        pytest.param(pa.array(["a", "a", "a"]).dictionary_encode(), id="one word"),
        pytest.param(pa.array(["a", None, "a"]).dictionary_encode(), id="one word and nothing"),
        pytest.param(pa.array(["a", "b", "a"]).dictionary_encode(), id="two words"),
        pytest.param(pa.array([1.5, None, 2.5]), id="numbers"),
    ],
)
def test_each_column_comes_in_the_asked_order(column):
    data = pa.table({"n": pa.array([0, 1, 2]), "said": column})
    assert rows_at(data, np.array([2, 0, 1])).to_pylist() == [data.to_pylist()[i] for i in (2, 0, 1)]
    halves = pa.concat_tables([data.slice(0, 1), data.slice(1)])
    assert rows_at(halves, np.array([1, 2, 0])).to_pylist() == [data.to_pylist()[i] for i in (1, 2, 0)]
