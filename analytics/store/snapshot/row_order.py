"""The order of results in the snapshot, which is that of Panel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.analytes import INDEX
from analytics.store.database.arrow import moments, rows_at, words_of

Ints = npt.NDArray[np.int64]

_STEPS = (60_000_000, 1_000_000, 1)
"""Times are mostly whole minutes or seconds, in microseconds: counted so, they and the series fit into one number."""


def sorted_labs(labs: pa.Table) -> pa.Table:
    """In the order of Panel: patient, analyte (house order), time as it happened, source line; then row number."""
    codes, words = words_of(labs.column("patient_id"))
    rank = np.empty(len(words), dtype=np.int64)
    rank[np.argsort(np.array([w for w in words if w is not None], dtype=object))] = np.arange(len(words) - 1)
    analyte, names = words_of(labs.column("analyte"))
    place = np.array([INDEX[n] for n in names if n is not None], dtype=np.int64)
    series = rank[codes] * len(INDEX) + place[analyte] if len(codes) else codes
    order = order_of(
        series,
        moments(labs, series),
        labs.column("source_line").fill_null(0).to_numpy(),
        labs.column("result_id").fill_null(0).to_numpy(),
    )
    return labs if order is None else rows_at(labs, order)


def order_of(series: Ints, when: Ints, line: Ints, number: Ints) -> Ints | None:
    """Positions of rows in the order of these keys, the first one first; None where they are in it already.

    Rows that are alike in all of them keep their order, as by ``np.lexsort``.

    Args:
        series: not negative, shape (n,).
        when: microseconds, shape (n,).
        line: shape (n,).
        number: shape (n,).
    """
    if _in_order(series, when, line, number):
        return None
    key = _one_key(series, when)
    if key is None:
        return np.lexsort((number, line, when, series))
    order = np.argsort(key, kind="stable")
    again = key[order[1:]] == key[order[:-1]]
    if again.any():
        alike = np.flatnonzero(np.r_[False, again] | np.r_[again, False])
        rows = order[alike]
        order[alike] = rows[np.lexsort((number[rows], line[rows], key[rows]))]
    return order


def _in_order(*keys: Ints) -> bool:
    alike = np.ones(max(len(keys[0]) - 1, 0), dtype=bool)
    for key in keys:
        if (alike & (key[1:] < key[:-1])).any():
            return False
        alike &= key[1:] == key[:-1]
        if not alike.any():
            break
    return True


def _one_key(series: Ints, when: Ints) -> Ints | None:
    """One number a row that orders as the two do; None where none is large enough."""
    first = int(when.min())
    since = when.astype(np.uint64) - np.uint64(first % 2**64)  # a difference that no span of times can overflow
    step = next(step for step in _STEPS if not (since % np.uint64(step)).any())
    since //= np.uint64(step)
    width = int(since.max()) + 1
    if width * (int(series.max()) + 1) >= 2**63:
        return None
    return np.asarray(series * width + since.astype(np.int64), dtype=np.int64)
