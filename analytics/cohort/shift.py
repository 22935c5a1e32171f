"""Shift from the grade at baseline to the worst grade after, with the patients behind each cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Bools
from analytics.case import Case
from analytics.cohort.peaks import picked
from analytics.cohort.scattered import by_bucket, rows
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.grades import NOT_GRADABLE
from analytics.grades.ctcae import grades_of

GRADES = (0, 1, 2, 3, 4, NOT_GRADABLE)
"""Rows and columns of a shift table; the last is "not gradable"."""


@by_bucket(rows, lambda asked: (asked["code"],))
def shift_rows(case: Case, code: str, version: str = "5.0", members: Bools | None = None) -> pd.DataFrame:
    """One row a patient with a result: patient_id, baseline, worst (grades, -1 not gradable), and their days.

    Baseline is the last gradable result before the first treatment, worst the highest after; the earliest where
    several are equal.
    """
    points, grades = points_of(case), grades_of(case, version)
    mine = points.analyte == INDEX[code]
    if members is not None:
        mine = mine & members[points.patient]
    gradable = mine & (grades != NOT_GRADABLE)
    after = np.isfinite(baselines_of(case).since)
    before_at, worst_at = np.full(len(case.panel), -1), np.full(len(case.panel), -1)
    at = np.flatnonzero(gradable & ~after)
    before_at[points.patient[at]] = at  # in time order: the last one stays
    worst = np.full(len(case.panel), NOT_GRADABLE)
    at = np.flatnonzero(gradable & after)
    np.maximum.at(worst, points.patient[at], grades[at])
    top = at[grades[at] == worst[points.patient[at]]][::-1]
    worst_at[points.patient[top]] = top
    who = np.unique(points.patient[mine])
    grade = grades.astype(np.float64)
    return pd.DataFrame(
        {
            "patient_id": case.panel.patient_ids.to_numpy()[who],
            "baseline": np.nan_to_num(picked(grade, before_at[who]), nan=NOT_GRADABLE).astype(np.int64),
            "worst": np.nan_to_num(picked(grade, worst_at[who]), nan=NOT_GRADABLE).astype(np.int64),
            "baseline_day": picked(points.day, before_at[who]),
            "worst_day": picked(points.day, worst_at[who]),
        }
    )


def shift_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts: index baseline, columns worst, every grade of GRADES present."""
    table = pd.crosstab(rows["baseline"], rows["worst"])
    return table.reindex(index=GRADES, columns=GRADES, fill_value=0).astype(int)


def behind(rows: pd.DataFrame, baseline: int, worst: int) -> list[str]:
    """Patients of one cell, in order."""
    hit = (rows["baseline"] == baseline) & (rows["worst"] == worst)
    return [str(p) for p in rows.loc[hit, "patient_id"]]
