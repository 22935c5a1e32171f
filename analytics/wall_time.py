"""The order in which results happened, where the wall time of the source alone would tell it wrong.

On the night when clocks go back, 02:45+02:00 is before 02:15+01:00. The wall time stays what is shown; only the order
follows the offsets, and only in a series whose source gave two different ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
NO_OFFSET = -32768
"""Stands for an offset that the source did not give."""
_MINUTE_US = 60_000_000


def offsets_of(column: pd.Series) -> Ints:
    """Column ``utc_offset_min`` as plain numbers."""
    return np.asarray(column.to_numpy("int64", na_value=NO_OFFSET), dtype=np.int64)


def happened(series: npt.NDArray[Any], wall: Ints, offset: Ints) -> Ints:
    """A number a result that orders the results of its series as they happened; comparable within a series only.

    It is the wall time, or where a series has two different offsets, the time in UTC; there a result without an offset
    is taken to have that of the result before it by the clock on the wall, else of the one after it.

    Args:
        series: a number for each patient and analyte, in any order.
        wall: microseconds of the wall time.
        offset: minutes east of UTC, or NO_OFFSET.
    """
    known = offset != NO_OFFSET
    if not known.any() or (offset[known] == offset[known][0]).all():
        return wall
    code, names = pd.factorize(series)
    least, most = np.full(len(names), np.iinfo(np.int64).max), np.full(len(names), np.iinfo(np.int64).min)
    np.minimum.at(least, code[known], offset[known])
    np.maximum.at(most, code[known], offset[known])
    rows = np.flatnonzero((least < most)[code])
    rows = rows[np.lexsort((wall[rows], code[rows]))]
    filled = pd.Series(np.where(known[rows], offset[rows], np.nan)).groupby(code[rows], sort=False)
    near = filled.ffill().fillna(filled.bfill()).to_numpy()
    moment = wall.copy()
    moment[rows] -= near.astype(np.int64) * _MINUTE_US
    return moment


def never_back(starts: npt.NDArray[np.bool_], day: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Days of results in the order in which they happened, none before the one it follows.

    Args:
        starts: where a series begins, shape (n,).
        day: float days by the clock on the wall; sorted within each series but for nights on which clocks went back.
    """
    back = np.append(False, day[1:] < day[:-1])[: len(day)] & ~starts
    if not back.any():
        return day
    number = np.cumsum(starts)
    mine = np.isin(number, number[back])
    raised = day.copy()
    raised[mine] = pd.Series(day[mine]).groupby(number[mine], sort=False).cummax().to_numpy()
    return raised


def changes(*codes: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where any of these numbers differs from that of the row before; the first row does."""
    starts = np.zeros(len(codes[0]), bool)
    starts[:1] = True
    for code in codes:
        starts[1:] |= code[1:] != code[:-1]
    return starts
