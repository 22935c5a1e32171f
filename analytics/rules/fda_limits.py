"""Is an aminotransferase beyond the limits that FDA guidance names for trials?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats
from analytics.case import Case
from analytics.compare import exceeds
from analytics.derive.visits import Visits, visits_of
from analytics.rules._inr import inr_of_visits
from analytics.rules._liver import mask_days
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import larger_of

_WHICH = (
    "",
    "above {high:g} × ULN",
    "above {long:g} × ULN for more than {days} days",
    "above {low:g} × ULN with INR above {inr:g}",
)


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT or AST."""
    s, v = case.settings.injury, visits_of(case)
    larger = larger_of(case)
    x = larger.x_uln
    inr, _, usable = inr_of_visits(case, s.hys_alp_days)
    at = np.flatnonzero(larger.at >= 0)
    long_since = _days_above(v, x, at, s.fda_long)
    high, late = exceeds(x, s.fda_high)[at], exceeds(long_since, s.fda_long_days)
    clotting = (exceeds(x, s.hys_at) & exceeds(inr, s.fda_inr) & usable)[at]
    which = np.select([high, late, clotting], [1, 2, 3], 0)
    texts = tuple(
        t.format(high=s.fda_high, long=s.fda_long, days=s.fda_long_days, low=s.hys_at, inr=s.fda_inr) for t in _WHICH
    )
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("limit", (which > 0).astype(float), ">=", 1.0, fails="none of the three limits is passed"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=np.nan_to_num(x[at]),
        numbers={"at": x[at], "inr": inr[at]},
        days={"on": v.day[at]},
        words={"analyte": (larger.code[at], ("ALT", "AST")), "which": (which, texts)},
        evidence=(larger.at[at], v.at("INR")[at]),
    )


def _days_above(v: Visits, x: Floats, at: np.ndarray, limit: float) -> Floats:
    """Days since the first of an unbroken run of results above the limit; NaN for one that is not above."""
    above = exceeds(x[at], limit)
    begins = np.ones(len(at), dtype=bool)
    begins[1:] = (np.diff(v.patient[at]) != 0) | ~above[:-1]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0)) if len(at) else at
    return np.where(above, v.day[at] - v.day[at[first]], np.nan)


RULE = Rule(
    code="fda_limits",
    title="FDA trial threshold exceeded",
    question="Is an aminotransferase beyond the limits that FDA guidance names for trials?",
    level="information",
    analytes=("ALT", "AST", "INR"),
    needs=("ALT|AST",),
    window="each result; the run of results above {injury.fda_long:g} × ULN before it; INR within "
    "{injury.hys_alp_days} days",
    criteria="above {injury.fda_high:g} × ULN; above {injury.fda_long:g} × ULN for more than {injury.fda_long_days} "
    "days; above {injury.hys_at:g} × ULN with INR above {injury.fda_inr:g}",
    version="2",
    reference="FDA guidance on drug-induced liver injury, 2009, partly as quoted in the safety.viz hepatic guide "
    "(the first limit recalled)",
    tag="recalled",
    limitations="symptoms and eosinophils; an INR under an anticoagulant; raised baselines, for which multiples of "
    "baseline are told by other rules",
    template="{analyte} {at:.1f} × ULN on {on}[, INR {inr:.1f}]: {which}, a limit in FDA 2009 trial guidance.",
    settings=("injury.fda_high", "injury.fda_long", "injury.fda_long_days", "injury.fda_inr", "injury.hys_at"),
    assess=assess,
)
