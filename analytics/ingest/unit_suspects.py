"""Results that look as if they were written in another unit than they say, beside the same person's other results.

Reliability row A12: against the person's last value, a step by the factor between two units that laboratories confuse
(17.1 for bilirubin, 10 for albumin, 60 for enzymes in ukat/L) is held out of view with the other unit as a suggestion;
the value itself is never changed. The rule looks at settled results in the order of time, so it is the same whatever
order the files came in. A true fall or rise of that size exists, so a result is held only where

- it would follow on from the last value if it were in the other unit (15 to 19 times for 17.1, the others alike),
- the person has had no such level before, and an enzyme in U/L is lower than is common,
- its own upper limit does not fit the unit that the row states, and its companions of the same draw do not speak for
  a true rise (analytics.ingest.companions),
- and no later result speaks for a true change: one between the two levels, that neither unit explains.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Protocol

import numpy as np
import numpy.typing as npt

from analytics.analytes import ANALYTES, CODES
from analytics.ingest.companions import believed
from analytics.ingest.numbers import GRAMMAR
from analytics.units import COMMON, CONFUSED, unit_of

WIDE = 2.0
"""While results are held, the next ones are held too where the other unit explains them within this factor (house)."""
KNOWN_LEVEL = 1.5
"""A level is known where an earlier result lies within this factor of it (house)."""

_FACTOR = {
    code: max(ANALYTES[code].conversions[u] for u in units) / min(ANALYTES[code].conversions[u] for u in units)
    for code, units in CONFUSED.items()
}
NARROW = (15 / _FACTOR["BILI"] - 1e-9, 19 / _FACTOR["BILI"] + 1e-9)
"""How near a step must be to the factor between two units, as a share of it: 15 to 19 times for bilirubin's 17.1."""
_LEAST = np.array([log(_FACTOR[c] * NARROW[0]) if c in _FACTOR else np.inf for c in CODES])


@dataclass(frozen=True)
class UnitSuspect:
    """One result that is held.

    Attributes:
        row: its position.
        unit: the unit that explains it.
        converted: the value that it would have then, in the canonical unit.
        before: the last value that is not held, in the canonical unit.
    """

    row: int
    unit: str
    converted: float
    before: float


class Texts(Protocol):
    """A text column."""

    def __getitem__(self, row: int, /) -> str:
        """One text."""
        ...


@dataclass(frozen=True)
class Results:
    """Settled results sorted by patient and analyte; arrays of shape (n,).

    Attributes:
        series: a number for each patient and analyte, ascending.
        analyte: position in CODES.
        time: microseconds.
        value: canonical; missing where the result is no number or lies below or above a limit of detection.
        row_id: number in the store.
        texts: specimen, raw value and raw unit of one row.
        uln: upper limit on the row, canonical; missing where there is none. Empty: no row has one.
    """

    series: npt.NDArray[np.int64]
    analyte: npt.NDArray[np.int64]
    time: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    row_id: npt.NDArray[np.int64]
    texts: Sequence[Texts]
    uln: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        """A limit of every row, missing ones too."""
        if len(self.uln) != len(self.value):
            object.__setattr__(self, "uln", np.full(len(self.value), np.nan))


def unit_suspects(results: Results, judged: Mapping[int, bool] | None = None) -> list[UnitSuspect]:
    """The results that are to be held.

    Args:
        results: all settled results of some patients.
        judged: what people decided, by row_id: True, the value is right; False, it is wrong and stays out of view.
    """
    wrong = [row_id for row_id, right in (judged or {}).items() if not right]
    rejected = np.flatnonzero(np.isin(results.row_id, wrong)) if wrong else ()
    found = [UnitSuspect(int(i), "", np.nan, np.nan) for i in rejected]
    for at in _wide_series(results):
        rows = sorted((int(i) for i in at), key=lambda i: (results.time[i], results.texts[0][i], results.value[i]))
        found += _Walk(results, judged or {}).over(rows)
    return sorted(found, key=lambda suspect: suspect.row)


def _wide_series(results: Results) -> list[npt.NDArray[np.int64]]:
    """Rows with a number of each series that spans the least jump: nobody else is looked at one by one."""
    rows = np.flatnonzero((results.value > 0) & np.isfinite(_LEAST)[results.analyte])
    if not len(rows):
        return []
    series = results.series[rows]
    starts = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    size = np.log(results.value[rows])
    span = np.maximum.reduceat(size, starts) - np.minimum.reduceat(size, starts)
    stops = np.r_[starts[1:], len(rows)]
    wide = np.flatnonzero(span >= _LEAST[results.analyte[rows[starts]]])
    return [rows[starts[i] : stops[i]] for i in wide]


class _Walk:
    """One series in the order of time."""

    def __init__(self, results: Results, judged: Mapping[int, bool]):
        self.results, self.judged = results, judged
        self.accepted: list[float] = []
        self.held: list[UnitSuspect] = []
        self.waiting: list[UnitSuspect] = []

    def over(self, rows: Sequence[int]) -> list[UnitSuspect]:
        """The rows that are held."""
        for row in rows:
            said = self.judged.get(int(self.results.row_id[row]))
            value = float(self.results.value[row])
            if said is None:
                self._step(row, value)
            elif said:
                self.accepted.append(value)
        return self.held + self.waiting

    def _step(self, row: int, value: float) -> None:
        other = self._as_other(row, value) if self.waiting or self._is_narrow(row, value) else None
        if other and self._looks_wrong(row, value, other):
            self.waiting.append(other)
            return
        if self.waiting and _is_between(
            value, self.waiting[-1].before, float(self.results.value[self.waiting[-1].row])
        ):
            self.accepted += [float(self.results.value[suspect.row]) for suspect in self.waiting]
        else:
            self.held += self.waiting
        self.waiting = []
        self.accepted.append(value)

    def _is_narrow(self, row: int, value: float) -> bool:
        """Whether the step from the last accepted value is about the factor between two units; no text is read."""
        if not self.accepted:
            return False
        before = self.accepted[-1]
        step = max(value / before, before / value) / _FACTOR[CODES[self.results.analyte[row]]]
        return NARROW[0] <= step <= NARROW[1]

    def _looks_wrong(self, row: int, value: float, other: UnitSuspect) -> bool:
        factor = _FACTOR[CODES[self.results.analyte[row]]]
        band = (NARROW[0] * factor, NARROW[1] * factor)
        if not self._fits(row, value, other):
            return False
        return not believed(self.results, row, other.before, other.converted, band)

    def _fits(self, row: int, value: float, other: UnitSuspect) -> bool:
        """Whether the other unit explains the value by what came before it alone."""
        if self.waiting:
            return 1 / WIDE <= other.converted / other.before <= WIDE
        if other.unit == "ukat/L" and value >= COMMON[CODES[self.results.analyte[row]]][0]:
            return False
        known = any(1 / KNOWN_LEVEL <= value / level <= KNOWN_LEVEL for level in self.accepted)
        follows = 1 / WIDE <= other.converted / other.before <= WIDE
        return follows and self._is_narrow(row, value) and not known

    def _as_other(self, row: int, value: float) -> UnitSuspect | None:
        """The row in the unit that is confused with its own; None where there is no such unit."""
        code = CODES[self.results.analyte[row]]
        factor = self._factor(row, value, code)
        units = list(CONFUSED[code])
        at = next((i for i, u in enumerate(units) if abs(ANALYTES[code].conversions[u] / factor - 1) < 0.01), None)
        if at is None:
            return None
        unit = units[1 - at]
        before = self.accepted[-1] if self.accepted else value
        return UnitSuspect(row, unit, value * ANALYTES[code].conversions[unit] / factor, before)

    def _factor(self, row: int, value: float, code: str) -> float:
        """Factor to the canonical unit that was used: by the unit as written, else by the number as written."""
        _, raw_value, raw_unit = (column[row] for column in self.results.texts)
        found = unit_of(code, raw_unit)
        if raw_unit and not found.reason:
            return found.factor
        written = raw_value.replace(",", ".")
        return value / float(written) if re.match(GRAMMAR, written) and float(written) else 1.0


def _is_between(value: float, low: float, high: float) -> bool:
    """Whether a value lies nearer to the level of the held results than to the one before them."""
    return abs(log(value / high)) < abs(log(value / low)) if value > 0 else False
