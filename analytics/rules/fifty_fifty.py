"""On day 5 after a resection: is prothrombin activity below 50% and bilirubin above 50 µmol/L?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import UMOL_PER_MG_DL
from analytics.case import Case
from analytics.derive.anticoagulants import anticoagulated
from analytics.derive.visits import visits_of
from analytics.rules._after_surgery import after_event
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.tables import LEVELS


def assess(case: Case) -> Assessment:
    """One moment for each day with bilirubin and prothrombin activity soon after a resection."""
    s, v = case.settings.surgery, visits_of(case)
    after = after_event(case, "hepatectomy", most=s.watch_days)
    bili, pt = v.value("BILI")[after.visit], v.value("PTPCT")[after.visit]
    use = np.flatnonzero(~np.isnan(bili) & ~np.isnan(pt))
    at = after.visit[use]
    free = ~anticoagulated(case, v.patient[at], v.day[at])
    on_day = after.day[use] == s.isgls_day
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("days since the resection", after.day[use], ">=", s.isgls_day - 1, "days", 0),
            Condition("days since the resection", after.day[use], "<=", s.isgls_day + 1, "days", 0),
            Condition("prothrombin activity", pt[use], "<", s.pt_percent, "%", 0),
            Condition("bilirubin", bili[use], ">", s.bili_50, "mg/dL"),
            Condition("anticoagulant", free.astype(float), ">=", 1.0, fails="not assessable: on an anticoagulant"),
        ),
        severity=bili[use],
        numbers={"bili": bili[use], "pt": pt[use], "umol": bili[use] * UMOL_PER_MG_DL, "day": after.day[use]},
        days={"on": v.day[at], "surgery": after.start[use]},
        evidence=(v.at("BILI")[at], v.at("PTPCT")[at]),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.isgls_day + 2,
        words={"off": ((~on_day).astype(np.int64), ("", "not on day 5, for which they were made"))},
        level=np.where(on_day, LEVELS["urgent"], LEVELS["information"]),
    )


RULE = Rule(
    code="fifty_fifty",
    title="50-50 criteria met",
    question="On day 5 after a resection: is prothrombin activity below 50% and bilirubin above 50 µmol/L?",
    level="urgent",
    analytes=("BILI", "PTPCT"),
    needs=("BILI", "PTPCT"),
    events=("hepatectomy",),
    window="day {surgery.isgls_day} after the resection; for information on the day before and after it",
    criteria="prothrombin activity below {surgery.pt_percent:g}%, bilirubin above {surgery.bili_50:.2f} mg/dL",
    version="2",
    reference="Balzan, 50-50 criteria, as in PMC9681670, table 1",
    tag="verified",
    limitations="prothrombin activity under an anticoagulant; INR, which is not prothrombin activity and is not "
    "converted",
    template="Prothrombin activity {pt:.0f}% and bilirubin {bili:.1f} mg/dL ({umol:.0f} µmol/L) on {on}, day {day:.0f} "
    "after liver resection on {surgery}: meets the 50-50 criteria[, {off}].",
    settings=("surgery.isgls_day", "surgery.pt_percent", "surgery.bili_50"),
    assess=assess,
    carries=84,
)
