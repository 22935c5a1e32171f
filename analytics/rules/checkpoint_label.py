"""On a checkpoint inhibitor: which limit of the label for tumour in the liver is passed?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import exceeds
from analytics.derive.events import event_names_of, events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._agents import CHECKPOINT_INHIBITORS
from analytics.rules._around import active, clear_of_procedures, last_event, named
from analytics.rules._levels_by_baseline import Band, limits, passed
from analytics.rules._liver import mask_days, near
from analytics.rules._rule import Condition, Judged, Rule
from analytics.tables import LEVELS


def judge(case: Case) -> Judged:
    """One moment for each day with ALT or AST under a checkpoint inhibitor or soon after it."""
    s, v = case.settings.injury, visits_of(case)
    agents = named(case, *CHECKPOINT_INHIBITORS)
    on = active(case, agents, v.patient, v.day, after=s.immune_days)
    larger = v.larger("ALT", "AST")
    ever = np.zeros(len(case.panel), dtype=bool)
    ever[events_of(case).patient[agents]] = True
    at = np.flatnonzero((larger.at >= 0) & ever[v.patient])
    x, baseline = larger.x_uln[at], larger.baseline_x_uln[at]
    bands = (
        Band(0.0, 1.0, s.ici_normal_first, s.ici_normal_second),
        Band(1.0, 3.0, s.ici_low_first, s.ici_second),
        Band(3.0, 5.0, s.ici_high_first, s.ici_second),
        Band(5.0, np.inf, s.ici_second, s.ici_second),
    )
    first, second = limits(bands, baseline)
    bili = take(v.x_uln("BILI"), near(v, "BILI", s.hys_alp_days))[at]
    jaundice = exceeds(bili, s.ici_bili)
    level = np.where(jaundice, 2, passed(x, first, second))
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    agent = last_event(case, agents, v.patient[at], v.day[at])
    code, names = event_names_of(case)
    rows = events_of(case).row[agent] if len(agent) else agent
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or AST", x, ">", first, "× ULN"),
            Condition("therapy", on[at].astype(float), ">=", 1.0, fails="not on a checkpoint inhibitor"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=level * 100 + x,
        numbers={"at": x, "baseline": baseline, "limit": np.where(level > 1, second, first), "bili": bili},
        days={"on": v.day[at], "since": events_of(case).start[agent] if len(agent) else np.zeros(0)},
        words={
            "analyte": (larger.code[at], ("ALT", "AST")),
            "agent": (code[rows], tuple(n.partition("\x1f")[0] for n in names)),
            "level": ((level > 1).astype(np.int64), ("first", "second")),
        },
        evidence=(larger.at[at], v.at("BILI")[at]),
        level=np.where(level > 1, LEVELS["urgent"], LEVELS["attention"]),
    )


RULE = Rule(
    code="checkpoint_label",
    title="Checkpoint inhibitor label, tumour in the liver",
    asks="On a checkpoint inhibitor: which limit of the label for tumour in the liver is passed?",
    level="attention",
    analytes=("ALT", "AST", "BILI"),
    needs=("ALT|AST",),
    events=("systemic",),
    window="on the agent and up to {injury.immune_days} days after",
    strictness="baseline normal: above {injury.ici_normal_first:g} / {injury.ici_normal_second:g} × ULN; above 1 to 3: "
    "{injury.ici_low_first:g} / {injury.ici_second:g}; above 3 to 5: {injury.ici_high_first:g} / "
    "{injury.ici_second:g}; bilirubin above {injury.ici_bili:g} × ULN counts as the second limit",
    version="1",
    reference="nivolumab product information, dose modification with tumour involvement of the liver (page of the "
    "maker, Hong Kong)",
    tag="verified",
    sees_not="labels of other agents, which differ; grading by a clinician",
    sentence="{analyte} {at:.1f} × ULN on {on} ({agent}, since {since}; baseline {baseline:.1f} × ULN, bilirubin "
    "{bili:.1f} × ULN): above {limit:g} × ULN, the {level} limit of the nivolumab label for this baseline.",
    settings=("injury",),
    judge=judge,
)
