"""Rows of a small frame as dicts, column by column: many times faster than pandas for the few rows of one patient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def records(
    frame: pd.DataFrame, columns: Iterable[str], at: npt.NDArray[np.integer[Any]] | None = None
) -> list[dict[str, Any]]:
    """One dict a row with these columns; each value is what ``to_dict("records")`` gives.

    Args:
        frame: any canonical frame.
        columns: which of its columns.
        at: positions of the rows; all where None.
    """
    if frame.empty:
        return []
    names = list(columns)
    values = [_values(frame[name], at) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _values(column: pd.Series[Any], at: npt.NDArray[np.integer[Any]] | None) -> list[Any]:
    if isinstance(column.dtype, pd.StringDtype):
        texts = column.to_numpy(object)
        return (texts if at is None else texts[at]).tolist()
    some = column if at is None else column.take(at)
    if isinstance(column.dtype, (pd.Int64Dtype, pd.BooleanDtype)):
        told: list[Any] = some.to_numpy(object, na_value=None).tolist()  # type: ignore[call-overload]  # None is allowed
        return told
    return some.tolist()
