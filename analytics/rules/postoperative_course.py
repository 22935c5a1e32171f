"""Does bilirubin after a resection follow the expected course?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._after_surgery import after_event, highest_until
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each bilirubin after a resection that has one on days 0 to 3."""
    s, v = case.settings.surgery, visits_of(case)
    after = after_event(case, "hepatectomy", most=14)
    bili = v.value("BILI")[after.visit]
    early = highest_until(bili, after, 3)
    use = np.flatnonzero(~np.isnan(bili) & ~np.isnan(early) & (after.day > 3))
    at = after.visit[use]
    share = bili[use] / early[use]
    # within limits all along is on course too
    fallen = np.where(v.x_uln("BILI")[at] <= 1, 0.0, share)
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("bilirubin over its highest value on days 0 to 3", fallen, "<", s.course_share, "×", 2),
            Condition("days since the resection", after.day[use], "<=", s.course_bili_day, "days", 0),
        ),
        severity=-after.day[use],
        numbers={"bili": bili[use], "early": early[use], "day": after.day[use], "share": share},
        days={"on": v.day[at], "surgery": after.start[use]},
        evidence=(v.at("BILI")[at],),
        group=after.event[use],
        anchor=after.start[use],
    )


RULE = Rule(
    code="postoperative_course",
    title="Expected bilirubin after resection",
    question="Does bilirubin after a resection follow the expected course?",
    level="good",
    analytes=("BILI",),
    needs=("BILI",),
    events=("hepatectomy",),
    window="day 4 to {surgery.course_bili_day} after the resection",
    criteria="bilirubin below its highest value on days 0 to 3, or within its limits",
    version="1",
    reference="expected course: peak on day 1, toward the value before by day 7 (four abstracts; the peak in 989 "
    "major resections)",
    tag="verified",
    limitations="ALP and GGT, which stay raised for 8 to 12 weeks after a resection",
    template="Bilirubin {bili:.1f} mg/dL on {on}, day {day:.0f} after liver resection on {surgery}, highest "
    "{early:.1f} "
    "mg/dL on days 0 to 3: follows the expected course.",
    settings=("surgery.course_share", "surgery.course_bili_day"),
    assess=assess,
    one_off=True,
)
