"""Is bilirubin raised while the liver enzymes are not?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.around import active, given
from analytics.derive.visits import Visits, take, visits_of
from analytics.rules._agents import IRINOTECAN
from analytics.rules._exposure import is_new
from analytics.rules._inr import direct_share
from analytics.rules._liver import near
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.tables import LEVELS

_ENZYMES = ("ALT", "AST", "ALP", "GGT")
_KINDS = (
    "direct bilirubin not measured",
    "unconjugated (as in Gilbert or UGT1A1, haemolysis, drugs)",
    "direct share between the limits",
    "conjugated",
)
_DRUGS = (
    "",
    "the label of irinotecan tells of more neutropenia at bilirubin of 1 to 2 mg/dL",
    "the label of capecitabine tells of bilirubin of 1.5 to 3 × ULN in 15% and above 3 × ULN in 4%",
    "the label of pazopanib excepts Gilbert syndrome",
    "the label of regorafenib excepts Gilbert syndrome",
)


def assess(case: Case) -> Assessment:
    """One moment for each day with bilirubin."""
    s, j, v = case.settings.injury, case.settings.jaundice, visits_of(case)
    at = np.flatnonzero(v.at("BILI") >= 0)
    place = {code: near(v, code, s.hys_alp_days)[at] for code in _ENZYMES}
    known = ((place["ALT"] >= 0) | (place["AST"] >= 0)) & (place["ALP"] >= 0)
    low: Bools = known.copy()
    for code in _ENZYMES:
        low &= (place[code] < 0) | _is_low(v, code, place[code], j.isolated_others)
    bili, share = v.x_uln("BILI")[at], direct_share(case, s.direct_days)[at]
    conjugated = reaches(share, s.direct_high) & exceeds(bili, j.conjugated)
    kind = np.select([np.isnan(share), compare(share, "<", s.direct_low), conjugated], [0, 1, 3], 2)
    loud = conjugated & is_new(v.x_baseline("BILI")[at], v.baseline_x_uln("BILI")[at], s.new_injury_x_baseline)
    met = exceeds(bili, j.isolated) & low
    at_place = np.where(place["ALT"] >= 0, place["ALT"], place["AST"])
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("bilirubin", bili, ">", j.isolated, "× ULN"),
            Condition("enzymes", low.astype(float), ">=", 1.0, fails=(known.astype(np.int64), _FAILS)),
        ),
        severity=bili,
        numbers={
            "bili": bili,
            "mg": v.value("BILI")[at],
            "share": 100 * share,
            "at": np.where(place["ALT"] >= 0, take(v.x_uln("ALT"), at_place), take(v.x_uln("AST"), at_place)),
            "alp": take(v.x_uln("ALP"), place["ALP"]),
            "ggt": take(v.x_uln("GGT"), place["GGT"]),
        },
        days={"on": v.day[at]},
        words={
            "at_name": ((place["ALT"] < 0).astype(np.int64), ("ALT", "AST")),
            "kind": (kind, _KINDS),
            "drug": (_drug(case, v, at, kind == 1), _DRUGS),
        },
        evidence=(v.at("BILI")[at], v.at("BILDIR")[at]),
        level=np.where(loud, LEVELS["attention"], LEVELS["information"]),
        ends=met | ~exceeds(bili, 1.0) | ~low,  # a bilirubin that swings about the limit is one finding
    )


_FAILS = ("ALT or AST, and ALP, were not measured with it", "an enzyme is raised too")


def _is_low(v: Visits, code: str, place: Ints, times: float) -> Bools:
    """Not raised: by its limit, or by the patient's own raised baseline."""
    return np.asarray(
        compare(take(v.x_uln(code), place), "<=", times) | compare(take(v.x_baseline(code), place), "<=", times)
    )


def _drug(case: Case, v: Visits, at: Ints, unconjugated: Bools) -> Ints:
    """A drug being given whose label speaks of bilirubin, or of Gilbert syndrome where it is unconjugated."""
    named = (IRINOTECAN, ("capecitabine",), ("pazopanib",), ("regorafenib",))
    on = [active(case, given(case, *names), v.patient[at], v.day[at]) for names in named]
    return np.select([on[0], on[1], on[2] & unconjugated, on[3] & unconjugated], [1, 2, 3, 4], 0)


RULE = Rule(
    code="isolated_bilirubin",
    title="Bilirubin raised, enzymes not",
    question="Is bilirubin raised while the liver enzymes are not?",
    level="information",
    analytes=("BILI", "BILDIR", "ALT", "AST", "ALP", "GGT"),
    needs=("BILI", "ALT|AST", "ALP"),
    window="enzymes within {injury.hys_alp_days} days, direct bilirubin within {injury.direct_days} days",
    criteria="bilirubin above {jaundice.isolated:g} × ULN; ALT or AST, ALP and, where measured, GGT each at most "
    "{jaundice.isolated_others:g} × ULN or their baseline; direct share below {injury.direct_low:g}: unconjugated; at "
    "least {injury.direct_high:g} with bilirubin above {jaundice.conjugated:g} × ULN: conjugated; attention "
    "where the baseline was normal or is not known, or it is at least {injury.new_injury_x_baseline:g} × that; else "
    "for information. Ends with a bilirubin within its limit (house)",
    version="1",
    reference="house; direct share of Gilbert and of injury: StatPearls and reviews (secondary); labels of irinotecan "
    "(2019), capecitabine (5.8), pazopanib and regorafenib",
    tag="house",
    limitations="haemolysis, haemoglobin breakdown after transfusion, UGT1A1 genotype",
    template="Bilirubin {mg:.1f} mg/dL ({bili:.1f} × ULN) on {on} with {at_name} {at:.1f} × ULN[, ALP {alp:.1f} × ULN]"
    "[, GGT {ggt:.1f} × ULN]: raised alone, {kind}[ (direct share {share:.0f}%)][; {drug}].",
    settings=(
        "jaundice",
        "injury.hys_alp_days",
        "injury.direct_days",
        "injury.direct_low",
        "injury.direct_high",
        "injury.new_injury_x_baseline",
    ),
    assess=assess,
)
