"""Clinical questions answered from labs and events, one file each, found by folder.

Rules state which published threshold was met, with value, date and source. They do not name a diagnosis and advise
nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.agents import CHECKPOINT_INHIBITORS
from analytics.case import Case
from analytics.derive.columns import texts, words
from analytics.rules._discover import assessment_of, rules
from analytics.rules._findings import FIRST_MET, LAST_MET, MET, findings_of, together
from analytics.rules._near import near_of
from analytics.rules._rule import TAGS, Rule
from analytics.rules._words import stamps
from analytics.tables import NEAR

__all__ = [
    "CHECKPOINT_INHIBITORS",
    "FIRST_MET",
    "LAST_MET",
    "MET",
    "TAGS",
    "Rule",
    "findings_frame",
    "near_frame",
    "rules",
]


def findings_frame(case: Case) -> pd.DataFrame:
    """Table FINDINGS: episodes of every rule."""
    return together(case, {c: findings_of(case, rule, assessment_of(case, c)) for c, rule in rules().items()})


def near_frame(case: Case) -> pd.DataFrame:
    """Table NEAR: the nearest miss of every rule that did not hold for a patient."""
    parts = [near_of(case, rule, assessment_of(case, code)) for code, rule in rules().items()]
    if not parts:
        return NEAR.empty()
    patient = np.concatenate([part["patient"] for part in parts])
    rule = np.repeat(np.arange(len(parts)), [len(part["patient"]) for part in parts])
    return pd.DataFrame(
        {
            "patient_id": pd.Series(case.ids, dtype="str").array.take(patient),
            "rule": words(tuple(rules()), rule),
            "at": stamps(np.concatenate([part["at"] for part in parts])),
            "says": texts([s for part in parts for s in part["says"]]),
            "closeness": np.concatenate([part["closeness"] for part in parts]),
        }
    )
