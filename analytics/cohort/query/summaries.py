"""One number of all results in a window: median, mean, first, last, highest or lowest."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.cohort.query.question import Measure
from analytics.cohort.query.references import Stretches
from analytics.compare import compare


def summarised(measure: Measure, inside: Stretches, multiple: Floats) -> tuple[Bools, Floats]:
    """(whether it meets the limit, the number), at the last result of each span or at the one that is meant.

    Results whose number is not known (no upper limit) are left out. A result that is only known to be below or above
    a limit makes the number unknown wherever it could move it across the limit.
    """
    sign = inside.series.comparator[inside.at]
    open_ended = sign < 0 if measure.op in (">", ">=") else sign > 0
    if (measure.summary == "highest" and measure.op in (">", ">=")) or (
        measure.summary == "lowest" and measure.op in ("<", "<=")
    ):
        open_ended, multiple = np.zeros_like(open_ended), np.where(open_ended, np.nan, multiple)
    known = np.flatnonzero(~np.isnan(multiple))
    holds, number = np.zeros(len(multiple), dtype=bool), np.full(len(multiple), np.nan)
    if not len(known):
        return holds, number
    chain = inside.chain[known]
    begin = np.flatnonzero(np.append(True, np.diff(chain) != 0))
    end = np.append(begin[1:], len(chain)) - 1
    place, found = _SUMMARIES[measure.summary](multiple[known], begin, end)
    if measure.summary in ("first", "last"):
        unknown = open_ended[known[place]]
    else:
        unknown = np.logical_or.reduceat(open_ended[known], begin)
    number[known[place]] = found
    holds[known[place]] = compare(found, measure.op, measure.limit) & ~unknown
    return holds, number


def _median(value: Floats, begin: Ints, end: Ints) -> tuple[Ints, Floats]:
    ordered = _ordered(value, begin, end)
    count = end - begin + 1
    middle = (value[ordered[begin + (count - 1) // 2]] + value[ordered[begin + count // 2]]) / 2
    return end, middle


def _mean(value: Floats, begin: Ints, end: Ints) -> tuple[Ints, Floats]:
    return end, np.add.reduceat(value, begin) / (end - begin + 1)


def _first(value: Floats, begin: Ints, end: Ints) -> tuple[Ints, Floats]:
    return begin, value[begin]


def _last(value: Floats, begin: Ints, end: Ints) -> tuple[Ints, Floats]:
    return end, value[end]


def _highest(value: Floats, begin: Ints, end: Ints) -> tuple[Ints, Floats]:
    place = _ordered(value, begin, end)[end]
    return place, value[place]


def _lowest(value: Floats, begin: Ints, end: Ints) -> tuple[Ints, Floats]:
    place = _ordered(value, begin, end)[begin]
    return place, value[place]


def _ordered(value: Floats, begin: Ints, end: Ints) -> Ints:
    """Positions by value within each stretch."""
    stretch = np.repeat(np.arange(len(begin)), end - begin + 1)
    return np.lexsort((value, stretch))


_SUMMARIES = {
    "median": _median,
    "mean": _mean,
    "first": _first,
    "last": _last,
    "highest": _highest,
    "lowest": _lowest,
}
