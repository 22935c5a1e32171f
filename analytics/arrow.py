"""Canonical frames as Arrow tables and back; both sides follow analytics.tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.tables import Kind, Table

_ARROW: Mapping[Kind, pa.DataType] = MappingProxyType(
    {
        "text": pa.large_string(),
        "number": pa.float64(),
        "whole": pa.int64(),
        "time": pa.timestamp("us"),
        "flag": pa.bool_(),
        "json": pa.large_string(),
    }
)
_PANDAS: Mapping[pa.DataType, Any] = MappingProxyType(
    {
        pa.large_string(): pd.StringDtype("pyarrow", na_value=np.nan),
        pa.string(): pd.StringDtype("pyarrow", na_value=np.nan),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
)
CODES = pa.dictionary(pa.int32(), pa.large_string())
"""A text column as codes into words."""


@lru_cache(maxsize=64)
def schema_of(table: Table) -> pa.Schema:
    """Arrow schema of a canonical table."""
    return pa.schema([(c.name, _ARROW[c.kind]) for c in table.columns])


@lru_cache(maxsize=8)
def coded_schema_of(table: Table) -> pa.Schema:
    """The same with every text column as codes into words."""
    return pa.schema([(c.name, CODES if c.kind == "text" else _ARROW[c.kind]) for c in table.columns])


def to_arrow(table: Table, frame: pd.DataFrame) -> pa.Table:
    """A frame of this table, in its column order; NaN becomes null."""
    return pa.Table.from_pandas(table.conform(frame), schema=schema_of(table), preserve_index=False)


def to_frame(data: pa.Table) -> pd.DataFrame:
    """A frame in canonical types."""
    return data.to_pandas(types_mapper=_PANDAS.get, split_blocks=True)  # type: ignore[no-any-return]


def plain(table: Table, data: pa.Table) -> pa.Table:
    """Columns of a canonical table with texts in place of codes."""
    return data.cast(pa.schema([schema_of(table).field(name) for name in data.column_names]))
