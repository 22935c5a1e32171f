"""What an import has accepted, kept by patient number until it is published: in memory, then in files."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa

from analytics.store.database.arrow import words_of
from analytics.store.database.atomic_files import make_folder, step
from analytics.store.snapshot.manifest import numbers_of

DRAWERS = 256
MEMORY_BYTES = 96 * 2**20


class Spill:
    """Rows by (table, patient number % DRAWERS). Never more than MEMORY_BYTES of them stay in memory."""

    def __init__(self, folder: Path):
        self.folder, self.drawers = folder, DRAWERS
        self._unsorted: list[tuple[str, pa.Table]] = []
        self._held: dict[tuple[str, int], list[pa.Table]] = defaultdict(list)
        self._files: dict[tuple[str, int], int] = {}
        self._touched: set[int] = set()
        self._bytes = 0
        self.rows: dict[str, int] = defaultdict(int)

    def add(self, name: str, data: pa.Table) -> None:
        """Take rows; the column patient_id says which drawer is theirs."""
        if not data.num_rows:
            return
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
        return [part for drawer in drawers for part in self._parts(name, drawer)]

    def clear(self) -> None:
        """Remove the files."""
        self._held.clear()
        self._unsorted.clear()
        with suppress(OSError):
            shutil.rmtree(self.folder)

    def _sort(self) -> None:
        """Put what was taken into its drawers, all batches of a table at once."""
        for name in dict.fromkeys(name for name, _ in self._unsorted):
            data = pa.concat_tables([part for n, part in self._unsorted if n == name])
            codes, words = words_of(data.column("patient_id"))
            drawer = (numbers_of(w for w in words[:-1] if w is not None) % self.drawers)[codes]
            order = np.argsort(drawer.astype(np.int16), kind="stable")
            data, drawer = data.take(pa.array(order)), drawer[order]
            starts = np.flatnonzero(np.r_[True, drawer[1:] != drawer[:-1]])
            for start, stop in zip(starts, [*starts[1:], len(drawer)], strict=True):
                self._held[name, int(drawer[start])].append(data.slice(start, stop - start))
                self._touched.add(int(drawer[start]))
        self._unsorted.clear()

    def _parts(self, name: str, drawer: int) -> Iterator[pa.Table]:
        for i in range(self._files.get((name, drawer), 0)):
            with pa.memory_map(str(self._path(name, drawer, i))) as source:
                yield pa.ipc.open_file(source).read_all()
        yield from self._held.get((name, drawer), [])

    def _flush(self) -> None:
        self._sort()
        make_folder(self.folder)
        for (name, drawer), parts in self._held.items():
            data = pa.concat_tables(parts).unify_dictionaries()
            at = self._files.get((name, drawer), 0)
            step("write", "spill")
            with pa.OSFile(str(self._path(name, drawer, at)), "wb") as sink, pa.ipc.new_file(sink, data.schema) as out:
                out.write_table(data)
            self._files[name, drawer] = at + 1
        self._held.clear()
        self._bytes = 0

    def _path(self, name: str, drawer: int, i: int) -> Path:
        return self.folder / f"{name}-{drawer:03d}-{i:05d}.arrow"
