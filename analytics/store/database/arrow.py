"""Columns of Arrow tables as codes and words, and as Python values for a database driver."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa

from analytics.arrow import schema_of, to_arrow, to_frame
from analytics.wall_time import NO_OFFSET, happened

__all__ = ["coded", "is_text", "moments", "python_values", "rows_at", "schema_of", "to_arrow", "to_frame", "words_of"]


def words_of(column: pa.ChunkedArray | pa.Array) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[str | None]]:
    """Codes and distinct words of a text column; -1 and None stand for missing.

    Returns:
        codes of shape (n,), and the words; the last word is None, so that -1 picks it.
    """
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, [*coded.dictionary.to_pylist(), None]


def moments(labs: pa.Table, series: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """What orders results of table LABS within their series as they happened (analytics.wall_time), shape (n,)."""
    wall: np.ndarray[Any, np.dtype[np.int64]]
    wall = labs.column("collected_at").to_numpy().astype("datetime64[us]").astype("int64")
    offset = labs.column("utc_offset_min")
    if offset.null_count == len(offset):
        return wall
    return happened(series, wall, offset.fill_null(NO_OFFSET).to_numpy())


def rows_at(data: pa.Table, order: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Table:
    """All rows in another order; columns that say the same in every row are left as they are.

    Args:
        data: the rows.
        order: each position once, shape (n,).
    """
    at = pa.array(order)
    columns = [c if _says_one_thing(c) else c.combine_chunks().take(at) for c in data.columns]
    return pa.table(columns, schema=data.schema)


def _says_one_thing(column: pa.ChunkedArray) -> bool:
    """Whether all rows are missing, or have the one word of a column in codes: no where only a look could tell."""
    if column.null_count or not pa.types.is_dictionary(column.type):
        return bool(column.null_count == len(column))
    return column.num_chunks == 1 and len(column.chunk(0).dictionary) == 1


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts, plain or coded."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def coded(data: pa.Table, names: Collection[str] | None = None) -> pa.Table:
    """With text columns (all, or those named) as codes and words, so that each text is handled once from here on."""
    wanted = data.column_names if names is None else names
    columns = [
        c.combine_chunks().dictionary_encode() if n in wanted and is_text(c.type) else c
        for n, c in zip(data.column_names, data.columns, strict=True)
    ]
    return pa.table(columns, names=data.column_names)


def python_values(column: pa.ChunkedArray) -> list[Any]:
    """Values as Python objects for a database driver: None where missing, times as whole microseconds."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if is_text(column.type):
        codes, words = words_of(column)
        pool = np.empty(len(words), dtype=object)
        pool[:] = words
        return list(pool[codes].tolist())
    values: list[Any] = column.to_pylist() if column.null_count else column.to_numpy().tolist()
    return values
