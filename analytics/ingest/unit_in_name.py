"""The unit behind a test's name, as in ``alt_ul`` and ``bili_mgdl``: how REDCap and others name their columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from analytics.analytes import ANALYTES
from analytics.ingest import synonyms
from analytics.units import folded, unit_of

_BETWEEN = re.compile(r"[\s_.,\-]+")
_MOST_PARTS = 4
"""So many pieces of a name may be its unit: ``platelets_10_9_l`` has three."""
_SHORT: Mapping[str, str] = MappingProxyType(
    {"k": "10*3/uL", "kul": "10*3/uL", "gl": "G/L", "10e9l": "10*9/L", "e9l": "10*9/L"}
)
"""Counts of cells in thousands, as columns call them; other units are known by their letters."""


def parts(column: str) -> Iterator[tuple[str, str]]:
    """A name without its last pieces, and the letters of these: ``bili_mg_dl`` as ``bili`` and ``mgdl``."""
    for match in list(_BETWEEN.finditer(column))[-1 : -_MOST_PARTS - 1 : -1]:
        stem, rest = column[: match.start()], column[match.end() :].casefold().replace("µ", "u").replace("μ", "u")
        letters = re.sub(r"[^a-z0-9%]", "", rest)
        if stem and letters:
            yield stem, letters


def _unit_of_letters(letters: str, code: str) -> str:
    short = _SHORT.get(letters)
    if short and not unit_of(code, short).reason:
        return unit_of(code, short).unit
    fitting = {u for u in ANALYTES[code].conversions if re.sub(r"[^a-z0-9%]", "", folded(u)) == letters}
    return fitting.pop() if len(fitting) == 1 else ""


def unit_in(name: str, code: str) -> str:
    """The unit behind a test's name; empty where there is none of this test."""
    if synonyms.analyte_of(name):
        return ""
    return next((unit for _, letters in parts(name) if (unit := _unit_of_letters(letters, code))), "")


def split(column: str, code_of: Callable[[str], str]) -> tuple[str, str, str]:
    """Name, code and unit of a column whose name is a known test with a unit of it behind; empty texts for any other.

    Args:
        column: name of the column.
        code_of: code of a test by its name, empty where it is not known.
    """
    for stem, letters in parts(column):
        code = code_of(stem)
        unit = _unit_of_letters(letters, code) if code else ""
        if unit:
            return stem, code, unit
    return "", "", ""


def named_with_unit(column: str, own: Mapping[str, str]) -> tuple[str, str]:
    """Code and unit of a column whose name is a known test, by own names too, with a unit of it behind."""
    _, code, unit = split(column, lambda name: synonyms.analyte_of(name, own))
    return code, unit


_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "uln": "uln|upper (?:ref(?:erence)? )?limit(?: of normal)?|upper normal(?: limit)?|(?:normal|ref) high",
        "lln": "lln|lower (?:ref(?:erence)? )?limit(?: of normal)?|lower normal(?: limit)?|(?:normal|ref) low",
        "unit": "units?",
        "range": "(?:reference|ref|normal) ?(?:range|interval|values?)",
        "collected_at": "(?:collection |draw |sample |lab )?(?:date|datetime|date time|dt)|collected(?: at)?|drawn",
    }
)
_ANY = "|".join(f"(?P<{role}>{words})" for role, words in _ROLES.items())
_AFTER = re.compile(f"(?P<name>.+) (?:{_ANY})", re.IGNORECASE)
_BEFORE = re.compile(f"(?:{_ANY})(?: of| for)? (?P<name>.+)", re.IGNORECASE)


def plain(column: str) -> str:
    """A column's name with blanks in place of brackets, points and underscores."""
    return re.sub(r"[\s_.:()\[\]]+", " ", column[:_LONGEST]).strip()


def limit_of(column: str) -> tuple[str, str]:
    """Name of a test and role of a column that is named as its limit, its unit or its own date: ``alt_uln``,
    ``ALT (ULN)``, ``Upper limit of normal for ALT``; empty texts for any other."""
    key = plain(column)
    match = _AFTER.fullmatch(key) or _BEFORE.fullmatch(key) or _AFTER.fullmatch(re.sub(r"-(?=[A-Za-z])", " ", key))
    if not match:
        return "", ""
    return match["name"].rstrip(" -"), next(r for r in _ROLES if match[r])


_LONGEST = 120
"""Letters of a column's name that are looked at."""
