"""The last thing known of each patient: result, event, visit or image. A patient of other years has no other today."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.arrays import Floats, days_of
from analytics.case import Case
from analytics.derive.points import codes_in
from analytics.once import once


@once
def last_contacts(case: Case) -> Floats:
    """Moment of the last result (numbers and texts), begin or recorded end of an event, or image of each patient, at
    most the data cut-off; NaN for a patient of whom nothing is known. Shape (patients,). [d]"""
    panel, out = case.panel, last_results_of(case).copy()
    _let_count(case, out, panel.events, ("start_date", "end_date"))
    _let_count(case, out, panel.imaging, ("date",))
    return np.where(np.isfinite(out), out, np.nan)


@once
def last_results_of(case: Case) -> Floats:
    """Moment of the last result (numbers and texts) of each patient, at most the data cut-off; -inf where there is
    none. Shape (patients,). [d]"""
    out = np.full(len(case.panel), -np.inf)
    _let_count(case, out, case.panel.labs, ("collected_at",))
    return out


def _let_count(case: Case, last: Floats, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Let the times of a frame count, in place."""
    if not len(frame):
        return
    patient = codes_in(frame["patient_id"], case.panel.patient_ids)
    for column in columns:
        day = days_of(frame[column])
        known = ~np.isnan(day) & (day <= case.as_of)
        np.maximum.at(last, patient[known], day[known])


def last_contact_of(case: Case) -> pd.Timestamp:
    """The same of the first patient as a time; the data cut-off where nothing is known."""
    day = float(last_contacts(case)[0]) if len(case.panel) else float("nan")
    return case.panel.as_of if day != day else pd.Timestamp(round(day * 86_400_000_000), unit="us")
