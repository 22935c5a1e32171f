"""Peaks on treatment both as multiples of the upper limit and of the patient's own value before treatment.

For abnormal baselines (Tesfaldet et al., 2024, doi 10.1007/s40264-024-01425-5): the quadrant of the peaks in x ULN
says where a patient arrived, the multiples of baseline how far the way was. The four peaks are independent maxima and
may lie on four days, as the limits of a laboratory may change between results.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats
from analytics.case import Case
from analytics.cohort.edish import Cuts, peaks, quadrants
from analytics.cohort.peaks import on_treatment
from analytics.cohort.scattered import by_bucket, rows
from analytics.derive.points import points_of


@by_bucket(rows, lambda asked: (asked["at"], "BILI", "ALP"))
def composite(case: Case, cuts: Cuts, *, at: str = "ALT", members: Bools | None = None) -> pd.DataFrame:
    """One row a patient with both values before treatment and both peaks after.

    Args:
        case: all patients.
        cuts: limits of the quadrants in x ULN; exactly at a limit is not above it.
        at: ALT or AST.
        members: shape (patients,).

    Returns:
        The columns of :func:`~analytics.cohort.edish.peaks` (x ULN), and at_xbln, bili_xbln (highest value on
        treatment / last value before it), before and peak (position in QUADRANTS).
    """
    frame = peaks(case, at=(at,), members=members).dropna(subset=["at_baseline", "bili_baseline"])
    who = frame["patient"].to_numpy(np.int64)
    frame = frame.assign(
        at_xbln=_highest_by_baseline(case, at)[who],
        bili_xbln=_highest_by_baseline(case, "BILI")[who],
        before=quadrants(frame["at_baseline"].to_numpy(), frame["bili_baseline"].to_numpy(), cuts.at, cuts.bili),
        peak=quadrants(frame["at"].to_numpy(), frame["bili"].to_numpy(), cuts.at, cuts.bili),
    )
    return frame.dropna(subset=["at_xbln", "bili_xbln"]).reset_index(drop=True)


def _highest_by_baseline(case: Case, code: str) -> Floats:
    """Highest value after the first treatment over the last one before it, shape (patients,); NaN where unknown."""
    points = points_of(case)
    at = points.of(code)
    treated = on_treatment(case)[at]
    before, top = np.full((2, len(case.panel)), np.nan)
    before[points.patient[at[~treated]]] = points.value[at[~treated]]  # in the order of time: the last one stays
    np.fmax.at(top, points.patient[at[treated]], points.value[at[treated]])
    return np.asarray(top / np.where(before > 0, before, np.nan), np.float64)
