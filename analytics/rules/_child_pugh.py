"""Child-Pugh points of visits, and before an event: only where ascites and encephalopathy are on record."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats
from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.once import once
from analytics.rules._after_surgery import After
from analytics.scores import computed_of, scores


@once
def points_of_visits(case: Case) -> Floats:
    """Points 5 to 15 of each visit with bilirubin, albumin and INR near it; NaN where a part is not known."""
    points = np.full(len(visits_of(case)), np.nan)
    found = computed_of(case, scores()["child_pugh"])
    points[found.visit] = found.value
    return points


def points_before(case: Case, after: After) -> Floats:
    """The last known points strictly before the day of each event, shape of ``after``; NaN if none.

    They count for ``local.child_pugh_before_days``.
    """
    longest = case.settings.local.child_pugh_before_days
    v = visits_of(case)
    known = np.flatnonzero(~np.isnan(points_of_visits(case)))
    if not len(known):
        return np.full(len(after.visit), np.nan)
    patient = v.patient[after.visit]
    place = np.searchsorted(v.key[known], patient * 1e6 + after.start, side="left") - 1
    last = known[np.maximum(place, 0)]
    fits = (place >= 0) & (v.patient[last] == patient) & (after.start - v.day[last] <= longest)
    return np.where(fits, points_of_visits(case)[last], np.nan)
