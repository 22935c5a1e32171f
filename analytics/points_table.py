"""Table POINTS."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analytics.case import Bools, Case, Ints


def points_frame(case: Case) -> pd.DataFrame:
    """Table POINTS: each number result with what follows from it, in the order of ``case.points``."""
    points, baseline = case.points, case.baseline
    labs = case.panel.labs
    if len(points) < len(labs):
        labs = labs.take(points.row)
    with np.errstate(divide="ignore", invalid="ignore"):
        x_baseline = np.where(baseline.value > 0, points.value / baseline.value, np.nan)
    grade_v5, grade_v6 = case.grades("5.0"), case.grades("6.0")
    return pd.DataFrame(
        {
            **{name: labs[name].array for name in labs.columns},
            "day": points.day - case.index_day[points.patient],
            "x_uln": points.x_uln,
            "baseline": baseline.value,
            "baseline_n": whole(baseline.n, np.isnan(baseline.value)),
            "x_baseline": x_baseline,
            "line": whole(baseline.line),
            "segment": whole(case.segment),
            "grade_v5": whole(grade_v5, grade_v5 < 0),
            "grade_v6": whole(grade_v6, grade_v6 < 0),
            "unexpected": case.unexpected,
        }
    )


def whole(values: Ints, missing: Bools | None = None) -> pd.arrays.IntegerArray:
    """Whole numbers as a column that can be missing."""
    absent = np.zeros(len(values), dtype=bool) if missing is None else missing
    return pd.arrays.IntegerArray(values.astype(np.int64), absent.copy())


def words(table: tuple[str, ...], code: Ints) -> pd.api.extensions.ExtensionArray:
    """Text of each code as one column."""
    return _column(table).take(code)


@lru_cache(maxsize=32)
def _column(table: tuple[str, ...]) -> pd.api.extensions.ExtensionArray:
    return pd.array(list(table), dtype="str")
