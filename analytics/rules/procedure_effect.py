"""Is a raised aminotransferase within the time in which the procedure before it explains it?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.visits import visits_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.rules._after_surgery import after_event
from analytics.rules._liver import mask_days
from analytics.rules._rule import Condition, Judged, Rule


def judge(case: Case) -> Judged:
    """One moment for each day with ALT or AST after a resection, ablation or embolisation."""
    s, v = case.settings.injury, visits_of(case)
    after = after_event(case, "hepatectomy", "ablation", "embolisation", most=60)
    larger = v.larger("ALT", "AST")
    use = np.flatnonzero(larger.at[after.visit] >= 0)
    at = after.visit[use]
    labels = tuple(EVENT_KINDS[k].label.lower() for k in KIND_CODES)
    kind = events_of(case).kind[after.event[use]] if len(use) else np.zeros(0, dtype=np.int64)
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or AST", larger.x_uln[at], ">", s.edish_alt, "× ULN"),
            Condition("days since the procedure", after.day[use], "<=", mask_days(case), "days", 0),
        ),
        severity=larger.x_uln[at],
        numbers={"at": larger.x_uln[at], "day": after.day[use], "mask": np.full(len(use), mask_days(case))},
        days={"on": v.day[at], "procedure": after.start[use]},
        words={"analyte": (larger.code[at], ("ALT", "AST")), "kind": (kind, labels)},
        evidence=(larger.at[at],),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + mask_days(case),
    )


RULE = Rule(
    code="procedure_effect",
    title="Expected rise after a procedure",
    asks="Is a raised aminotransferase within the time in which the procedure before it explains it?",
    level="information",
    analytes=("ALT", "AST"),
    needs=("ALT|AST",),
    events=("hepatectomy", "ablation", "embolisation"),
    window="{local.mask_days} days after ablation or embolisation, {surgery.mask_days} after a resection",
    strictness="ALT or AST above {injury.edish_alt:g} × ULN",
    version="1",
    reference="transient rise on days 1 to 7 after ablation or embolisation (recalled); the length of the mask is a "
    "house choice",
    tag="recalled",
    sees_not="a second cause within the same days",
    sentence="{analyte} {at:.1f} × ULN on {on}, day {day:.0f} after the {kind} of {procedure}: within the "
    "{mask:.0f} days "
    "in which a rise is the expected effect; injury rules do not count it.",
    settings=("local.mask_days", "surgery.mask_days", "injury.edish_alt"),
    judge=judge,
)
