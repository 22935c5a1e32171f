"""What findings say of the direction of a test at the last result of each series: trends must not contradict them."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.case import Case, Ints
from analytics.trends.agreed import Told

RISE_RULES: Final = ("recurrent_obstruction", "stent_early_rise", "postoperative_departure")
"""Rules whose criteria are a rise of their leading analyte; tumour markers are asked directly."""


def told_of(case: Case) -> Told:
    """Of every series of ``case.daily``."""
    daily, count = case.daily, len(case.points)
    rises, confirmed, start = np.zeros(count, bool), np.zeros(count, bool), np.full(count, -1)
    for code in RISE_RULES:
        judged = case.judge(code)
        if judged.evidence:
            at = judged.evidence[0][judged.holds]
            rises[at[at >= 0]] = True
    markers = case.markers
    on = np.flatnonzero(markers.rises.on)
    rises[markers.at[on]] = True
    confirmed[markers.at[on]] = markers.rises.is_confirmed[on]
    start[markers.at[on]] = markers.at[np.maximum(markers.rises.low_at[on], 0)]
    last = daily.point_starts[1:] - 1 if len(daily) else np.zeros(0, np.int64)
    return Told(rises[last], np.where(start[last] >= 0, _day_of(daily.first_point, start[last]), -1), confirmed[last])


def _day_of(first_point: Ints, point: Ints) -> Ints:
    """Position of the day of each result."""
    return np.searchsorted(first_point, point, side="right") - 1
