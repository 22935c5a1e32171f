"""Is ALP raised without GGT, as from bone?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._liver import near_x_uln, over_baseline
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each ALP with a GGT near it."""
    s, v = case.settings.injury, visits_of(case)
    ggt = near_x_uln(v, "GGT", s.hys_alp_days)
    use = np.flatnonzero((v.at("ALP") >= 0) & ~np.isnan(ggt))
    new = over_baseline(v.x_baseline("ALP"), v.baseline_x_uln("ALP"))
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(
            Condition("ALP", v.x_uln("ALP")[use], ">", s.isolated_alp, "× ULN"),
            Condition("GGT", ggt[use], "<=", 1.0, "× ULN"),
            Condition("ALP over a raised baseline", new[use], ">=", s.isolated_alp, "×"),
        ),
        severity=v.x_uln("ALP")[use],
        numbers={"alp": v.x_uln("ALP")[use], "ggt": ggt[use]},
        days={"on": v.day[use]},
        evidence=(v.at("ALP")[use], v.at("GGT")[use]),
    )


RULE = Rule(
    code="isolated_alp",
    title="ALP raised, GGT normal",
    question="Is ALP raised without GGT, as from bone?",
    level="information",
    analytes=("ALP", "GGT"),
    needs=("ALP", "GGT"),
    window="GGT within {injury.hys_alp_days} days of the ALP",
    criteria="ALP above {injury.isolated_alp:g} × ULN, GGT within its limit",
    version="1",
    reference="bone metastases and growth raise ALP without GGT (recalled)",
    tag="recalled",
    limitations="isoenzymes of ALP",
    template="ALP {alp:.1f} × ULN on {on} with GGT {ggt:.1f} × ULN: consistent with a bone source.",
    settings=("injury.isolated_alp", "injury.hys_alp_days"),
    assess=assess,
)
