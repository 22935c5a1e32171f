"""Table POINTS."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.case import Case
from analytics.derive.baseline import MIXED, baseline_sides_of, baselines_of
from analytics.derive.columns import comparators, whole
from analytics.derive.lines import index_days_of
from analytics.derive.points import points_of
from analytics.derive.segments import segment_numbers_of
from analytics.grades.ctcae import grades_of
from analytics.rules._limit_words import side_of_multiple
from analytics.tables import ORDERING
from analytics.trends.smoother import surprises_of


def points_frame(case: Case) -> pd.DataFrame:
    """Table POINTS: each number result with what follows from it, in the order of ``points_of(case)``."""
    points, baseline = points_of(case), baselines_of(case)
    labs = case.panel.labs
    if len(points) < len(labs):
        labs = labs.take(points.row)
    with np.errstate(divide="ignore", invalid="ignore"):
        x_baseline = np.where(baseline.value > 0, points.value / baseline.value, np.nan)
    side, side_of_x = baseline_sides_of(case), points.comparator
    if points.has_limits:
        side_of_x = side_of_multiple(points.comparator, side)
        x_baseline[side_of_x == MIXED] = np.nan
    side_of_x = np.where(np.isnan(x_baseline), 0, side_of_x)
    grade_v5, grade_v6 = grades_of(case, "5.0"), grades_of(case, "6.0")
    return pd.DataFrame(
        {
            **{name: labs[name].array for name in labs.columns if name not in ORDERING},
            "day": points.day - index_days_of(case)[points.patient],
            "x_uln": points.x_uln,
            "baseline": baseline.value,
            "baseline_comparator": comparators(side),
            "baseline_n": whole(baseline.n, np.isnan(baseline.value)),
            "x_baseline": x_baseline,
            "x_baseline_comparator": comparators(side_of_x),
            "line": whole(baseline.line),
            "segment": whole(segment_numbers_of(case)),
            "grade_v5": whole(grade_v5, grade_v5 < 0),
            "grade_v6": whole(grade_v6, grade_v6 < 0),
            "unexpected": surprises_of(case),
        }
    )
