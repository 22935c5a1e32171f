"""Treatment lines and the day 0 of a patient."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.case import Floats, Happenings, Points, days_of
from analytics.event_kinds import KIND_CODES
from analytics.panel import Panel
from analytics.tables import RELATIVE_ORIGIN

JOIN_DAYS = 28.0
"""Agents that start within this many days of each other belong to one line where the source numbers none (house)."""

_NOT_TREATMENT = ("symptom", "adverse_event", "other")


def lines_of(panel: Panel, events: Happenings) -> pd.DataFrame:
    """Lines of systemic therapy: columns patient (code), line (1, 2, ...), start (days).

    The source's own line numbers hold where a patient has any. Else a line begins with an agent that the patient
    did not have before, unless it starts within JOIN_DAYS of the last such start.
    """
    at = events.of("systemic")
    frame = pd.DataFrame(
        {
            "patient": events.patient[at],
            "start": events.start[at],
            "given": panel.events["line"].iloc[events.row[at]].to_numpy(np.float64, na_value=np.nan),
            "name": panel.events["name"].iloc[events.row[at]].fillna("").str.casefold().to_numpy(),
        }
    )
    numbered = frame.groupby("patient")["given"].transform("count") > 0
    given = frame[numbered].dropna(subset="given").rename(columns={"given": "line"})
    given = given.sort_values("start").drop_duplicates(["patient", "line"])[["patient", "line", "start"]]
    fresh = frame[~numbered].drop_duplicates(["patient", "name"]).sort_values(["patient", "start"])
    gap = fresh.groupby("patient")["start"].diff()
    fresh = fresh[gap.isna() | (gap > JOIN_DAYS)]
    fresh = fresh.assign(line=fresh.groupby("patient").cumcount() + 1)
    both = pd.concat([given, fresh[["patient", "line", "start"]]], ignore_index=True)
    both = both.sort_values(["patient", "start", "line"], ignore_index=True)
    return both.astype({"patient": np.int64, "line": np.int64, "start": np.float64})


def index_days(panel: Panel, events: Happenings, points: Points) -> Floats:
    """Day 0 of each patient, shape (patients,); NaN for a patient with neither treatment nor result."""
    first = np.full(len(panel), np.inf)
    is_treatment = ~np.isin(events.kind, [KIND_CODES.index(k) for k in _NOT_TREATMENT])
    np.minimum.at(first, events.patient[is_treatment], events.start[is_treatment])
    first_result = np.full(len(panel), np.inf)
    np.minimum.at(first_result, points.patient, points.day)
    first = np.where(np.isinf(first), first_result, first)
    relative = (panel.patients["clock"] != "date").to_numpy()
    first[relative] = days_of(pd.Series([RELATIVE_ORIGIN]))[0]
    return np.where(np.isinf(first), np.nan, np.floor(first))
