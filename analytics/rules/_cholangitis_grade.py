"""Severity of acute cholangitis by the Tokyo Guidelines 2018, from what is on record: grades II and III."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.points import points_of
from analytics.derive.visits import take, visits_of
from analytics.rules._fever import SHOCK, hotter, near_day, noted
from analytics.rules._inr import inr_of_visits
from analytics.rules._liver import near
from analytics.scores._frame import person_of

MODERATE, SEVERE = 1, 2
WORDS = ("", "grade II", "grade III")
"""Words of a grade; the position is the code. Grade I is what is left, and is not told."""


def grade(case: Case, at: Ints, of: tuple[Floats, Floats]) -> Ints:
    """Grade at each of these visits.

    Args:
        case: the case.
        at: positions of visits, shape (n,).
        of: bilirubin in mg/dL and leucocytes near each of them.
    """
    s, v = case.settings.cholangitis, visits_of(case)
    patient, day = v.patient[at], v.day[at]
    bili, wbc = of
    creatinine, platelets, albumin = (near(v, code, s.near_days)[at] for code in ("CREAT", "PLAT", "ALB"))
    inr, _, usable = inr_of_visits(case, s.near_days)
    low = compare(take(v.value("PLAT"), platelets), "<", s.platelets)
    severe = (
        exceeds(take(v.value("CREAT"), creatinine), s.creatinine)
        | (exceeds(inr, s.inr) & usable)[at]
        | (low & reaches(take(v.baseline("PLAT"), platelets), s.platelets))
        | near_day(case, noted(case, SHOCK), patient, day, s.near_days)
    )
    lln = points_of(case).lln
    row = np.where(albumin >= 0, v.at("ALB")[np.maximum(albumin, 0)], -1) if len(v) else albumin
    limit = np.where(row >= 0, lln[np.maximum(row, 0)], np.nan) if len(lln) else np.full(len(at), np.nan)
    points = (
        (exceeds(wbc, s.wbc_grade) | compare(wbc, "<", s.wbc_low)).astype(np.int64)
        + near_day(case, hotter(case, s.high_fever, at_least=True), patient, day, s.near_days)
        + reaches(person_of(case, v).age[at], s.age)
        + reaches(bili, s.bili_grade)
        + compare(take(v.value("ALB"), albumin), "<", s.albumin_share * limit)
    )
    return np.select([severe, points >= 2], [SEVERE, MODERATE], 0)
