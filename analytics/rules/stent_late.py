"""Is bilirubin still above 2 mg/dL at a time after a stent or drain by which it is expected below?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import compare, reaches
from analytics.derive.points import points_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._stents import after_stent, assessed


def assess(case: Case) -> Assessment:
    """One moment for each bilirubin after a stent in jaundice."""
    s, points, a = case.settings.stent, points_of(case), after_stent(case)
    use = np.flatnonzero(compare(a.before, ">", s.jaundice))
    at = a.at[use]
    due = np.where(reaches(a.before[use], s.high_before), s.target_days_high, s.target_days).astype(float)
    lowest = np.fmin(a.nadir[use], points.value[at])
    conditions = (
        Condition("days since the stent", a.day[use], ">", due, "days", 0),
        Condition("lowest bilirubin after the stent", lowest, ">", s.target, "mg/dL"),
    )
    return assessed(case, a, use, conditions, severity=points.value[at], numbers={"due": due})


RULE = Rule(
    code="stent_late",
    title="Slow bilirubin fall after stent",
    question="Is bilirubin still above 2 mg/dL at a time after a stent or drain by which it is expected below?",
    level="attention",
    analytes=("BILI",),
    needs=("BILI",),
    events=("biliary_stent", "drainage"),
    window="after {stent.target_days} days, or {stent.target_days_high} days where the value before was at least "
    "{stent.high_before:g} mg/dL, until the next procedure",
    criteria="no bilirubin so far at or below {stent.target:g} mg/dL",
    version="1",
    reference="PMID 18404695 (n=156)",
    tag="verified",
    limitations="parenchymal causes of a raised bilirubin; the slow tail of bilirubin bound to albumin",
    template="Bilirubin {value:.1f} mg/dL on {on}, day {day:.0f} after the stent of {stent_on}, from {before:.1f} "
    "mg/dL: above 2 mg/dL, expected by day {due:.0f}.",
    settings=("stent.target", "stent.target_days", "stent.target_days_high", "stent.high_before", "stent.jaundice"),
    assess=assess,
)
