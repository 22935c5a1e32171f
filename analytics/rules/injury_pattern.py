"""Is the pattern of raised liver tests hepatocellular, mixed or cholestatic (R and nR)?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.compare import compare, reaches
from analytics.derive.visits import Visits, take, visits_of
from analytics.rules._liver import mask_days, near, over_baseline
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule

_PATTERNS = ("cholestatic", "mixed", "hepatocellular")


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT and an ALP near it."""
    s, v = case.settings.injury, visits_of(case)
    j, place = case.settings.jaundice, near(v, "ALP", s.hys_alp_days)
    alt, alp = _above(v, "ALT", np.arange(len(v))), _above(v, "ALP", place)
    with np.errstate(divide="ignore", invalid="ignore"):
        r, nr = np.asarray(alt / alp), np.asarray(np.fmax(alt, _above(v, "AST", np.arange(len(v)))) / alp)
    told = np.fmax(alt / j.pattern_alt, alp / s.r_from_x_uln)
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
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or ALP over the limit from which a pattern is told", told[at], ">=", 1.0, "×"),
            Condition("ALT or ALP over a raised baseline", new[at], ">=", s.new_injury_x_baseline, "×"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=leading[at],
        numbers={"r": r[at], "nr": nr[at], "alt": alt[at], "alp": alp[at]},
        days={"on": v.day[at]},
        words={"pattern": (code, _PATTERNS)},
        evidence=(v.at("ALT")[at], v.at("ALP")[at], v.at("AST")[at]),
    )


def _above(v: Visits, code: str, at: Ints) -> Floats:
    """Multiple of ULN; where the patient's own baseline is above ULN, of that baseline."""
    x, base, over = (take(column(code), at) for column in (v.x_uln, v.baseline_x_uln, v.x_baseline))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where((base > 1) & ~np.isnan(over), over, x))


RULE = Rule(
    code="injury_pattern",
    title="Liver injury pattern",
    question="Is the pattern of raised liver tests hepatocellular, mixed or cholestatic?",
    level="information",
    analytes=("ALT", "AST", "ALP"),
    needs=("ALT", "ALP"),
    window="ALP within {injury.hys_alp_days} days of the ALT",
    criteria="hepatocellular R at least {injury.r_hepatocellular:g}, cholestatic at most {injury.r_cholestatic:g}, "
    "mixed between; told where ALT is at least {jaundice.pattern_alt:g} or ALP at least {injury.r_from_x_uln:g} × ULN; "
    "of a raised baseline multiples of the baseline are taken instead",
    version="2",
    reference="nR: Robles-Diaz et al., 2014 (abstract); R of 5 and of 2 counted as there (recalled, to be confirmed)",
    tag="verified",
    limitations="ALP from bone; an aminotransferase from muscle or red cells",
    template="ALT {alt:.1f} × and ALP {alp:.1f} × ULN or own baseline on {on}, R {r:.1f}: {pattern} pattern.",
    settings=(
        "injury.r_hepatocellular",
        "injury.r_cholestatic",
        "injury.hys_alp_days",
        "injury.r_from_x_uln",
        "jaundice.pattern_alt",
    ),
    assess=assess,
)
