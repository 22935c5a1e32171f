"""Canonical frames as Arrow tables and back; both sides follow analytics.tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.arrays import ArrowStringArray, IntegerArray

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
_FEW = 10_000
"""Up to so many rows columns are taken over one by one, either way; more are converted by all cores."""
_OWN = frozenset({pa.large_string(), pa.float64(), pa.int64(), pa.timestamp("us"), pa.bool_()})
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
    frame = table.conform(frame)
    if len(frame) > _FEW:
        return pa.Table.from_pandas(frame, schema=schema_of(table), preserve_index=False)
    schema = _described_schema_of(table)
    arrays = [pa.array(c.values, f.type, from_pandas=True) for (_, c), f in zip(frame.items(), schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


@lru_cache(maxsize=64)
def _described_schema_of(table: Table) -> pa.Schema:
    """The schema with what pandas writes about itself, made once: of a few rows that takes longest."""
    return pa.Table.from_pandas(table.empty(), schema=schema_of(table), preserve_index=False).schema


def to_frame(data: pa.Table) -> pd.DataFrame:
    """A frame in canonical types."""
    if data.num_rows <= _FEW and set(data.schema.types) <= _OWN:
        return pd.DataFrame({f.name: _own(c) for f, c in zip(data.schema, data.columns, strict=True)}, copy=False)
    return data.to_pandas(types_mapper=_PANDAS.get, split_blocks=True)  # type: ignore[no-any-return]


def empty_frame(table: Table) -> pd.DataFrame:
    """A frame of this table without rows."""
    return _made_empty(table).copy(deep=False)


@lru_cache(maxsize=32)
def _made_empty(table: Table) -> pd.DataFrame:
    """Made once: an empty frame of twenty typed columns takes longer than reading a patient."""
    return table.empty()


def _own(column: pa.ChunkedArray) -> Any:
    """The same array of pandas as ``to_pandas`` gives, without asking what else it could be."""
    kind = column.type
    if kind == pa.large_string():
        return ArrowStringArray(column, dtype=_PANDAS[kind])  # type: ignore[call-arg]
    if kind == pa.int64() and not column.null_count:
        return IntegerArray(column.to_numpy(), np.zeros(len(column), np.bool_))
    if kind in _PANDAS:
        return _PANDAS[kind].__from_arrow__(column)
    return column.to_numpy()


def plain(table: Table, data: pa.Table) -> pa.Table:
    """Columns of a canonical table with texts in place of codes."""
    return data.cast(pa.schema([schema_of(table).field(name) for name in data.column_names]))
