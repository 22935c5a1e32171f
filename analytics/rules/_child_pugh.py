"""Child-Pugh after an event and before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Floats
from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._after_surgery import After
from analytics.scores._frame import compute
from analytics.scores.child_pugh import SCORE


@dataclass(frozen=True)
class Points:
    """Child-Pugh at each visit after radiation and the last one before it, shape (n,); NaN where not computable."""

    now: Floats
    before: Floats


def points_around(case: Case, after: After) -> Points:
    """Child-Pugh at these visits and before their event; never one that assumes that a sign is absent."""
    v = visits_of(case)
    found = compute(case, SCORE)
    at_visit = np.full(len(v), np.nan)
    at_visit[found.visit] = found.value
    known = found.visit[~np.isnan(found.value)]
    if not len(known) or not len(after.visit):
        return Points(at_visit[after.visit], np.full(len(after.visit), np.nan))
    patient = v.patient[after.visit]
    place = np.searchsorted(v.key[known], patient * 1e6 + after.start, side="left") - 1
    last = known[np.maximum(place, 0)]
    own = (place >= 0) & (v.patient[last] == patient)
    return Points(at_visit[after.visit], np.where(own, at_visit[last], np.nan))
