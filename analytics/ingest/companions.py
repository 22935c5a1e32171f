"""What speaks on the same row, or in the same draw, for a value whose unit is in doubt.

A result that jumps by the factor between two units is believed where its own upper limit fits the unit that it states,
or where the tests that go with it changed too. Nothing here ever changes a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from analytics.analytes import CODES, INDEX
from analytics.units import USUAL_ULN

COMPANIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({"BILI": ("ALP", "GGT")})
"""Enzymes that rise with a test where its rise is true (obstruction, tumour); in units that are not confused with its.
"""
PART: Mapping[str, str] = MappingProxyType({"BILI": "BILDIR"})
"""A test that is a part of another one and can never be larger than it."""
RAISED = 2.0
"""A companion speaks for a rise from this multiple of its own upper limit (house)."""
RISEN = 1.3
"""And from this multiple of the person's result before, where there is one (house; as ``stent.alp_ggt_rise``)."""
ROUNDED = 1.05
"""How much larger than the whole a part may be by rounding (house)."""


class Rows(Protocol):
    """Settled results sorted by patient and analyte (analytics.ingest.unit_suspects.Results)."""

    @property
    def series(self) -> npt.NDArray[np.int64]:
        """A number for each patient and analyte."""
        ...

    @property
    def analyte(self) -> npt.NDArray[np.int64]:
        """Position in CODES."""
        ...

    @property
    def time(self) -> npt.NDArray[np.int64]:
        """Microseconds."""
        ...

    @property
    def value(self) -> npt.NDArray[np.float64]:
        """In the canonical unit."""
        ...

    @property
    def uln(self) -> npt.NDArray[np.float64]:
        """Upper limit on the row, in the canonical unit."""
        ...


_DAY_US = 86_400_000_000


def believed(rows: Rows, at: int, before: float, converted: float, band: tuple[float, float]) -> bool:
    """Whether the row itself or its draw says that the value stands in the unit that it states.

    Args:
        rows: all settled results.
        at: position of the result.
        before: the person's value before, canonical.
        converted: the value if it were in the other unit, canonical.
        band: least and largest multiple that reads as a change of unit.
    """
    code, value = CODES[rows.analyte[at]], float(rows.value[at])
    if limit_fits(code, float(rows.uln[at])):
        return True
    if value < before:
        return False
    if any(_risen(rows, at, one) for one in COMPANIONS.get(code, ())):
        return True
    return code in PART and _part_fits(rows, at, converted, band)


def limit_fits(code: str, uln: float) -> bool:
    """Whether an upper limit, read in the unit that the row states, lies where limits of this test lie."""
    usual = USUAL_ULN.get(code)
    return usual is not None and usual[0] <= uln <= usual[1]


def _risen(rows: Rows, at: int, code: str) -> bool:
    """A companion of the same day is high, and higher than before where there is a before."""
    mine = _series(rows, at, code)
    day = rows.time[at] // _DAY_US
    same, earlier = [i for i in mine if rows.time[i] // _DAY_US == day], _earlier(rows, mine, day)
    for i in same:
        value, uln = float(rows.value[i]), float(rows.uln[i])
        if uln > 0 and value >= RAISED * uln and (earlier is None or value >= RISEN * earlier):
            return True
    return False


def _part_fits(rows: Rows, at: int, converted: float, band: tuple[float, float]) -> bool:
    """The part of the same day is larger than the whole would be in the other unit, and did not itself jump so."""
    value = float(rows.value[at])
    mine = _series(rows, at, PART[CODES[rows.analyte[at]]])
    day = rows.time[at] // _DAY_US
    earlier = _earlier(rows, mine, day)
    for i in (i for i in mine if rows.time[i] // _DAY_US == day):
        part = float(rows.value[i])
        jumped = earlier is not None and earlier > 0 and band[0] <= part / earlier <= band[1]
        own = limit_fits(CODES[rows.analyte[i]], float(rows.uln[i]))
        if ROUNDED * converted < part <= ROUNDED * value and (own or (earlier is not None and not jumped)):
            return True
    return False


def _series(rows: Rows, at: int, code: str) -> Sequence[int]:
    """Positions of another test of the same person that are numbers."""
    number = rows.series[at] - rows.analyte[at] + INDEX[code]
    first, last = np.searchsorted(rows.series, [number, number + 1])
    return [i for i in range(int(first), int(last)) if rows.value[i] > 0]


def _earlier(rows: Rows, mine: Sequence[int], day: int) -> float | None:
    before = [i for i in mine if rows.time[i] // _DAY_US < day]
    return float(rows.value[max(before, key=lambda i: rows.time[i])]) if before else None
