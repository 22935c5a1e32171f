"""What findings say of the direction of a test at the last result of each series: trends must not contradict them."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.analytes import CODES
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.baseline import baseline_sides_of, baselines_of
from analytics.derive.points import points_of
from analytics.derive.segments import is_new_course, segments_of
from analytics.once import key_of, once
from analytics.rules._discover import assessment_of
from analytics.rules._markers import markers_of
from analytics.rules._reserve import part
from analytics.trends.agreed import Base, Reported, Trend, agreed
from analytics.trends.daily import daily_of
from analytics.trends.fit import fit, fitted_of

RISE_RULES: Final = ("recurrent_obstruction", "stent_early_rise", "postoperative_departure")
"""Rules whose criteria are a rise of their leading analyte; tumour markers are asked directly."""

FALL_RULES: Final = ("stent_response",)
"""Rules whose criteria are a fall of their leading analyte."""


_FEW = 100
"""Series up to which the trends of all take hardly longer than those of some: a few patients."""


@once
def trend_of(case: Case) -> Trend:
    """What the last results of every series of ``daily_of(case)`` do, with alarm and verdict that agree with it."""
    daily = daily_of(case)
    baseline = base_at(case, daily.point_starts[1:] - 1)
    begins = is_new_course(daily.patient, daily.analyte, segments_of(case).began_with)
    return agreed(daily, fitted_of(case), begins, baseline, case.settings, told_of(case))


def base_at(case: Case, at: Ints) -> Base:
    """Baseline at results of ``points_of(case)``."""
    return Base(baselines_of(case).value[at], baseline_sides_of(case)[at])


def verdicts_of(case: Case, series: Ints) -> tuple[Ints, Floats]:
    """Verdict and fitted change in percent of some series of ``daily_of(case)``: as tested (see :class:`Trend`), for
    rules in which several tests confirm one another.

    Where nothing has asked for the trends of all series yet, only the courses of these ones are assessed.
    """
    daily = daily_of(case)
    if key_of(trend_of) in case.derived or len(daily) <= _FEW:
        return trend_of(case).tested.verdict[series], fitted_of(case).change.fitted[series]
    test = daily.patient.astype(np.int64) * len(CODES) + daily.analyte  # results before a series belong to its course
    which = np.flatnonzero(np.isin(test, test[series]))
    some = part(daily, which)
    fitted = fit(some, case.settings.trend)
    told = told_of(case)
    start = told.start[which]
    own = Reported(
        told.rises[which],
        np.where(start >= 0, start - daily.starts[which] + some.starts[:-1], -1),
        told.is_confirmed[which],
        told.falls[which],
    )
    begins = is_new_course(daily.patient, daily.analyte, segments_of(case).began_with)[which]
    baseline = base_at(case, daily.point_starts[1:][which] - 1)
    at = np.searchsorted(which, series)
    return agreed(some, fitted, begins, baseline, case.settings, own).tested.verdict[at], fitted.change.fitted[at]


def told_of(case: Case) -> Reported:
    """Of every series of ``daily_of(case)``."""
    daily, count = daily_of(case), len(points_of(case))
    rises, falls, confirmed, start = (*(np.zeros(count, bool) for _ in range(3)), np.full(count, -1))
    for codes, holds in ((RISE_RULES, rises), (FALL_RULES, falls)):
        for code in codes:
            assessed = assessment_of(case, code)
            if assessed.evidence:
                at = assessed.evidence[0][assessed.holds]
                holds[at[at >= 0]] = True
    markers = markers_of(case)
    on = np.flatnonzero((markers.rises.on | markers.rises.flare) & _is_proven(case, markers.at))
    rises[markers.at[on]] = True
    confirmed[markers.at[on]] = markers.rises.is_confirmed[on]
    start[markers.at[on]] = markers.at[np.maximum(markers.rises.low_at[on], 0)]
    last = daily.point_starts[1:] - 1 if len(daily) else np.zeros(0, np.int64)
    day = np.where(start[last] >= 0, _day_of(daily.first_point, start[last]), -1)
    return Reported(rises[last], day, confirmed[last], falls[last])


_MARKER_RULES: Final = ("marker_rise", "marker_flare")


def _is_proven(case: Case, at: Ints) -> Bools:
    """Whether a finding says of these marker results that they rise, where their patient has results that are given as
    limits (:mod:`analytics.rules._bounds`); of all others without asking."""
    points = points_of(case)
    if not points.has_limits:
        return np.ones(len(at), bool)
    limited, said = np.zeros(len(case.panel), bool), np.zeros(len(points), bool)
    limited[points.patient[points.comparator != 0]] = True
    for code in _MARKER_RULES:
        assessed = assessment_of(case, code)
        for lead in assessed.evidence[:1]:
            said[lead[assessed.holds]] = True
    return np.asarray(said[at] | ~limited[points.patient[at]])


def _day_of(first_point: Ints, point: Ints) -> Ints:
    """Position of the day of each result."""
    return np.searchsorted(first_point, point, side="right") - 1
