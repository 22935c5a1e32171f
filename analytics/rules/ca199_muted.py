"""Is CA 19-9 left out of the marker rules because of jaundice?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import INDEX
from analytics.case import Case
from analytics.rules._askable import any_result
from analytics.rules._markers import markers_of
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each CA 19-9 with a bilirubin near it."""
    s, m = case.settings.tumour, markers_of(case)
    use = np.flatnonzero((m.code == INDEX["CA19_9AG"]) & (~np.isnan(m.bilirubin) | m.muted))
    cleared = ~(m.bilirubin[use] >= s.jaundice)
    since = (f"below {s.jaundice:g} mg/dL for less than {s.lowest_anew_days} days or not measured since",)
    return Assessment(
        patient=m.patient[use],
        day=m.day[use],
        conditions=(
            Condition(
                "bilirubin",
                np.where(m.muted[use], np.fmax(m.bilirubin[use], s.jaundice), m.bilirubin[use]),
                ">=",
                s.jaundice,
                "mg/dL",
            ),
        ),
        severity=np.nan_to_num(m.bilirubin[use]),
        numbers={"value": m.value[use], "bili": m.bilirubin[use]},
        days={"on": m.day[use]},
        words={"cleared": (cleared.astype(np.int64), ("", *since))},
        evidence=(m.at[use],),
    )


RULE = Rule(
    code="ca199_muted",
    title="CA 19-9 unreliable (jaundice)",
    question="Is CA 19-9 left out of the marker rules because of jaundice?",
    level="information",
    analytes=("CA19_9AG", "BILI"),
    needs=("CA19_9AG", "BILI"),
    window="bilirubin within {tumour.jaundice_days} days of the CA 19-9, and until {tumour.lowest_anew_days} days "
    "after it is known to be below the limit again",
    criteria="bilirubin at least {tumour.jaundice:g} mg/dL",
    version="2",
    reference="CA 19-9 rises in cholestasis (r = 0.58 with bilirubin in benign jaundice) and falls after drainage; "
    "published corrections disagree (10.1186/s12885-021-08204-w), so none is made",
    tag="verified",
    limitations="cholestasis without jaundice",
    template="CA 19-9 {value:.0f} U/mL on {on} with bilirubin {bili:.1f} mg/dL[, {cleared}]: excluded from marker "
    "rules, as cholestasis raises CA 19-9.",
    settings=("tumour.jaundice", "tumour.jaundice_days", "tumour.lowest_anew_days"),
    assess=assess,
    askable=any_result("CA19_9AG"),
)
