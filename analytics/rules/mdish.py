"""Are ALT and bilirubin both far above the patient's own baseline (mDISH)?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import exceeds
from analytics.derive.visits import most_ahead, next_where, take, visits_of
from analytics.rules._liver import mask_days, r_value
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT whose line has a baseline."""
    s, v = case.settings.injury, visits_of(case)
    alt, bili = v.x_baseline("ALT"), v.x_baseline("BILI")
    at = np.flatnonzero(~np.isnan(alt))
    first = next_where(v, exceeds(bili, s.mdish_bili))
    ahead = most_ahead(v, bili, s.hys_window_days)[at]
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    r, _ = r_value(v, s.hys_alp_days)
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT", alt[at], ">", s.mdish_alt, "× baseline"),
            Condition(
                f"highest bilirubin within {s.hys_window_days} days after", ahead, ">", s.mdish_bili, "× baseline"
            ),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=np.nan_to_num(alt[at] * take(bili, first)[at]),
        numbers={
            "alt": alt[at],
            "bili": take(bili, first)[at],
            "alt_uln": v.x_uln("ALT")[at],
            "bili_uln": take(v.x_uln("BILI"), first)[at],
            "r": r[at],
        },
        days={"on": v.day[at], "bili_on": take(v.day, first)[at]},
        evidence=(v.at("ALT")[at], np.where(first >= 0, v.at("BILI")[first], -1)[at]),
    )


RULE = Rule(
    code="mdish",
    title="mDISH thresholds exceeded",
    question="Are ALT and bilirubin both far above the patient's own baseline?",
    level="attention",
    analytes=("ALT", "BILI"),
    needs=("ALT", "BILI"),
    window="bilirubin on the day of the ALT or up to {injury.hys_window_days} days after; baseline of the line",
    criteria="ALT above {injury.mdish_alt:g} × baseline and bilirubin above {injury.mdish_bili:g} × baseline",
    version="1",
    reference="Lin, 2012, as in the safety.viz hepatic guide and hep-explorer",
    tag="secondary",
    limitations="patients without a baseline; cholestasis (R is told)",
    template="ALT {alt:.1f} × baseline[ ({alt_uln:.1f} × ULN)] on {on} and bilirubin {bili:.1f} × baseline[ "
    "({bili_uln:.1f} × ULN)] on {bili_on}[, R {r:.1f}]: above both mDISH thresholds.",
    settings=("injury.mdish_alt", "injury.mdish_bili", "injury.hys_window_days"),
    assess=assess,
)
