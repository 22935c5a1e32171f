"""Has bilirubin risen within two weeks after a stent or drain instead of falling?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.points import points_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._stents import after_stent, assessed


def assess(case: Case) -> Assessment:
    """One moment for each bilirubin after a stent with a value before."""
    s, points, a = case.settings.stent, points_of(case), after_stent(case)
    use = np.flatnonzero(a.before_at >= 0)
    at = a.at[use]
    share = points.value[at] / np.maximum(a.before[use], 1e-9)
    conditions = (
        Condition("days since the stent", a.day[use], ">=", s.early_from_days, "days", 0),
        Condition("days since the stent", a.day[use], "<=", s.fall_days, "days", 0),
        Condition("bilirubin over the value before", share, ">=", s.early_rise, "×"),
        Condition("bilirubin", points.x_uln[at], ">", 1.0, "× ULN"),
    )
    return assessed(case, a, use, conditions, severity=share, numbers={"share": share})


RULE = Rule(
    code="stent_early_rise",
    title="Early bilirubin rise after stent",
    question="Has bilirubin risen within two weeks after a stent or drain instead of falling?",
    level="urgent",
    analytes=("BILI",),
    needs=("BILI",),
    events=("biliary_stent", "drainage"),
    window="day {stent.early_from_days} to {stent.fall_days} after the stent; the value before is at most "
    "{stent.before_days} days old",
    criteria="bilirubin at least {stent.early_rise:g} × the value before and above ULN",
    version="1",
    reference="house choice; the expected course is a fall by half within 14 days (TOKYO criteria 2014)",
    tag="house",
    limitations="haemolysis and sepsis; the position of the stent",
    template="Bilirubin {value:.1f} mg/dL on {on}, day {day:.0f} after the stent of {stent_on}, {share:.1f} × the "
    "{before:.1f} mg/dL of {before_on}: a fall is expected.",
    settings=("stent.early_rise", "stent.early_from_days", "stent.fall_days", "stent.before_days"),
    assess=assess,
)
