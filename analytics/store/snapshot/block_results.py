"""The number results of some analytes of a block of buckets as arrays, each read from the files when it is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import CODES, INDEX
from analytics.arrays import Floats, Ints, Points
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
        wanted = sorted({INDEX[code] for code in codes})
        self._files, self._people = files, people
        self._stretches = [[a for a in wanted if f.count("day", [a])] for f in self._files]
        self._read_of = list(zip(self._files, self._stretches, strict=True))
        self._counts = [[f.count("day", [a]) for a in mine] for f, mine in self._read_of]
        self.n = sum(map(sum, self._counts))
        self._read: dict[str, Texts] = {}

    def column(self, name: str) -> Array:
        """One array of the files, in the order of the block."""
        return self._placed(column_file.read(self._files, name, self._stretches))

    def _placed(self, values: Array) -> Array:
        at = self._place
        if at is None:
            return values
        out = np.empty_like(values)
        out[at] = values
        return out

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
    def _place(self) -> Ints | None:
        """Where each result of the files belongs; None where they stand there already."""
        keys = self._who * np.int64(len(CODES)) + self._what
        first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        runs = keys[first]
        if np.all(runs[1:] > runs[:-1]):
            return None
        length, order = np.diff(np.append(first, len(keys))), np.argsort(runs, kind="stable")
        begin = np.empty(len(runs), np.int64)
        begin[order] = np.cumsum(np.append(0, length[order][:-1]))
        return np.repeat(begin - first, length) + np.arange(len(keys))

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
        parts = [np.zeros(0)]
        for file, mine in self._read_of:
            pool = column_file.read([file], f"pool {name}", [[0]])
            parts.append(pool[column_file.read([file], name, [mine])])
        return self._placed(np.concatenate(parts))

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

    def text(self, name: str, at: Ints) -> pd.Series[str]:
        """The texts of some results."""
        if name not in self._read:
            self._read[name] = self._texts(name)
        return self._read[name].texts(at)

    def line(self, at: Ints) -> pd.Series:
        """The source line of some results; missing where its file is hidden."""
        if "source_line" in self._people.hidden:
            line: Ints = np.full(len(at), -1, np.int32)
        else:
            line = self._line[at]
        return pd.Series(pd.arrays.IntegerArray(line.astype(np.int64), line < 0))

    @cached_property
    def _line(self) -> Ints:
        return self.column("source_line")

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
