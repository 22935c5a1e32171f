"""Fields of plain lines by whole arrays: where each begins and ends, and each column's distinct texts.

A field of up to eight bytes is one 64-bit number, so that the distinct texts of a column are had by hashing numbers.
A column is only made when somebody asks for it: free text that no role needs is never taken apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.ingest.dictionary import Coded

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
"""Positions in one block, which is far smaller than 2 GiB."""
_WORD = 8
_STRETCH = 1 << 18
"""Bytes that are looked through at once: they and what is found in them stay in a core's own cache."""
_HASHED = 32
"""Fields of up to so many bytes are hashed as numbers, longer ones as texts."""
_KEEP = np.array([(1 << (8 * n)) - 1 for n in range(_WORD)] + [2**64 - 1], np.uint64)
VARIED = 0.3
"""A column with more different texts than this share of its rows is kept as it is in the next block."""
_LINE_FEED, _RETURN, _BLANK, _QUOTE = 10, 13, 32, 34


class Lazy(Sequence[Coded]):
    """Columns of a chunk, each made when it is first asked for."""

    def __init__(self, width: int, make: Callable[[int], Coded]):
        self._made: list[Coded | None] = [None] * width
        self._make = make

    def __len__(self) -> int:
        """How many columns."""
        return len(self._made)

    @overload
    def __getitem__(self, index: int) -> Coded: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Coded]: ...

    def __getitem__(self, index: int | slice) -> Coded | Sequence[Coded]:
        """One column by position."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        found = self._made[index]
        if found is None:
            found = self._made[index] = self._make(index)
        return found


class Cells:
    """All fields of a block of lines.

    Args:
        data: the block, which ends with a line feed.
        behind: position behind each field: of a delimiter, or of the line feed; shape (columns, lines).
        ends: where the last field of each line ends, shape (lines,).
    """

    def __init__(self, data: bytes, behind: Places, ends: Places):
        self._data = data if len(data) >= _WORD else data + bytes(_WORD)
        self._quoted = b'"' in data
        self._behind, self._ends = behind, ends

    @classmethod
    def of(
        cls, data: bytes, letters: Bytes, feeds: Positions | Places, delimiter: int, width: int, behind: Places | None
    ) -> Cells | None:
        """The fields of lines whose quotation marks, if any, each enclose a field; None where a line has not ``width``.

        Args:
            data: the block, which ends with a line feed.
            letters: the same as bytes.
            feeds: position of each line feed.
            delimiter: byte between fields.
            width: fields of a line.
            behind: what :func:`places` found in the block.
        """
        ends = (feeds - (letters[np.maximum(feeds - 1, 0)] == _RETURN)).astype(np.int32, copy=False)
        if behind is not None and b'"' not in data:
            return cls(data, behind, ends)
        between = np.flatnonzero(letters == delimiter)
        if b'"' in data:
            marks = np.flatnonzero(letters == _QUOTE)
            between = between[np.searchsorted(marks, between) % 2 == 0]
        if len(between) != len(feeds) * (width - 1):
            return None
        behind = np.empty((width, len(feeds)), np.int32)
        behind[:-1], behind[-1] = between.reshape(len(feeds), width - 1).T, feeds
        begins = np.concatenate([np.zeros(1, np.int64), feeds[:-1] + 1])
        if width > 1 and ((behind[0] < begins) | (behind[-2] > ends)).any():
            return None
        return cls(data, behind, ends)

    @property
    def longest(self) -> int:
        """Bytes of the longest field."""
        lengths = (self._lies(i)[1] for i in range(len(self._behind)))
        return max(int(length.max(initial=0)) for length in lengths)

    def _lies(self, index: int) -> tuple[Places, Places]:
        """Where each field of a column begins and its length, quotation marks around it left out."""
        if index:
            start = self._behind[index - 1] + np.int32(1)
        else:
            start = np.zeros(len(self._ends), np.int32)
            np.add(self._behind[-1, :-1], 1, out=start[1:])
        stop = self._behind[index] if index < len(self._behind) - 1 else self._ends
        if not self._quoted:
            return start, stop - start
        marked = np.frombuffer(self._data, np.uint8)[start] == _QUOTE
        return start + marked, stop - start - np.int32(2) * marked

    def column(self, index: int, *, varied: bool) -> Coded:
        """One column; where it is ``varied``, with a word a row."""
        start, length = self._lies(index)
        longest = int(length.max(initial=0))
        if not longest:
            return Coded.constant("", len(start))
        if longest <= _WORD:
            codes, words = pd.factorize(self._numbers(start, length).view(np.int64))
            return Coded.trimmed(codes.astype(np.int32), pa.array(words.view("S8")).cast(pa.string()))
        if varied:
            return Coded.each(self._texts(start, length))
        if longest <= _HASHED:
            codes = self._hashed(start, length, longest)
            first = np.empty(int(codes.max()) + 1, np.int64)
            first[codes[::-1]] = np.arange(len(codes))[::-1]
            return Coded.trimmed(codes.astype(np.int32), self._texts(start[first], length[first]))
        texts = self._texts(start, length).dictionary_encode()
        return Coded.trimmed(texts.indices.to_numpy(), texts.dictionary)

    def _numbers(self, start: Places, length: Places) -> npt.NDArray[np.uint64]:
        """Up to eight bytes of each field as one number, zero behind its end; the fields in order of lines."""
        window = np.ndarray((len(self._data) - _WORD + 1,), "<u8", buffer=self._data, strides=(1,))
        words = window[np.minimum(start, len(window) - 1)]
        # a line has a byte at least, so that only of the last few lines a field may begin where no eight bytes are left
        for row in range(max(len(start) - _WORD, 0), len(start)):
            words[row] = int.from_bytes(self._data[start[row] : start[row] + _WORD], "little")
        one_length = len(length) and length[0] == length[-1] and (length == length[0]).all()
        words &= _KEEP[length[0] if one_length else length]
        return np.asarray(words, dtype=np.uint64)

    def _hashed(self, start: Places, length: Places, longest: int) -> Positions:
        """One code for each distinct text, in order of appearance."""
        codes = np.zeros(len(start), np.int64)
        for at in range(0, longest, _WORD):
            here = np.clip(length - at, 0, _WORD)
            part = pd.factorize(self._numbers(start + np.minimum(at, length), here).view(np.int64))[0]
            codes = pd.factorize(codes * (int(part.max()) + 1) + part)[0] if at else part
        return codes

    def _texts(self, start: Places, length: Places) -> pa.Array:
        """The texts of these fields, one by one."""
        offsets = np.zeros(len(start) + 1, np.int64)
        np.cumsum(length, out=offsets[1:])
        width = int(length[0]) if len(length) else 0
        if width and (length == width).all():
            window = np.ndarray((len(self._data) - width,), f"V{width}", buffer=self._data, strides=(1,))
            letters = window[start].tobytes()
        elif offsets[-1] > _HASHED * len(start):
            letters = b"".join(self._data[a:b] for a, b in zip(start.tolist(), (start + length).tolist(), strict=True))
        else:
            at = np.repeat(start - offsets[:-1], length) + np.arange(offsets[-1])
            letters = np.frombuffer(self._data, np.uint8)[at].tobytes()
        buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(letters)]
        return pa.Array.from_buffers(pa.string(), len(start), buffers)


def places(data: bytes, letters: Bytes, delimiter: int, width: int) -> Places | None:
    """Position behind each field, shape (width, lines); None where a line has not ``width - 1`` delimiters.

    Args:
        data: a block that ends with a line feed.
        letters: the same as bytes.
        delimiter: byte between fields.
        width: fields of a line.
    """
    behind = np.empty((width, _count(letters, lambda own: own == _LINE_FEED)), np.int32)
    begin = first = 0
    while begin < len(data):
        end = data.rfind(b"\n", begin, begin + _STRETCH) + 1
        own = letters[begin:end]
        feeds = own == _LINE_FEED
        signs = own == delimiter
        lines = int(np.count_nonzero(feeds))
        signs |= feeds
        found = np.flatnonzero(signs)
        if not end or len(found) != lines * width or not feeds[found[width - 1 :: width]].all():
            return None
        np.add(found.reshape(lines, width).T, begin, out=behind[:, first : first + lines], casting="unsafe")
        begin, first = end, first + lines
    return behind


def controls(letters: Bytes) -> int:
    """How many control characters below the blank, line feeds among them."""
    return _count(letters, lambda own: own < _BLANK)


def _count(letters: Bytes, which: Callable[[Bytes], npt.NDArray[np.bool_]]) -> int:
    """How many of the bytes are so."""
    starts = range(0, len(letters), _STRETCH)
    return sum(int(np.count_nonzero(which(letters[at : at + _STRETCH]))) for at in starts)
