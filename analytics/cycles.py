"""Cycle by cycle: did a test come back before the next dose? One row a start of systemic therapy and analyte."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Floats
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.points import points_of
from analytics.derive.treatments import treatments_of
from analytics.once import once

COLUMNS = (
    "patient",
    "start",
    "next_start",
    "before",
    "before_at",
    "peak",
    "day_peak",
    "limit",
    "day_back",
    "is_back_in_time",
)


def rounds_frame(case: Case, analyte: str) -> pd.DataFrame:
    """Every start of systemic therapy of every patient against one analyte.

    A start is a day on which an agent begins that begins on several days (one start date alone is a course of therapy
    and tells no cycle); the results of that day belong to the time before it. ``before`` is the last result at most
    ``rounds.before_days`` old, ``peak`` the highest until the next start, ``limit`` the value before times
    ``rounds.back_under``, ``day_back`` the first day after the peak below that limit (0 where the peak never reached
    it). Times are float days since 1970-01-01, days count from the start.

    Returns:
        One row a start with COLUMNS; missing where there is no result.
    """
    points, rule = points_of(case), case.settings.rounds
    starts = starts_of(case)
    own = np.flatnonzero(points.analyte == INDEX[analyte])
    rows = []
    for patient, group in starts.groupby("patient"):
        mine = own[points.patient[own] == patient]
        day, value = points.day[mine], points.value[mine]
        begins = group["start"].to_numpy(np.float64)
        ends = np.append(begins[1:], np.inf)
        rows += [_round(day, value, a, b, rule.before_days, rule.back_under) for a, b in zip(begins, ends, strict=True)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS[1:]))
    frame.insert(0, "patient", starts["patient"].to_numpy())
    return frame


def _round(
    day: Floats, value: Floats, start: float, end: float, before_days: float, back_under: float
) -> tuple[float, ...]:
    """One cycle: from the day after its start to the day before the next, that day's own results included."""
    earlier = np.flatnonzero((day < start + 1) & (day >= start - before_days))
    inside = np.flatnonzero((day >= start + 1) & (day < end + 1))
    nan = float("nan")
    before, before_at = (float(value[earlier[-1]]), float(day[earlier[-1]])) if len(earlier) else (nan, nan)
    limit = before * back_under
    if not len(inside):
        return start, end, before, before_at, nan, nan, limit, nan, nan
    top = inside[int(np.argmax(value[inside]))]
    peak, day_peak = float(value[top]), float(np.floor(day[top]) - start)
    if not np.isfinite(before):
        return start, end, before, before_at, peak, day_peak, limit, nan, nan
    if peak < limit:
        return start, end, before, before_at, peak, day_peak, limit, 0.0, 1.0
    later = inside[(inside > top) & (value[inside] < limit)]
    day_back = float(np.floor(day[later[0]]) - start) if len(later) else nan
    return start, end, before, before_at, peak, day_peak, limit, day_back, float(len(later) > 0)


@once
def starts_of(case: Case) -> pd.DataFrame:
    """Starts of cycles of systemic therapy: columns patient (code) and start (whole days), sorted; see rounds_frame."""
    events = events_of(case)
    given = treatments_of(case)
    at = given.at
    starts = pd.DataFrame({"patient": events.patient[at], "start": np.floor(events.start[at]), "name": given.same})
    starts = starts.drop_duplicates()
    # a single start date of an agent is a course of therapy, and tells no cycle
    repeated = starts.groupby(["patient", "name"])["start"].transform("size") > 1
    starts = starts.loc[repeated, ["patient", "start"]].drop_duplicates()
    return starts.sort_values(["patient", "start"], ignore_index=True)
