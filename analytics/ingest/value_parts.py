"""What stands beside the number of a result: its sign in another column; in the same cell, where the profile says so,
the unit (``45 U/L``) or a flag (``45 H``, ``H 45``), without which such a cell is quarantined."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics import letters
from analytics.analytes import CODES
from analytics.ingest.dictionary import Coded
from analytics.ingest.profile import Profile
from analytics.units import unit_of

_NUMBER = r"(?:<=|>=|[<>≤≥])?\s*[+-]?\d[\d.,]*(?:[eE][+-]?\d{1,2})?"
_FLAG = r"(?:H{1,2}|L{1,2}|A|N|\*{1,3}|↑+|↓+|!)"
_BEFORE = r"[\[(]?(?:H{1,2}|L{1,2}|\*{1,3}|↑+|↓+)[\])]?"
_FLAGGED = re.compile(rf"(?P<first>{_NUMBER})(?:\s*[\[(]?{_FLAG}[\])]?|\s+\+{{1,3}})|{_BEFORE}\s*(?P<second>{_NUMBER})")
"""A number with a flag behind or before it, as reports and flow sheets print them. ``2+`` is an amount, no flag."""
_WITH_UNIT = re.compile(
    rf"(?P<number>{_NUMBER})\s*(?P<unit>(?:[A-Za-zµμ%/\[{{]|[x×]\s?10|10[*^]).{{0,30}}?)"
    rf"(?:\s+(?P<flag>{_FLAG}|[\[(]{_FLAG}[\])]))?"
)
FLAGS, UNITS = "flags beside numbers, taken off", "units beside numbers, read with them"
"""What is told of cells that hold more than their number."""


def part(
    get: dict[str, Coded], analyte: Callable[[], npt.NDArray[np.int64]], profile: Profile
) -> dict[str, npt.NDArray[np.bool_]]:
    """Put the number alone into the role ``value``, in place; ``raw_value`` keeps the cell.

    Args:
        get: columns by role.
        analyte: gives the house position of each row's test, negative where there is none; asked where it is needed.
        profile: what the source does.

    Returns:
        Rows of which something was taken off, by what it was; in FLAGS and UNITS.
    """
    found: dict[str, npt.NDArray[np.bool_]] = {}
    if not (profile.values_with_flags or profile.values_with_units):
        return found
    cells = get["value"]
    if profile.values_with_flags:
        get["value"] = without_flags(get["value"])
        pairs = zip(cells.list(), get["value"].list(), strict=True)
        found[FLAGS] = cells.spread(np.array([old != new for old, new in pairs], bool))
    if profile.values_with_units:
        found[UNITS] = np.zeros(len(cells), bool)
        found[UNITS][_units_out(get, analyte(), profile)] = True
    if get["value"] is not cells:
        get.setdefault("raw_value", cells)
    return found


def without_flags(cells: Coded) -> Coded:
    """Numbers without the flags beside them."""
    words = [without_flag(w) for w in cells.list()]
    return Coded(cells.codes, pa.array(words, pa.string()))


def without_flag(text: str) -> str:
    """A number, or a number and its unit, without the flag beside it; any other text as it is."""
    bare = letters.number(text)
    if match := _FLAGGED.fullmatch(bare):
        return str(match["first"] or match["second"])
    match = _WITH_UNIT.fullmatch(bare)
    flag = match["flag"] if match else ""
    if match and flag and (flag not in _LETTERS or "/" in match["unit"]):
        return f"{match['number'].strip()} {match['unit'].strip()}"
    return text


_LETTERS = frozenset("LAN")
"""Flags that a unit may end with too: behind it they are flags only where it is a unit by something (``U/L L``)."""


def number_and_unit(text: str) -> tuple[str, str]:
    """A number and what may be its unit behind it; empty texts where a text is no such pair."""
    match = _WITH_UNIT.fullmatch(letters.number(text))
    return (match["number"].strip(), match["unit"].strip()) if match and not match["flag"] else ("", "")


def _units_out(get: dict[str, Coded], analyte: npt.NDArray[np.int64], profile: Profile) -> npt.NDArray[np.int64]:
    """Move units from the cells to the role ``unit``, where they are of the test and no other column says another.

    Returns:
        The rows of which it was done.
    """
    cells = get["value"]
    found = {i: pair for i, w in enumerate(cells.list()) if (pair := number_and_unit(w))[1]}
    rows = np.flatnonzero(np.isin(cells.codes, np.array(list(found), np.int32)) & (analyte >= 0))
    if not len(rows):
        return rows
    said = get.get("unit", Coded.constant("", len(cells)))
    triples, at = np.unique(np.stack([cells.codes[rows], analyte[rows], said.codes[rows]]), axis=1, return_inverse=True)
    words = said.list()
    fits = np.array([_fits(CODES[int(a)], found[int(c)][1], words[int(u)], profile) for c, a, u in triples.T], bool)
    rows = np.asarray(rows[fits[at.reshape(-1)]], np.int64)
    get["value"] = _replaced(cells, rows, {i: number for i, (number, _) in found.items()}, cells.codes[rows])
    get["unit"] = _replaced(said, rows, {i: unit for i, (_, unit) in found.items()}, cells.codes[rows])
    return rows


def _replaced(
    column: Coded, rows: npt.NDArray[np.int64], texts: Mapping[int, str], codes: npt.NDArray[np.int32]
) -> Coded:
    """A column with other texts in some rows."""
    whole = np.array(column.list(), dtype=object)[column.codes]
    whole[rows] = [texts[int(c)] for c in codes]
    return Coded.of(whole)


def _fits(code: str, own: str, said: str, profile: Profile) -> bool:
    """Whether a unit beside the number is one of the test, and the column of units says no other."""
    unit = unit_of(code, own, profile.unit_spellings)
    if unit.reason:
        return False
    other = unit_of(code, said, profile.unit_spellings)
    return said in profile.nulls or (not other.reason and other.factor == unit.factor)


def signed(value: Coded, told: Coded, profile: Profile) -> Coded:
    """The result as it is to be read: its text where that begins with a comparator or where there is no number.

    A number beside ``<0.5`` is the limit of detection or a part of it, never the result.
    """
    sign = [is_signed(w) for w in told.list()]
    blank = np.array([w in profile.nulls for w in value.list()], bool)
    filled = np.array([w not in profile.nulls for w in told.list()], bool)
    take = told.spread(np.array(sign, bool)) | (value.spread(blank) & told.spread(filled))
    if not take.any():
        return value
    words = pa.concat_arrays([value.words, told.words])
    return Coded(np.where(take, told.codes + np.int32(len(value.words)), value.codes).astype(np.int32), words)


def is_signed(text: str) -> bool:
    """Whether a text begins with a comparator."""
    return bool(_SIGN.match(text))


_SIGN = re.compile(r"\s*(?:[<>≤≥＜＞]|(?:less|greater|more) than\b)", re.IGNORECASE)
