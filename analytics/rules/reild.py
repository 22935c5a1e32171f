"""After radioembolisation: do bilirubin and albumin change as in radioembolisation-induced liver disease?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats
from analytics.case import Case
from analytics.compare import compare
from analytics.derive.around import active, named
from analytics.derive.points import points_of
from analytics.derive.visits import take, visits_of
from analytics.rules._after_surgery import After, after_event, before_event, before_value
from analytics.rules._competing import dilated_ducts, liver_growth_near
from analytics.rules._liver import near
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.tables import LEVELS

_ASCITES = ("", "ascites recorded")
_PART = ("", "incomplete: bilirubin only")
_OTHER = ("", "cannot be told apart from progression in the liver or obstruction")


def assess(case: Case) -> Assessment:
    """One moment for each day with bilirubin after radioembolisation."""
    s, v = case.settings.local, visits_of(case)
    after = after_event(case, "radioembolisation", most=s.reild_to_days + 120)
    there = near(v, "ALB", 7)[after.visit]
    bili, albumin = v.value("BILI")[after.visit], take(v.value("ALB"), there)
    before = before_value(case, v, after, "ALB"), before_value(case, v, after, "BILI")
    before_x = take(v.x_uln("BILI"), before_event(case, v, after, "BILI"))
    use = np.flatnonzero(~np.isnan(bili))
    at = after.visit[use]
    patient, day = v.patient[at], v.day[at]
    water = active(case, named(case, "ascites", kinds=("symptom", "adverse_event")), patient, day, after=60)
    over = np.where(before_x > 1, bili / before[1], np.inf)[use]
    lln = take(_lln(case), there)[use]
    low = compare(albumin[use], "<", lln) | compare((albumin / before[0])[use], "<=", s.reild_albumin_share)
    other = _explained(case, after)[use]
    return Assessment(
        patient=patient,
        day=day,
        conditions=(
            Condition("days since radioembolisation", after.day[use], ">=", s.reild_from_days, "days", 0),
            Condition("days since radioembolisation", after.day[use], "<=", s.reild_to_days, "days", 0),
            Condition("bilirubin", bili[use], ">", s.reild_bili, "mg/dL"),
            Condition("bilirubin over a raised value before", over, ">=", s.reild_bili_over_before, "×", 1),
        ),
        severity=bili[use],
        numbers={
            "bili": bili[use],
            "bili_before": before[1][use],
            "alb": albumin[use],
            "alb_before": before[0][use],
            "day": after.day[use],
        },
        days={"on": day, "treated": after.start[use]},
        words={
            "ascites": (water.astype(np.int64), _ASCITES),
            "part": ((~water & ~low).astype(np.int64), _PART),
            "other": (other.astype(np.int64), _OTHER),
        },
        evidence=(v.at("BILI")[at], v.at("ALB")[at]),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.reild_to_days,
        level=np.where(water & ~other, LEVELS["urgent"], LEVELS["attention"]),
    )


def _lln(case: Case) -> Floats:
    """Lower limit of the albumin of each visit."""
    v, points = visits_of(case), points_of(case)
    return take(points.lln, v.at("ALB"))


def _explained(case: Case, after: After) -> Bools:
    """Progression in the liver or dilated ducts reported between the treatment and the visit, or soon after it."""
    s, v = case.settings.injury, visits_of(case)
    patient, day = v.patient[after.visit], v.day[after.visit]
    growth = liver_growth_near(case, patient, day, s.growth_days, s.growth_days)
    return np.asarray(growth | dilated_ducts(case, patient, day, s.ducts_before_days, s.ducts_after_days))


RULE = Rule(
    code="reild",
    title="REILD laboratory pattern",
    question="After radioembolisation: do bilirubin and albumin change as in radioembolisation-induced liver disease?",
    level="urgent",
    analytes=("BILI", "ALB"),
    needs=("BILI",),
    events=("radioembolisation",),
    window="day {local.reild_from_days} to {local.reild_to_days} after radioembolisation; albumin within 7 days",
    criteria="bilirubin above {local.reild_bili:g} mg/dL and at least {local.reild_bili_over_before:g} × its value "
    "before where that was raised. With ascites: highest level; without: one lower, with albumin below its limit or at "
    "most {local.reild_albumin_share:g} × its value before, else incomplete. Progression in the liver or dilated "
    "ducts: "
    "named, lower level; progression elsewhere changes nothing",
    version="2",
    reference="Sangro et al., 2008 (abstract): jaundice and ascites after 4 to 8 weeks; Gil-Alzugaray et al., 2013 "
    "(recalled): bilirubin; the window is a house choice",
    tag="recalled",
    limitations="grades, which depend on the care given; ascites that is not recorded; hepatitis B status and "
    "reactivation",
    template="Bilirubin {bili:.1f} mg/dL[ (before {bili_before:.1f})][ and albumin {alb:.1f} g/dL][ (before "
    "{alb_before:.1f})] on {on}, day {day:.0f} after radioembolisation on {treated}[, {ascites}]: consistent with "
    "REILD[, "
    "{part}][; {other}].",
    settings=("local",),
    assess=assess,
    carries=86,
)
