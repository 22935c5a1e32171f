"""After a resection: are INR and bilirubin both raised on or after day 5 (ISGLS)?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import exceeds, reaches
from analytics.derive.visits import take, visits_of
from analytics.rules._after_surgery import after_event, before_event
from analytics.rules._competing import CAUSES, competing
from analytics.rules._inr import usable
from analytics.rules._liver import near
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.tables import LEVELS

_DOUBT = ("", "INR not assessable: anticoagulant, or raised before")


def assess(case: Case) -> Assessment:
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
    patient, day = v.patient[at], v.day[at]
    value, inr_value = v.value("BILI")[at], take(v.value("INR"), inr_at[use])
    ok = usable(case, patient, day, inr_value, take(v.value("INR"), before[1])[use])
    high = exceeds(value, s.isgls_bili_alone)
    cause = competing(case, patient, day)
    cause = np.where(cause == 3, 0, np.where(cause == 4, 1, cause))  # growth explains no such failure
    worst = (reaches(inr_value, s.isgls_inr_urgent) | reaches(value, s.isgls_bili_alone)) & ok & (cause == 0)
    return Assessment(
        patient=patient,
        day=day,
        conditions=(
            Condition("days since the resection", after.day[use], ">=", s.isgls_day, "days", 0),
            Condition("days since the resection", after.day[use], "<=", s.watch_days, "days", 0),
            Condition("bilirubin", bili[use], ">", limit_bili[use], "× ULN", 2),
            Condition("INR", np.where(ok, inr[use], np.inf), ">", limit_inr[use], "× ULN", 2),
            Condition(
                "INR", (ok | high).astype(float), ">=", 1.0, fails="INR not assessable: anticoagulant or raised before"
            ),
        ),
        severity=np.nan_to_num(bili[use]),
        numbers={"bili": value, "inr": inr_value, "day": after.day[use], "bili_x": bili[use], "inr_x": inr[use]},
        days={"on": day, "surgery": after.start[use]},
        words={"doubt": ((~ok).astype(np.int64), _DOUBT), "cause": (cause, CAUSES)},
        evidence=(v.at("BILI")[at], np.where(inr_at[use] >= 0, v.at("INR")[inr_at[use]], -1)),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.watch_days,
        level=np.where(worst, LEVELS["urgent"], LEVELS["attention"]),
    )


RULE = Rule(
    code="isgls",
    title="ISGLS liver failure criteria",
    question="After a resection: are INR and bilirubin both raised on or after day 5?",
    level="urgent",
    analytes=("BILI", "INR"),
    needs=("BILI", "INR"),
    events=("hepatectomy",),
    window="day {surgery.isgls_day} to {surgery.watch_days} after the resection; INR within a day of the bilirubin",
    criteria="both above ULN, and above the value before the resection where that was raised. INR under an "
    "anticoagulant or raised before is not assessable: then only bilirubin above {surgery.isgls_bili_alone:g} mg/dL, "
    "at the lower level. Highest level from INR {surgery.isgls_inr_urgent:g} or bilirubin "
    "{surgery.isgls_bili_alone:g} mg/dL (house); dilated ducts or a stent: named, lower level",
    version="2",
    reference="Rahbari et al., 2011 (ISGLS; abstract)",
    tag="verified",
    limitations="the grade, which depends on the care given; anticoagulants that are not recorded",
    template="Bilirubin {bili:.1f} mg/dL[ ({bili_x:.1f} × ULN)] and INR {inr:.1f}[ ({inr_x:.1f} × ULN)] on {on}, day "
    "{day:.0f} after liver resection on {surgery}: meets the ISGLS laboratory criteria[; {doubt}][; competing cause: "
    "{cause}].",
    settings=("surgery.isgls_day", "surgery.watch_days", "surgery.isgls_bili_alone", "surgery.isgls_inr_urgent"),
    assess=assess,
    carries=85,
)
