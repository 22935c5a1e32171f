"""The results of a bucket by analyte: a file of plain arrays of which only what is named is read.

Parquet is decoded whole, whichever analyte is asked for. Here each column stands analyte after analyte, each sorted by
patient and time, so that a question about ALT reads from the disk's cache the bytes of ALT alone, straight into the
array that is worked on. The file is a private copy: it lies beside the other stored analyses, under the name of the
bucket's content, the thresholds and the code, and is made anew where it is not there.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.arrays import Ints
from analytics.errors import DamagedStore
from analytics.store.database.atomic_files import make_folder, write_whole

Array = npt.NDArray[Any]
ENDING = ".columns"
_MAGIC = b"HEPACOL2"
_ALIGN = 64


@dataclass(frozen=True)
class Column:
    """One array: its type, where it begins in the file, and where each stretch of it begins, counted in entries."""

    kind: str
    at: int
    first: tuple[int, ...]
    sums: tuple[int, ...]
    """CRC-32 of each stretch."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type as numpy has it."""
        return np.dtype(self.kind)


@dataclass(frozen=True)
class ColumnFile:
    """What a file holds: arrays by name, each in stretches (one an analyte, or one alone), and words."""

    path: Path
    columns: Mapping[str, Column]
    words: Mapping[str, Any]
    sound: set[tuple[str, int]] = field(default_factory=set, repr=False, compare=False)
    """Stretches whose checksum was looked at by this process."""

    def count(self, name: str, stretches: Sequence[int]) -> int:
        """Entries of some stretches of an array."""
        first = self.columns[name].first
        return sum(first[s + 1] - first[s] for s in stretches)


def write(path: Path, arrays: Mapping[str, tuple[Array, Ints]], words: Mapping[str, Any]) -> None:
    """Write a file.

    Args:
        path: its name; readers see all of it or nothing.
        arrays: each with the offsets of its stretches, shape (stretches + 1,).
        words: anything that JSON holds.
    """
    columns, pieces, at = {}, [], 0
    for name, (values, first) in arrays.items():
        raw = np.ascontiguousarray(values)
        whole = raw.reshape(-1).view(np.uint8).data
        size = raw.dtype.itemsize
        sums = [zlib.crc32(whole[a * size : b * size]) for a, b in pairwise(first)]
        columns[name] = [raw.dtype.str, at, [int(f) for f in first], sums]
        gap = -len(whole) % _ALIGN
        pieces += [bytes(whole), bytes(gap)]
        at += len(whole) + gap
    head = json.dumps({"columns": columns, "words": words}, separators=(",", ":")).encode()
    start = _MAGIC + len(head).to_bytes(8, "little") + zlib.crc32(head).to_bytes(8, "little")
    make_folder(path.parent)
    write_whole(path, b"".join([start, head, bytes(-(len(start) + len(head)) % _ALIGN), *pieces]))


@lru_cache(maxsize=4096)
def opened(path: Path) -> ColumnFile:
    """What a file holds. Kept: its name follows from its content.

    Raises:
        FileNotFoundError: it is not there.
        DamagedStore: it is not such a file, or not whole.
    """
    with path.open("rb") as file:
        start = file.read(24)
        length = int.from_bytes(start[8:16], "little")
        head = file.read(length) if start[:8] == _MAGIC else b""
        if len(head) != length or not head or zlib.crc32(head) != int.from_bytes(start[16:], "little"):
            raise damaged(path)
    told, begin = json.loads(head), 24 + length + (-(24 + length) % _ALIGN)
    columns = {
        n: Column(kind, begin + at, tuple(first), tuple(sums)) for n, (kind, at, first, sums) in told["columns"].items()
    }
    return ColumnFile(path, columns, told["words"])


def check(path: Path) -> None:
    """Read all of a file, whatever was looked at before.

    Raises:
        FileNotFoundError: it is not there.
        DamagedStore: it is not what was written.
    """
    file = opened.__wrapped__(path)
    for name, column in file.columns.items():
        read([file], name, [range(len(column.sums))])


def damaged(path: Path) -> DamagedStore:
    """The error of a file whose bytes are not what was written."""
    return DamagedStore(f"{path} is damaged; nothing else is in it than in the snapshot: remove it, it is made anew")


def _width(dtype: np.dtype[Any]) -> int:
    return dtype.itemsize


@contextmanager
def _handle(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def read(files: Sequence[ColumnFile], name: str, stretches: Sequence[Sequence[int]]) -> Array:
    """Some stretches of one array of several files, one after the other.

    Args:
        files: where they lie.
        name: the array.
        stretches: of each file, rising.

    Raises:
        DamagedStore: bytes are not what was written.
    """
    sizes = [f.count(name, s) for f, s in zip(files, stretches, strict=True)]
    out = np.empty(sum(sizes), max((f.columns[name].dtype for f in files), key=_width))
    begin = 0
    for file, mine, size in zip(files, stretches, sizes, strict=True):
        if size:
            _read_into(out[begin : begin + size], file, name, mine)
        begin += size
    return out


def _read_into(out: Array, file: ColumnFile, name: str, stretches: Sequence[int]) -> None:
    """Straight into its place where the types agree."""
    column = file.columns[name]
    kind = column.dtype
    target = out if kind == out.dtype else np.empty(len(out), kind)
    view, done = target.view(np.uint8).data, 0
    with _handle(file.path) as handle:
        for low, high in _joined(stretches):
            size = (column.first[high] - column.first[low]) * kind.itemsize
            if os.preadv(handle, [view[done : done + size]], column.at + column.first[low] * kind.itemsize) != size:
                raise damaged(file.path)
            done += size
    _check(view, file, name, stretches)
    if target is not out:
        out[:] = target


def _joined(stretches: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbours, read at once: first, and one past the last."""
    low = high = -1
    for one in stretches:
        if one != high:
            if high > low:
                yield low, high
            low = one
        high = one + 1
    if high > low:
        yield low, high


def _check(view: memoryview, file: ColumnFile, name: str, stretches: Sequence[int]) -> None:
    """Against the checksums, once a process: a byte that flips on the disk is an error, not a wrong value."""
    column = file.columns[name]
    size, done = column.dtype.itemsize, 0
    for one in stretches:
        length = (column.first[one + 1] - column.first[one]) * size
        if (name, one) not in file.sound:
            if zlib.crc32(view[done : done + length]) != column.sums[one]:
                raise damaged(file.path)
            file.sound.add((name, one))
        done += length
