"""A fact: on which episodes it holds, on which side, how much it weighs, and its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._rule import Words


@dataclass(frozen=True)
class Fact:
    """One fact about every episode, shape (k,).

    Attributes:
        says: sentence with the fields of ``numbers``, ``days`` and ``words``.
        holds: where it is a fact.
        weight: 1 speaks, 2 speaks strongly, 3 settles it; negative speaks against.
    """

    says: str
    holds: Bools
    weight: int
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    days: Mapping[str, Floats] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """Episodes of changed liver tests: patient, first and last day, shape (k,)."""

    case: Case
    patient: Ints
    onset: Floats
    last: Floats

    def __len__(self) -> int:
        """How many episodes."""
        return len(self.patient)

    @cached_property
    def _visits(self) -> tuple[Ints, Ints]:
        v = visits_of(self.case)
        begin = np.searchsorted(v.key, key(self.patient, self.onset), side="left")
        return begin, np.searchsorted(v.key, key(self.patient, self.last), side="right")

    def most(self, values: Floats) -> Floats:
        """Largest known value of a column of visits within each episode; NaN where none."""
        begin, end = self._visits
        padded = np.append(np.where(np.isnan(values), -np.inf, values), -np.inf)
        if not len(self):
            return np.zeros(0)
        top = np.maximum.reduceat(padded, np.stack([begin, np.maximum(end, begin + 1)], axis=1).ravel())[::2]
        return np.where(np.isfinite(top), top, np.nan)

    @cached_property
    def worst(self) -> Ints:
        """Visit with the largest of ALT, AST, ALP and bilirubin (x ULN) of each episode."""
        v = visits_of(self.case)
        lead = np.fmax.reduce([v.x_uln(c) for c in ("ALT", "AST", "ALP", "BILI")])
        begin, end = self._visits
        found = [
            b + int(np.nanargmax(lead[b:e])) if np.isfinite(lead[b:e]).any() else b
            for b, e in zip(begin, end, strict=True)
        ]
        return np.array(found, dtype=np.int64)

    def within(self, patient: Ints, day: Floats, before: float, after: float, *, last: bool = False) -> Ints:
        """Position of the first (or last) of some events from ``before`` days before the onset to ``after`` days
        after the end of each episode; -1 where there is none. The events are sorted by patient and day."""
        if not len(patient):
            return np.full(len(self), -1, dtype=np.int64)
        keys = key(patient, np.floor(day))
        begin = np.searchsorted(keys, key(self.patient, self.onset - before), side="left")
        end = np.searchsorted(keys, key(self.patient, self.last + after), side="right")
        found = end - 1 if last else begin
        return np.where(end > begin, np.minimum(found, len(keys) - 1), -1)


def pick(values: Floats, at: Ints) -> Floats:
    """``values[at]``, NaN where ``at`` is -1."""
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan) if len(values) else np.full(len(at), np.nan)


def pick_word(codes: Ints, at: Ints) -> Ints:
    """``codes[at]``, 0 where ``at`` is -1."""
    return np.where(at >= 0, codes[np.maximum(at, 0)], 0) if len(codes) else np.zeros(len(at), dtype=np.int64)
