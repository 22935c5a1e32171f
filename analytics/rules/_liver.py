"""What several rules ask of a visit: the partner results near it, and whether a rise is new over the baseline."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds
from analytics.derive.visits import Visits, next_where, take, visits_of
from analytics.once import once


def near(v: Visits, code: str, days: float) -> Ints:
    """Visit with a result of this analyte: the same, else the latest before, else the next after, within ``days``."""
    return _near(v, code, float(days))


@once
def _near(v: Visits, code: str, days: float) -> Ints:
    """Many rules ask for the same partner."""
    after = _next(v, code)
    late = np.where(after >= 0, v.day[np.maximum(after, 0)] - v.day, np.inf) if len(v) else np.zeros(0)
    before = v.latest(code, days)
    return np.where(before >= 0, before, np.where(late <= days, after, -1))


@once
def _next(v: Visits, code: str) -> Ints:
    """The same or the next visit with a result of this analyte, -1 where none."""
    return next_where(v, v.at(code) >= 0)


def near_x_uln(v: Visits, code: str, days: float) -> Floats:
    """Multiple of the upper limit at that visit; NaN where there is none."""
    return take(v.x_uln(code), near(v, code, days))


def at_least(v: Visits, code: str) -> Floats:
    """The day's value where it is known to be no lower, for criteria that ask for a high one: NaN for a result below a
    detection limit ("<10" does not reach 10), as for none."""
    value, sign = v.value(code), np.append(v.points.comparator, 0)
    return np.where(sign[v.at(code)] < 0, np.nan, value)


def over_baseline(x_baseline: Floats, baseline_x_uln: Floats) -> Floats:
    """Multiple of an abnormal baseline; +inf where the baseline was normal or is not known, which asks nothing."""
    with np.errstate(invalid="ignore"):
        return np.where(baseline_x_uln > 1, x_baseline, np.inf)


def alp_of_bone(case: Case, alp_at: Ints, ggt_at: Ints) -> Bools:
    """Where ALP is raised as it was at baseline and GGT is not raised, as from bone: it says nothing of the ducts.

    Args:
        case: the case.
        alp_at: visits with the ALP that speaks for each moment, -1 for none, shape (n,).
        ggt_at: the same for GGT.
    """
    s, v = case.settings.injury, visits_of(case)
    steady = compare(take(v.x_baseline("ALP"), alp_at), "<", s.hys_alp_chronic)
    steady &= exceeds(take(v.baseline_x_uln("ALP"), alp_at), 1.0)
    return np.asarray(steady & compare(take(v.x_uln("GGT"), ggt_at), "<=", s.hys_ggt_normal))


def mask_days(case: Case) -> float:
    """The longest time after a procedure in which a rise of aminotransferases is its expected effect."""
    s = case.settings
    return float(max(s.local.mask_days, s.local.electroporation_days, s.surgery.mask_days))


def r_value(v: Visits, days: float) -> tuple[Floats, Floats]:
    """R = (ALT/ULN)/(ALP/ULN) and nR with the larger of ALT and AST, at each visit; NaN where one is missing."""
    alp = near_x_uln(v, "ALP", days)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(v.x_uln("ALT") / alp), np.asarray(v.larger("ALT", "AST").x_uln / alp)
