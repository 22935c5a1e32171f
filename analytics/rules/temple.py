"""Is an aminotransferase raised while bilirubin is not (Temple's corollary)?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.visits import most_ahead, most_behind, visits_of
from analytics.rules._exposure import exposed, given, is_new
from analytics.rules._liver import mask_days
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import aminotransferases
from analytics.tables import LEVELS

_HOW = ("meets Temple's corollary (no jaundice)", "raised in two results, without jaundice")
_DRUG = ("", "no drug recorded in the time before", "before treatment: no drug recorded yet")


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT or AST."""
    s, v = case.settings.injury, visits_of(case)
    larger = aminotransferases(case)
    at = np.flatnonzero(larger.at >= 0)
    patient, day = v.patient[at], v.day[at]
    bili = np.fmax(most_ahead(v, v.x_uln("BILI"), s.hys_window_days), most_behind(v, v.x_uln("BILI"), s.hys_alp_days))[
        at
    ]
    x, over = larger.x_uln[at], larger.x_baseline[at]
    full = exceeds(x, s.edish_alt) & is_new(over, larger.baseline_x_uln[at], s.new_injury_x_baseline)
    under = exposed(case, patient, day)
    lesser = _lesser(case, patient, day, reaches(over, s.lesser_rise) & exceeds(x, s.lesser_x_uln)) & under
    clear = clear_of_procedures(case, patient, day)
    drug = given(case, patient, day)
    why = np.where(under, 0, np.where(np.isnan(drug.since), 2, 1))
    reach = np.where(lesser, np.fmax(x, s.edish_alt * (1 + 1e-6)), np.where(full, x, np.minimum(x, s.edish_alt)))
    return Assessment(
        patient=patient,
        day=day,
        conditions=(
            Condition("ALT or AST", reach, ">", s.edish_alt, "× ULN"),
            Condition("highest bilirubin", bili, "<=", s.edish_bili, "× ULN"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=x,
        numbers={"at": x, "x_baseline": over, "bili": bili, "days_on": drug.day},
        days={"on": day},
        words={
            "analyte": (larger.code[at], ("ALT", "AST")),
            "how": ((~full & lesser).astype(np.int64), _HOW),
            "drug": (np.where(under, drug.code, len(drug.names) - 1), drug.names),
            "exposure": (why, _DRUG),
        },
        evidence=(larger.at[at], v.at("BILI")[at]),
        level=np.where(under, LEVELS["attention"], LEVELS["information"]),
    )


def _lesser(case: Case, patient: Ints, day: Floats, holds: Bools) -> Bools:
    """The second of two such results in a row, far enough apart."""
    least = case.settings.injury.lesser_days
    begins = np.ones(len(holds), dtype=bool)
    begins[1:] = (np.diff(patient) != 0) | ~holds[:-1]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(holds)), 0)) if len(holds) else np.zeros(0, np.int64)
    return np.asarray(holds & compare(day - day[first], ">=", float(least)))


RULE = Rule(
    code="temple",
    title="Temple's corollary",
    question="Is an aminotransferase raised while bilirubin is not?",
    level="attention",
    analytes=("ALT", "AST", "BILI"),
    needs=("ALT|AST", "BILI"),
    window="highest bilirubin from {injury.hys_alp_days} days before to {injury.hys_window_days} days after",
    criteria="ALT or AST above {injury.edish_alt:g} × ULN, bilirubin at most {injury.edish_bili:g} × ULN; over a "
    "raised baseline at least {injury.new_injury_x_baseline:g} × baseline (house). Or at least {injury.lesser_rise:g} "
    "× baseline and above {injury.lesser_x_uln:g} × ULN in two results {injury.lesser_days} days apart under a drug "
    "(house). Without a drug: for information. AST of a sample that looks haemolysed does not count",
    version="2",
    reference="FDA composite plot (Tesfaldet et al., 2024), quadrant of Temple's corollary; lesser rise: line of mDISH "
    "(Lin, 2012)",
    tag="secondary",
    limitations="the cause; hepatitis B status and reactivation; results within the expected-rise window of a "
    "procedure",
    template="{analyte} {at:.1f} × ULN[ ({x_baseline:.1f} × baseline)] on {on}[, day {days_on:.0f} of {drug}], highest "
    "bilirubin {bili:.1f} × ULN: {how}[; {exposure}].",
    settings=(
        "injury.edish_alt",
        "injury.edish_bili",
        "injury.hys_window_days",
        "injury.hys_alp_days",
        "injury.new_injury_x_baseline",
        "injury.lesser_rise",
        "injury.lesser_x_uln",
        "injury.lesser_days",
    ),
    assess=assess,
    carries=60,
)
