"""Limits of normal of the results themselves: two columns of numbers, or one of texts as laboratories print them.

A text may carry its own unit, which must then be one of the test. What was sent and cannot be read is told, never
dropped in silence: without its limit a result has no multiple of it and no grade.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics import letters
from analytics.analytes import CODES
from analytics.ingest.dictionary import Coded
from analytics.ingest.numbers import NUMBER, Numbers, numbers
from analytics.ingest.profile import Profile
from analytics.units import converted, unit_of

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
ROLES = ("lln", "uln", "range")

LONGEST = 80
"""Signs of a text that is looked at; limits are short."""
_NUM = r"[+-]?\d+(?:[.,]\d+)*"
_UNIT = r"(?:\s*[A-Za-zµμ%/\[{(*‰][^<>≤≥]*|\s+(?:[xX]\s*)?10\D.*)?"
_TO = r"(?:-|–|—|−|‐|‑|~|～|;|\.\.+|…|to|through|bis|à|a|al|hasta|jusqu'à|fino a|t/m|tot)"
_BELOW = (
    r"(?:<=|=<|<|≤|＜|up to|not above|no more than|at most|less than|below|under|bis zu|bis|unter|jusqu'à|inférieur à|"
    r"hasta|fino a|inferiore a|inferior a|menor (?:de|que)|até|do|poniżej|mindre än|max\.?|tot)"
)
_ABOVE = r"(?:>=|=>|>|≥|＞|at least|not below|more than|greater than|above|over|über|ab|supérieur à|min\.?)"
_LEAD = re.compile(
    r"(?:normal range|normal|norma|norm|reference range|reference|referenzbereich|referenz|ref\.?|range|"
    r"valeurs normales|v\.?n\.?|v\.?r\.?)(?:\s*[:=]\s*|\s+)",
    re.IGNORECASE,
)
_BOTH = re.compile(rf"({_NUM})({_UNIT}?)\s*{_TO}\s*({_NUM})({_UNIT})", re.IGNORECASE | re.DOTALL)
_UPPER = re.compile(rf"{_BELOW}\s*({_NUM})({_UNIT})", re.IGNORECASE | re.DOTALL)
_LOWER = re.compile(rf"{_ABOVE}\s*({_NUM})({_UNIT})", re.IGNORECASE | re.DOTALL)
_ALONE = re.compile(rf"({_NUM})({_UNIT})", re.IGNORECASE | re.DOTALL)
_IN_BRACKETS = re.compile(r"\[(.*)\]|\((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Printed:
    """A range as printed: texts of the numbers, empty where there is none, and its own unit, if any."""

    low: str = ""
    high: str = ""
    unit: str = ""


def printed(text: str) -> Printed:
    """Limits in texts like ``10-40``, ``10 U/L - 40 U/L``, ``up to 40``, ``<41``, ``[10;40]`` and ``>3.5 g/dL``.

    Nothing is read of a text that says more than that, as limits of one sex or of several ages do.
    """
    said = letters.plain(text).strip()
    if len(said) > LONGEST:
        return Printed()
    if bracketed := _IN_BRACKETS.fullmatch(said):
        said = (bracketed[1] or bracketed[2] or "").strip()
    said = _LEAD.sub("", said, count=1) if _LEAD.match(said) else said
    if match := _BOTH.fullmatch(said):
        units = {u.strip() for u in (match[2], match[4]) if u.strip()}
        return Printed(match[1], match[3], units.pop() if units else "") if len(units) < 2 else Printed()
    if match := _UPPER.fullmatch(said):
        return Printed("", match[1], match[2].strip())
    if match := _LOWER.fullmatch(said):
        return Printed(match[1], "", match[2].strip())
    return Printed()


def limits(
    get: Mapping[str, Coded], house: npt.NDArray[np.int64], profile: Profile, factor: Floats
) -> tuple[Floats, Floats, Flags]:
    """Limits in the canonical unit per row, and where something was sent that gave no limit.

    Args:
        get: columns by role; ROLES are looked at.
        house: house position of each row's test.
        profile: decimal sign, null words, unit spellings.
        factor: to the canonical unit of the result's own unit; missing where that is not known.
    """
    n = len(house)
    lln, uln = np.full(n, np.nan), np.full(n, np.nan)
    sent = np.zeros(n, bool)
    if "range" in get:
        lln, uln = _ranges(get["range"], house, profile, factor)
        sent |= _told(get["range"], profile) & np.isnan(lln) & np.isnan(uln)
    for role, limit in (("lln", lln), ("uln", uln)):
        if role in get:
            own = _column(get[role], house, profile, factor)
            told = _told(get[role], profile)
            sent |= told & np.isnan(own)
            limit[:] = np.where(np.isnan(own), limit, own)
    with np.errstate(invalid="ignore"):
        upside_down = lln >= uln
        wrong_uln, wrong_lln = (uln <= 0) | upside_down, (lln < 0) | upside_down
    sent |= upside_down
    uln[wrong_uln] = np.nan
    lln[wrong_lln] = np.nan
    return lln, uln, sent


def _told(column: Coded, profile: Profile) -> Flags:
    told = column.spread(np.array([w not in profile.nulls for w in column.list()], bool))
    return np.asarray(told, dtype=bool)


def _read(words: pa.Array, profile: Profile) -> Numbers:
    """Numbers written as those of the results are."""
    return numbers(words, profile.nulls, profile.decimal, thousands=profile.thousands)


def _column(column: Coded, house: npt.NDArray[np.int64], profile: Profile, factor: Floats) -> Floats:
    """One column of limits; an entry may have a unit of its own behind the number."""
    read = _read(column.words, profile)
    plain = column.spread(np.where(read.kind == NUMBER, read.value, np.nan))
    limit = converted(plain, factor)
    odd = [i for i in np.flatnonzero(read.kind != NUMBER) if str(column.words[int(i)].as_py()) not in profile.nulls]
    alone = {int(i): m for i in odd if (m := _ALONE.fullmatch(str(column.words[int(i)].as_py()))) and m[2].strip()}
    if alone:
        texts = {i: (m[1], m[2].strip()) for i, m in alone.items()}
        _with_units(limit, column, texts, house, profile)
    return limit


def _ranges(column: Coded, house: npt.NDArray[np.int64], profile: Profile, factor: Floats) -> tuple[Floats, Floats]:
    """Both limits of texts; those with a unit of their own are converted from that."""
    parts = [printed(w) for w in column.list()]
    found = []
    for side in ("low", "high"):
        texts = [getattr(p, side) for p in parts]
        read = _read(
            pa.array([t if not p.unit else "" for t, p in zip(texts, parts, strict=True)], pa.string()), profile
        )
        limit = converted(column.spread(np.where(read.kind == NUMBER, read.value, np.nan)), factor)
        own = {i: (t, p.unit) for i, (t, p) in enumerate(zip(texts, parts, strict=True)) if p.unit and t}
        if own:
            _with_units(limit, column, own, house, profile)
        found.append(limit)
    return found[0], found[1]


def _with_units(
    limit: Floats,
    column: Coded,
    texts: Mapping[int, tuple[str, str]],
    house: npt.NDArray[np.int64],
    profile: Profile,
) -> None:
    """Fill in place the limits whose text names a unit; those whose unit is none of the test stay missing."""
    rows = np.flatnonzero(np.isin(column.codes, np.array(list(texts))))
    pairs = np.unique(np.stack([column.codes[rows], house[rows]]), axis=1) if len(rows) else np.zeros((2, 0), int)
    for word, test in pairs.T:
        text, unit = texts[int(word)]
        read = _read(pa.array([text], pa.string()), profile)
        known = unit_of(CODES[int(test)], unit.strip("()[] ") or unit, profile.unit_spellings)
        if known.reason:
            known = unit_of(CODES[int(test)], unit, profile.unit_spellings)
        if read.kind[0] == NUMBER and not known.reason:
            value = converted(np.array([read.value[0]]), np.array([known.factor]))[0]
            limit[rows[(column.codes[rows] == word) & (house[rows] == test)]] = value
