"""Did bilirubin fall by half within two weeks of a stent or drain (clinical success of the TOKYO criteria)?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import compare
from analytics.derive.points import points_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._stents import after_stent, assessed


def assess(case: Case) -> Assessment:
    """One moment for each bilirubin after a stent in jaundice, up to the end of the window."""
    s, points, a = case.settings.stent, points_of(case), after_stent(case)
    jaundiced = compare(a.before, ">", s.jaundice) & (a.day <= s.fall_days)
    use = np.flatnonzero(jaundiced)
    share = points.value[a.at[use]] / a.before[use]
    within = f"bilirubin within {s.fall_days} days, as a share of the value before"
    conditions = (Condition(within, share, "<=", s.fall_share, "", 2),)
    # the first day at half tells the sentence
    return assessed(case, a, use, conditions, -points.day[a.at[use]], {"fall": 100 * (1 - share)})


RULE = Rule(
    code="stent_response",
    title="Bilirubin halved after stent",
    question="Did bilirubin fall by half within two weeks of a stent or drain?",
    level="good",
    analytes=("BILI",),
    needs=("BILI",),
    events=("biliary_stent", "drainage"),
    window="{stent.fall_days} days after the stent; the value before is at most {stent.before_days} days old and above "
    "{stent.jaundice:g} mg/dL",
    criteria="bilirubin at most {stent.fall_share:.0%} of the value before",
    version="1",
    reference="TOKYO criteria 2014: normal or lower by half within 14 days",
    tag="verified",
    limitations="direct bilirubin: the part bound to albumin has a half-life of about three weeks and keeps the "
    "total up",
    template="Bilirubin {value:.1f} mg/dL on {on}, day {day:.0f} after the stent of {stent_on}, {fall:.0f}% below "
    "{before:.1f} mg/dL ({before_on}): meets TOKYO 2014 clinical success.",
    settings=("stent.jaundice", "stent.before_days", "stent.fall_share", "stent.fall_days"),
    assess=assess,
    one_off=True,
)
