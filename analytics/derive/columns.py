"""Whole numbers and texts of codes as columns of a table."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Ints


def whole(values: Ints, missing: Bools | None = None) -> pd.arrays.IntegerArray:
    """Whole numbers as a column that can be missing."""
    absent = np.zeros(len(values), dtype=bool) if missing is None else missing
    return pd.arrays.IntegerArray(values.astype(np.int64), absent.copy())


def words(table: tuple[str, ...], code: Ints) -> pd.api.extensions.ExtensionArray:
    """Text of each code as one column."""
    return _column(table).take(code)


@lru_cache(maxsize=32)
def _column(table: tuple[str, ...]) -> pd.api.extensions.ExtensionArray:
    return pd.array(list(table), dtype="str")
