"""Columns of many results in few bytes, equal to the last bit: few distinct texts or numbers, or runs of equal ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.arrays import Floats, Ints, Points
from analytics.derive.baseline import Baselines
from analytics.store.database.arrow import words_of


class Texts:
    """A text column as codes of its words; -1 is missing. Codes are wider where there are many words."""

    def __init__(self, n: int, *, hidden: bool = False):
        self.codes: Ints = np.zeros(n, np.int8) if hidden else np.full(n, -1, np.int8)
        self.words: dict[str, int] = {"": 0} if hidden else {}

    def put(self, at: Ints, column: pa.ChunkedArray) -> None:
        """Set the texts of some rows."""
        codes, words = words_of(column)
        mine = self._mine(words)
        self.codes = _wide(self.codes, len(self.words))
        self.codes[at] = mine[codes]

    def coded(self, words: Sequence[str], codes: Ints) -> Ints:
        """Codes of other words, -1 for missing, as codes of these; words that are not known yet are taken in."""
        mine = self._mine([*words, None])
        return np.asarray(mine.astype(_kind(len(self.words)))[codes])

    def _mine(self, words: Sequence[str | None]) -> Ints:
        return np.array([-1 if w is None else self.words.setdefault(w, len(self.words)) for w in words], np.int64)

    def texts(self, at: Ints) -> pd.Series[str]:
        """The texts of some rows."""
        pool = pd.array([*self.words, None], dtype="str")
        return pd.Series(pool.take(self.codes[at].astype(np.int64)))  # pandas adds the length to -1 in its own type


class Numbers:
    """A column of few distinct numbers, as limits are, as codes of them; -1 is NaN."""

    def __init__(self, n: int):
        self.codes: Ints = np.full(n, -1, np.int8)
        self.known: dict[float, int] = {}

    def put(self, at: Ints, values: Floats) -> None:
        """Set the numbers of some rows."""
        codes, distinct = pd.factorize(values)
        mine = np.array([*(self.known.setdefault(v, len(self.known)) for v in distinct.tolist()), -1], np.int64)
        self.codes = _wide(self.codes, len(self.known))
        self.codes[at] = mine[codes]

    @property
    def pool(self) -> Floats:
        """Number of each code; the last one, which -1 picks, is NaN."""
        return np.array([*self.known, np.nan])


class CodedPoints(Points):
    """Points whose limits are codes of few numbers; who asks for ``lln`` or ``uln`` gets an array made then."""

    def __init__(self, limits: Mapping[str, tuple[Floats, Ints]], **arrays: Any):
        """``limits``: numbers, and the code of each result, for lln and uln; ``arrays``: the other attributes."""
        for name, value in {"_limits": limits, **arrays}.items():
            object.__setattr__(self, name, value)

    _limits: Mapping[str, tuple[Floats, Ints]]

    @property
    def lln(self) -> Floats:
        """Lower limit of each result."""
        return _picked(self._limits["lln"])

    @property
    def uln(self) -> Floats:
        """Upper limit of each result."""
        return _picked(self._limits["uln"])


class RunBaselines(Baselines):
    """Baselines that are the same for runs of results; an attribute is an array made when it is asked for."""

    def __init__(self, runs: Baselines, of: Ints):
        """``runs``: one position a run. ``of``: the run of each result."""
        for name, value in {"_runs": runs, "_of": of}.items():
            object.__setattr__(self, name, value)

    _runs: Baselines
    _of: Ints

    @property
    def runs(self) -> Baselines:
        """One position a run."""
        return self._runs

    @property
    def of(self) -> Ints:
        """The run of each result."""
        return self._of

    @property
    def line(self) -> Ints:
        """As Baselines.line."""
        return self._runs.line[self._of]

    @property
    def value(self) -> Floats:
        """As Baselines.value."""
        return self._runs.value[self._of]

    @property
    def x_uln(self) -> Floats:
        """As Baselines.x_uln."""
        return self._runs.x_uln[self._of]

    @property
    def n(self) -> Ints:
        """As Baselines.n."""
        return self._runs.n[self._of]

    @property
    def since(self) -> Floats:
        """As Baselines.since."""
        return self._runs.since[self._of]


class Runs:
    """Baselines of many results, put in bucket by bucket."""

    def __init__(self, n: int):
        self.of: Ints = np.zeros(n, np.int32)
        self._parts: list[Baselines] = []
        self._count = 0

    def put(self, at: Ints, baselines: Baselines) -> None:
        """Set the baselines of some rows, which stand in the order of their patients."""
        change = np.zeros(len(at), bool)
        change[:1] = True
        for field in fields(baselines):
            bits = _bits(getattr(baselines, field.name))
            change[1:] |= bits[1:] != bits[:-1]
        first = np.flatnonzero(change)
        self._parts.append(Baselines(**{f.name: getattr(baselines, f.name)[first] for f in fields(baselines)}))
        self.of[at] = self._count - 1 + np.cumsum(change)
        self._count += len(first)

    def done(self, of: Ints) -> RunBaselines:
        """Those of the results whose runs these are."""
        return RunBaselines(_joined(self._parts), of)


def _joined(parts: Sequence[Baselines]) -> Baselines:
    kinds = {"line": np.int16, "n": np.int8}
    return Baselines(
        **{
            f.name: np.concatenate([np.zeros(0, kinds.get(f.name, np.float64)), *(getattr(p, f.name) for p in parts)])
            for f in fields(Baselines)
        }
    )


def _kind(words: int) -> np.dtype[Any]:
    """The smallest type that holds codes of so many words."""
    return next(np.dtype(k) for k in (np.int8, np.int16, np.int32) if words <= np.iinfo(k).max)


def _wide(codes: Ints, words: int) -> Ints:
    """The codes in the smallest type that holds so many."""
    kind = _kind(words)
    return codes if kind.itemsize <= codes.dtype.itemsize else codes.astype(kind)


def _picked(limit: tuple[Floats, Ints]) -> Floats:
    pool, codes = limit
    return np.asarray(pool[codes])


def _bits(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What two values share only where they are the same to the last bit, NaN too."""
    return values.view(np.int64) if values.dtype == np.float64 else values


def signs(comparator: Texts) -> Ints:
    """-1 for below, 1 for above a limit of detection, else 0; shape (n,)."""
    sign = np.array([{"<": -1, ">": 1}.get(word, 0) for word in comparator.words] + [0], np.int8)
    return np.asarray(sign[comparator.codes])


def joint(lab: Texts, method: Texts) -> Ints:
    """One number a laboratory and method, -1 where neither is named; shape (n,)."""
    one, other = (
        np.array([-1 if word == "" else i for i, word in enumerate(c.words)] + [-1], np.int32) for c in (lab, method)
    )
    pairs = (one[:, None] + 1) * len(other) + other[None, :] + 1
    pairs[(one[:, None] < 0) & (other[None, :] < 0)] = -1
    few = np.int16 if pairs.max(initial=0) <= np.iinfo(np.int16).max else np.int32
    return np.asarray(pairs.astype(few)[lab.codes, method.codes])
