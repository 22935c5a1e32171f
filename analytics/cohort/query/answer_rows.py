"""An answer as a tidy frame with values, dates and the file and line that each came from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.arrays import Floats
from analytics.case import Case
from analytics.cohort.query.evaluate import Answer
from analytics.derive.points import points_of


def rows_of(case: Case, found: Answer) -> pd.DataFrame:
    """One row an occurrence: patient, anchor, then for each clause both values and dates.

    Columns: patient_id, anchor_at (time), and for clause i: analyte_i, value_i, comparator_i, unit_i, at_i, day_i
    (calendar days since the anchor, or since the match of clause 1), multiple_i, before_i, before_at_i, file_i, line_i.
    """
    data: dict[str, object] = {
        "patient_id": case.panel.patient_ids.to_numpy()[found.patient],
        "anchor_at": times_of(found.anchor),
    }
    origin = np.where(np.isnan(found.anchor), found.matches[0].at, found.anchor)
    for i, match in enumerate(found.matches, start=1):
        has = match.point >= 0
        rows = case.panel.lab_rows(points_of(case).row[match.point[has]], list(_LAB_COLUMNS.values()))
        rows = rows.set_axis(np.flatnonzero(has))
        data |= {f"{name}_{i}": rows[column].reindex(range(len(has))) for name, column in _LAB_COLUMNS.items()}
        data[f"at_{i}"] = times_of(match.at)
        data[f"day_{i}"] = pd.Series(np.floor(match.at) - np.floor(origin)).astype("Int64")
        data[f"multiple_{i}"] = match.multiple
        known = match.reference >= 0
        for name, of in (("before", "value"), ("before_at", "day")):
            before = np.full(len(known), np.nan)
            if known.any():
                before[known] = getattr(points_of(case), of)[match.reference[known]]
            data[f"{name}_{i}"] = before if name == "before" else times_of(before)
    return pd.DataFrame(data)


_LAB_COLUMNS = {
    "analyte": "analyte",
    "value": "value",
    "comparator": "comparator",
    "unit": "unit",
    "file": "source_file",
    "line": "source_line",
}


def times_of(days: Floats) -> pd.Series:
    """Days since 1970 as times to the minute; missing where NaN."""
    minutes = np.round(np.where(np.isnan(days), 0, days) * 1440).astype("int64")
    times = minutes.astype("datetime64[m]").astype("datetime64[us]")
    return pd.Series(np.where(np.isnan(days), np.datetime64("NaT"), times))
