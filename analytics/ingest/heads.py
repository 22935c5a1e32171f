"""Which line of a file names its columns, and what a column's name may be, judged by known words.

The first line that is filled and does not begin with ``#`` is the header. A line that begins so is one only where it
names known columns and the first other line does not. Titles above a table are known by
what stands below them, where that is certain; else they are declared (skip_lines).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from analytics.ingest import profile_draft_words, synonyms
from analytics.ingest.column_words import SYNONYMS, squeezed
from analytics.ingest.profile_draft_words import ROLE_WORDS

ENOUGH = 3
"""So many known names make a line a header, where the first one has fewer than FEW."""
FEW = 2
_SIGNS = (",", ";", "\t", "|")
_NUMBER = re.compile(r"[<>]?\s*[+-]?\d+([.,]\d+)?")
_WITH_UNIT = re.compile(r"\s*[\[(].*")


def first_head(lines: Sequence[str], delimiter: str, comment: str = "") -> int | None:
    """Position of the header among the filled lines at the beginning of a file; None where all are comments.

    Args:
        lines: filled lines.
        delimiter: what the profile or the file says; empty where the line itself has to tell.
        comment: what the profile says that lines begin with which are no data.
    """
    signs = ("#", comment) if comment else ("#",)
    first = next((i for i, line in enumerate(lines) if not line.startswith(signs)), None)
    if first is not None and known_in(lines[first], delimiter) >= FEW:
        return first
    above = range(len(lines) if first is None else first)
    marked = [i for i in above if not (comment and lines[i].startswith(comment))]
    named = [i for i in marked if known_in(lines[i], delimiter) >= ENOUGH]
    return named[-1] if named else first


def below(lines: Sequence[str], first: int, delimiter: str) -> int | None:
    """Position of a line that names known columns, below a first one that does not; None if there is none."""
    if known_in(lines[first], delimiter) >= FEW:
        return None
    return next((i for i in range(first + 1, len(lines)) if known_in(lines[i], delimiter) >= ENOUGH), None)


def known_in(line: str, delimiter: str = "") -> int:
    """How many of a line's fields are known names of columns; none in a line with a plain number, which is data."""
    signs = (delimiter,) if delimiter else _SIGNS
    parted = [[field.strip().strip('"') for field in line.split(sign)] for sign in signs]
    return max(0 if any(_NUMBER.fullmatch(f) for f in fields) else sum(map(is_known, fields)) for fields in parted)


@lru_cache(maxsize=4096)
def is_known(name: str) -> bool:
    """Whether a column of this name has a meaning in some format, or is named like a test."""
    key = squeezed(name)
    if not key or not re.search(r"[^\W\d_]", name):
        return False
    return (
        key in _words()
        or profile_draft_words.plain(name) in _words()
        or bool(synonyms.analyte_of(_WITH_UNIT.sub("", name)))
    )


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    """Names of columns, as letters and digits."""
    return frozenset(squeezed(w) for words in SYNONYMS.values() for w in words if w) | frozenset(
        w for words in ROLE_WORDS.values() for w in words
    )
