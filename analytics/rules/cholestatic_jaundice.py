"""Is bilirubin raised together with ALP, in a cholestatic pattern?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import take, visits_of
from analytics.rules._liver import near, near_x_uln
from analytics.rules._rule import Condition, Judged, Rule


def judge(case: Case) -> Judged:
    """One moment for each day with bilirubin."""
    s, v = case.settings.injury, visits_of(case)
    at = np.flatnonzero(v.at("BILI") >= 0)
    alp = near_x_uln(v, "ALP", s.hys_alp_days)
    alt = take(v.x_uln("ALT"), near(v, "ALT", s.hys_alp_days))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.asarray(alt / alp)
    ggt = near_x_uln(v, "GGT", s.hys_alp_days)
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("bilirubin", v.x_uln("BILI")[at], ">", s.edish_bili, "× ULN"),
            Condition("ALP", alp[at], ">", 1.0, "× ULN"),
            Condition("R", np.where(np.isnan(r), 0.0, r)[at], "<=", s.r_cholestatic),
        ),
        severity=v.x_uln("BILI")[at],
        numbers={
            "bili": v.x_uln("BILI")[at],
            "mg": v.value("BILI")[at],
            "alp": alp[at],
            "ggt": ggt[at],
            "r": r[at],
        },
        days={"on": v.day[at]},
        evidence=(v.at("BILI")[at], v.at("ALP")[at], v.at("GGT")[at], v.at("ALT")[at]),
    )


RULE = Rule(
    code="cholestatic_jaundice",
    title="Raised bilirubin in a cholestatic pattern",
    asks="Is bilirubin raised together with ALP, in a cholestatic pattern?",
    level="attention",
    analytes=("BILI", "ALP", "GGT", "ALT"),
    needs=("BILI", "ALP"),
    window="ALP, GGT and ALT within {injury.hys_alp_days} days of the bilirubin",
    strictness="bilirubin above {injury.edish_bili:g} × ULN, ALP above ULN, R at most {injury.r_cholestatic:g}",
    version="1",
    reference="FDA composite plot (Tesfaldet et al., 2024), quadrant; R at most 2: Robles-Diaz et al., 2014 "
    "(recalled, to be confirmed)",
    tag="verified",
    sees_not="whether the duct is blocked: imaging decides",
    sentence="Bilirubin {mg:.1f} mg/dL ({bili:.1f} × ULN) on {on} with ALP {alp:.1f} × ULN, GGT {ggt:.1f} × ULN, "
    "R {r:.1f}: cholestatic pattern with raised bilirubin.",
    settings=("injury.edish_bili", "injury.r_cholestatic", "injury.hys_alp_days"),
    judge=judge,
)
