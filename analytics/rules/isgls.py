"""After a resection: are INR and bilirubin both raised on or after day 5 (ISGLS)?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import take, visits_of
from analytics.rules._after_surgery import after_event, before_event
from analytics.rules._liver import near
from analytics.rules._rule import Condition, Judged, Rule


def judge(case: Case) -> Judged:
    """One moment for each day with bilirubin after a resection and an INR near it."""
    s, v = case.settings.surgery, visits_of(case)
    after = after_event(case, "hepatectomy", most=s.watch_days + 60)
    inr_at = near(v, "INR", 1)[after.visit]
    bili, inr = v.x_uln("BILI")[after.visit], take(v.x_uln("INR"), inr_at)
    before = before_event(case, v, after, "BILI"), before_event(case, v, after, "INR")
    limit_bili = np.fmax(1.0, take(v.x_uln("BILI"), before[0]))
    limit_inr = np.fmax(1.0, take(v.x_uln("INR"), before[1]))
    use = np.flatnonzero(~np.isnan(bili) & ~np.isnan(inr))
    at = after.visit[use]
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("days since the resection", after.day[use], ">=", s.isgls_day, "days", 0),
            Condition("days since the resection", after.day[use], "<=", s.watch_days, "days", 0),
            Condition("bilirubin", bili[use], ">", limit_bili[use], "× ULN", 2),
            Condition("INR", inr[use], ">", limit_inr[use], "× ULN", 2),
        ),
        severity=np.nan_to_num(bili[use]),
        numbers={
            "bili": v.value("BILI")[at],
            "inr": take(v.value("INR"), inr_at[use]),
            "day": after.day[use],
            "bili_x": bili[use],
            "inr_x": inr[use],
        },
        days={"on": v.day[at], "surgery": after.start[use]},
        evidence=(v.at("BILI")[at], np.where(inr_at[use] >= 0, v.at("INR")[inr_at[use]], -1)),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.watch_days,
    )


RULE = Rule(
    code="isgls",
    title="Liver failure after hepatectomy, laboratory part (ISGLS)",
    asks="After a resection: are INR and bilirubin both raised on or after day 5?",
    level="urgent",
    analytes=("BILI", "INR"),
    needs=("BILI", "INR"),
    events=("hepatectomy",),
    window="day {surgery.isgls_day} to {surgery.watch_days} after the resection; INR within a day of the bilirubin",
    strictness="both above ULN, and above the value before the resection where that was raised",
    version="1",
    reference="Rahbari et al., 2011 (ISGLS)",
    tag="verified",
    sees_not="the grade, which depends on the care given; anticoagulants; obstruction",
    sentence="Day {day:.0f} after the resection of {surgery} ({on}): bilirubin {bili:.1f} mg/dL ({bili_x:.1f} × "
    "ULN) and "
    "INR {inr:.1f} ({inr_x:.1f} × ULN) both raised: meets the laboratory part of the ISGLS definition.",
    settings=("surgery.isgls_day", "surgery.watch_days"),
    judge=judge,
)
