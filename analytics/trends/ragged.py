"""Many short series as one flat array and offsets, worked on in groups of equal length.

Series ``k`` is ``flat[starts[k]:starts[k + 1]]``. All series of one length form a matrix, so that a kernel is plain
numpy over rows and no Python loop runs over patients.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from analytics.arrays import Bools, Ints

_CELLS = 250_000
"""Cells of one working matrix; small enough to stay in a core's own cache."""


def offsets(group: Ints, count: int) -> Ints:
    """Offsets of sorted group numbers.

    Args:
        group: group of each element, sorted, shape (k,).
        count: how many groups there are; those without elements have no length.

    Returns:
        Offsets, shape (count + 1,).
    """
    return np.concatenate([[0], np.cumsum(np.bincount(group, minlength=count))]).astype(np.int64)


def runs(change: Bools) -> Ints:
    """Offsets of the runs of a flat array, given where a new run begins (its first element is taken as one)."""
    if not len(change):
        return np.zeros(1, np.int64)
    begin = change.copy()
    begin[0] = True
    return np.append(np.flatnonzero(begin), len(change)).astype(np.int64)


def buckets(starts: Ints, *, least: int = 1, cells_a_row: int | None = None) -> Iterator[tuple[Ints, Ints]]:
    """Series of equal length, a manageable number at a time.

    Args:
        starts: offsets, shape (m + 1,).
        least: shorter series are left out.
        cells_a_row: cells that the kernel makes of one series; its length squared where None.

    Yields:
        Numbers of the series, shape (r,), and positions of their elements in the flat array, shape (r, n).
    """
    yield from windows(starts[:-1], np.diff(starts), least=least, cells_a_row=cells_a_row)


def windows(
    begin: Ints, length: Ints, *, least: int = 1, cells_a_row: int | None = None
) -> Iterator[tuple[Ints, Ints]]:
    """As :func:`buckets`, for stretches of a flat array that need not follow one another."""
    narrow = np.int16 if length.max(initial=0) < 2**15 else np.int64  # sorted by digits, in a third of the time
    order = np.argsort(length.astype(narrow), kind="stable")
    first = np.searchsorted(length[order], np.unique(length[length >= least]), side="left")
    edges = np.append(first, len(order))
    for low, high in pairwise(edges.tolist()):
        n = int(length[order[low]])
        rows = max(16, _CELLS // (cells_a_row or max(n * n, 1)))
        for at in range(low, high, rows):
            which = order[at : min(at + rows, high)]
            yield which, begin[which][:, None] + np.arange(n)


def stretched(begin: Ints, length: Ints) -> tuple[Ints, Ints]:
    """Positions in all stretches of a flat array, one after the other, and their offsets, shape (r + 1,)."""
    inner = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    at = np.repeat(begin - inner[:-1], length) + np.arange(inner[-1])
    return at.astype(np.int64), inner
