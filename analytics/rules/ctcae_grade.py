"""Which liver results reach a high CTCAE grade, in version 5.0 or 6.0?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import CODES, INDEX, shown
from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.around import has_kind
from analytics.derive.baseline import baselines_of
from analytics.derive.expected import masked
from analytics.derive.points import points_of
from analytics.derive.visits import visits_of
from analytics.grades.ctcae import Inputs, grade, grades_of
from analytics.rules._exposure import exposed, given
from analytics.rules._inr import usable
from analytics.rules._masks import clear_of_procedures
from analytics.rules._near import highest_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import haemolysed
from analytics.rules._words import unit_words
from analytics.tables import LEVELS

_LIVER = ("ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT")
_IS_LIVER = np.array([code in _LIVER for code in CODES])
_ENZYMES = ("ALT", "AST")
_GRADE = ("not given", "0", "1", "2", "3", "4")
_EXPECTED = ("", "within the expected-rise window of a procedure")
_SAMPLE = ("", "the sample may be haemolysed")
_WHEN = (
    "",
    "abnormal at baseline, before the first drug",
    "no drug recorded in the time before",
    "as at baseline",
    "no drug on record",
)


def assess(case: Case) -> Assessment:
    """One moment for each gradable result of the liver panel that a finding or a nearest miss can rest on."""
    points, s = points_of(case), case.settings.injury
    five, six = grades_of(case, "5.0"), grades_of(case, "6.0")
    worst = np.maximum(five, six)
    at: Ints = np.flatnonzero(_IS_LIVER[points.analyte] & (worst >= 0))
    at = _telling(case, at[_counts(case, at)], worst)
    code, patient, day = points.analyte[at], points.patient[at], points.day[at]
    decides = grades_of(case, s.grade_version)[at]
    hit = np.flatnonzero(worst[at] >= s.grade)  # the rest is never put into words
    expected, when, loud = np.zeros(len(at), bool), np.zeros(len(at), np.int64), np.zeros(len(at), bool)
    expected[hit] = _expected(case, at[hit])
    under, drug = exposed(case, patient[hit], day[hit]), given(case, patient[hit], day[hit])
    above = decides[hit] > _own_grade(case, at[hit], s.grade_version)
    none_before = np.where(has_kind(case, "systemic")[patient[hit]], 1, 4)
    when[hit] = np.where(under, np.where(above, 0, 3), np.where(np.isnan(drug.since), none_before, 2))
    red = _red_cells(case, at)
    loud[hit] = (decides[hit] >= s.grade) & under & above & ~expected[hit] & ~red[hit]
    own = at[hit]
    value, x_uln = points.value[own], points.x_uln[own]
    baseline = baselines_of(case).value[own]
    x = np.where(baseline > 0, value / np.where(baseline > 0, baseline, 1.0), np.nan)

    def told(values: Floats) -> Floats:
        """Numbers of the hits, NaN elsewhere."""
        whole = np.full(len(at), np.nan)
        whole[hit] = values
        return whole

    return Assessment(
        patient=patient,
        day=day,
        conditions=(Condition("worse of the CTCAE 5.0 and 6.0 grades", worst[at].astype(float), ">=", s.grade, "", 0),),
        severity=told(worst[own] + np.clip(np.nan_to_num(x_uln) / 1000, 0, 0.9)),
        numbers={
            "value": told(np.round(value, 1)),
            "x_uln": told(x_uln),
            "x_baseline": told(x),
            "own": told(np.where(worst[own] > decides[hit], baselines_of(case).x_uln[own], np.nan)),
        },
        optional={"of_uln": (", {:.1f} × ULN", told(x_uln)), "of_baseline": (", {:.1f} × baseline", told(x))},
        days={"on": day},
        words={
            "analyte": (code, tuple(shown(c) for c in CODES)),
            "unit": (code, tuple(unit_words(c) for c in CODES)),
            "five": (five[at] + 1, _GRADE),
            "six": (six[at] + 1, _GRADE),
            "expected": (expected.astype(np.int64), _EXPECTED),
            "when": (when, _WHEN),
            "sample": (red.astype(np.int64), _SAMPLE),
        },
        evidence=(at,),
        group=code,
        level=np.where(loud, LEVELS["attention"], LEVELS["information"]),
        analytes=(code, CODES),
    )


def _telling(case: Case, at: Ints, worst: Ints) -> Ints:
    """Of these results all of a test that reaches the grade, and of patients without one the newest of the highest
    grade: no other can be in a finding, end one, or be the nearest miss."""
    points = points_of(case)
    patient, series = points.patient[at], points.series[at]
    hit = worst[at] >= case.settings.injury.grade
    reached, held = np.zeros(len(points.starts), dtype=bool), np.zeros(len(case.panel), dtype=bool)
    reached[series[hit]], held[patient[hit]] = True, True
    rest: Ints = np.flatnonzero(~held[patient])
    for values in (worst, points.day):
        rest = highest_of(patient, rest, values[at[rest]])
    use = reached[series]
    use[rest] = True
    return at[use]


def _counts(case: Case, at: Ints) -> np.ndarray:
    """All but an INR that an anticoagulant or an older rise explains and that has no baseline to be assessed by."""
    points, baseline = points_of(case), baselines_of(case)
    result = np.ones(len(at), dtype=bool)
    inr = np.flatnonzero(points.analyte[at] == INDEX["INR"])
    own = at[inr]
    fine = usable(case, points.patient[own], points.day[own], points.value[own], baseline.value[own])
    result[inr] = fine | ~np.isnan(baseline.value[own])
    return result


def _expected(case: Case, at: Ints) -> np.ndarray:
    """Whether a procedure itself moves this analyte at that time; for aminotransferases unless the mask is lifted."""
    points = points_of(case)
    result = np.zeros(len(at), dtype=bool)
    for code in _LIVER:
        own = np.flatnonzero(points.analyte[at] == INDEX[code])
        patient, day = points.patient[at[own]], points.day[at[own]]
        if code in _ENZYMES:
            result[own] = np.isfinite(clear_of_procedures(case, patient, day))
        else:
            result[own] = masked(case, code, patient, day)
    return result


def _red_cells(case: Case, at: Ints) -> Bools:
    """AST of a sample that looks haemolysed: it measures red cells, and is for information."""
    points, bad = points_of(case), haemolysed(case)
    own = np.flatnonzero(points.analyte[at] == INDEX["AST"])
    result = np.zeros(len(at), dtype=bool)
    if len(own) and bad.any():
        visit = np.searchsorted(visits_of(case).key, key(points.patient[at[own]], np.floor(points.day[at[own]])))
        result[own] = bad[visit]
    return result


def _own_grade(case: Case, at: Ints, version: str) -> Ints:
    """Grade that the baseline itself has, by the criteria for a normal baseline; 0 where it is not known."""
    points, baseline = points_of(case), baselines_of(case)
    value = baseline.value[at]
    lln = np.where(points.lln[at] > 0, value / np.where(points.lln[at] > 0, points.lln[at], 1.0), np.nan)
    none: Floats = np.full(len(at), np.nan)
    inputs = Inputs(value, baseline.x_uln[at], lln, none, none, none, np.zeros(len(at), dtype=bool))
    result = np.zeros(len(at), dtype=np.int64)
    for code in _LIVER:
        own = np.flatnonzero(points.analyte[at] == INDEX[code])
        result[own] = np.maximum(grade(version, code, inputs.take(own)), 0)
    return result


RULE = Rule(
    code="ctcae_grade",
    title="CTCAE grade 3 or 4",
    question="Which liver results reach a high CTCAE grade, in version 5.0 or 6.0?",
    level="attention",
    analytes=_LIVER,
    needs=("|".join(_LIVER),),
    window="each result by itself, against the baseline of its treatment line",
    criteria="grade {injury.grade} or higher in either version; the upper end of a printed range is the lower grade. "
    "Version {injury.grade_version} decides the level: grade {injury.grade} under a drug, above the grade of the "
    "baseline itself, outside the expected-rise window of a procedure; everything else is for information",
    version="2",
    reference="NCI, CTCAE 5.0 and 6.0 (2025; year recalled), as transcribed in pharmaverse admiral",
    tag="verified",
    limitations="what was done about it; clinical parts of a grade (bleeding, life-threatening consequences); "
    "INR under "
    "an "
    "anticoagulant without a baseline",
    template="{analyte} {value:g}{unit} on {on}{of_uln}{of_baseline}: grade {five} by CTCAE 5.0, grade {six} by 6.0[, "
    "because the baseline was {own:.1f} × ULN][; {when}][; {expected}][; {sample}].",
    settings=("injury.grade", "injury.grade_version", "baseline"),
    assess=assess,
)
