"""Blocks in which nothing is odd, by whole arrays; a line in which anything is odd goes the exact way, by itself.

What a block becomes must be the same as on the exact way of :mod:`analytics.ingest.reading.csv_exact`: a property test
holds them together. So this path only takes lines of which it can tell by their bytes that they are plain records,
and hands back the whole block where lines cannot be told apart (a quotation mark that may run over a line end).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analytics.ingest.dictionary import Coded
from analytics.ingest.reading.csv_cells import VARIED, Bytes, Cells, Lazy, Places, Positions, controls, places
from analytics.ingest.reading.csv_exact import Chunk, Header, Splitter
from analytics.ingest.reading.source import MAX_FIELD, MAX_LINE

MANY = 0.2
"""A block with more odd lines than this share goes the exact way as a whole."""
_LINE_FEED, _RETURN, _QUOTE = 10, 13, 34
_NEVER = 256
"""No byte is this: what no line begins with."""
_ODD_TEXT = re.compile("[\x7f-\x9f\u2028\u2029\ufffd]")


class FastSplitter(Splitter):
    """Splits as Splitter does, and faster where it can."""

    def __init__(self, header: Header, file: str, skip: int):
        super().__init__(header, file, skip)
        self._delimiter = ord(header.delimiter)
        self._width = len(header.names)
        self._header_bytes = header.text.encode("utf-8")
        self._comment = header.comment.encode("utf-8")[0] if header.comment else _NEVER
        self._varied = [False] * self._width
        self._wanted: set[int] = set()

    def chunk(self, block: bytes, bytes_read: int, *, last: bool) -> Chunk:
        """The records of one block."""
        start = self._first_data(block)
        data = block[start:] if start else block
        if self._open or not data or not data.endswith(b"\n"):
            return super().chunk(block, bytes_read, last=last)
        before = self.line + (block.count(b"\n", 0, start) if start else 0)
        letters = np.frombuffer(data, np.uint8)
        behind = places(data, letters, self._delimiter, self._width)
        ends = np.flatnonzero(letters == _LINE_FEED) if behind is None else behind[-1]
        found = self._plain(data, before, ends, behind) if self._looks_plain(data, letters, ends) else None
        found = found or self._mixed(data, before, letters, ends, last=last)
        if found is None:
            return super().chunk(block, bytes_read, last=last)
        self.line = before + len(ends)
        self._good += len(found)
        found.bytes_read, found.make_columns = bytes_read, partial(self._make, found.columns)
        return found

    def _first_data(self, block: bytes) -> int:
        """Where the data begins in the first block: after the header."""
        if self.line >= max(self.header.line, self.skip):
            return 0
        at = 0
        for _ in range(max(self.header.line, self.skip)):
            at = block.find(b"\n", at) + 1
            if not at:
                return len(block)
        return at

    def _looks_plain(self, data: bytes, letters: Bytes, ends: Positions | Places) -> bool:
        """No line of this block can be anything but a record, as far as single bytes tell."""
        firsts = np.r_[letters[:1], letters[ends[:-1] + 1]]
        if ((firsts == self._comment) | (firsts == _LINE_FEED) | (firsts == _RETURN)).any() or b"\x7f" in data:
            return False
        if (firsts == self._header_bytes[0]).any() and self._header_bytes in data:
            return False
        allowed = len(ends) + data.count(b"\t") if b"\t" in data else len(ends)
        if b"\r" in data:
            if not (letters[np.flatnonzero(letters == _RETURN) + 1] == _LINE_FEED).all():
                return False
            allowed += data.count(b"\r")
        if controls(letters) != allowed:
            return False
        return _is_clean_text(data) and (b'"' not in data or self._cleanly_quoted(letters, ends))

    def _cleanly_quoted(self, letters: Bytes, feeds: Positions | Places) -> bool:
        """Every quotation mark opens a field at its start or closes it at its end, on one line, with none inside."""
        marks = np.flatnonzero(letters == _QUOTE)
        if len(marks) % 2:
            return False
        opening, closing = marks[0::2], marks[1::2]
        before = letters[np.maximum(opening - 1, 0)]
        after = letters[np.minimum(closing + 1, len(letters) - 1)]
        begins = (opening == 0) | (before == self._delimiter) | (before == _LINE_FEED)
        ends = (after == self._delimiter) | (after == _LINE_FEED) | (after == _RETURN)
        same_line = np.searchsorted(feeds, opening) == np.searchsorted(feeds, closing)
        return bool((begins & ends & same_line).all())

    def _plain(self, data: bytes, before: int, ends: Positions | Places, behind: Places | None) -> Chunk | None:
        """All lines as records, or None where one of them is not."""
        letters = np.frombuffer(data, np.uint8)
        cells = Cells.of(data, letters, ends, self._delimiter, self._width, behind)
        longest = np.diff(ends, prepend=-1).max()
        if cells is None or longest > MAX_LINE or (longest > MAX_FIELD and cells.longest > MAX_FIELD):
            return None

        def made(index: int) -> Coded:
            self._wanted.add(index)
            column = cells.column(index, varied=self._varied[index])
            self._varied[index] = len(column.words) > len(column) * VARIED
            return column

        columns = Lazy(self._width, made)
        if _some_blank(columns[0]):
            return None
        numbers = np.arange(before + 1, before + 1 + len(ends), dtype=np.int64)
        return Chunk(columns, numbers, _Lines(data, ends))

    def _make(self, columns: Sequence[Coded]) -> None:
        """Ask for the columns that were asked for before."""
        for index in sorted(self._wanted):
            columns[index]

    def _mixed(self, data: bytes, before: int, letters: Bytes, ends: Positions | Places, *, last: bool) -> Chunk | None:
        """Odd lines the exact way, the others together; None where lines cannot be told apart."""
        starts = np.r_[0, ends[:-1] + 1]
        odd = self._odd_lines(data, letters, starts, ends)
        if odd is None or odd.mean() > MANY:
            return None
        texts = {int(i): data[starts[i] : ends[i]] for i in np.flatnonzero(odd)}
        if any(t.count(b'"') % 2 for t in texts.values()):
            return None
        keep = np.repeat(~odd, ends - starts + 1)
        kept_ends = np.cumsum((ends - starts + 1)[~odd]) - 1
        plain = self._plain(letters[keep].tobytes(), 0, kept_ends, None) if len(kept_ends) else None
        if plain is None:
            return None
        numbers = np.arange(before + 1, before + 1 + len(ends), dtype=np.int64)
        plain.line = numbers[~odd]
        return _merged(plain, self._chunk(((int(numbers[i]), t) for i, t in texts.items()), last=last))

    def _odd_lines(
        self, data: bytes, letters: Bytes, starts: Positions | Places, ends: Positions | Places
    ) -> npt.NDArray[np.bool_] | None:
        """Which lines are not plainly records."""
        odd = (ends == starts) | (letters[starts] == self._comment)
        delimiters = np.flatnonzero(letters == self._delimiter)
        count = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts)
        odd |= count != self._width - 1
        strange = (letters < 32) & (letters != _LINE_FEED) & (letters != 9)
        strange |= (letters >= 127) | (letters == _QUOTE)
        at = np.flatnonzero(strange)
        returns = at[letters[at] == _RETURN]
        at_end = letters[np.minimum(returns + 1, len(letters) - 1)] == _LINE_FEED
        at = np.r_[at[letters[at] != _RETURN], returns[~at_end]]
        odd[np.minimum(np.searchsorted(ends, at), len(odd) - 1)] = True
        odd |= (ends - starts) > min(MAX_FIELD, MAX_LINE)
        position = data.find(self._header_bytes)
        while position >= 0:
            odd[min(int(np.searchsorted(ends, position)), len(odd) - 1)] = True
            position = data.find(self._header_bytes, position + 1)
        return np.asarray(odd, dtype=bool)


class _Lines:
    """Text of the line of a record, found when it is asked for."""

    def __init__(self, data: bytes, ends: Positions | Places):
        self._data, self._ends = data, ends

    def __call__(self, row: int) -> str:
        start = 0 if row == 0 else int(self._ends[row - 1]) + 1
        return self._data[start : int(self._ends[row])].decode("utf-8").removesuffix("\r")


def _is_clean_text(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not _ODD_TEXT.search(text)


def _some_blank(column: Coded) -> bool:
    """Whether the first column is blank anywhere: perhaps the whole record is, which only the exact way tells."""
    return bool(pc.any(pc.equal(column.words, "")).as_py())


def _merged(plain: Chunk, exact: Chunk) -> Chunk:
    """Two chunks of one block as one, in the order of lines."""
    exact_rows, n = len(exact), len(plain)
    plain.held, plain.ignored = exact.held, exact.ignored
    if not exact_rows:
        return plain
    line = np.concatenate([plain.line, exact.line])
    order = np.argsort(line, kind="stable")

    def column(index: int) -> Coded:
        a, b = plain.columns[index], exact.columns[index]
        codes = np.concatenate([a.codes, b.codes + np.int32(len(a.words))])[order]
        return Coded(codes, pa.concat_arrays([a.words, b.words]))

    columns = Lazy(len(plain.columns), column)
    first, second = plain.raw, exact.raw

    def raw(row: int) -> str:
        at = int(order[row])
        return first(at) if at < n else second(at - n)

    return Chunk(columns, line[order], raw, exact.held, exact.ignored)
