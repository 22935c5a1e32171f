"""Limits of normal as texts (``40 - 129 U/L``, ``<41``, ``up to 40``), where they can be read in one way only."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from analytics.units import folded, unit_of

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_UNIT = r"(?P<unit>[A-Za-zµμ%/{\[(][^:;<>=,]*|10[*^].*)?"
_BETWEEN = re.compile(
    rf"[\[(]?\s*(?P<low>{_NUMBER})\s*(?:-|–|—|−|\bto\b|\.\.|\bbis\b)\s*(?P<high>{_NUMBER})\s*[\])]?\s*{_UNIT}"
)
_BELOW = re.compile(rf"(?:<=?|≤|up\s+to|less\s+than|below|bis)\s*(?P<high>{_NUMBER})\s*{_UNIT}(?P<low>)", re.IGNORECASE)
_ABOVE = re.compile(rf"(?:>=?|≥|more\s+than|greater\s+than|above|over)\s*(?P<low>{_NUMBER})\s*{_UNIT}(?P<high>)",
                    re.IGNORECASE)  # fmt: skip


class Unread:
    """Ranges that could not be read: how many, and the first as an example."""

    def __init__(self) -> None:
        self.texts: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """One more."""
        if len(self.texts) < _KEPT or text in self.texts:
            self.texts[text] += 1
        else:
            self.texts[next(iter(self.texts))] += 1

    def note(self) -> str:
        """A sentence for the receipt; empty where all were read."""
        if not self.texts:
            return ""
        return (
            f"{self.texts.total()} reference ranges could not be read, for example {next(iter(self.texts))[:80]!r}; "
            "these results are kept without them"
        )


_KEPT = 1_000


def read(text: str) -> tuple[str, str, str] | None:
    """Lower limit, upper limit and unit as texts (empty where there is none); None where it cannot be read."""
    stripped = text.strip()
    for form in (_BETWEEN, _BELOW, _ABOVE):
        match = form.fullmatch(stripped)
        if match:
            return match["low"] or "", match["high"] or "", (match["unit"] or "").strip()
    return None


@lru_cache(maxsize=4096)
def in_unit_of(limit: str, unit: str, value_unit: str, analyte: str) -> str | None:
    """A limit in the unit of its result; None where one of the two units is not known for the test."""
    if not limit or not unit or folded(unit) == folded(value_unit):
        return limit
    if not analyte:
        return None
    own, wanted = unit_of(analyte, unit), unit_of(analyte, value_unit)
    if own.reason or wanted.reason:
        return None
    if own.factor == wanted.factor:
        return limit
    try:
        return f"{float(limit) * own.factor / wanted.factor:.12g}"
    except ValueError:
        return None


def limits(text: str, value_unit: str, analyte: str) -> tuple[str, str] | None:
    """Both limits of a text in the unit of its result; None where they cannot be read."""
    found = read(text)
    if found is None:
        return None
    low, high = (in_unit_of(limit, found[2], value_unit, analyte) for limit in found[:2])
    return None if low is None or high is None else (low, high)
