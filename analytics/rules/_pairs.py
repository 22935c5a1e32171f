"""Two results that say the same, some time apart."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats


def again(keys: Floats, met: Bools, least: float, most: float) -> Bools:
    """Where a moment meets something that an earlier one met too, ``least`` to ``most`` days before; shape (n,).

    Args:
        keys: rising number of each moment by patient and day (``Visits.key``).
        met: which moments meet it.
        least: at least so many days apart.
        most: at most so many.
    """
    mine = keys[met]
    begin, end = np.searchsorted(mine, keys - most, "left"), np.searchsorted(mine, keys - least, "right")
    return np.asarray(met & (end > begin))
