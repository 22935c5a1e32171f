"""Personal limits: where the next result of this person is expected while nothing changes.

For liver tests a person's own variation is much smaller than the spread between people, so that the limits of the
laboratory are insensitive. The set point is the mean logarithm of stable results, and the limits are
set point +- z √((n + 1) / n) √(CVi² + CVa²) on the logarithm, with the variation widened as under treatment.

References:
    A. Coşkun et al., personalised reference intervals (form as used in public code; clinical.md section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Floats, Ints, among, key
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.event_kinds import KIND_CODES
from analytics.settings import Settings
from analytics.trends.daily import Daily
from analytics.trends.fit import Fit
from analytics.trends.variation import SIGMA
from analytics.trends.verdict import STABLE

_NOT_TREATMENT = ("symptom", "adverse_event", "other")


@dataclass(frozen=True)
class Personal:
    """Limits of each series in the canonical unit, NaN where there are none; n stable days; each shape (m,)."""

    low: Floats
    high: Floats
    n: Ints


def personal_limits(case: Case, daily: Daily, fitted: Fit) -> Personal:
    """Personal limits of the stable series: exact results that are not close after or before any treatment event."""
    settings = case.settings
    usable = (daily.side == 0) & ~_near_event(case, daily, settings)
    series = daily.series
    n = np.bincount(series[usable], minlength=len(daily))
    level = daily.level
    total = np.bincount(series[usable], weights=level[usable], minlength=len(daily))
    told = (fitted.verdicts.verdict == STABLE) & (n >= settings.change.personal_least)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.where(told, total / n, np.nan)
        half = settings.trend.z_two_sided * settings.trend.widen * SIGMA[daily.analyte] * np.sqrt((n + 1) / n)
    return Personal(np.exp(middle - half), np.exp(middle + half), np.where(told, n, 0))


def _near_event(case: Case, daily: Daily, settings: Settings) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each day lies within some days of any treatment event of its patient."""
    events, away = events_of(case), settings.change.personal_away_days
    which = np.flatnonzero(~among(KIND_CODES, _NOT_TREATMENT)[events.kind])
    if not len(which):
        return np.zeros(len(daily.day), bool)
    keys = key(events.patient[which], np.floor(events.start[which]))
    keys.sort()
    patient = np.repeat(daily.patient, np.diff(daily.starts))
    low = np.searchsorted(keys, key(patient, daily.day - away), side="left")
    high = np.searchsorted(keys, key(patient, daily.day + away), side="right")
    return np.asarray(high > low)
