"""Is bilirubin raised together with ALP, in a cholestatic pattern?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import compare, reaches
from analytics.derive.visits import take, visits_of
from analytics.rules._liver import alp_of_bone, near
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each day with bilirubin."""
    s, j, v = case.settings.injury, case.settings.jaundice, visits_of(case)
    at = np.flatnonzero(v.at("BILI") >= 0)
    place = {code: near(v, code, s.hys_alp_days)[at] for code in ("ALP", "ALT", "GGT")}
    alp, alt, ggt = (take(v.x_uln(code), place[code]) for code in ("ALP", "ALT", "GGT"))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.asarray(alt / alp)
    over = {code: take(v.x_baseline(code), place[code]) for code in ("ALP", "GGT")}
    rises = reaches(alp, j.alp) | (reaches(alp, j.alp_low) & reaches(over["ALP"], j.alp_low))
    steady = compare(over["GGT"], "<", j.bili_rise)  # a GGT that was as high before speaks of nothing new
    as_alp = np.where(steady, np.nan, ggt * j.alp / j.ggt)
    bone = alp_of_bone(case, place["ALP"], place["GGT"])
    bili, bili_over = v.x_uln("BILI")[at], v.x_baseline("BILI")[at]
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("bilirubin", bili, ">", s.edish_bili, "× ULN"),
            Condition(
                "bilirubin over its baseline", np.where(np.isnan(bili_over), np.inf, bili_over), ">=", j.bili_rise, "×"
            ),
            Condition("ALP or GGT", np.fmax(alp, as_alp), ">=", np.where(rises, 0.0, j.alp), "× ULN"),
            Condition(
                "ducts", (~bone).astype(float), ">=", 1.0, fails="ALP raised as before and GGT not raised, as from bone"
            ),
            Condition("R", np.where(np.isnan(r), 0.0, r), "<=", s.r_cholestatic),
        ),
        severity=bili,
        numbers={"bili": bili, "mg": v.value("BILI")[at], "alp": alp, "ggt": ggt, "r": r},
        days={"on": v.day[at]},
        evidence=(v.at("BILI")[at], *(np.where(place[c] >= 0, v.at(c)[place[c]], -1) for c in ("ALP", "GGT", "ALT"))),
    )


RULE = Rule(
    code="cholestatic_jaundice",
    title="Cholestatic hyperbilirubinaemia",
    question="Is bilirubin raised together with ALP or GGT, in a cholestatic pattern?",
    level="attention",
    analytes=("BILI", "ALP", "GGT", "ALT"),
    needs=("BILI", "ALP|GGT"),
    window="ALP, GGT and ALT within {injury.hys_alp_days} days of the bilirubin",
    criteria="bilirubin above {injury.edish_bili:g} × ULN and at least {jaundice.bili_rise:g} × its baseline; ALP at "
    "least {jaundice.alp:g} × ULN, or at least {jaundice.alp_low:g} × ULN and {jaundice.alp_low:g} × its baseline, or "
    "GGT at least {jaundice.ggt:g} × ULN and, where known, {jaundice.bili_rise:g} × its baseline; "
    "not where ALP is raised as before (below {injury.hys_alp_chronic:g} × its baseline) and GGT at most "
    "{injury.hys_ggt_normal:g} × ULN, as from bone; R at most {injury.r_cholestatic:g}",
    version="3",
    reference="ALP of 2 × ULN: World J Hepatol, 2023; R at most 2: Robles-Diaz et al., 2014 (recalled); GGT and "
    "multiples of the baseline are a house choice",
    tag="house",
    limitations="whether the duct is blocked: imaging decides",
    template="Bilirubin {mg:.1f} mg/dL ({bili:.1f} × ULN) on {on}[ with ALP {alp:.1f} × ULN][, GGT {ggt:.1f} × ULN]"
    "[, R {r:.1f}]: cholestatic pattern.",
    settings=(
        "injury.edish_bili",
        "injury.r_cholestatic",
        "injury.hys_alp_days",
        "injury.hys_alp_chronic",
        "injury.hys_ggt_normal",
        "jaundice",
    ),
    assess=assess,
)
