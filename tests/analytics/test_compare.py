"""Comparisons agree with a calculator."""

import numpy as np
import pytest

from analytics.compare import compare, exceeds, reaches

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("value", "limit", "above", "at_least"),
    [
        (3.3 / 1.1, 3.0, False, True),  # 2.9999999999999996 to a computer
        (3 * 40.1 / 40.1, 3.0, False, True),
        (120.30000000000001, 3 * 40.1, False, True),
        (3.0000001, 3.0, True, True),
        (2.9999999, 3.0, False, False),
        (0.0, 0.0, False, True),
        (-2.6, -2.6, False, True),
        (-2.5999, -2.6, True, True),
        (INF, 14.0, True, True),
        (1.0, INF, False, False),
        (NAN, 3.0, False, False),
        (3.0, NAN, False, False),
    ],
)
def test_above_and_at_least(value, limit, above, at_least):
    assert bool(exceeds(value, limit)) == above
    assert bool(reaches(value, limit)) == at_least


@pytest.mark.parametrize("x", [0.1 + 0.2, 0.3, 3.3 / 1.1, 17.104 / 1.2, -1.39])
def test_below_is_not_at_least_and_at_most_is_not_above(x):
    for limit in (0.3, 3.0, x, 2 * x, -1.39):
        assert bool(compare(x, "<", limit)) == (not reaches(x, limit))
        assert bool(compare(x, "<=", limit)) == (not exceeds(x, limit))


def test_limits_may_differ_by_element():
    assert exceeds(np.array([1.0, 2.0, NAN]), np.array([1.0, 1.0, 1.0])).tolist() == [False, True, False]
