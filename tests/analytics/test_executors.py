"""One seam, three executors, equal output."""

from __future__ import annotations

import pytest

from analytics.errors import HepatrendError, InputError
from analytics.executors import EXECUTORS, run


def square(n: int) -> int:
    return n * n


def refuse(n: int) -> int:
    raise InputError(f"bucket {n}")


@pytest.mark.parametrize("executor", EXECUTORS)
def test_results_come_in_the_order_of_the_buckets(executor):
    assert run(square, [3, 1, 2], executor, workers=2) == [9, 1, 4]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_no_bucket_gives_no_result(executor):
    assert run(square, [], executor, workers=1) == []


@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_error_of_ours_comes_back_as_it_is(executor):
    with pytest.raises(InputError, match="bucket 1"):
        run(refuse, [1, 2], executor, workers=2)


def test_an_unknown_executor_is_refused_with_the_known_ones():
    with pytest.raises(HepatrendError, match="serial, processes, dask"):
        run(square, [1], "threads")  # type: ignore[arg-type]
