"""Path data by steps: half the bytes, and never more than half a tenth of a pixel from the place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dashboard.svg.trail import dots, trail


def places(path: str) -> np.ndarray:
    """The points of path data whose numbers after the first two are steps."""
    numbers = [float(n) for n in re.findall(r"-?(?:\d+\.\d+|\.\d+|\d+)", path.replace("h0", ""))]
    return np.array(numbers).reshape(-1, 2).cumsum(axis=0)


@pytest.mark.parametrize("write", [trail, dots])
def test_no_step_adds_to_the_error_of_another(write):
    points = np.random.default_rng(1).uniform(-20, 900, (500, 2))
    assert np.abs(places(write([tuple(p) for p in points])) - points).max() <= 0.05 + 1e-9


def test_one_point_is_a_place_or_a_disc():
    assert trail([(1.24, 0.0)]) == "M1.2 0"
    assert dots([(1.24, -0.31)]) == "M1.2-.3h0"
