"""What a filter is, and the dates that filters name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analytics.analysis import Analysis
from analytics.arrays import Bools
from analytics.cohort.query.tokens import Reader
from analytics.errors import QuestionError


@dataclass(frozen=True)
class Filter:
    """One filter: its canonical words and how it is had; ``reads`` is the computed table that it needs of all patients,
    findings or answers, empty for the panel alone."""

    text: str
    mask: Callable[[Analysis], Bools]
    reads: str = ""
    analytes: tuple[str, ...] | None = ()
    """Whose results it reads; None for those of all."""


def date(reader: Reader) -> str:
    """A date, read."""
    token = reader.peek()
    if token is None or token.kind != "date":
        reader.refuse(("a date as 2025-01-31",))
    reader.at += 1
    return token.text


def day_of(date: str) -> float:
    """Days since 1970."""
    try:
        return float((pd.Timestamp(date) - pd.Timestamp("1970-01-01")).days)
    except ValueError as error:
        raise QuestionError(f"{date} is not a date") from error
