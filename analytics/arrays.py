"""What every science module imports: typed arrays, results and events as parallel arrays, a key of patient and time.

Integer codes: a patient is its position in ``panel.patient_ids``, an analyte its position in
``analytics.analytes.CODES``, an event kind its position in ``analytics.event_kinds.KIND_CODES``. Times are float days
since 1970-01-01 on the patient's own time axis.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import CODES, INDEX
from analytics.event_kinds import KIND_CODES

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]
Bools: TypeAlias = npt.NDArray[np.bool_]

FAR = 1e6
"""A result given as below x goes down to x over this, one above x up to x times this: beyond every criterion."""
BEYOND = 2e-9
"""By how much of itself a limit is passed: more than a comparison forgives, less than is shown."""
_SPAN = 1_000_000.0
"""Days set aside for one patient in a joint (patient, time) key; larger than any time in days."""


def days_of(times: pd.Series) -> Floats:
    """Float days since 1970-01-01; NaN where missing."""
    whole = times.to_numpy("datetime64[us]")
    days = whole.astype("int64") / 86_400_000_000
    days[np.isnat(whole)] = np.nan
    return np.asarray(days, dtype=np.float64)


@lru_cache(maxsize=256)
def among(known: tuple[str, ...], chosen: tuple[str, ...]) -> Bools:
    """Which of the known codes are among the chosen ones, by position in ``known``: a table to look codes up in."""
    return np.isin(known, chosen)


def key(patient: Ints, day: Floats) -> Floats:
    """One number that sorts by patient, then time. Exact to a minute for a hundred thousand patients."""
    return patient * _SPAN + day


def sorted_runs(codes: Ints) -> Ints | None:
    """``np.argsort(codes, kind="stable")`` of codes that stand in runs of equal ones, which are sorted alone.

    Returns:
        Positions, shape (n,); None where the codes rise already.
    """
    first = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])[: len(codes)])
    runs = codes[first]
    if np.all(runs[1:] > runs[:-1]):
        return None
    length, order = np.diff(np.append(first, len(codes))), np.argsort(runs, kind="stable")
    length, first = length[order], first[order]
    return np.repeat(first - (np.cumsum(length) - length), length) + np.arange(len(codes))


@dataclass(frozen=True)
class Points:
    """All number results, one position a result, sorted by patient, analyte, time, source line.

    Attributes: each of shape (n,). ``comparator`` is -1 for below (<), 1 for above (>), 0 for exact;
    ``row`` is the position in ``panel.labs``; ``lab`` is a code of the laboratory and method, -1 where not named.
    """

    patient: Ints
    analyte: Ints
    day: Floats
    value: Floats
    comparator: Ints
    lln: Floats
    uln: Floats
    lab: Ints
    row: Ints

    def __len__(self) -> int:
        """How many results."""
        return len(self.value)

    @cached_property
    def x_uln(self) -> Floats:
        """Multiples of the row's own upper limit; NaN where it has none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.uln > 0, self.value / self.uln, np.nan)

    def proven(self, numbers: Floats) -> Floats:
        """Numbers of these results as a comparison may read them, shape (n,): ">5.0" is just above 5.0, "<5.0" just
        below it, by less than is ever shown. What lies beyond is for who compares to ask."""
        return numbers * (1.0 + BEYOND * self.comparator) if self.has_limits else numbers

    @cached_property
    def has_limits(self) -> bool:
        """Whether any result is given as a limit."""
        return bool(np.any(self.comparator))

    @cached_property
    def starts(self) -> Ints:
        """Offsets of the series (patient x analyte), shape (m + 1,)."""
        change = np.flatnonzero((np.diff(self.patient) != 0) | (np.diff(self.analyte) != 0)) + 1
        return np.concatenate([[0], change, [len(self)]]) if len(self) else np.zeros(1, np.int64)

    @cached_property
    def series(self) -> Ints:
        """Series number of each point, shape (n,)."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @cached_property
    def series_key(self) -> Floats:
        """One rising number a result: by series, then time, shape (n,)."""
        return key(self.series, self.day)

    def take(self, at: Ints) -> Points:
        """Only these results; positions must increase."""
        return Points(**{f.name: getattr(self, f.name)[at] for f in fields(self)})

    def of(self, *codes: str) -> Ints:
        """Positions of the results of these analytes, sorted by patient, then time.

        With several analytes the positions are interleaved in time.
        """
        if len(codes) == 1:
            return np.flatnonzero(self.analyte == INDEX.get(codes[0], -1))
        found = np.flatnonzero(among(CODES, codes)[self.analyte])
        return found[np.lexsort((self.day[found], self.patient[found]))]

    def series_of(self, code: str) -> Points:
        """The results of one analyte, those at ``of(code)``; an attribute is taken when it is first asked for."""
        return _SomePoints(self, self.of(code))


class _SomePoints(Points):
    """Some of the results of others."""

    _whole: Points
    _at: Ints

    def __init__(self, whole: Points, at: Ints):
        """Those at these positions, which increase."""
        object.__setattr__(self, "_whole", whole)
        object.__setattr__(self, "_at", at)

    def __len__(self) -> int:
        """How many results."""
        return len(self._at)

    def __getattr__(self, name: str) -> Any:
        if name not in _OF_POINTS:
            raise AttributeError(name)
        taken = getattr(self._whole, name)[self._at]
        object.__setattr__(self, name, taken)
        return taken


_OF_POINTS = frozenset(f.name for f in fields(Points))


@dataclass(frozen=True)
class Events:
    """Events or images as arrays, one position each, sorted by patient, then start. ``end`` is +inf while it goes on,
    and equal to ``start`` for events of one moment; ``row`` is the position in the panel's frame."""

    patient: Ints
    kind: Ints
    start: Floats
    end: Floats
    row: Ints
    _of: dict[tuple[str, ...], Ints] = field(default_factory=dict, repr=False, compare=False)

    def of(self, *kinds: str) -> Ints:
        """Positions of these kinds of event, rising."""
        if kinds not in self._of:
            self._of[kinds] = np.flatnonzero(among(KIND_CODES, kinds)[self.kind])
        return self._of[kinds]
