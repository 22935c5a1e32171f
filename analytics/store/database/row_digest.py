"""A 64-bit digest of each row, and their sum for a set of rows, whatever the order.

A flipped byte in any column changes the row's digest and the sum of its import. It finds damage, not forgery: who can
write the database can write the digest too. Text is hashed by BLAKE2b, so the numbers are the same on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.store.database.arrow import is_text, words_of

Words = npt.NDArray[np.uint64]

_MISSING = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_STEP = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)
WORDS_KEPT = 1 << 16
"""Texts whose hash is kept: the same entries come again with every stretch of a file."""


def row_digests(data: pa.Table, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """One digest a row over these columns, in this order, shape (rows,)."""
    state: Words = np.full(data.num_rows, len(columns), dtype=np.uint64)
    for name in columns:
        state ^= _hashes(data.column(name))
        state *= _MIX
        state ^= state >> _SHIFT
        state *= _STEP
        state ^= state >> _SHIFT
    return state.view(np.int64)


def row_digests_since(data: pa.Table, columns: Sequence[str], since: Sequence[str]) -> npt.NDArray[np.int64]:
    """As row_digests; ``since`` are columns of a later version, each a part only where it is not missing."""
    state = row_digests(data, columns)
    for name in since:
        told = np.flatnonzero(data.column(name).is_valid().to_numpy())
        state[told] ^= row_digests(data.select([name]).take(pa.array(told)), [name])
    return state


def total(digests: npt.NDArray[np.int64]) -> int:
    """Sum modulo 2**64 as a signed number: adding or taking away rows needs no other row."""
    with np.errstate(over="ignore"):
        return int(digests.sum(dtype=np.int64)) if len(digests) else 0


def added(a: int, b: int) -> int:
    """a + b modulo 2**64, signed."""
    return (a + b + 2**63) % 2**64 - 2**63


@lru_cache(WORDS_KEPT)
def word_hash(word: str) -> int:
    """64 bits of a text."""
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _hashes(column: pa.ChunkedArray) -> Words:
    if is_text(column.type):
        codes, words = words_of(column)
        table = np.array([word_hash(w) for w in words[:-1] if w is not None] + [int(_MISSING)], dtype=np.uint64)
        return np.asarray(table[codes])
    missing = column.is_null().to_numpy() if column.null_count else None
    bits = _bits(column)
    bits = (bits ^ (bits >> _SHIFT)) * _MIX
    if missing is not None:
        bits[missing] = _MISSING
    return bits


def _bits(column: pa.ChunkedArray) -> Words:
    kind: Any = column.type
    bits: Words
    if pa.types.is_floating(kind):
        values = column.fill_null(0.0).to_numpy() + 0.0
        bits = values.view(np.uint64).copy()
    elif pa.types.is_boolean(kind):
        bits = column.fill_null(False).to_numpy().astype(np.uint64)
    else:
        bits = column.cast(pa.int64()).fill_null(0).to_numpy().astype(np.int64).view(np.uint64).copy()
    return bits
