"""Is CA 19-9 clouded by jaundice?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import INDEX
from analytics.case import Case
from analytics.rules._markers import markers_of
from analytics.rules._rule import Condition, Judged, Rule


def judge(case: Case) -> Judged:
    """One moment for each CA 19-9 with a bilirubin near it."""
    s, m = case.settings.tumour, markers_of(case)
    use = np.flatnonzero((m.code == INDEX["CA19_9AG"]) & ~np.isnan(m.bilirubin))
    return Judged(
        patient=m.patient[use],
        day=m.day[use],
        conditions=(Condition("bilirubin", m.bilirubin[use], ">=", s.jaundice, "mg/dL"),),
        severity=m.bilirubin[use],
        numbers={"value": m.value[use], "bili": m.bilirubin[use]},
        days={"on": m.day[use]},
        evidence=(m.at[use],),
    )


RULE = Rule(
    code="ca199_muted",
    title="CA 19-9 not read while jaundiced",
    asks="Is CA 19-9 clouded by jaundice?",
    level="information",
    analytes=("CA19_9AG", "BILI"),
    needs=("CA19_9AG", "BILI"),
    window="bilirubin within {tumour.jaundice_days} days of the CA 19-9",
    strictness="bilirubin at least {tumour.jaundice:g} mg/dL",
    version="1",
    reference="CA 19-9 rises in cholestasis (r = 0.58 with bilirubin in benign jaundice) and falls after drainage",
    tag="verified",
    sees_not="cholestasis without jaundice",
    sentence="CA 19-9 {value:.0f} U/mL on {on} with bilirubin {bili:.1f} mg/dL: it rises in cholestasis, so "
    "tumour rules "
    "do not read it.",
    settings=("tumour.jaundice", "tumour.jaundice_days"),
    judge=judge,
)
