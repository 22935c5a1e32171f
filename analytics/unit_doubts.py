"""Results kept out of view because their unit is in doubt: told wherever the last value of their test stands."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

UNIT_REASONS = ("UNIT_SUSPECT", "UNIT_MISSING", "UNIT_UNKNOWN")
"""Reasons of table QUARANTINE that leave a value without a sure unit."""
DOUBT = "unit in doubt"
"""How such a result is called."""
UNKNOWN = "a result"
"""What is told of it where the row has no readable value."""
COLUMNS = ["patient_id", "analyte", "collected_at", "value"]


def unit_doubts(held: pd.DataFrame) -> pd.DataFrame:
    """Results in doubt of their unit that are not resolved: COLUMNS, by patient, analyte and time.

    Args:
        held: columns of table QUARANTINE. ``value`` is the number and unit as written, UNKNOWN where the row has none;
            ``collected_at`` is missing where it could not be read, or may not be shown.
    """
    open_ = held["resolution"].fillna("") == ""
    mine = held[held["reason_code"].isin(UNIT_REASONS) & open_ & held["analyte"].notna() & held["patient_id"].notna()]
    frame = mine[COLUMNS[:-1]].assign(value=pd.Series(unit_values(mine), mine.index, dtype="str").replace("", UNKNOWN))
    return frame.sort_values(COLUMNS, kind="stable", ignore_index=True)


def unit_values(held: pd.DataFrame) -> list[str]:
    """Value and unit of each row as they were stated, ``12 mg/dL``; empty where the row has no such value."""
    sure = held["reason_code"] == UNIT_REASONS[0]
    told = held["message"].fillna("").str.extract(r"^(.+?) (?:after|for) ", expand=False)
    return [str(text) for text in told.where(sure).fillna("")]


def newest_doubts(held: pd.DataFrame, last: Mapping[tuple[str, str], pd.Timestamp]) -> dict[tuple[str, str], pd.Series]:
    """By patient and analyte the newest result in doubt that is not older than the last one that is shown.

    Args:
        held: columns of table QUARANTINE.
        last: time of the last result shown, by patient and analyte; one without any is left out.
    """
    found: dict[tuple[str, str], pd.Series] = {}
    for _, row in unit_doubts(held).iterrows():
        key = (str(row["patient_id"]), str(row["analyte"]))
        shown = last.get(key, pd.NaT)
        if pd.isna(shown) or pd.isna(row["collected_at"]) or row["collected_at"] >= shown:
            found[key] = row
    return found
