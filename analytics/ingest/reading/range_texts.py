"""Limits of normal that messages and resources give as texts, in the unit of their result; what was not read."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from analytics.ingest.ranges import printed
from analytics.units import folded, unit_of


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
    found = printed(text)
    if not (found.low or found.high):
        return None
    low, high = (in_unit_of(limit, found.unit, value_unit, analyte) for limit in (found.low, found.high))
    return None if low is None or high is None else (low, high)
