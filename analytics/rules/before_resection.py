"""Before a liver resection: is a last value outside the limits that are used?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import compare, exceeds
from analytics.derive.events import events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._before import last_before
from analytics.rules._competing import CAUSES, competing
from analytics.rules._inr import usable
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.scores import albi
from analytics.tables import LEVELS

_CODES = ("BILI", "PLAT", "INR", "ALB")


def assess(case: Case) -> Assessment:
    """One moment for each resection."""
    s, v = case.settings.readiness, visits_of(case)
    at = events_of(case).of("hepatectomy")
    patient, day = events_of(case).patient[at], np.floor(events_of(case).start[at])
    place = {code: last_before(case, at, code, s.within_days) for code in _CODES}
    bili, plat, inr, alb = (take(v.value(code), place[code]) for code in _CODES)
    score = albi.compute({"BILI": bili, "ALB": alb})
    edges = [edge for _, edge in albi.SCORE.bands[:2]]
    met = {
        "bili": exceeds(bili, s.resection_bili),
        "plat": compare(plat, "<", s.resection_platelets),
        "inr": exceeds(inr, s.resection_inr) & usable(case, patient, day, inr, np.full(len(at), np.nan)),
    }
    weak = exceeds(score, edges[0])
    serious = np.any(list(met.values()), axis=0)
    use = np.flatnonzero(np.any([p >= 0 for p in place.values()], axis=0))
    values = {"bili": bili, "plat": plat, "inr": inr}
    shown = {name: np.where(met[name], value, np.nan)[use] for name, value in values.items()}
    return Assessment(
        patient=patient[use],
        day=day[use],
        conditions=(
            Condition("a value", (serious | weak)[use].astype(float), ">=", 1.0, fails="last values within the limits"),
        ),
        severity=serious[use] * 100.0 + np.nan_to_num(bili[use]),
        numbers=shown | {"days": np.full(len(use), float(s.within_days)), "albi": np.where(weak, score, np.nan)[use]},
        days={"surgery": day[use]},
        words={
            "grade": (exceeds(score, edges[1]).astype(np.int64)[use], ("grade 2", "grade 3")),
            "cause": (np.where(met["bili"], competing(case, patient, day), 0)[use], CAUSES),
        },
        evidence=tuple(
            np.where(place[c][use] >= 0, v.at(c)[np.maximum(place[c][use], 0)], -1) if len(v) else place[c][use]
            for c in _CODES
        ),
        group=at[use],
        anchor=day[use],
        level=np.where(serious[use], LEVELS["attention"], LEVELS["information"]),
    )


RULE = Rule(
    code="before_resection",
    title="Values before liver resection",
    question="Before a liver resection: is a last value outside the limits that are used?",
    level="attention",
    analytes=_CODES,
    needs=("BILI|PLAT|INR|ALB",),
    events=("hepatectomy",),
    window="the last value at most {readiness.within_days} days before",
    criteria="bilirubin above {readiness.resection_bili:g} mg/dL, platelets below {readiness.resection_platelets:g} "
    "× 10⁹/L or usable INR above {readiness.resection_inr:g}: attention; ALBI grade 2 or 3: for information",
    version="1",
    reference="house; APRI before a resection is a rule of its own",
    tag="house",
    limitations="the future remnant and its volume",
    template="Before liver resection on {surgery}: [bilirubin {bili:.1f} mg/dL, ][platelets {plat:.0f} × 10⁹/L, ]"
    "[INR {inr:.1f}, ][ALBI {albi:.2f} ({grade}), ]last results within {days:.0f} days[; {cause}].",
    settings=("readiness",),
    assess=assess,
    one_off=True,
)
