"""Are results of the liver panel or tumour markers held back that would matter here?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import INDEX, MARKERS, PANEL, shown
from analytics.arrays import days_of
from analytics.case import Case
from analytics.rules._rule import Condition, Judged, Rule
from analytics.tables import REASONS


def judge(case: Case) -> Judged:
    """One moment for each patient with held-back results."""
    held = case.panel.held
    if not len(held):
        none = np.zeros(0)
        return Judged(none.astype(np.int64), none, (Condition("results held back", none, ">=", 1.0, "", 0),), none)
    open_ = held[held["resolution"].fillna("") == ""] if len(held) else held
    patient = case.panel.codes_of(open_["patient_id"].fillna("")) if len(open_) else np.zeros(0, dtype=np.int64)
    code = open_["analyte"].map(INDEX).fillna(-1).to_numpy(np.int64)
    matters = np.isin(code, [INDEX[c] for c in (*PANEL, *MARKERS)])
    use = np.flatnonzero((patient >= 0) & matters)
    who, first, count = np.unique(patient[use], return_index=True, return_counts=True)
    row = use[first]
    day = np.floor(days_of(pd.Series(open_["collected_at"]).iloc[row]))
    return Judged(
        patient=who,
        day=np.where(np.isnan(day), case.as_of, day),
        conditions=(Condition("results held back", count.astype(float), ">=", 1.0, "", 0),),
        severity=count.astype(float),
        numbers={"count": count.astype(float)},
        days={"on": day},
        words={
            "analyte": (np.arange(len(row)), tuple(shown(str(a)) for a in open_["analyte"].iloc[row])),
            "reason": (
                np.arange(len(row)),
                tuple(REASONS.get(str(r), "held back") for r in open_["reason_code"].iloc[row]),
            ),
        },
    )


RULE = Rule(
    code="held_results",
    title="Results held back",
    asks="Are results of the liver panel or tumour markers held back that would matter here?",
    level="information",
    analytes=(*PANEL, *MARKERS),
    needs=(),
    window="everything that is held back and not yet resolved",
    strictness="one result or more of the liver panel or of a tumour marker",
    version="1",
    reference="house",
    tag="house",
    sees_not="rows whose patient could not be read",
    sentence="Results held back that take no part in any rule: {count:.0f}, among them {analyte} of {on}: {reason}.",
    settings=(),
    judge=judge,
)
