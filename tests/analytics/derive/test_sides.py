"""On which side of a procedure a result of the same day stands."""

import numpy as np
import pytest

from analytics.derive.sides import AFTER, BEFORE, NEITHER, side_of


@pytest.mark.parametrize(
    ("result", "event", "side"),
    [
        (9.9, 10.0, BEFORE),
        (11.0, 10.0, AFTER),
        (10.0, 10.0, NEITHER),  # only days are known
        (10.0, 10.5, NEITHER),  # the result has no time
        (10.49, 10.0, BEFORE),  # before noon beside a day
        (10.5, 10.0, AFTER),  # from noon on
        (10 + 21 / 24, 10.0, AFTER),
        (10.55, 10.6, BEFORE),  # both times known: by time
        (10.3, 10.2, AFTER),
    ],
)
def test_a_result_is_before_after_or_on_neither_side(result, event, side):
    assert side_of(np.array([result]), np.array([event])).tolist() == [side]
