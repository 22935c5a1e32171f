"""Does bilirubin after a resection depart from the expected fall?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._after_surgery import after_event, highest_until
from analytics.rules._rule import Condition, Judged, Rule


def judge(case: Case) -> Judged:
    """One moment for each bilirubin after a resection that has one on days 0 to 3."""
    s, v = case.settings.surgery, visits_of(case)
    after = after_event(case, "hepatectomy", most=s.watch_days + 60)
    bili = v.value("BILI")[after.visit]
    early = highest_until(bili, after, 3)
    use = np.flatnonzero(~np.isnan(bili) & ~np.isnan(early) & (after.day > 3))
    at = after.visit[use]
    share = bili[use] / early[use]
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("bilirubin over its highest value on days 0 to 3", share, ">=", s.course_share, "×", 2),
            Condition("bilirubin", v.x_uln("BILI")[at], ">", 1.0, "× ULN"),
            Condition("days since the resection", after.day[use], ">=", s.isgls_day, "days", 0),
            Condition("days since the resection", after.day[use], "<=", s.watch_days, "days", 0),
        ),
        severity=share,
        numbers={"bili": bili[use], "early": early[use], "day": after.day[use], "share": share},
        days={"on": v.day[at], "surgery": after.start[use]},
        evidence=(v.at("BILI")[at],),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.watch_days,
    )


RULE = Rule(
    code="postoperative_departure",
    title="Bilirubin not falling after a resection",
    asks="Does bilirubin after a resection depart from the expected fall?",
    level="attention",
    analytes=("BILI",),
    needs=("BILI",),
    events=("hepatectomy",),
    window="day {surgery.isgls_day} to {surgery.watch_days} after the resection",
    strictness="bilirubin at least {surgery.course_share:g} × its highest value on days 0 to 3 and above ULN",
    version="1",
    reference="expected course: peak on day 1, toward the value before by day 7 (four abstracts; the peak in 989 "
    "major resections)",
    tag="verified",
    sees_not="the extent of the resection; bile leak; obstruction",
    sentence="Bilirubin {bili:.1f} mg/dL on {on}, day {day:.0f} after the resection of {surgery}, {share:.1f} × its "
    "highest value on days 0 to 3 ({early:.1f} mg/dL): departs from the expected course, a peak on day 1 and a fall.",
    settings=("surgery.course_share", "surgery.isgls_day", "surgery.watch_days"),
    judge=judge,
)
