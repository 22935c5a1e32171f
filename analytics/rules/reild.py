"""After radioembolisation: do bilirubin and albumin change as in radioembolisation-induced liver disease?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats
from analytics.case import Case
from analytics.derive.visits import take, visits_of
from analytics.rules._after_surgery import After, after_event, before_value
from analytics.rules._around import active, named
from analytics.rules._images import first_report
from analytics.rules._liver import near
from analytics.rules._rule import Condition, Judged, Rule

_ASCITES = ("no ascites recorded", "ascites recorded")


def judge(case: Case) -> Judged:
    """One moment for each day with bilirubin after radioembolisation."""
    s, v = case.settings.local, visits_of(case)
    after = after_event(case, "radioembolisation", most=s.reild_to_days + 120)
    bili = v.value("BILI")[after.visit]
    albumin = take(v.value("ALB"), near(v, "ALB", 7)[after.visit])
    before = before_value(case, v, after, "ALB"), before_value(case, v, after, "BILI")
    share = albumin / before[0]
    use = np.flatnonzero(~np.isnan(bili))
    at = after.visit[use]
    water = active(case, named(case, "ascites", kinds=("symptom", "adverse_event")), v.patient[at], v.day[at], after=60)
    day = after.day[use]
    explained = _explained(case, after)[use]
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("days since radioembolisation", day, ">=", s.reild_from_days, "days", 0),
            Condition("days since radioembolisation", day, "<=", s.reild_to_days, "days", 0),
            Condition("bilirubin", bili[use], ">", s.reild_bili, "mg/dL"),
            Condition("albumin over its value before", share[use], "<=", s.reild_albumin_share, "×", 2),
            Condition("other", 1.0 - explained, ">=", 1.0, fails="progression or dilated ducts reported on imaging"),
        ),
        severity=bili[use],
        numbers={
            "bili": bili[use],
            "bili_before": before[1][use],
            "alb": albumin[use],
            "alb_before": before[0][use],
            "day": day,
        },
        days={"on": v.day[at], "treated": after.start[use]},
        words={"ascites": (water.astype(np.int64), _ASCITES)},
        evidence=(v.at("BILI")[at], v.at("ALB")[at]),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.reild_to_days,
    )


def _explained(case: Case, after: After) -> Floats:
    """1 where progression or dilated ducts were reported between the treatment and the visit."""
    v = visits_of(case)
    found: Bools = np.zeros(len(after.visit), dtype=bool)
    for what in ("progression", "dilated"):
        day = first_report(case, what, v.patient[after.visit], after.start)
        found = found | (day <= v.day[after.visit])
    return found.astype(np.float64)


RULE = Rule(
    code="reild",
    title="Radioembolisation-induced liver disease, laboratory part",
    asks="After radioembolisation: do bilirubin and albumin change as in radioembolisation-induced liver disease?",
    level="urgent",
    analytes=("BILI", "ALB"),
    needs=("BILI", "ALB"),
    events=("radioembolisation",),
    window="day {local.reild_from_days} to {local.reild_to_days} after radioembolisation",
    strictness="bilirubin above {local.reild_bili:g} mg/dL and albumin at most {local.reild_albumin_share:g} × "
    "its value "
    "before, without progression or dilated ducts reported since",
    version="1",
    reference="Braat et al., 2017 (window, exclusions); Sangro et al., 2008 (citation recalled, to be confirmed): "
    "bilirubin",
    tag="recalled",
    sees_not="ascites, unless recorded as a symptom; reports that were not imported",
    sentence="Day {day:.0f} after the radioembolisation of {treated} ({on}): bilirubin {bili:.1f} mg/dL (before "
    "{bili_before:.1f}), albumin {alb:.1f} g/dL (before {alb_before:.1f}), {ascites}, no progression or dilated ducts "
    "reported: pattern compatible with radioembolisation-induced liver disease.",
    settings=("local.reild_from_days", "local.reild_to_days", "local.reild_bili", "local.reild_albumin_share"),
    judge=judge,
)
