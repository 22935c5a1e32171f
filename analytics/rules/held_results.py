"""Are results of the liver panel or tumour markers quarantined that would matter here?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import INDEX, MARKERS, PANEL
from analytics.arrays import days_of
from analytics.case import Case
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._words import in_text
from analytics.tables import LEVELS, REASONS
from analytics.unit_doubts import UNIT_REASONS, unit_values


def assess(case: Case) -> Assessment:
    """One moment for each patient with quarantined results; one in doubt of its unit is told first, then the newest."""
    held = case.panel.held
    if not len(held):
        none = np.zeros(0)
        empty = (Condition("quarantined results", none, ">=", 1.0, "", 0),)
        return Assessment(none.astype(np.int64), none, empty, none, numbers={"count": none}, days={"on": none})
    open_ = held[held["resolution"].fillna("") == ""]
    patient = case.panel.codes_of(open_["patient_id"].fillna("")) if len(open_) else np.zeros(0, dtype=np.int64)
    code = open_["analyte"].map(INDEX).fillna(-1).to_numpy(np.int64)
    matters = np.isin(code, [INDEX[c] for c in (*PANEL, *MARKERS)])
    doubtful = open_["reason_code"].isin(UNIT_REASONS).to_numpy(bool)
    when = days_of(open_["collected_at"])
    use = np.flatnonzero((patient >= 0) & matters)
    use = use[np.lexsort((-np.nan_to_num(when[use], nan=-np.inf), ~doubtful[use], patient[use]))]
    who, first, count = np.unique(patient[use], return_index=True, return_counts=True)
    row = use[first]
    day = np.floor(when[row])
    told = open_.iloc[row]
    return Assessment(
        patient=who,
        day=np.where(np.isnan(day), case.as_of, day),
        conditions=(Condition("quarantined results", count.astype(float), ">=", 1.0, "", 0),),
        severity=count.astype(float),
        numbers={"count": count.astype(float)},
        days={"on": day},
        words={
            "results": ((count > 1).astype(np.int64), ("result is", "results are")),
            "analyte": (np.arange(len(row)), tuple(_named(told))),
            "reason": (np.arange(len(row)), tuple(REASONS.get(str(r), "quarantined") for r in told["reason_code"])),
        },
        level=np.where(doubtful[row], LEVELS["attention"], LEVELS["information"]),
    )


def _named(rows: pd.DataFrame) -> list[str]:
    """Test of each row, with the value as written where only its unit is in doubt."""
    values = unit_values(rows)
    return [f"{in_text(str(a))} {v}".strip() for a, v in zip(rows["analyte"], values, strict=True)]


RULE = Rule(
    code="held_results",
    title="Quarantined results",
    question="Are results of the liver panel or tumour markers quarantined that would matter here?",
    level="information",
    analytes=(*PANEL, *MARKERS),
    needs=(),
    window="everything that is quarantined and not yet resolved",
    criteria="one result or more of the liver panel or of a tumour marker; attention where the unit of one is in doubt",
    version="2",
    reference="house",
    tag="house",
    limitations="rows whose patient could not be read",
    template="{count:.0f} quarantined {results} excluded from all rules, including {analyte} on {on}: {reason}.",
    settings=(),
    assess=assess,
    compares_values=False,
)
