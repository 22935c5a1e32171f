"""Worst grade, time at each grade, and shift from baseline grade to worst grade."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import CODES
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.grades.ctcae import NOT_GRADABLE, grades_of


def worst_grades(case: Case, version: str = "5.0", *, after_start: bool = False) -> pd.DataFrame:
    """Worst grade of each patient and analyte: patient_id, analyte, grade, at (days), n gradable results.

    Args:
        case: the case.
        version: version of the criteria.
        after_start: only results after the first treatment line began (or after the first procedure).
    """
    points, grades = points_of(case), grades_of(case, version)
    use = grades != NOT_GRADABLE
    if after_start:
        use &= np.isfinite(baselines_of(case).since)
    frame = pd.DataFrame({"patient": points.patient, "analyte": points.analyte, "grade": grades, "at": points.day})[use]
    order = frame.sort_values(["patient", "analyte", "grade", "at"], ascending=[True, True, False, True])
    worst = order.drop_duplicates(["patient", "analyte"])
    n = frame.groupby(["patient", "analyte"]).size().to_numpy()
    return pd.DataFrame(
        {
            "patient_id": case.panel.patient_ids.to_numpy()[worst["patient"]],
            "analyte": np.array(CODES)[worst["analyte"]],
            "grade": worst["grade"].to_numpy(),
            "at": worst["at"].to_numpy(),
            "n": n,
        }
    )


def time_at_grade(case: Case, version: str = "5.0") -> pd.DataFrame:
    """Days at each grade: patient_id, analyte, grade, days. A grade holds until the next gradable result.

    The last result of a series adds no time: nothing is known of the days after it.
    """
    points, grades = points_of(case), grades_of(case, version)
    at = np.flatnonzero(grades != NOT_GRADABLE)
    same = points.series[at[1:]] == points.series[at[:-1]]
    span = np.append(np.where(same, np.diff(points.day[at]), 0.0), 0.0) if len(at) else np.zeros(0)
    frame = pd.DataFrame(
        {"patient": points.patient[at], "analyte": points.analyte[at], "grade": grades[at], "days": span}
    )
    total = frame.groupby(["patient", "analyte", "grade"], as_index=False)["days"].sum()
    return pd.DataFrame(
        {
            "patient_id": case.panel.patient_ids.to_numpy()[total["patient"]],
            "analyte": np.array(CODES)[total["analyte"]],
            "grade": total["grade"].to_numpy(),
            "days": total["days"].to_numpy(),
        }
    )


def shift(case: Case, analyte: str, version: str = "5.0") -> pd.DataFrame:
    """Patients by grade at baseline (last gradable result before the first treatment) and worst grade after.

    Returns:
        Counts, one row a baseline grade, one column a worst grade; "not gradable" is -1.
    """
    points, grades = points_of(case), grades_of(case, version)
    after = np.isfinite(baselines_of(case).since)
    mine = (points.analyte == CODES.index(analyte)) & (grades != NOT_GRADABLE)
    n = len(case.panel)
    before, worst = np.full(n, NOT_GRADABLE), np.full(n, NOT_GRADABLE)
    at = np.flatnonzero(mine & ~after)
    before[points.patient[at]] = grades[at]  # in time order: the last one stays
    at = np.flatnonzero(mine & after)
    np.maximum.at(worst, points.patient[at], grades[at])
    has = np.isin(np.arange(n), points.patient[points.analyte == CODES.index(analyte)])
    return pd.crosstab(pd.Series(before[has], name="baseline"), pd.Series(worst[has], name="worst"))
