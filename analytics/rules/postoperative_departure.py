"""Does bilirubin after a resection depart from the expected fall?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Ints
from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._after_surgery import After, after_event
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each bilirubin after a resection that has one some days before it."""
    s, v = case.settings.surgery, visits_of(case)
    after = after_event(case, "hepatectomy", most=s.watch_days + 60)
    bili = v.value("BILI")[after.visit]
    earlier = _earlier(case, after)
    use = np.flatnonzero(~np.isnan(bili) & (earlier >= 0))
    at, old = after.visit[use], earlier[use]
    early = v.value("BILI")[old]
    share = bili[use] / early
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("bilirubin over its value some days before", share, ">=", s.departure_share, "×", 2),
            Condition("bilirubin", v.x_uln("BILI")[at], ">", s.departure_bili, "× ULN"),
            Condition("days since the resection", after.day[use], ">=", s.isgls_day, "days", 0),
            Condition("days since the resection", after.day[use], "<=", s.watch_days, "days", 0),
        ),
        severity=share,
        numbers={"bili": bili[use], "early": early, "day": after.day[use], "share": share},
        days={"on": v.day[at], "surgery": after.start[use], "early_on": v.day[old]},
        evidence=(v.at("BILI")[at],),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.watch_days,
    )


def _earlier(case: Case, after: After) -> Ints:
    """Visit with the newest bilirubin of the same resection at least so many days before; -1 if none near enough."""
    s, v = case.settings.surgery, visits_of(case)
    have = np.flatnonzero(v.at("BILI") >= 0)
    if not len(have) or not len(after.visit):
        return np.full(len(after.visit), -1, dtype=np.int64)
    wanted = v.key[after.visit] - s.departure_from_days
    place = np.searchsorted(v.key[have], wanted, side="right") - 1
    found = have[np.maximum(place, 0)]
    gap = v.day[after.visit] - v.day[found]
    same = (place >= 0) & (v.patient[found] == v.patient[after.visit]) & (gap <= s.departure_to_days)
    return np.where(same & (v.day[found] >= after.start), found, -1)


RULE = Rule(
    code="postoperative_departure",
    title="Bilirubin rising after resection",
    question="Does bilirubin after a resection rise where a fall is expected?",
    level="attention",
    analytes=("BILI",),
    needs=("BILI",),
    events=("hepatectomy",),
    window="day {surgery.isgls_day} to {surgery.watch_days} after the resection, against the newest result "
    "{surgery.departure_from_days} to {surgery.departure_to_days} days before",
    criteria="bilirubin above {surgery.departure_bili:g} × ULN and at least {surgery.departure_share:g} × that "
    "result "
    "(house)",
    version="2",
    reference="expected course: peak on day 1, toward the value before by day 7 (four abstracts; the peak in 989 "
    "major resections)",
    tag="house",
    limitations="the extent of the resection; bile leak; obstruction",
    template="Bilirubin {bili:.1f} mg/dL on {on}, day {day:.0f} after liver resection on {surgery}, {share:.1f} × the "
    "{early:.1f} mg/dL of {early_on}: a fall is expected after day 1.",
    settings=("surgery.departure_share", "surgery.departure_bili", "surgery.isgls_day", "surgery.watch_days"),
    assess=assess,
)
