"""Before radioembolisation: is a last value outside the published selection limits?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import compare, exceeds
from analytics.derive.around import active, named
from analytics.derive.events import events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._before import last_before
from analytics.rules._competing import CAUSES, competing
from analytics.rules._inr import usable
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.scores import albi, malbi
from analytics.tables import LEVELS

_ASCITES_DAYS = 60.0
"""Ascites recorded counts this long (house)."""


def assess(case: Case) -> Assessment:
    """One moment for each radioembolisation."""
    s, v = case.settings.readiness, visits_of(case)
    at = events_of(case).of("radioembolisation")
    patient, day = events_of(case).patient[at], np.floor(events_of(case).start[at])
    place = {code: last_before(case, at, code, s.within_days) for code in ("BILI", "ALB", "INR")}
    bili, alb, inr = (take(v.value(code), place[code]) for code in ("BILI", "ALB", "INR"))
    score = albi.compute({"BILI": bili, "ALB": alb})
    water = active(case, named(case, "ascites", kinds=("symptom", "adverse_event")), patient, day, after=_ASCITES_DAYS)
    high_inr = exceeds(inr, s.sirt_inr) & usable(case, patient, day, inr, np.full(len(at), np.nan))
    grades = [malbi.SCORE.bands[1][1], malbi.SCORE.bands[2][1]]  # ends of 2a and of 2b
    attention = {
        "bili": exceeds(bili, s.sirt_bili),
        "alb": compare(alb, "<", s.sirt_albumin),
        "albi": exceeds(score, grades[1]),
    }
    information = {"alb": compare(alb, "<", s.sirt_albumin_low), "inr": high_inr, "albi": exceeds(score, grades[0])}
    serious = water | np.any(list(attention.values()), axis=0)
    told = serious | np.any(list(information.values()), axis=0)
    known = water | (place["BILI"] >= 0) | (place["ALB"] >= 0) | (place["INR"] >= 0)
    use = np.flatnonzero(known)
    shown = {
        "bili": np.where(attention["bili"], bili, np.nan),
        "alb": np.where(information["alb"], alb, np.nan),
        "inr": np.where(information["inr"], inr, np.nan),
        "albi": np.where(information["albi"], score, np.nan),
    }
    return Assessment(
        patient=patient[use],
        day=day[use],
        conditions=(Condition("a value", told[use].astype(float), ">=", 1.0, fails="last values within the limits"),),
        severity=serious[use] * 100.0 + np.nan_to_num(bili[use]),
        numbers={name: values[use] for name, values in shown.items()}
        | {"days": np.full(len(use), float(s.within_days))},
        days={"treated": day[use], "bili_on": np.where(place["BILI"] >= 0, take(v.day, place["BILI"]), np.nan)[use]},
        words={
            "grade": (exceeds(score, grades[1]).astype(np.int64)[use], ("grade 2b", "grade 3")),
            "water": (water.astype(np.int64)[use], ("", "ascites recorded")),
            "cause": (np.where(attention["bili"], competing(case, patient, day), 0)[use], CAUSES),
        },
        evidence=tuple(_row(v.at(code), place[code][use]) for code in ("BILI", "ALB", "INR")),
        group=at[use],
        anchor=day[use],
        level=np.where(serious[use], LEVELS["attention"], LEVELS["information"]),
    )


def _row(at: np.ndarray, place: np.ndarray) -> np.ndarray:
    return np.where(place >= 0, at[np.maximum(place, 0)], -1) if len(at) else place


RULE = Rule(
    code="before_radioembolisation",
    title="Values before radioembolisation",
    question="Before radioembolisation: is a last value outside the published selection limits?",
    level="attention",
    analytes=("BILI", "ALB", "INR"),
    needs=("BILI|ALB|INR",),
    events=("radioembolisation",),
    window="the last value at most {readiness.within_days} days before",
    criteria="bilirubin above {readiness.sirt_bili:g} mg/dL, ascites recorded, albumin below "
    "{readiness.sirt_albumin:g} g/dL or ALBI grade 3: attention; albumin below {readiness.sirt_albumin_low:g} g/dL, "
    "usable INR above {readiness.sirt_inr:g} or ALBI grade 2b: for information",
    version="1",
    reference="bilirubin: selection criteria of a provider (secondary); albumin and INR: predicted decompensation, "
    "2024 (hepatocellular carcinoma); the rest is a house choice",
    tag="house",
    limitations="lung shunt, the dose, the volume that is treated; reversible causes that are not on record",
    template="Before radioembolisation on {treated}: [bilirubin {bili:.1f} mg/dL, ][albumin {alb:.1f} g/dL, ]"
    "[INR {inr:.1f}, ][ALBI {albi:.2f} ({grade}), ][{water}, ]last results within {days:.0f} days[; {cause}].",
    settings=("readiness",),
    assess=assess,
    one_off=True,
)
