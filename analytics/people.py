"""What follows from a row of table PATIENTS: age. The same number on every page and in every report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def age_at(person: Mapping[str, Any] | pd.Series, when: pd.Timestamp | None) -> int | None:
    """Whole years at a time: from the date of birth where it is known and times are dates, else the age as given.

    Args:
        person: a row of table PATIENTS.
        when: the newest result; the age as given stands where there is none.
    """
    born, age = person["birth_date"], person["age"]
    if not pd.isna(born) and person["clock"] == "date" and when is not None and not pd.isna(when):
        return int(when.year - born.year - ((when.month, when.day) < (born.month, born.day)))
    return None if pd.isna(age) else int(age)


def ages_at(born: pd.Series, at: pd.Series) -> pd.Series:
    """The same for many: whole years from each date of birth to each time; missing where either is, shape (n,)."""
    early = (at.dt.month < born.dt.month) | ((at.dt.month == born.dt.month) & (at.dt.day < born.dt.day))
    years: pd.Series = at.dt.year - born.dt.year - early.astype("int64")
    return years.where(born.notna() & at.notna())
