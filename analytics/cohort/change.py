"""Change of one analyte per patient, for waterfalls: from the baseline to the peak, the lowest or the last value."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Bools
from analytics.case import Case
from analytics.cohort.peaks import highest, picked, runs
from analytics.cohort.scattered import by_bucket, rows_by
from analytics.derive.baseline import baselines_of
from analytics.derive.lines import index_days_of
from analytics.derive.points import points_of

To = Literal["peak", "lowest", "last"]


@by_bucket(rows_by(("change_pct", "patient_id"), (False, True)), lambda asked: (asked["code"],))
def changes(case: Case, code: str, to: To = "peak", members: Bools | None = None) -> pd.DataFrame:
    """One row a patient, largest change first: patient_id, baseline, value, change_pct, day, unit-free ``x_uln``.

    Baseline is that of the first treatment line; only results after its start count.
    """
    points, baseline = points_of(case), baselines_of(case)
    under = baseline.value
    use = np.isfinite(baseline.since) & (points.analyte == INDEX[code])
    if members is not None:
        use &= members[points.patient]
    if to == "peak":
        at = highest(case, code, points.value, use)
    elif to == "lowest":
        at = highest(case, code, -points.value, use)
    else:
        at = np.full(len(case.panel), -1)
        mine = np.flatnonzero(use)
        at[points.patient[mine]] = mine
    first = np.full(len(case.panel), np.nan)
    mine = np.flatnonzero(use & np.isfinite(under))
    begin = mine[runs(points.patient[mine])] if len(mine) else mine
    first[points.patient[begin]] = under[begin]
    who = np.flatnonzero((at >= 0) & (first > 0))
    value = picked(points.value, at[who])
    frame = pd.DataFrame(
        {
            "patient_id": case.panel.patient_ids.to_numpy()[who],
            "baseline": first[who],
            "value": value,
            "change_pct": 100 * (value / first[who] - 1),
            "x_uln": picked(points.x_uln, at[who]),
            "day": picked(points.day, at[who]) - index_days_of(case)[who],
        }
    )
    return frame.sort_values(["change_pct", "patient_id"], ascending=[False, True], ignore_index=True)
