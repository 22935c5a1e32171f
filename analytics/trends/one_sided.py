"""Results that are given as limits, read as the nearest value that makes no change which may not be."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints


def one_sided(level: Floats, side: Ints) -> Floats:
    """Logarithms in which a result beyond a limit makes no change that may not be: "below 5" after 4 is no rise.

    Limits before the first number, or before the first two that exclude each other, are read as that value as far as
    they allow it: "below 10" before 4 is no fall, nor is "below 10" before "below 5".

    Args:
        level: logarithms, shape (r, n).
        side: -1 below ``level``, 1 above it, 0 the number itself, shape (r, n).

    Examples:
        >>> one_sided(np.array([[10.0, 4, 10, 2, 6]]), np.array([[-1, 0, -1, -1, 0]])).tolist()
        [[4.0, 4.0, 4.0, 2.0, 6.0]]
    """
    if not side.any():
        return level
    y, rows = level.copy(), np.arange(len(level))
    least, most = np.where(side < 0, -np.inf, level), np.where(side > 0, np.inf, level)
    low, high = np.maximum.accumulate(least, axis=1), np.minimum.accumulate(most, axis=1)
    apart = (low > high) | (side == 0)
    n = y.shape[1]
    known = np.where(apart.any(axis=1), apart.argmax(axis=1), n - 1)
    before = np.maximum(known - 1, 0)
    ends = apart[rows, known] & (known > 0)
    # the value that the first limits come to: at the first number or the first that excludes them, as near as they let
    value = np.where(ends, np.clip(level[rows, known], low[rows, before], high[rows, before]), level[rows, known])
    value = np.where(ends | apart[rows, known], value, np.clip(value, low[rows, known], high[rows, known]))
    lead = np.arange(n) < (known + ~apart[rows, known])[:, None]
    y = np.where(lead, value[:, None], y)
    for k in range(1, n):
        back = y[:, k - 1]
        y[:, k] = np.where(lead[:, k], y[:, k], np.where(side[:, k] < 0, np.minimum(level[:, k], back), y[:, k]))
        y[:, k] = np.where(~lead[:, k] & (side[:, k] > 0), np.maximum(level[:, k], back), y[:, k])
    return y


def at_home(start: Ints, y: Floats, side: Ints, given: Bools) -> Ints:
    """Where a course begins with a limit that is read as another result, that result: the nearest with its level.

    ``start`` is a position in each row of ``y``, ``given`` the limits that are read as they stand.
    """
    out, own = start.copy(), np.arange(len(start))
    for r in np.flatnonzero((side[own, start] != 0) & ~given[own, start]):
        same = np.flatnonzero((y[r] == y[r, start[r]]) & ((side[r] == 0) | given[r]))
        if len(same):
            out[r] = same[np.abs(same - start[r]).argmin()]
    return out


def limits_behind(given: Bools, start: Ints, from_level: Bools, stands: Bools) -> Ints:
    """Which of the value told and the last result are limits, position in ``analytics.tables.NOW_LIMITS``.

    The value told is the result at ``start``, the level up to it (``from_level``) or the level since it (``stands``).
    """
    place, last = np.arange(given.shape[1]), given[:, -1]
    if not given.any():
        return np.zeros(len(start), np.int64)
    until, since = place <= start[:, None], place >= start[:, None]
    behind = np.where(from_level[:, None], until, np.where(stands[:, None], since, until & since))
    own = (given & behind).any(axis=1)
    return np.where(stands, own, own + 2 * last).astype(np.int64)
