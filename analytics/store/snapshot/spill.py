"""What an import has accepted, kept by patient number until it is published: in memory, then in files."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from analytics.store.database.arrow import rows_at, words_of
from analytics.store.database.atomic_files import make_folder, step
from analytics.store.snapshot.manifest import numbers_of

DRAWERS = 256
MEMORY_BYTES = 96 * 2**20


@dataclass(frozen=True)
class _Written:
    """Rows of one drawer in a file: its stretches of that number, from the first one on."""

    path: Path
    first: int
    stretches: int

    def read(self) -> pa.Table:
        with pa.memory_map(str(self.path)) as source:
            file = pa.ipc.open_file(source)
            some = range(self.first, self.first + self.stretches)
            return pa.Table.from_batches([file.get_batch(i) for i in some], file.schema)


class Spill:
    """Rows by (table, patient number % DRAWERS). Never more than MEMORY_BYTES of them stay in memory.

    A column in which nothing is told waits without its cells, and all drawers of a table go into one file at a time.
    """

    def __init__(self, folder: Path):
        self.folder, self.drawers = folder, DRAWERS
        self._unsorted: list[tuple[str, pa.Table]] = []
        self._held: dict[tuple[str, int], list[pa.Table]] = defaultdict(list)
        self._files: dict[tuple[str, int], list[_Written]] = defaultdict(list)
        self._schemas: dict[str, pa.Schema] = {}
        self._touched: set[int] = set()
        self._bytes = self._written = 0
        self.rows: dict[str, int] = defaultdict(int)

    def add(self, name: str, data: pa.Table) -> None:
        """Take rows; the column patient_id says which drawer is theirs. All rows of a table have the same columns."""
        if not data.num_rows:
            return
        self._schemas.setdefault(name, data.schema)
        data = _without_cells(data)
        self._unsorted.append((name, data))
        self.rows[name] += data.num_rows
        self._bytes += data.nbytes
        if self._bytes > MEMORY_BYTES:
            self._flush()

    def touched(self) -> set[int]:
        """Drawers that hold anything."""
        self._sort()
        return set(self._touched)

    def take(self, name: str, drawers: Iterable[int]) -> list[pa.Table]:
        """All rows of some drawers, oldest first within a drawer."""
        self._sort()
        return [self._whole(name, part) for drawer in drawers for part in self._parts(name, drawer)]

    def pop(self, name: str, drawers: Collection[int], *, alone: bool = False) -> list[pa.Table]:
        """The same, which is forgotten.

        Args:
            name: the table.
            drawers: those to empty.
            alone: they hold all rows of this table that are here, so that these need no parting.
        """
        unsorted = [part for n, part in self._unsorted if alone and n == name]
        self._unsorted = [(n, part) for n, part in self._unsorted if not (alone and n == name)]
        parts = [*self.take(name, drawers), *(self._whole(name, part) for part in unsorted)]
        for drawer in drawers:
            self._held.pop((name, drawer), None)
            self._files.pop((name, drawer), None)
        self._bytes = sum(part.nbytes for held in self._held.values() for part in held)
        self._bytes += sum(part.nbytes for _, part in self._unsorted)
        return parts

    def clear(self) -> None:
        """Remove the files."""
        self._held.clear()
        self._unsorted.clear()
        with suppress(OSError):
            shutil.rmtree(self.folder)

    def _sort(self) -> None:
        """Put what was taken into its drawers, all batches of a table at once."""
        for name in dict.fromkeys(name for name, _ in self._unsorted):
            data = _together([part for n, part in self._unsorted if n == name])
            codes, words = words_of(data.column("patient_id"))
            drawer = (numbers_of(w for w in words[:-1] if w is not None) % self.drawers)[codes]
            order = np.argsort(drawer.astype(np.int16), kind="stable")
            data, drawer = rows_at(data, order), drawer[order]
            starts = np.flatnonzero(np.r_[True, drawer[1:] != drawer[:-1]])
            for start, stop in zip(starts, [*starts[1:], len(drawer)], strict=True):
                self._held[name, int(drawer[start])].append(data.slice(start, stop - start))
                self._touched.add(int(drawer[start]))
        self._unsorted.clear()

    def _parts(self, name: str, drawer: int) -> Iterator[pa.Table]:
        for written in self._files.get((name, drawer), ()):
            yield written.read()
        yield from self._held.get((name, drawer), [])

    def _whole(self, name: str, part: pa.Table) -> pa.Table:
        """With the cells of every column."""
        schema = self._schemas[name]
        columns = [
            pa.nulls(len(part), f.type) if pa.types.is_null(c.type) else c
            for c, f in zip(part.columns, schema, strict=True)
        ]
        return pa.table(columns, schema=schema)

    def _flush(self) -> None:
        self._sort()
        make_folder(self.folder)
        for name in dict.fromkeys(name for name, _ in self._held):
            self._write(name, sorted(drawer for n, drawer in self._held if n == name))
        self._held.clear()
        self._bytes = 0

    def _write(self, name: str, drawers: list[int]) -> None:
        """All drawers of a table that are held, into one file."""
        counts = [sum(map(len, self._held[name, drawer])) for drawer in drawers]
        data = _together([part for drawer in drawers for part in self._held[name, drawer]]).unify_dictionaries()
        path = self.folder / f"{name}-{self._written:05d}.arrow"
        self._written += 1
        step("write", "spill")
        at = row = 0
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, data.schema) as out:
            for drawer, count in zip(drawers, counts, strict=True):
                stretches = data.slice(row, count).to_batches()
                for stretch in stretches:
                    out.write_batch(stretch)
                self._files[name, drawer].append(_Written(path, at, len(stretches)))
                at, row = at + len(stretches), row + count


def _without_cells(data: pa.Table) -> pa.Table:
    """With the columns in which nothing is told as columns of no kind, which take no memory."""
    columns = [pa.chunked_array([pa.nulls(len(c))]) if c.null_count == len(c) else c for c in data.columns]
    return pa.table(columns, names=data.column_names)


def _together(parts: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(parts, promote_options="default")
