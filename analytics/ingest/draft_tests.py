"""Tests of a file for a draft of a profile: names in rows or columns that are known, look so, or are not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics.ingest import fluids, synonyms
from analytics.ingest.draft_roles import Seen, code_of
from analytics.ingest.named_twice import CONTRADICTS, agreed
from analytics.ingest.profile import Profile
from analytics.ingest.unit_in_name import limit_of, split, unit_in
from analytics.units import unit_of

FEW = 40
"""So many unknown tests are listed by name; a longer list is a code list, and unknown ones are left out as a whole."""
_LIMIT = re.compile(
    r".+[\s_.\-](uln|lln|upper|lower|unit|units|flag|date|low|high|min|max|complete|status|time)", re.IGNORECASE
)


@dataclass
class Tests:
    """Name to code of tests that are known or look so, and those that are not known."""

    like: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    @property
    def many(self) -> bool:
        """Whether the unknown ones are too many to be named."""
        return len(self.unknown) > FEW


def of_long(seen: Seen, column: str, code: str = "") -> Tests:
    """Tests of a column of names; those known as they are, or by the code beside them, need no mention."""
    found, coded = Tests(), _by_code(seen, column, code)
    for word in seen.filled(column):
        if word in coded or synonyms.analyte_of(word) or _of_other_fluid(word):
            continue
        code = code_of(word)
        if code:
            found.like[word] = code
        else:
            found.unknown.append(word)
    return found


def _by_code(seen: Seen, column: str, code: str) -> set[str]:
    """Names beside which a code stands that is known, or contradicts."""
    if not code:
        return set()
    name_at, code_at = seen.columns.index(column), seen.columns.index(code)
    pairs = {(row[code_at].strip(), row[name_at].strip()) for row in seen.rows}
    by_both = {(c, n): agreed(c, n, Profile()) for c, n in pairs}
    return {n for (_, n), both in by_both.items() if synonyms.analyte_of(both) or CONTRADICTS in both}


def _of_other_fluid(word: str) -> bool:
    bare, fluid = fluids.without_fluid(word)
    return fluid == fluids.OTHER and bool(synonyms.analyte_of(bare))


def of_wide(seen: Seen, roles: Mapping[str, str]) -> dict[str, str]:
    """Code by column of a wide file; none where the file is a long one."""
    if "analyte" in roles:
        return {}
    used = set(roles.values())
    return {c: code for c in seen.columns.names if c not in used and (code := wide(seen, c))}


def named(tests: Mapping[str, str]) -> Tests:
    """The tests of a wide file; all are named, so that the draft says what each column is."""
    return Tests(dict(tests))


def wide(seen: Seen, column: str) -> str:
    """Code of a column that is named by a test, perhaps with its unit; empty for its limits, flags and dates."""
    if is_limit(column):
        return ""
    code = code_of(column)
    if code or _LIMIT.fullmatch(column):
        return code
    stem, code, _ = split(column, code_of)
    bare = {synonyms.folded(n) for n in seen.columns.names}
    return "" if stem and synonyms.folded(stem) in bare else code  # ALT beside ALT_UL: its upper limit, perhaps


def bracketed_unit(name: str, code: str) -> str:
    """The unit of a test in brackets behind its name, else behind a line; empty where there is none of this test."""
    match = re.fullmatch(r".+?[\[(]([^\[\]()]+)[\])]", name.strip())
    own = match[1].strip() if match else ""
    return own if own and not unit_of(code, own).reason else unit_in(name, code)


def is_limit(column: str) -> bool:
    """Whether a column of a wide file is the limit or the unit of one of its tests."""
    name, _ = limit_of(column)
    return bool(name and code_of(name)) and not synonyms.analyte_of(column)


def strange_units(seen: Seen, roles: Mapping[str, str]) -> list[str]:
    """Units that are none of any known test beside which they stand."""
    if "analyte" not in roles:
        return []
    test, unit = (seen.columns.index(roles[r]) for r in ("analyte", "unit"))
    pairs = {(row[test].strip(), row[unit].strip()) for row in seen.rows}
    fits: dict[str, bool] = {}
    for name, said in pairs:
        if said and (code := code_of(name)):
            fits[said] = fits.get(said, False) or not unit_of(code, said).reason
    return sorted(u for u, fit in fits.items() if not fit)
