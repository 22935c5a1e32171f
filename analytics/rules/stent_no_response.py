"""Has bilirubin not fallen by half two weeks after a stent or drain?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import compare
from analytics.derive.points import points_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._stents import after_stent, assessed


def assess(case: Case) -> Assessment:
    """One moment for each bilirubin after a stent in jaundice."""
    s, points, a = case.settings.stent, points_of(case), after_stent(case)
    use = np.flatnonzero(compare(a.before, ">", s.jaundice))
    value = points.value[a.at[use]]
    share = np.fmin(a.nadir[use], value) / a.before[use]
    conditions = (
        Condition("days since the stent", a.day[use], ">=", s.fall_days, "days", 0),
        Condition("lowest bilirubin as a share of the value before", share, ">", s.fall_share, "", 2),
    )
    change = 100 * (value / a.before[use] - 1)
    return assessed(case, a, use, conditions, severity=share, numbers={"change": change})


RULE = Rule(
    code="stent_no_response",
    title="Bilirubin not halved after stent",
    question="Has bilirubin not fallen by half two weeks after a stent or drain?",
    level="attention",
    analytes=("BILI",),
    needs=("BILI",),
    events=("biliary_stent", "drainage"),
    window="results from day {stent.fall_days} after the stent until the next procedure; the value before is at most "
    "{stent.before_days} days old and above {stent.jaundice:g} mg/dL",
    criteria="no bilirubin so far at or below {stent.fall_share:.0%} of the value before",
    version="1",
    reference="TOKYO criteria 2014: normal or lower by half within 14 days",
    tag="verified",
    limitations="direct bilirubin; results that were not taken",
    template="Bilirubin {value:.1f} mg/dL on {on}, day {day:.0f} after the stent of {stent_on}, {change:+.0f}% from "
    "{before:.1f} mg/dL ({before_on}): misses TOKYO 2014 clinical success (50% fall in 14 days).",
    settings=("stent.jaundice", "stent.before_days", "stent.fall_share", "stent.fall_days"),
    assess=assess,
)
