"""What the last results of one test do, as one sentence: the same words on screens, in reports and in answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.analytes import ANALYTES
from analytics.panel import show_time
from analytics.tables import NOWS

NOW_COLUMNS = (
    "analyte",
    "now",
    "now_since",
    "now_from",
    "now_from_is",
    "now_change_pct",
    "now_limit_pct",
    "now_confirmed",
    "now_than",
    "now_limits",
    "now_n",
    "now_days",
)
"""Columns of table SERIES that the words are made of."""
_MOVES = ("rising", "falling")
_OTHER = {"higher": "lower", "lower": "higher"}


def now_short(row: Mapping[str, Any], clock: str = "date") -> str:
    """A few words: ``falling since 2026-04-10 (peak 169)``.

    Args:
        row: one row of table SERIES.
        clock: clock of the patient.
    """
    code = str(row["now"])
    if code not in ("one_result", "unclear"):
        since, start = show_time(row["now_since"], clock), _number(row["now_from"], str(row["analyte"]))
        start = f"{_sign(row)}{start}"
        if code in _MOVES:
            return f"{code} since {since} ({row['now_from_is']} {start})"
        if code == "steady":
            return f"steady since {since}"
        alone = int(row["now_n"]) == 1
        return (f"{start} on {since}" if alone else f"about {start} since {since}") + f", {_than(row)}"
    return NOWS[code]


def now_sentence(row: Mapping[str, Any], clock: str = "date") -> str:
    """The same with its evidence: number of days with results, time, size against the limit, confirmed or not."""
    code, short = str(row["now"]), now_short(row, clock)
    days = int(row["now_n"])
    counted = f"{_days(days)} with results"
    if code in ("one_result", "unclear"):
        return f"{short} ({counted})." if code == "unclear" else f"{short}."
    if code not in _MOVES:
        return f"{short} ({counted} in {_days(row['now_days'])})." if days > 1 else f"{short}."
    confirmed = "confirmed by a second result" if bool(row["now_confirmed"]) else "to be confirmed by the next result"
    limit = row["now_limit_pct"]
    told = (
        "by a rule or by the exact test over the segment"
        if limit != limit
        else f"limit for two results {_percent(limit)}"
    )
    more = " or more" if _limits(row) else ""
    size = f"{_percent(row['now_change_pct'])}{more}, {told}"
    return f"{short}: {size}, {counted} in {_days(row['now_days'])}, {confirmed}."


_SIGNS = {"rising": "<", "falling": ">", "higher": ">", "lower": "<"}
"""What a value from which a movement began, or a level, is known by where it is given as a limit."""


def _limits(row: Mapping[str, Any]) -> str:
    """``from``, ``last`` or ``both``; a table of before this column has none."""
    told = row.get("now_limits", "")
    return told if isinstance(told, str) else ""


def _sign(row: Mapping[str, Any]) -> str:
    return _SIGNS.get(str(row["now"]), "") if _limits(row) in ("from", "both") else ""


def _than(row: Mapping[str, Any]) -> str:
    """``higher than before and than baseline``; a level below the one before may still be above baseline."""
    code, than = str(row["now"]), str(row["now_than"])
    if than == "before, not baseline":
        return f"{code} than before, {_OTHER[code]} than baseline"
    return f"{code} than {than.replace(' and ', ' and than ')}"


def _days(number: float) -> str:
    return f"{number:.0f} day{'s' if round(number) != 1 else ''}"


def _number(value: float, code: str) -> str:
    return f"{value:.{ANALYTES[code].decimals}f}"


def _percent(value: float) -> str:
    return f"{value:+.0f}%".replace("-", "−")
