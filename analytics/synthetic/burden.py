"""How many findings people get a year, by level: what a steady person must hardly ever see."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.tables import LEVELS

SETTLING_DAYS = 56
"""First weeks, in which what is raised from the start may be told once."""


def findings_per_year(
    analysis: Analysis, group_of: Callable[[str], str] = lambda _: "all", *, settling_days: int = SETTLING_DAYS
) -> pd.DataFrame:
    """Findings with an onset after the first weeks, per patient-year of observation.

    Args:
        analysis: of any panel.
        group_of: group of a patient by its id.
        settling_days: days after the first result that do not count.

    Returns:
        One row a group: group, patients, years, then a rate by level, and ``attention_or_above``.
    """
    labs = analysis.panel.labs.groupby("patient_id")["collected_at"].agg(["min", "max"])
    begin = labs["min"] + pd.Timedelta(days=settling_days)
    late = late_findings(analysis, settling_days)
    years = ((labs["max"] - begin) / pd.Timedelta(days=365.25)).clip(lower=0)
    group = pd.Series([group_of(str(i)) for i in labs.index], index=labs.index)
    counts = (
        late.assign(group=group.reindex(late["patient_id"]).to_numpy())
        .groupby(["group", "level"])
        .size()
        .unstack(fill_value=0)
        .reindex(index=sorted(group.unique()), columns=list(LEVELS), fill_value=0)
    )
    total = years.groupby(group).sum().reindex(counts.index)
    rates = counts.div(total.replace(0, np.nan), axis=0)
    rates["attention_or_above"] = rates["urgent"] + rates["attention"]
    people = group.value_counts().reindex(counts.index)
    return rates.assign(patients=people, years=total).reset_index()[
        ["group", "patients", "years", *LEVELS, "attention_or_above"]
    ]


def late_findings(analysis: Analysis, settling_days: int = SETTLING_DAYS) -> pd.DataFrame:
    """Findings with an onset after the first weeks of their patient's results."""
    found = analysis.findings
    begin = analysis.panel.labs.groupby("patient_id")["collected_at"].min() + pd.Timedelta(days=settling_days)
    return found[found["onset"].to_numpy() > begin.reindex(found["patient_id"]).to_numpy()]
