"""Is ALBI worse than at the baseline of the line?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import reaches
from analytics.derive.visits import take, visits_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.scores.albi import compute

_JAUNDICE = ("", "bilirubin is raised, so ALBI may not reflect function")


def assess(case: Case) -> Assessment:
    """One moment for each albumin with a bilirubin near it, in a line with baselines of both."""
    s, v = case.settings.reserve, visits_of(case)
    bili_at = v.latest("BILI", s.inputs_days)
    use = np.flatnonzero((v.at("ALB") >= 0) & (bili_at >= 0))
    bili = take(v.value("BILI"), bili_at[use])
    now = compute({"ALB": v.value("ALB")[use], "BILI": bili})
    before = compute({"ALB": v.baseline("ALB")[use], "BILI": take(v.baseline("BILI"), bili_at[use])})
    rise = now - before
    previous = np.full(len(use), np.nan)
    previous[1:] = np.where(np.diff(v.patient[use]) == 0, rise[:-1], np.nan)
    jaundice = reaches(bili, case.settings.tumour.jaundice)
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(
            Condition(
                "rise of ALBI over its baseline, in two results in a row",
                np.fmin(rise, previous),
                ">=",
                s.albi_rise,
                "",
                2,
            ),
            Condition("rise of ALBI over its baseline", rise, ">=", s.albi_rise, "", 2),
            Condition("the result before", np.where(np.isnan(previous), 0.0, 1.0), ">=", 1.0, fails="one result only"),
        ),
        severity=np.nan_to_num(rise),
        numbers={"now": now, "before": before, "rise": rise, "alb": v.value("ALB")[use], "bili": bili},
        days={"on": v.day[use]},
        words={"jaundice": (jaundice.astype(np.int64), _JAUNDICE)},
        measure=rise,
        evidence=(v.at("ALB")[use], np.where(bili_at[use] >= 0, v.at("BILI")[bili_at[use]], -1)),
    )


RULE = Rule(
    code="albi_decline",
    title="ALBI worse than baseline",
    question="Is ALBI worse than at the baseline of the line?",
    level="information",
    analytes=("ALB", "BILI"),
    needs=("ALB", "BILI"),
    window="bilirubin at most {reserve.inputs_days} days before the albumin; baseline of the line",
    criteria="at least {reserve.albi_rise:g} above baseline in two results in a row (house)",
    version="1",
    reference="Johnson et al., 2015, PMC4322258 (score); limit is a house choice",
    tag="house",
    limitations="why: obstruction, inflammation and nutrition move it as the liver does; built for hepatocellular "
    "carcinoma",
    template="ALBI {now:.2f} on {on}[ (albumin {alb:.1f} g/dL, bilirubin {bili:.1f} mg/dL)], {rise:+.2f} from "
    "baseline {before:.2f} in two consecutive results[; {jaundice}].",
    settings=("reserve.albi_rise", "reserve.inputs_days"),
    assess=assess,
)
