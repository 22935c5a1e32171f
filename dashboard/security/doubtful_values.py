"""What may be told of a quarantined result to those who never see its cell: a number with a unit of its test."""

from __future__ import annotations

import re

import pandas as pd

from analytics.unit_doubts import unit_values
from analytics.units import unit_of

_NUMBER = re.compile(r"[<>≤≥]?\s?\d{1,9}(?:[.,]\d{1,9})?")


def with_values(messages: pd.Series, held: pd.DataFrame) -> pd.Series:
    """Messages that begin with value and unit where a unit is in doubt, as any other result of the patient is shown.

    Args:
        messages: what is told instead of the message of the source.
        held: columns of table QUARANTINE, rows as those of ``messages``.
    """
    stated = zip(held["analyte"], unit_values(held), messages, strict=True)
    said = [f"{value} for {why}" if _is_result(analyte, value) else why for analyte, value, why in stated]
    return pd.Series(said, messages.index, dtype="str")


def _is_result(analyte: object, value: str) -> bool:
    """A number and a unit of this test, and nothing that a person may have typed beside them."""
    number, _, unit = value.rpartition(" ")
    return isinstance(analyte, str) and bool(_NUMBER.fullmatch(number)) and not unit_of(analyte, unit).reason
