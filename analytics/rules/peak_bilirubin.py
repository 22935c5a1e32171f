"""Has bilirubin gone above 7 mg/dL after a resection?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._after_surgery import after_event, before_value
from analytics.rules._competing import competing
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each day with bilirubin after a resection."""
    s, v = case.settings.surgery, visits_of(case)
    after = after_event(case, "hepatectomy", most=s.peak_days + 60)
    bili = v.value("BILI")[after.visit]
    use = np.flatnonzero(~np.isnan(bili) & (after.day >= 1))
    at = after.visit[use]
    before = np.nan_to_num(before_value(case, v, after, "BILI"), nan=0.0)[use]
    ducts = competing(case, v.patient[at], v.day[at])
    blocked = (ducts == 1) | (ducts == 2) | (ducts == 4)
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("bilirubin", bili[use], ">", s.peak_bili, "mg/dL"),
            Condition("days since the resection", after.day[use], "<=", s.peak_days, "days", 0),
            Condition("bilirubin before the resection", before, "<=", s.peak_bili, "mg/dL"),
            Condition("ducts", 1.0 - blocked, ">=", 1.0, fails="dilated ducts or a stent near it"),
        ),
        severity=bili[use],
        numbers={"bili": bili[use], "day": after.day[use]},
        days={"on": v.day[at], "surgery": after.start[use]},
        evidence=(v.at("BILI")[at],),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.peak_days,
    )


RULE = Rule(
    code="peak_bilirubin",
    title="Peak bilirubin above 7 mg/dL",
    question="Has bilirubin gone above 7 mg/dL after a resection?",
    level="urgent",
    analytes=("BILI",),
    needs=("BILI",),
    events=("hepatectomy",),
    window="day 1 to {surgery.peak_days} after the resection",
    criteria="bilirubin above {surgery.peak_bili:g} mg/dL; not where it was before the resection, nor "
    "with dilated ducts or a stent near it",
    version="2",
    reference="Mullen et al., 2007 (citation recalled, to be confirmed): peak above 7 mg/dL without cirrhosis",
    tag="verified",
    limitations="cirrhosis, in which the limit was not studied; obstruction that imaging does not report",
    template="Bilirubin {bili:.1f} mg/dL on {on}, day {day:.0f} after liver resection on {surgery}: above the "
    "published "
    "cut-off of 7 mg/dL.",
    settings=("surgery.peak_bili", "surgery.peak_days"),
    assess=assess,
    carries=83,
)
