"""With a stent or jaundice: are the laboratory parts of cholangitis (TG18 A and B) met together?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, key
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.events import events_of
from analytics.derive.visits import Visits, take, visits_of
from analytics.rules._around import active, clear_of_procedures, days_since, named
from analytics.rules._images import images_of
from analytics.rules._liver import mask_days, near, near_x_uln
from analytics.rules._rule import Condition, Judged, Rule

_SIGNS = ("", "fever", "CRP {crp:g} mg/L or more", "leucocytes outside {low:g} to {high:g} × 10⁹/L")
_IMAGE = ("no dilated ducts on imaging close to it", "dilated ducts on imaging close to it (A, B and C)")


def judge(case: Case) -> Judged:
    """One moment for each day with bilirubin, ALP or GGT."""
    s, v = case.settings.cholangitis, visits_of(case)
    sign = _inflammation(case, v)
    bili = take(v.value("BILI"), near(v, "BILI", s.near_days))
    enzyme = np.fmax(near_x_uln(v, "ALP", s.near_days), near_x_uln(v, "GGT", s.near_days))
    cholestasis = np.fmax(bili / s.bili, enzyme / s.enzyme)
    stent = active(case, events_of(case).of("biliary_stent", "drainage"), v.patient, v.day)
    context = stent | reaches(bili, s.bili)
    at = np.flatnonzero((v.at("BILI") >= 0) | (v.at("ALP") >= 0) | (v.at("GGT") >= 0))
    seen = _dilated(case, v)[at]
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    texts = tuple(t.format(crp=s.crp, low=s.wbc_low, high=s.wbc_high) for t in _SIGNS)
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("context", context[at].astype(float), ">=", 1.0, fails="no stent in place and no jaundice"),
            Condition("time since a resection or ablation", clear, ">", mask_days(case), "days", 0),
            Condition("inflammation", sign[at].astype(float), ">=", 1.0, fails="no sign of inflammation (part A)"),
            Condition("bilirubin or cholestatic enzymes over their limits of part B", cholestasis[at], ">=", 1.0, "×"),
        ),
        severity=np.nan_to_num(cholestasis[at]) + seen,
        numbers={"bili": bili[at], "enzyme": enzyme[at]},
        days={"on": v.day[at]},
        words={"sign": (sign[at], texts), "image": (seen.astype(np.int64), _IMAGE)},
        evidence=(
            np.where(v.at("BILI") >= 0, v.at("BILI"), np.maximum(v.at("ALP"), v.at("GGT")))[at],
            v.at("ALP")[at],
            v.at("GGT")[at],
            v.at("CRP")[at],
            v.at("WBC")[at],
        ),
    )


def _inflammation(case: Case, v: Visits) -> np.ndarray:
    """0 none, 1 fever, 2 CRP, 3 leucocytes; few leucocytes do not count within a month of systemic therapy."""
    s = case.settings.cholangitis
    wbc = take(v.value("WBC"), near(v, "WBC", s.near_days))
    crp = take(v.value("CRP"), near(v, "CRP", s.near_days))
    on_drug = active(case, events_of(case).of("systemic"), v.patient, v.day, after=28)
    bili = take(v.value("BILI"), near(v, "BILI", s.near_days))
    leucocytes = (exceeds(wbc, s.wbc_high) | (compare(wbc, "<", s.wbc_low) & ~on_drug)) & reaches(bili, s.bili)
    fever = days_since(case, named(case, "fever", "pyrexia", kinds=("symptom", "adverse_event")), v.patient, v.day)
    return np.select([fever <= s.near_days, reaches(crp, s.crp), leucocytes], [1, 2, 3], 0)


def _dilated(case: Case, v: Visits) -> Bools:
    """True where a report close in time names dilated or occluded ducts."""
    images = images_of(case)
    at = np.flatnonzero(images.dilated)
    if not len(at):
        return np.zeros(len(v), dtype=bool)
    keys = key(images.patient[at], images.day[at])
    window = case.settings.cholangitis.image_days
    begin, end = np.searchsorted(keys, v.key - window, "left"), np.searchsorted(keys, v.key + window, "right")
    return np.asarray(end > begin)


RULE = Rule(
    code="cholangitis_labs",
    title="Cholangitis, laboratory parts (TG18)",
    asks="With a stent or jaundice: are the laboratory parts of cholangitis (TG18 A and B) met together?",
    level="urgent",
    analytes=("BILI", "ALP", "GGT", "CRP", "WBC"),
    needs=("BILI|ALP|GGT",),
    window="results and fever within {cholangitis.near_days} days of each other; imaging within "
    "{cholangitis.image_days} days",
    strictness="A: fever recorded, CRP at least {cholangitis.crp:g} mg/L, or leucocytes below "
    "{cholangitis.wbc_low:g} or "
    "above {cholangitis.wbc_high:g} × 10⁹/L (they count only with jaundice, low ones only without "
    "systemic therapy, house); B: bilirubin at least {cholangitis.bili:g} mg/dL or ALP or GGT at least "
    "{cholangitis.enzyme:g} × ULN; asked only with a stent or drain in place or with jaundice, not within the mask "
    "after a resection or ablation (house)",
    version="1",
    reference="Tokyo Guidelines 2018 (TG18), parts A and B",
    tag="verified",
    sees_not="temperature, unless fever is recorded as a symptom; severity grades; other infections",
    sentence="{on}: {sign}, bilirubin {bili:.1f} mg/dL, ALP or GGT {enzyme:.1f} × ULN: parts A and B of TG18 are met "
    "together; {image}.",
    settings=("cholangitis",),
    judge=judge,
)
