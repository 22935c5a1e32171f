"""Under or after floxuridine by the hepatic artery: do ALP or bilirubin stay up over their reference?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import exceeds, reaches
from analytics.derive.visits import take, visits_of
from analytics.rules._askable import any_pump
from analytics.rules._competing import CAUSES, competing
from analytics.rules._liver import near
from analytics.rules._pairs import again
from analytics.rules._pump import pump_of, reference
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.tables import LEVELS


def assess(case: Case) -> Assessment:
    """One moment for each day with ALP or bilirubin during or after floxuridine by the pump."""
    s, v, pump = case.settings.pump, visits_of(case), pump_of(case)
    refs = {code: reference(case, pump, code) for code in ("ALP", "BILI", "GGT")}
    has = (v.at("ALP")[pump.visit] >= 0) | (v.at("BILI")[pump.visit] >= 0)
    keep = np.flatnonzero(has)
    at = pump.visit[keep]
    ref = {code: values[keep] for code, values in refs.items()}
    ggt = take(v.value("GGT"), near(v, "GGT", case.settings.injury.hys_alp_days))[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        alp_x, bili_x, ggt_x = v.value("ALP")[at] / ref["ALP"], v.value("BILI")[at] / ref["BILI"], ggt / ref["GGT"]
    alp = reaches(alp_x, s.alp) | (reaches(alp_x, s.alp_with_ggt) & reaches(ggt_x, s.ggt))
    bili = reaches(bili_x, s.bili) & exceeds(v.x_uln("BILI")[at], 1.0)
    urgent = bili & exceeds(v.value("BILI")[at], s.urgent_bili)
    keys = v.key[at]
    alp_twice, bili_twice = (again(keys, met, s.apart_days, s.pair_days) for met in (alp, bili))
    met = alp_twice | bili_twice | urgent
    cause = competing(case, v.patient[at], v.day[at])
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition(
                "ALP or bilirubin over its reference", np.fmax(alp_x, bili_x), ">=", min(s.bili, s.alp_with_ggt), "×"
            ),
            Condition("pattern", met.astype(float), ">=", 1.0, fails="not in a second result that far apart"),
        ),
        severity=urgent * 100 + np.nan_to_num(np.fmax(alp_x, bili_x)),
        numbers={
            "alp": np.where(alp_twice, v.value("ALP")[at], np.nan),
            "alp_ref": ref["ALP"],
            "bili": np.where(bili_twice | urgent, v.value("BILI")[at], np.nan),
            "bili_ref": ref["BILI"],
        },
        days={"on": v.day[at], "start": np.floor(pump.start[keep])},
        words={
            "again": ((alp_twice | bili_twice).astype(np.int64), ("single result", "in a second result")),
            "cause": (cause, CAUSES),
        },
        evidence=(np.where(v.at("ALP")[at] >= 0, v.at("ALP")[at], v.at("BILI")[at]), v.at("BILI")[at]),
        level=np.where(urgent, LEVELS["urgent"], LEVELS["attention"]),
    )


RULE = Rule(
    code="biliary_sclerosis",
    title="Biliary sclerosis pattern (floxuridine)",
    question="Under or after floxuridine by the hepatic artery: do ALP or bilirubin stay up over their reference?",
    level="attention",
    analytes=("ALP", "BILI", "GGT"),
    needs=("ALP|BILI",),
    events=("systemic",),
    window="on floxuridine by the pump and up to {pump.after_days} days after; the reference is the last value at most "
    "{pump.reference_days} days before the last full dose",
    criteria="ALP at least {pump.alp:g} × its reference, or {pump.alp_with_ggt:g} × with GGT at least {pump.ggt:g} "
    "×, or bilirubin at least {pump.bili:g} × its reference and above ULN, in two results at least "
    "{pump.apart_days} days apart: attention; bilirubin above {pump.urgent_bili:g} mg/dL: urgent",
    version="1",
    reference="persistent ALP under floxuridine: Hohn et al., 1989; sclerosing cholangitis in 5 to "
    "29%: review; the limits are a house choice",
    tag="house",
    limitations="the ducts themselves: imaging decides; a dose that is reduced without a word in the event",
    template="[ALP {alp:.0f} U/L (reference {alp_ref:.0f}) on {on}, ][bilirubin {bili:.1f} mg/dL (reference "
    "{bili_ref:.1f}) on {on}, ]{again}, during or after hepatic arterial floxuridine of {start}: consistent with "
    "biliary sclerosis[; {cause}].",
    settings=("pump", "injury.hys_alp_days"),
    assess=assess,
    askable=any_pump,
)
