"""Is the pattern of raised liver tests hepatocellular, mixed or cholestatic (R and nR)?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import compare, reaches
from analytics.derive.visits import visits_of
from analytics.rules._around import clear_of_procedures
from analytics.rules._liver import mask_days, over_baseline, r_value
from analytics.rules._rule import Condition, Judged, Rule

_PATTERNS = ("cholestatic", "mixed", "hepatocellular")


def judge(case: Case) -> Judged:
    """One moment for each day with ALT and an ALP near it."""
    s, v = case.settings.injury, visits_of(case)
    r, nr = r_value(v, s.hys_alp_days)
    alt, alp = v.x_uln("ALT"), v.x_uln("ALP")
    leading = np.fmax(alt, alp)
    new = np.where(
        np.nan_to_num(alt) >= np.nan_to_num(alp),
        over_baseline(v.x_baseline("ALT"), v.baseline_x_uln("ALT")),
        over_baseline(v.x_baseline("ALP"), v.baseline_x_uln("ALP")),
    )
    at = np.flatnonzero(~np.isnan(r))
    hepatocellular = reaches(r, s.r_hepatocellular)
    code = np.where(hepatocellular, 2, np.where(compare(r, "<=", s.r_cholestatic), 0, 1))[at]
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or ALP", leading[at], ">", s.r_from_x_uln, "× ULN"),
            Condition("ALT or ALP over a raised baseline", new[at], ">=", s.new_injury_x_baseline, "×"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=leading[at],
        numbers={"r": r[at], "nr": nr[at], "alt": alt[at], "alp": alp[at]},
        days={"on": v.day[at]},
        words={"pattern": (code, _PATTERNS)},
        evidence=(v.at("ALT")[at], v.at("ALP")[at], v.at("AST")[at]),
    )


RULE = Rule(
    code="injury_pattern",
    title="Pattern of raised liver tests",
    asks="Is the pattern of raised liver tests hepatocellular, mixed or cholestatic?",
    level="information",
    analytes=("ALT", "AST", "ALP"),
    needs=("ALT", "ALP"),
    window="ALP within {injury.hys_alp_days} days of the ALT",
    strictness="hepatocellular R at least {injury.r_hepatocellular:g}, cholestatic at most {injury.r_cholestatic:g}, "
    "mixed between; told where ALT or ALP is above {injury.r_from_x_uln:g} × ULN",
    version="1",
    reference="nR: Robles-Diaz et al., 2014 (abstract); R of 5 and of 2 counted as there (recalled, to be confirmed)",
    tag="verified",
    sees_not="ALP from bone; an aminotransferase from muscle or red cells",
    sentence="ALT {alt:.1f} × ULN, ALP {alp:.1f} × ULN on {on}: R {r:.1f}, nR {nr:.1f}, {pattern} pattern.",
    settings=("injury.r_hepatocellular", "injury.r_cholestatic", "injury.r_from_x_uln", "injury.hys_alp_days"),
    judge=judge,
)
