"""Is a raised aminotransferase within the time in which the procedure before it explains it?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.visits import visits_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.rules._masks import KINDS, WHY, masks_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import aminotransferases
from analytics.tables import LEVELS


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT or AST after a procedure that itself raises them."""
    s, v, masks = case.settings.injury, visits_of(case), masks_of(case)
    larger = aminotransferases(case)
    at = np.flatnonzero((larger.at >= 0) & (masks.event >= 0))
    labels = tuple(EVENT_KINDS[k].label.lower() for k in KIND_CODES)
    events = events_of(case)
    start = np.floor(events.start[masks.event[at]]) if len(at) else np.zeros(0)
    lifted = masks.lifted[at]
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or AST", larger.x_uln[at], ">", s.edish_alt, "× ULN"),
            Condition("days since the procedure", masks.day[at], "<=", masks.days[at], "days", 0),
        ),
        severity=larger.x_uln[at] + 1000.0 * (lifted > 0),
        numbers={
            "at": larger.x_uln[at],
            "day": masks.day[at],
            "mask": np.where(lifted > 0, np.nan, masks.days[at]),
            "window": np.where(lifted > 0, masks.days[at], np.nan),
        },
        days={"on": v.day[at], "procedure": start},
        words={
            "analyte": (larger.code[at], ("ALT", "AST")),
            "kind": (events.kind[masks.event[at]] if len(at) else at, labels),
            "why": (lifted, WHY),
        },
        evidence=(larger.at[at],),
        group=masks.event[at],
        anchor=start,
        until=start + masks.days[at],
        level=np.where(lifted > 0, LEVELS["attention"], LEVELS["information"]),
    )


RULE = Rule(
    code="procedure_effect",
    title="Expected rise after procedure",
    question="Is a raised aminotransferase within the time in which the procedure before it explains it?",
    level="information",
    analytes=("ALT", "AST"),
    needs=("ALT|AST",),
    events=KINDS,
    window="{local.mask_days} days after ablation, embolisation or radioembolisation, {local.electroporation_days} "
    "after "
    "irreversible electroporation, {surgery.mask_days} after a resection",
    criteria="ALT or AST above {injury.edish_alt:g} × ULN. Lifted, at the level of attention, from the day of: "
    "bilirubin above {local.lift_bili:g} × ULN and {local.lift_bili_over_before:g} × its value before; a usable INR "
    "above {local.lift_inr:g}; ALT or AST after day {local.lift_from_days} above {local.lift_over_first:g} × their "
    "highest on days 1 to 3, or above {local.lift_at:g} × ULN and not falling; fever, ascites or encephalopathy. "
    "Bilirubin and INR of the first {surgery.function_days} days after a resection, and a rise of bilirubin up to "
    "{local.embolisation_bili:g} mg/dL in {local.embolisation_bili_days} days after embolisation, lift nothing",
    version="2",
    reference="rise after ablation: peak at 12 to 24 hours (PMID 21463756), days 2 to 3 (Clin Mol Hepatol, 2015); "
    "electroporation: Froud et al.; the length of each mask is a house choice",
    tag="house",
    limitations="a second cause within the same days that moves nothing else",
    template="{analyte} {at:.1f} × ULN on {on}, day {day:.0f} after {kind} on {procedure}[: expected within {mask:.0f} "
    "days, excluded from injury rules][: within {window:.0f} days, but not as expected ({why}), counted by injury "
    "rules].",
    settings=("local", "surgery.mask_days", "surgery.function_days", "injury.edish_alt"),
    assess=assess,
)
