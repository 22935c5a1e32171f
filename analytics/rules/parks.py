"""Are ALT and bilirubin both beyond the oncology eDISH lines for liver metastases?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import exceeds
from analytics.derive.visits import most_ahead, next_where, take, visits_of
from analytics.rules._liver import mask_days, r_value
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule

_ALSO = (
    "and above the baseline thresholds ({alt:g} and {bili:g} ×)",
    "not above both baseline thresholds ({alt:g} and {bili:g} ×)",
)


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT."""
    s, v = case.settings.injury, visits_of(case)
    at = np.flatnonzero(v.at("ALT") >= 0)
    bili = v.x_uln("BILI")
    first = next_where(v, exceeds(bili, s.parks_bili))
    by_baseline = exceeds(v.x_baseline("ALT"), s.parks_alt_baseline) & exceeds(
        most_ahead(v, v.x_baseline("BILI"), s.hys_window_days), s.parks_bili_baseline
    )
    also = tuple(t.format(alt=s.parks_alt_baseline, bili=s.parks_bili_baseline) for t in _ALSO)
    ahead = most_ahead(v, bili, s.hys_window_days)[at]
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    r, _ = r_value(v, s.hys_alp_days)
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT", v.x_uln("ALT")[at], ">", s.parks_alt, "× ULN"),
            Condition(f"highest bilirubin within {s.hys_window_days} days after", ahead, ">", s.parks_bili, "× ULN"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=np.nan_to_num(v.x_uln("ALT")[at] * take(bili, first)[at]),
        numbers={"alt": v.x_uln("ALT")[at], "bili": take(bili, first)[at], "r": r[at]},
        days={"on": v.day[at], "bili_on": take(v.day, first)[at]},
        words={"also": ((~by_baseline).astype(np.int64)[at], also)},
        evidence=(v.at("ALT")[at], np.where(first >= 0, v.at("BILI")[first], -1)[at]),
    )


RULE = Rule(
    code="parks",
    title="Oncology eDISH thresholds (Parks)",
    question="Are ALT and bilirubin both beyond the oncology eDISH lines for liver metastases?",
    level="attention",
    analytes=("ALT", "BILI", "ALP"),
    needs=("ALT", "BILI"),
    window="bilirubin on the day of the ALT or up to {injury.hys_window_days} days after",
    criteria="ALT above {injury.parks_alt:g} × ULN and bilirubin above {injury.parks_bili:g} × ULN; by baseline "
    "above {injury.parks_alt_baseline:g} and {injury.parks_bili_baseline:g} ×, told beside it",
    version="1",
    reference="Parks, 2013 (abstract: multiples of baseline); by metastases as in the safety.viz hepatic guide",
    tag="secondary",
    limitations="cholestasis: R is told so that an obstruction can be recognised",
    template="ALT {alt:.1f} × ULN on {on} and bilirubin {bili:.1f} × ULN on {bili_on}[, R {r:.1f}]: above the eDISH "
    "thresholds for liver metastases, {also}.",
    settings=(
        "injury.parks_alt",
        "injury.parks_bili",
        "injury.parks_alt_baseline",
        "injury.parks_bili_baseline",
        "injury.hys_window_days",
    ),
    assess=assess,
)
