"""Whole numbers and texts as columns of a table."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.arrays import Bools, Ints
from analytics.tables import COMPARATORS


def whole(values: Ints, missing: Bools | None = None) -> pd.arrays.IntegerArray:
    """Whole numbers as a column that can be missing."""
    absent = np.zeros(len(values), dtype=bool) if missing is None else missing
    return pd.arrays.IntegerArray(values.astype(np.int64), absent.copy())


def words(table: tuple[str, ...], code: Ints) -> pd.api.extensions.ExtensionArray:
    """Text of each code as one column."""
    return _column(table).take(code)


def comparators(side: Ints) -> pd.api.extensions.ExtensionArray:
    """Signs of numbers as one column, by side: -1 at most, 0 the number itself, 1 at least, 2 neither is known."""
    return words(COMPARATORS, side + 1)


def texts(said: list[str]) -> pd.api.extensions.ExtensionArray:
    """Texts as one column; none of them is missing."""
    column: pd.api.extensions.ExtensionArray = pd.array(pa.array(said, type=pa.large_string()), dtype="str")
    return column


@lru_cache(maxsize=256)
def _column(table: tuple[str, ...]) -> pd.api.extensions.ExtensionArray:
    return pd.array(list(table), dtype="str")
