"""Which level of the IQ-DILI oncology table does ALT pass, for the baseline that it had?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import reaches
from analytics.derive.around import active
from analytics.derive.events import events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._levels_by_baseline import Band, limits, passed
from analytics.rules._liver import mask_days, near
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule

_BILI = ("", "; bilirubin also above its threshold ({low:g} × ULN, {high:g} × with a raised baseline)")


def assess(case: Case) -> Assessment:
    """One moment for each ALT on systemic therapy."""
    s, v = case.settings.injury, visits_of(case)
    on = active(case, events_of(case).of("systemic"), v.patient, v.day, after=s.after_dose_days)
    at = np.flatnonzero(v.at("ALT") >= 0)
    alt, baseline = v.x_uln("ALT")[at], v.baseline_x_uln("ALT")[at]
    bands = (
        Band(0.0, s.iq_low_to - 1e-9, s.iq_low_watch, s.iq_low_hold),
        Band(s.iq_low_to - 1e-9, s.iq_mid_to - 1e-9, s.iq_mid_watch, s.iq_mid_hold),
        Band(s.iq_mid_to - 1e-9, s.iq_high_to, s.iq_high_watch, s.iq_high_hold),
    )
    first, second = limits(bands, baseline)
    there = near(v, "BILI", s.hys_alp_days)[at]
    bili, bili_baseline = take(v.x_uln("BILI"), there), take(v.baseline_x_uln("BILI"), there)
    high = reaches(bili, np.where(bili_baseline > 1, s.iq_bili_raised, s.iq_bili))
    words = tuple(t.format(low=s.iq_bili, high=s.iq_bili_raised) for t in _BILI)
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    level = passed(alt, first, second)
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT", alt, ">", first, "× ULN"),
            Condition("therapy", on[at].astype(float), ">=", 1.0, fails="not on systemic therapy"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=level + alt / 1000,
        numbers={"alt": alt, "baseline": baseline, "limit": np.where(level > 1, second, first)},
        days={"on": v.day[at]},
        words={"level": ((level > 1).astype(np.int64), ("lower", "upper")), "bili": (high.astype(np.int64), words)},
        evidence=(v.at("ALT")[at], v.at("BILI")[at]),
    )


RULE = Rule(
    code="iq_dili_oncology",
    title="IQ-DILI oncology threshold",
    question="Which level of the IQ-DILI oncology table does ALT pass, for the baseline that it had?",
    level="information",
    analytes=("ALT", "BILI"),
    needs=("ALT",),
    events=("systemic",),
    looks_without=True,
    window="on systemic therapy and up to {injury.after_dose_days} days after; bilirubin within "
    "{injury.hys_alp_days} days",
    criteria="above {injury.iq_low_watch:g} / {injury.iq_low_hold:g} × ULN for a baseline below "
    "{injury.iq_low_to:g}, {injury.iq_mid_watch:g} / {injury.iq_mid_hold:g} below {injury.iq_mid_to:g}, "
    "{injury.iq_high_watch:g} / {injury.iq_high_hold:g} up to {injury.iq_high_to:g} × ULN",
    version="1",
    reference="Fettiplace et al., Aliment Pharmacol Ther 2024;60:1293 (numbers from a secondary source)",
    tag="secondary",
    limitations="baselines above the table; symptoms",
    template="ALT {alt:.1f} × ULN on {on}[, from baseline {baseline:.1f} × ULN]: above {limit:g} × ULN, the {level} "
    "IQ-DILI oncology threshold for this baseline{bili}.",
    settings=("injury",),
    assess=assess,
)
