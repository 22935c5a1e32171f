"""The number results of some analytes of a block of buckets as arrays, each read from the files when it is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import CODES, INDEX
from analytics.arrays import Floats, Ints, Points, sorted_runs
from analytics.derive.baseline import Baselines
from analytics.panel import Panel
from analytics.store.snapshot import bucket_columns, column_file
from analytics.store.snapshot.bucket_columns import text_of
from analytics.store.snapshot.column_file import Array, ColumnFile
from analytics.store.snapshot.packed_columns import Texts, joint


@dataclass(frozen=True)
class People:
    """The people of a block as they are shown.

    Attributes:
        panel: their tables, without any result.
        ids: their ids in the order of the files.
        first: where the people of each file begin among ``ids``, shape (files + 1,).
        rank: position in the panel of each of ``ids``; None where they stand in the same order.
        shift: days by which the times of each patient of the panel move; None where none does.
        hidden: text columns that are not shown.
    """

    panel: Panel
    ids: pd.Index[str]
    first: Ints
    rank: Ints | None = None
    shift: Floats | None = None
    hidden: frozenset[str] = frozenset()


class Results:
    """Number results of some analytes of the patients of a block, in the order of patient, analyte and time."""

    def __init__(self, files: Sequence[ColumnFile], people: People, codes: Iterable[str]):
        """Of the patients whose column files these are."""
        self._wanted = wanted = sorted({INDEX[code] for code in codes})
        self._files, self._people = files, people
        self._stretches = [[a for a in wanted if f.count("day", [a])] for f in self._files]
        self._read_of = list(zip(self._files, self._stretches, strict=True))
        self._counts = [[f.count("day", [a]) for a in mine] for f, mine in self._read_of]
        self.n = sum(map(sum, self._counts))
        self._alone: dict[str, Results] = {}

    def alone(self, code: str) -> Results:
        """Those of one analyte: where patients stand as in the files nothing has to be put in order."""
        if code not in self._alone:
            mine = (code,) if INDEX.get(code, -1) in self._wanted else ()
            self._alone[code] = Results(self._files, self._people, mine)
        return self._alone[code]

    def of(self, code: str) -> Ints:
        """Position of each result of one analyte."""
        if len(self._wanted) == 1:
            return np.arange(self.n if INDEX.get(code, -1) in self._wanted else 0)
        return np.flatnonzero(self.analyte == INDEX.get(code, -1))

    def column(self, name: str) -> Array:
        """One array of the files, in the order of the block."""
        return self._placed(column_file.read(self._files, name, self._stretches))

    def _placed(self, values: Array) -> Array:
        return values if self._back is None else values[self._back]

    @cached_property
    def _who(self) -> Ints:
        """Patient of each result in the order of the files."""
        raw = column_file.read(self._files, "patient", self._stretches)
        sizes = [sum(counts) for counts in self._counts]
        starts = np.repeat(self._people.first[:-1].astype(np.int32), sizes)
        mine = raw + starts
        return mine if self._people.rank is None else self._people.rank[mine]

    @cached_property
    def _what(self) -> Ints:
        """Analyte of each result in the order of the files."""
        return np.repeat(
            np.array([a for mine in self._stretches for a in mine], np.int16),
            [n for counts in self._counts for n in counts],
        )

    @cached_property
    def _back(self) -> Ints | None:
        """Where each result stands in the files; None where they are in order there."""
        return sorted_runs(self._who * np.int64(len(CODES)) + self._what)

    @cached_property
    def patient(self) -> Ints:
        """Patient of each result."""
        return self._placed(self._who)

    @cached_property
    def analyte(self) -> Ints:
        """Analyte of each result."""
        return self._placed(self._what)

    @cached_property
    def day(self) -> Floats:
        """Time of each result, as it is shown."""
        days = self.column("day")
        return days if self._people.shift is None else days + self._people.shift[self.patient]

    @cached_property
    def value(self) -> Floats:
        """Value of each result."""
        return self.column("value")

    @cached_property
    def comparator(self) -> Ints:
        """As Points.comparator."""
        return self.column("comparator")

    @cached_property
    def lln(self) -> Floats:
        """Lower limit of each result."""
        return self._limit("lln")

    @cached_property
    def uln(self) -> Floats:
        """Upper limit of each result."""
        return self._limit("uln")

    def _limit(self, name: str) -> Floats:
        return self._placed(self._in_files(name))

    def _in_files(self, name: str) -> Floats:
        parts = [np.zeros(0)]
        for file, mine in self._read_of:
            pool = column_file.read([file], f"pool {name}", [[0]])
            parts.append(pool[column_file.read([file], name, [mine])])
        return np.concatenate(parts)

    @cached_property
    def row(self) -> Ints:
        """Position of each result among the rows that the panel knows: its own."""
        return np.arange(self.n)

    @cached_property
    def lab(self) -> Ints:
        """As Points.lab."""
        return joint(self._texts("lab"), self._texts("method"))

    def _texts(self, name: str) -> Texts:
        """A text column; nothing in it where it is hidden."""
        if name in self._people.hidden:
            return Texts(self.n, hidden=True)
        found, codes = Texts(0), list[Ints]([np.zeros(0, np.int8)])
        for file, mine in self._read_of:
            codes.append(
                found.coded(bucket_columns.words_in(file, name), column_file.read([file], text_of(name), [mine]))
            )
        found.codes = self._placed(np.concatenate(codes))
        return found

    def some(self, name: str, at: Ints) -> Array:
        """One array of the files at some results: the rest of it is not put in order."""
        return column_file.read(self._files, name, self._stretches)[self._source(at)]

    def text(self, name: str, at: Ints) -> pd.Series[str]:
        """The texts of some results."""
        if name in self._people.hidden or not len(at):
            return Texts(len(at), hidden=True).texts(np.arange(len(at)))
        found, tables = Texts(0), list[Ints]()
        for file in self._files:
            words = bucket_columns.words_in(file, name)
            tables.append(found.coded(words, np.append(np.arange(len(words)), -1)).astype(np.int64))
        source = self._source(at)
        file_of = np.searchsorted(np.cumsum([sum(counts) for counts in self._counts]), source, side="right")
        own = column_file.read(self._files, text_of(name), self._stretches)[source].astype(np.int64)
        begin, size = np.cumsum([0, *map(len, tables)])[:-1], np.array([len(table) for table in tables])
        found.codes = np.concatenate(tables)[begin[file_of] + np.where(own < 0, size[file_of] - 1, own)]
        return found.texts(np.arange(len(at)))

    def line(self, at: Ints) -> pd.Series:
        """The source line of some results; missing where its file is hidden."""
        if "source_line" in self._people.hidden:
            line: Ints = np.full(len(at), -1, np.int32)
        else:
            line = self.some("source_line", at)
        return pd.Series(pd.arrays.IntegerArray(line.astype(np.int64), line < 0))

    def who(self, at: Ints) -> Ints:
        """The patient of some results."""
        return self._who[self._source(at)]

    def what(self, at: Ints) -> Ints:
        """The analyte of some results."""
        return self._what[self._source(at)]

    def limit(self, name: str, at: Ints) -> Floats:
        """A limit of some results."""
        return self._in_files(name)[self._source(at)]

    def _source(self, at: Ints) -> Ints:
        return at if self._back is None else self._back[at]

    @cached_property
    def run(self) -> Ints:
        """The run of each result that shares its baseline."""
        counts = [f.count("run line", [a]) for f, mine in self._read_of for a in mine]
        before = np.cumsum(np.append(0, counts))[:-1].astype(np.int32)
        raw = column_file.read(self._files, "run", self._stretches)
        return self._placed(raw + np.repeat(before, [n for counts in self._counts for n in counts]))

    def baseline(self, name: str) -> Array:
        """As an attribute of Baselines."""
        values = column_file.read(self._files, f"run {name}", self._stretches)[self.run]
        shift = self._people.shift
        return values if shift is None or name != "since" else values + shift[self.patient]


class BlockPoints(Points):
    """Points of a block; an attribute is read when it is first asked for."""

    _results: Results

    def __init__(self, results: Results):
        """Of these results."""
        object.__setattr__(self, "_results", results)

    def __len__(self) -> int:
        """How many results."""
        return self._results.n

    def of(self, *codes: str) -> Ints:
        """As Points.of."""
        return self._results.of(codes[0]) if len(codes) == 1 else super().of(*codes)

    def series_of(self, code: str) -> Points:
        """As Points.series_of, read alone."""
        return BlockPoints(self._results.alone(code))

    def __getattr__(self, name: str) -> Any:
        if name not in _POINTS:
            raise AttributeError(name)
        return getattr(self._results, name)


class BlockBaselines(Baselines):
    """Baselines of a block; an attribute is read when it is first asked for."""

    _results: Results

    def __init__(self, results: Results):
        """Of these results."""
        object.__setattr__(self, "_results", results)

    def __getattr__(self, name: str) -> Any:
        if name not in _BASELINES:
            raise AttributeError(name)
        found = self._results.baseline(name)
        object.__setattr__(self, name, found)
        return found


_POINTS = frozenset(f.name for f in fields(Points))
_BASELINES = frozenset(f.name for f in fields(Baselines))
