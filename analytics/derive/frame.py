"""Table POINTS."""

from __future__ import annotations

import pandas as pd

from analytics.case import Case


def points_frame(case: Case) -> pd.DataFrame:
    """Table POINTS: each number result with what follows from it."""
    points = case.points
    labs = case.panel.labs.iloc[points.row].reset_index(drop=True)
    return labs.assign(day=points.day - case.index_day[points.patient], x_uln=points.x_uln)
