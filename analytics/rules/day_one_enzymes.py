"""On the day after a resection: is AST or ALT above the published warning values?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._after_surgery import after_event
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each day with AST or ALT soon after a resection."""
    s, v = case.settings.surgery, visits_of(case)
    after = after_event(case, "hepatectomy", most=14)
    ast, alt = v.value("AST")[after.visit], v.value("ALT")[after.visit]
    ratio = np.fmax(ast / s.pod1_ast, alt / s.pod1_alt)
    use = np.flatnonzero(~np.isnan(ratio))
    at = after.visit[use]
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("days since the resection", after.day[use], ">=", 1.0, "days", 0),
            Condition("days since the resection", after.day[use], "<=", 1.0, "days", 0),
            Condition("AST or ALT over its warning value", ratio[use], ">", 1.0, "×", 2),
        ),
        severity=ratio[use],
        numbers={"ast": ast[use], "alt": alt[use]},
        days={"on": v.day[at], "surgery": after.start[use]},
        evidence=(np.where(v.at("AST") >= 0, v.at("AST"), v.at("ALT"))[at], v.at("ALT")[at]),
        group=after.event[use],
        anchor=after.start[use],
    )


RULE = Rule(
    code="day_one_enzymes",
    title="High aminotransferases after resection",
    question="On the day after a resection: is AST or ALT above the published warning values?",
    level="information",
    analytes=("AST", "ALT"),
    needs=("ALT|AST",),
    events=("hepatectomy",),
    window="day 1 after the resection",
    criteria="AST above {surgery.pod1_ast:g} or ALT above {surgery.pod1_alt:g} U/L",
    version="1",
    reference="single centre, 31 events: weak evidence; inflow occlusion drives the values",
    tag="verified",
    limitations="the time of inflow occlusion; the extent of the resection",
    template="[AST {ast:.0f} U/L][ and ALT {alt:.0f} U/L] on {on}, day 1 after liver resection on {surgery}: above "
    "one centre's limits (AST 260 or ALT 270 U/L).",
    settings=("surgery.pod1_ast", "surgery.pod1_alt"),
    assess=assess,
    latest=(),
    one_off=True,
)
