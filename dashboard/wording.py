"""Numbers, times and absences as people read them. Nothing prints NaN, NaT or None: absent is an en dash."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.analytes import ANALYTES
from analytics.panel import in_prose, show_time

ABSENT = "–"

_UNITS = {
    "10*9/L": "10⁹/L",
    "{INR}": "",
    "ug/L": "µg/L",
    "umol/L": "µmol/L",
    "ukat/L": "µkat/L",
}


def is_absent(value: Any) -> bool:
    """True for None, NaN, NaT, NA and the empty text."""
    return (
        value is None
        or value is pd.NaT
        or value == ""
        or (not isinstance(value, (list, dict)) and bool(pd.isna(value)))
    )


def text(value: Any) -> str:
    """Any cell as text."""
    return ABSENT if is_absent(value) else str(value)


def or_nothing(value: Any) -> str:
    """Any cell as text, empty where there is none."""
    return "" if is_absent(value) else str(value)


def state_word(finding: Mapping[str, Any]) -> str:
    """State of a finding in words; one-off where it tells of a moment, which nothing can resolve.

    Args:
        finding: a row of table FINDINGS.
    """
    state = str(finding["state"])
    if state == "resolved" and is_absent(finding.get("resolved_at")):
        return "one-off"
    return _STATE_WORDS.get(state, state)


_STATE_WORDS = {"ongoing": "open", "not_seen": "not measured since", "window_over": "window ended"}

LEVEL_WORDS: Mapping[str, str] = {
    "urgent": "major",
    "attention": "moderate",
    "information": "for information",
    "good": "favourable",
}
"""Levels of findings as people read them; the codes stay in exports."""


def level_word(level: Any) -> str:
    """Word of a level."""
    return LEVEL_WORDS.get(str(level), str(level))


def prose(said: Any) -> str:
    """A sentence with its dates as people write them; tables and exports keep ISO dates."""
    return "" if is_absent(said) else in_prose(str(said))


_RECALLED = re.compile(r"\brecalled\b(?:, to be confirmed)?")


def source_words(reference: Any) -> str:
    """What a rule rests on, for a reader; what was written down from memory is said to be not verified."""
    return "" if is_absent(reference) else _RECALLED.sub("not verified in the source", str(reference))


def day_in_prose(time: Any, clock: str = "date") -> str:
    """A day on the patient's clock within a sentence: 28 May 2026, or day 192."""
    return ABSENT if is_absent(time) else in_prose(show_time(pd.Timestamp(time), clock))


def whole(value: Any) -> str:
    """A count with thin spaces between thousands."""
    return ABSENT if is_absent(value) else f"{int(value):,}".replace(",", "\u202f")


def number(value: Any, decimals: int = 1) -> str:
    """A number with fixed decimals, a true minus, and no infinity."""
    if is_absent(value) or not math.isfinite(float(value)):
        return ABSENT
    return f"{float(value):.{decimals}f}".replace("-", "\u2212")


def result(analyte: str, value: Any, comparator: Any = "") -> str:
    """A laboratory value in its canonical unit with the decimals of its analyte, comparator first."""
    shown = number(value, ANALYTES[analyte].decimals if analyte in ANALYTES else 1)
    return shown if shown == ABSENT or is_absent(comparator) else f"{comparator}{shown}"


def unit(ucum: Any) -> str:
    """A UCUM unit as printed: 10*9/L becomes 10⁹/L."""
    return "" if is_absent(ucum) else _UNITS.get(str(ucum), str(ucum))


def multiple(value: Any, comparator: Any = "") -> str:
    """A ratio such as 2.4 ×; two decimals below 1. Of a result that is given as a limit with its sign."""
    if is_absent(value):
        return ABSENT
    sign = "" if is_absent(comparator) else comparator
    return f"{sign}{number(value, 2 if abs(float(value)) < 1 else 1)}\u202f×"


def percent(value: Any, decimals: int = 0, *, signed: bool = True) -> str:
    """A percentage, signed where it is a change."""
    shown = number(value, decimals)
    if shown == ABSENT:
        return shown
    return f"{'+' if signed and float(value) > 0 else ''}{shown}%"


def when(time: Any, clock: str = "date", precision: str = "day") -> str:
    """A time on the patient's clock."""
    return ABSENT if is_absent(time) else show_time(pd.Timestamp(time), clock, precision if precision else "day")


def count_of(n: int, one: str, many: str | None = None) -> str:
    """``1 result``, ``2 results``."""
    return f"{whole(n)} {one if n == 1 else many or one + 's'}"


def bytes_of(n: Any) -> str:
    """A file size."""
    if is_absent(n):
        return ABSENT
    size = float(n)
    for name in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {name}"
        size /= 1000
    return f"{size:.1f} GB"
