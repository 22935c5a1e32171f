"""Ages as a coordinator sees them: whole years without a date of birth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.pseudonyms import OLDEST


def aged(people: pd.DataFrame) -> pd.DataFrame:
    """No date of birth, whole years of age, those above 89 as 90."""
    age = np.floor(people["age"].to_numpy(np.float64))
    if "last" not in people.columns and "birth_date" in people.columns:
        age = np.where(np.isnan(age), _years_at(people), age)
    nothing = pd.Series(pd.NaT, index=people.index, dtype="datetime64[us]")
    frame = people.assign(age=np.where(age > OLDEST, OLDEST + 1, age))
    return frame.assign(birth_date=nothing) if "birth_date" in frame.columns else frame


def _years_at(people: pd.DataFrame) -> np.ndarray:
    """Age at the diagnosis of metastases, the one date that the table of patients has."""
    return np.floor(((people["metastases_date"] - people["birth_date"]).dt.days / 365.2425).to_numpy(np.float64))
