"""A patient's own values of some time before each visit: their median, for rules that ask whether a value is new."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.derive.visits import Visits


def median_before(
    v: Visits, code: str, at: Ints, window: tuple[float, float], *, most: int | None = None, x_uln: bool = False
) -> Floats:
    """Median of the results of an analyte from ``window[1]`` to ``window[0]`` days before visits; NaN where none.

    Args:
        v: visits.
        code: analyte.
        at: positions of the visits that ask, shape (n,).
        window: least and largest number of days before, both counted.
        most: only so many of the last of these results.
        x_uln: in multiples of their own upper limits rather than in the canonical unit.
    """
    have = np.flatnonzero(v.at(code) >= 0)
    if not len(have) or not len(at):
        return np.full(len(at), np.nan)
    values = (v.x_uln(code) if x_uln else v.value(code))[have]
    keys = v.key[have]
    begin = np.searchsorted(keys, v.key[at] - window[1], side="left")
    end = np.searchsorted(keys, v.key[at] - window[0], side="right")
    if most is not None:
        begin = np.maximum(begin, end - most)
    width = int((end - begin).max(initial=0))
    if width <= 0:
        return np.full(len(at), np.nan)
    column = begin[:, None] + np.arange(width)
    table = np.where(column < end[:, None], values[np.minimum(column, len(values) - 1)], np.nan)
    table = np.sort(table, axis=1)  # missing ones last
    count = (~np.isnan(table)).sum(axis=1)
    low, high = np.maximum((count - 1) // 2, 0), np.maximum(count // 2, 0)
    rows = np.arange(len(at))
    middle = (table[rows, low] + table[rows, np.minimum(high, width - 1)]) / 2
    return np.where(count > 0, middle, np.nan)
