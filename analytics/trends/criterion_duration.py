"""Since when, and for how long, a criterion has held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Held:
    """For each series, shape (m,); NaN or zero where the criterion never held. [d]

    Attributes:
        first, last: first and last day on which it held.
        since: first day of the run that the last day of the series belongs to; NaN if it does not hold then.
        days: days held in all: from each day on which it held to the next one if that held too. A single day counts
            as none, as nobody knows how long it lasted.
        longest: longest run.
    """

    first: Floats
    last: Floats
    since: Floats
    days: Floats
    longest: Floats


def held(day: Floats, holds: Bools, starts: Ints) -> Held:
    """Runs of days on which a criterion held.

    Args:
        day: times, increasing within a series, flat, shape (k,).
        holds: whether it held, shape (k,).
        starts: offsets, shape (m + 1,).
    """
    count = len(starts) - 1
    series = np.repeat(np.arange(count), np.diff(starts))
    never = [np.full(count, np.nan) for _ in range(3)]
    out = Held(never[0], never[1], never[2], np.zeros(count), np.zeros(count))
    hits = np.flatnonzero(holds)
    if not len(hits):
        return out
    owner = series[hits]
    new = np.append(True, (np.diff(hits) != 1) | (owner[1:] != owner[:-1]))
    begin, end = hits[new], hits[np.append(new[1:], True)]
    lasted = day[end] - day[begin]
    out.first[owner[::-1]] = day[hits][::-1]
    out.last[owner] = day[hits]
    np.add.at(out.days, series[begin], lasted)
    np.maximum.at(out.longest, series[begin], lasted)
    is_current = end == starts[1:][series[end]] - 1
    out.since[series[end[is_current]]] = day[begin[is_current]]
    return out
