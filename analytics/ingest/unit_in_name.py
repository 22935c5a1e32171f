"""The unit behind a test's name, as in ``alt_ul`` and ``bili_mgdl``: how REDCap and others name their columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from analytics.analytes import ANALYTES
from analytics.ingest import synonyms
from analytics.units import folded, unit_of

WITH_UNIT = re.compile(r"(?P<name>.*[^\s_.\-])[\s_.\-]+(?P<unit>[A-Za-z0-9µ%]+)")
_SHORT: Mapping[str, str] = MappingProxyType(
    {"k": "10*3/uL", "kul": "10*3/uL", "gl": "G/L", "10e9l": "10*9/L", "e9l": "10*9/L"}
)
"""Counts of cells in thousands, as columns call them; other units are known by their letters."""


def unit_in(name: str, code: str) -> str:
    """The unit behind a test's name; empty where there is none of this test."""
    match = WITH_UNIT.fullmatch(name)
    if not match or synonyms.analyte_of(name):
        return ""
    letters = match["unit"].casefold().replace("µ", "u")
    short = _SHORT.get(letters)
    if short and not unit_of(code, short).reason:
        return unit_of(code, short).unit
    fitting = {u for u in ANALYTES[code].conversions if re.sub(r"[^a-z0-9%]", "", folded(u)) == letters}
    return fitting.pop() if len(fitting) == 1 else ""


def named_with_unit(column: str, own: Mapping[str, str]) -> tuple[str, str]:
    """Code and unit of a column whose name is a known test with a unit of it behind; empty texts for any other.

    Args:
        column: name of the column.
        own: the profile's names of tests, folded.
    """
    match = WITH_UNIT.fullmatch(column)
    code = synonyms.analyte_of(match["name"], own) if match else ""
    unit = unit_in(column, code) if code else ""
    return (code, unit) if unit else ("", "")


_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "uln": "uln|upper (?:ref(?:erence)? )?limit(?: of normal)?|upper normal(?: limit)?|(?:normal|ref) high",
        "lln": "lln|lower (?:ref(?:erence)? )?limit(?: of normal)?|lower normal(?: limit)?|(?:normal|ref) low",
        "unit": "units?",
        "range": "(?:reference|ref|normal) ?(?:range|interval|values?)",
    }
)
_ANY = "|".join(f"(?P<{role}>{words})" for role, words in _ROLES.items())
_AFTER = re.compile(f"(?P<name>.+) (?:{_ANY})", re.IGNORECASE)
_BEFORE = re.compile(f"(?:{_ANY})(?: of| for)? (?P<name>.+)", re.IGNORECASE)


def limit_of(column: str) -> tuple[str, str]:
    """Name of a test and role of a column that is named as its limit or its unit: ``alt_uln``, ``ALT (ULN)``,
    ``Upper limit of normal for ALT``; empty texts for any other."""
    key = re.sub(r"[\s_.:()\[\]]+", " ", column[:_LONGEST]).strip()
    match = _AFTER.fullmatch(key) or _BEFORE.fullmatch(key) or _AFTER.fullmatch(re.sub(r"-(?=[A-Za-z])", " ", key))
    if not match:
        return "", ""
    return match["name"].rstrip(" -"), next(r for r in _ROLES if match[r])


_LONGEST = 120
"""Letters of a column's name that are looked at."""
