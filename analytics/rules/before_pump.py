"""Before floxuridine by the hepatic artery begins: is the last bilirubin at the published limit?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._askable import any_pump
from analytics.rules._before import last_before
from analytics.rules._pump import pump_events
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for the first floxuridine of each patient."""
    s, v, at = case.settings.readiness, visits_of(case), pump_events(case)
    _, first = np.unique(events_of(case).patient[at], return_index=True)
    at = at[first]
    place = last_before(case, at, "BILI", s.within_days)
    use = np.flatnonzero(place >= 0)
    patient, day = events_of(case).patient[at][use], np.floor(events_of(case).start[at][use])
    bili = take(v.value("BILI"), place[use])
    return Assessment(
        patient=patient,
        day=day,
        conditions=(Condition("bilirubin", bili, ">=", s.pump_bili, "mg/dL"),),
        severity=bili,
        numbers={"bili": bili},
        days={"start": day, "on": take(v.day, place[use])},
        evidence=(v.at("BILI")[place[use]] if len(v) else place[use],),
        group=at[use],
        anchor=day,
    )


RULE = Rule(
    code="before_pump",
    title="Bilirubin before floxuridine",
    question="Before floxuridine by the hepatic artery begins: is the last bilirubin at the published limit?",
    level="attention",
    analytes=("BILI",),
    needs=("BILI",),
    events=("systemic",),
    window="the last value at most {readiness.within_days} days before",
    criteria="bilirubin at least {readiness.pump_bili:g} mg/dL",
    version="1",
    reference="house, after published selection criteria of hepatic arterial infusion (interaoncology, read)",
    tag="house",
    limitations="the artery, the extent in the liver",
    template="Bilirubin {bili:.1f} mg/dL on {on}, before hepatic arterial floxuridine of {start}: at or above the "
    "published selection limit.",
    settings=("readiness.pump_bili", "readiness.within_days"),
    assess=assess,
    askable=any_pump,
    one_off=True,
)
