"""A test that is named twice, by a code and by a name: one test where both mean it, none where they contradict."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from analytics.ingest import fluids, synonyms
from analytics.ingest.profile import Profile

CONTRADICTS = " ≠ "
"""Between a code and a name that are of different tests; no test is known by such a text."""
_LOINC = re.compile(r"(?:LOINC:)?\d{1,5}-\d", re.IGNORECASE)
_OTHER_TEST = re.compile(
    r"indirect|indirekt|unconjugated|\bratio\b|quotient|isoenzym|\bfraction|body fluid", re.IGNORECASE
)


def agreed(code: str, name: str, profile: Profile) -> str:
    """The text by which a test with a code and a name is looked up.

    A LOINC code decides where the name is not known; a code of the laboratory's own never does beside a name. Where a
    name is that of a followed test and the LOINC code is not, the code is of another kind of that test (of another
    fluid, for example), so that neither is believed.

    Args:
        code: as written; a null word where there is none.
        name: as written; a null word where there is none.
        profile: own names of tests, tests left out, null words.
    """
    if code in profile.nulls or name in profile.nulls:
        return name if code in profile.nulls else code
    left_out = next((w for w in (name, code) if synonyms.folded(w) in profile.ignored_names), "")
    if left_out:
        return left_out
    return _of_both(code, name, lambda w: synonyms.analyte_of(w, profile.analyte_names))


def _of_both(code: str, name: str, known: Callable[[str], str]) -> str:
    by_code, by_name = known(_bare(code)), known(name)
    loinc = bool(_LOINC.fullmatch(code))
    if by_name:
        agree = by_code == by_name or not (by_code or loinc)
        return name if agree else f"{code}{CONTRADICTS}{name}"
    if not (by_code and loinc) or fluids.without_fluid(name)[1] == fluids.OTHER:
        return name
    return f"{code}{CONTRADICTS}{name}" if _OTHER_TEST.search(name) else _bare(code)


def _bare(code: str) -> str:
    return code.rsplit(":", 1)[-1] if _LOINC.fullmatch(code) else code


@lru_cache(maxsize=4096)
def contradiction(codes: tuple[str, ...], names: tuple[str, ...]) -> str:
    """What of a concept's codes and names contradicts, as one text; empty where all that are known mean one test."""
    found: dict[str, str] = {}
    for word in (*codes, *names):
        analyte = synonyms.analyte_of(word) if word else ""
        if analyte:
            found.setdefault(analyte, word)
    return CONTRADICTS.join(found.values()) if len(found) > 1 else ""
