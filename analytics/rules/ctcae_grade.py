"""Which liver results reach a high CTCAE grade, in version 5.0 or 6.0?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import CODES, INDEX, shown
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.grades.ctcae import grades_of
from analytics.rules._around import clear_of_procedures
from analytics.rules._rule import Condition, Judged, Rule
from analytics.tables import LEVELS

_LIVER = ("ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT")
_GRADE = ("not gradable", "0", "1", "2", "3", "4")


def judge(case: Case) -> Judged:
    """One moment for each gradable result of the liver panel."""
    points, s = points_of(case), case.settings.injury
    five, six = grades_of(case, "5.0"), grades_of(case, "6.0")
    worst = np.maximum(five, six)
    mine = np.isin(points.analyte, [INDEX[c] for c in _LIVER]) & (worst >= 0)
    at = np.flatnonzero(mine)
    code = points.analyte[at]
    clear = clear_of_procedures(case, points.patient[at], points.day[at])
    expected = np.isfinite(clear)
    rank = np.where(expected, LEVELS["information"], LEVELS["attention"])
    x = np.where(np.isfinite(baselines_of(case).value[at]), points.value[at] / baselines_of(case).value[at], np.nan)
    return Judged(
        patient=points.patient[at],
        day=points.day[at],
        conditions=(Condition("worse of the CTCAE 5.0 and 6.0 grades", worst[at].astype(float), ">=", s.grade, "", 0),),
        severity=worst[at] + np.clip(np.nan_to_num(points.x_uln[at]) / 1000, 0, 0.9),
        numbers={"value": np.round(points.value[at], 1), "x_uln": points.x_uln[at], "x_baseline": x},
        optional={"of_uln": (", {:.1f} × ULN", points.x_uln[at]), "of_baseline": (", {:.1f} × baseline", x)},
        days={"on": points.day[at]},
        words={
            "analyte": (code, tuple(shown(c) for c in CODES)),
            "unit": (code, tuple(_unit(c) for c in CODES)),
            "five": (five[at] + 1, _GRADE),
            "six": (six[at] + 1, _GRADE),
            "expected": (
                expected.astype(np.int64),
                ("", "; within the time after a resection, ablation or embolisation in which a rise is expected"),
            ),
        },
        evidence=(at,),
        group=code,
        level=rank,
        analytes=(code, CODES),
    )


def _unit(code: str) -> str:
    from analytics.analytes import ANALYTES

    unit = ANALYTES[code].unit
    return "" if unit.startswith("{") else f" {unit}"


RULE = Rule(
    code="ctcae_grade",
    title="CTCAE grade 3 or 4",
    asks="Which liver results reach a high CTCAE grade, in version 5.0 or 6.0?",
    level="attention",
    analytes=_LIVER,
    needs=("|".join(_LIVER),),
    window="each result by itself, against the baseline of its treatment line",
    strictness="grade {injury.grade} or higher in either version; the upper end of a printed range is the lower grade",
    version="1",
    reference="NCI, CTCAE 5.0 and 6.0 (2025; year recalled), as transcribed in pharmaverse admiral",
    tag="verified",
    sees_not="what was done about it; clinical parts of a grade (bleeding, life-threatening consequences)",
    sentence="{analyte} {value:g}{unit} on {on}{of_uln}{of_baseline}: "
    "CTCAE 5.0 grade {five}, CTCAE 6.0 grade {six}{expected}.",
    settings=("injury.grade", "baseline"),
    judge=judge,
)
