"""On which side of an event a result stands: before, after, or neither, where the day is shared and no time says."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints

BEFORE, NEITHER, AFTER = -1, 0, 1
"""Sides of an event."""


def has_time(day: Floats) -> Bools:
    """Where a time of day is known: times without one stand at the begin of their day."""
    return np.asarray(day != np.floor(day))


def side_of(result: Floats, event: Floats, noon_hour: float = 12.0) -> Ints:
    """Side of each result: BEFORE, NEITHER or AFTER. The one definition for procedures, shape (n,).

    Another day: by day. The same day: by time where both are known; a result with a time beside an event of which
    only the day is known is before it up to ``noon_hour`` and after it from then on (house choice: procedures begin
    in the morning, bloods before them are drawn early); a result of which only the day is known is on neither side.

    Args:
        result: days since 1970 on the patient's own clock, with the time of day as fraction.
        event: the same of the event's start.
        noon_hour: hour from which a result counts as after an event of the same day without a time.
    """
    day, of = np.floor(result), np.floor(event)
    limit = np.where(has_time(event), event, of + noon_hour / 24)
    same = np.where(has_time(result), np.where(result < limit, BEFORE, AFTER), NEITHER)
    return np.asarray(np.where(day < of, BEFORE, np.where(day > of, AFTER, same)), dtype=np.int64)
