"""A text column as integer codes into its distinct words, so that each distinct text is understood once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_STR = pd.StringDtype(storage="pyarrow", na_value=np.nan)
BLANKS = " \t\u00a0\u202f\ufeff"
"""What is trimmed from every cell."""


Picked = npt.NDArray[np.int64] | npt.NDArray[np.bool_] | slice
"""Rows: by position, by mask, or all of them as a slice."""


@dataclass(frozen=True)
class Coded:
    """A column of n texts.

    Attributes:
        codes: shape (n,), position in ``words``.
        words: the distinct texts, trimmed of blanks.
        in_order: whether each row has the word of its own place, so that nothing need be looked up.
    """

    codes: npt.NDArray[np.int32]
    words: pa.Array
    in_order: bool = False

    @classmethod
    def of(cls, texts: Sequence[str] | npt.NDArray[np.object_]) -> Coded:
        """From plain texts."""
        codes, words = pd.factorize(np.asarray(texts, dtype=object))
        return cls.trimmed(codes.astype(np.int32), pa.array(words, pa.string()))

    @classmethod
    def constant(cls, text: str, n: int) -> Coded:
        """The same text n times."""
        return cls(np.zeros(n, np.int32), pa.array([text], pa.string()))

    @classmethod
    def trimmed(cls, codes: npt.NDArray[np.int32], words: pa.Array) -> Coded:
        """From codes and words that may still have blanks around them."""
        return cls(codes, _trimmed(words))

    @classmethod
    def each(cls, texts: pa.Array) -> Coded:
        """A word a row, from texts that may still have blanks around them."""
        return cls(np.arange(len(texts), dtype=np.int32), _trimmed(texts), in_order=True)

    def __len__(self) -> int:
        """How many texts."""
        return len(self.codes)

    def take(self, rows: Picked) -> Coded:
        """These rows only."""
        return Coded(self.codes[rows], self.words)

    def list(self) -> list[str]:
        """The distinct texts as a plain list."""
        words: list[str] = self.words.to_pylist()
        return words

    def spread(self, per_word: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One entry a word to one entry a row, in an array of its own."""
        if same(per_word):
            return np.full(len(self.codes), per_word[0])
        return per_word.copy() if self.in_order else per_word[self.codes]

    def at(self, row: int) -> str:
        """The text of one row."""
        return str(self.words[int(self.codes[row])].as_py())

    def texts(self) -> Any:
        """The column as a pandas text array."""
        return text_array(self.codes, self.words)


def same(entries: npt.NDArray[Any]) -> bool:
    """Whether there are entries, and all are one."""
    return bool(len(entries) and entries[-1] == entries[0] and (entries == entries[0]).all())


def pairs_of(first: Coded, second: Coded) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """The different pairs of entries of two columns.

    Returns:
        Positions of both entries of each pair, shape (pairs, 2); and the pair of each row, shape (n,).
    """
    width = max(len(second.words), 1)
    key = first.codes.astype(np.int64) * width + second.codes
    if len(first.words) * width <= 4 * len(key) + _FEW_PAIRS:  # few enough to be counted in place of sorted
        used = np.flatnonzero(np.bincount(key, minlength=1)) if len(key) else np.empty(0, np.int64)
        place = np.zeros(int(used[-1]) + 1 if len(used) else 1, np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        codes = place[key]
    else:
        used, inverse = np.unique(key, return_inverse=True)
        codes = inverse.reshape(-1).astype(np.int32)
    return np.stack([used // width, used % width], axis=1), codes


_FEW_PAIRS = 1 << 16


def _trimmed(words: pa.Array) -> pa.Array:
    return pc.utf8_trim(words, BLANKS) if _some_blank_edge(words) else words


def _some_blank_edge(words: pa.Array) -> bool:
    """Whether some word may begin or end with one of BLANKS, judged by its first and last byte."""
    buffers = words.buffers()
    if not len(words) or buffers[2] is None:
        return False
    offsets = np.frombuffer(buffers[1], np.int32)[words.offset : words.offset + len(words) + 1]
    letters = np.frombuffer(buffers[2], np.uint8)
    begin, end = offsets[:-1], offsets[1:]
    filled = end > begin
    if not filled.all():
        begin, end = begin[filled], end[filled]
    return any(
        bool(len(edge)) and (edge.min() <= _PLAIN_BLANK or edge.max() >= _BEYOND_ASCII) and bool(blank[edge].any())
        for edge, blank in ((letters[begin], _FIRST), (letters[end - 1], _LAST))
    )


_PLAIN_BLANK, _BEYOND_ASCII = ord(" "), 0x80
_FIRST, _LAST = np.zeros(256, bool), np.zeros(256, bool)
_FIRST[[b.encode()[0] for b in BLANKS]] = True
_LAST[[b.encode()[-1] for b in BLANKS]] = True


def text_array(codes: npt.NDArray[np.int32], words: pa.Array) -> Any:
    """Codes and words as a pandas text array; the code -1 is a missing text."""
    if len(codes) and codes[0] >= 0 and (codes == codes[0]).all():
        return constant_texts(words[int(codes[0])].as_py(), len(codes))
    missing = codes < 0
    texts = words.cast(pa.large_string()).take(pa.array(codes, pa.int32(), mask=missing if missing.any() else None))
    return _STR.__from_arrow__(texts)  # type: ignore[attr-defined]


def constant_texts(text: str | None, n: int) -> Any:
    """The same text (None: missing) n times as a pandas text array; arrays of one text share their memory."""
    return _STR.__from_arrow__(_repeated(text, max(1 << (n - 1).bit_length(), 1)).slice(0, n))  # type: ignore[attr-defined]


@lru_cache(maxsize=32)
def _repeated(text: str | None, n: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.large_string()), n)


def dictionary(codes: npt.NDArray[np.int32], words: pa.Array) -> pa.DictionaryArray:
    """Codes and words as a column of a table in codes (analytics.arrow.CODES); a word may stand in it twice."""
    return pa.DictionaryArray.from_arrays(pa.array(codes), words.cast(pa.large_string()), safe=False)


def constant(text: str, n: int) -> pa.DictionaryArray:
    """The same text n times, in codes that all such columns share."""
    zeros = _zeros(1 << max(n - 1, 0).bit_length())[:n]
    return pa.DictionaryArray.from_arrays(pa.array(zeros), pa.array([text], pa.large_string()), safe=False)


def nothing(n: int) -> pa.Array:
    """A column of n missing whole numbers, in memory that all such columns share."""
    return _nulls(1 << max(n - 1, 0).bit_length()).slice(0, n)


@lru_cache(maxsize=8)
def _nulls(n: int) -> pa.Array:
    return pa.nulls(n, pa.int64())


@lru_cache(maxsize=8)
def _zeros(n: int) -> npt.NDArray[np.int32]:
    return np.zeros(n, np.int32)


def distinct(column: pd.Series[str]) -> pa.Array:
    """The different texts of a pandas text column."""
    return pc.unique(pa.array(column.array, pa.large_string()))


def used_words(column: pa.ChunkedArray) -> pa.Array:
    """The words that a column in codes makes use of, each at least once."""
    parts = [_used(chunk) for chunk in column.chunks]
    if len(parts) == 1:
        return parts[0]
    return pc.unique(pa.concat_arrays(parts)) if parts else pa.array([], pa.large_string())


def _used(chunk: pa.DictionaryArray) -> pa.Array:
    marks = np.zeros(len(chunk.dictionary), bool)
    marks[chunk.indices.to_numpy()] = True
    return chunk.dictionary if marks.all() else chunk.dictionary.filter(pa.array(marks))
