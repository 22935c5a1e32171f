"""Columns of table LABS from words and numbers as they were read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.ingest import version_order
from analytics.ingest.alike import Kinds
from analytics.ingest.dictionary import Coded, Picked, constant, dictionary, nothing, same
from analytics.ingest.times import PRECISIONS
from analytics.wall_time import NO_OFFSET


def coded_column(column: Coded, good: Picked) -> pa.DictionaryArray:
    return dictionary(column.codes[good], column.words)


def worded_column(codes: npt.NDArray[Any], words: pa.Array) -> pa.DictionaryArray:
    """Codes into few words; where all are one word, a constant."""
    if len(codes) and (codes == codes[0]).all():
        return constant(words[int(codes[0])].as_py(), len(codes))
    return dictionary(codes.astype(np.int32), words)


def spread_words(kinds: Kinds, good: Picked, codes: npt.NDArray[Any], words: pa.Array) -> pa.DictionaryArray:
    """Codes of kinds into few words, for the rows; where all kinds have one word, a constant."""
    if same(codes):
        return constant(words[int(codes[0])].as_py(), len(kinds.spread(codes, good)))
    return worded_column(kinds.spread(codes, good), words)


def spread_numbers(kinds: Kinds, good: Picked, values: npt.NDArray[np.float64]) -> pa.Array:
    """Numbers of kinds for the rows; NaN is missing."""
    return pa.array(kinds.spread(values, good), from_pandas=bool(np.isnan(values).any()))


def versions_column(versions: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(versions, mask=versions == version_order.MISSING)


def precision_column(column: Coded | None, read: npt.NDArray[np.int8], good: Picked) -> pa.DictionaryArray:
    if column is not None:
        own = np.array([PRECISIONS.index(w) if w in PRECISIONS else -1 for w in column.list()], np.int8)
        spread = column.spread(own)
        read = np.where(spread >= 0, spread, read)
    return worded_column(read[good], pa.array(PRECISIONS))


def offsets_column(column: Coded | None, read: npt.NDArray[np.int32], good: Picked) -> pa.Array:
    if column is not None:
        own = np.array([int(w) if w.lstrip("-").isdigit() else NO_OFFSET for w in column.list()], np.int32)
        spread = column.spread(own)
        read = np.where(spread != NO_OFFSET, spread, read)
    chosen = read[good]
    missing = chosen == NO_OFFSET
    return nothing(len(chosen)) if missing.all() else pa.array(chosen.astype(np.int64), mask=missing)
