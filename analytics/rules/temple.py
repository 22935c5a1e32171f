"""Is an aminotransferase raised while bilirubin is not (Temple's corollary)?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import most_ahead, visits_of
from analytics.rules._around import clear_of_procedures
from analytics.rules._liver import mask_days, near_x_uln, over_baseline
from analytics.rules._rule import Condition, Judged, Rule


def judge(case: Case) -> Judged:
    """One moment for each day with ALT or AST."""
    s, v = case.settings.injury, visits_of(case)
    larger = v.larger("ALT", "AST")
    at = np.flatnonzero(larger.at >= 0)
    bili = np.fmax(most_ahead(v, v.x_uln("BILI"), s.hys_window_days), near_x_uln(v, "BILI", 7))[at]
    new = over_baseline(larger.x_baseline, larger.baseline_x_uln)[at]
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or AST", larger.x_uln[at], ">", s.edish_alt, "× ULN"),
            Condition("highest bilirubin", bili, "<=", s.edish_bili, "× ULN"),
            Condition("ALT or AST over a raised baseline", new, ">=", s.new_injury_x_baseline, "×"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=larger.x_uln[at],
        numbers={"at": larger.x_uln[at], "x_baseline": larger.x_baseline[at], "bili": bili},
        days={"on": v.day[at]},
        words={"analyte": (larger.code[at], ("ALT", "AST"))},
        evidence=(larger.at[at], v.at("BILI")[at]),
    )


RULE = Rule(
    code="temple",
    title="Temple's corollary",
    asks="Is an aminotransferase raised while bilirubin is not?",
    level="attention",
    analytes=("ALT", "AST", "BILI"),
    needs=("ALT|AST", "BILI"),
    window="highest bilirubin from 7 days before to {injury.hys_window_days} days after",
    strictness="ALT or AST above {injury.edish_alt:g} × ULN, bilirubin at most {injury.edish_bili:g} × ULN; over a "
    "raised baseline at least {injury.new_injury_x_baseline:g} × baseline (house)",
    version="1",
    reference="FDA composite plot (Tesfaldet et al., 2024), quadrant of Temple's corollary",
    tag="verified",
    sees_not="the cause; results within the mask after a resection, ablation or embolisation",
    sentence="{analyte} {at:.1f} × ULN ({x_baseline:.1f} × baseline) on {on}, highest bilirubin around it "
    "{bili:.1f} × ULN: meets Temple's corollary.",
    settings=(
        "injury.edish_alt",
        "injury.edish_bili",
        "injury.hys_window_days",
        "injury.new_injury_x_baseline",
    ),
    judge=judge,
)
