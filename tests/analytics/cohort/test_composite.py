"""The composite plot: published subjects, and a whole cohort against plain pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.case import Case
from analytics.cohort.composite import composite
from analytics.cohort.edish import CUTS, counts, migration, peaks
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.synthetic import make
from tests.analytics.vectors import rules_vectors
from tests.builders import events_of, labs_of, panel_of

START = pd.Timestamp("2024-01-01")
PUBLISHED = ("Normal & NN", "Cholestasis", "Temple's Corollary", "Hy's Law")
"""Names of the source, in the order of QUADRANTS."""


def subjects() -> list[Any]:
    return [
        pytest.param(r.given, r.expected, id=r.case_id)
        for r in rules_vectors("EDISH_COMPOSITE_SUBJECT")
        if r.rule == "EDISH_COMPOSITE_SUBJECT"
    ]


@pytest.mark.parametrize(("given", "expected"), subjects())
def test_published_subjects_of_the_composite_plot(given: dict[str, Any], expected: dict[str, Any]) -> None:
    labs = [
        (START + pd.Timedelta(days=day), code, value, own[0] if own else given.get(f"{name}_uln", 1))
        for code, name in (("ALT", "alt"), ("BILI", "bili"))
        for day, value, *own in given[name]
    ]
    frame = labs_of([row[:3] for row in labs]).assign(uln=[float(row[3]) for row in labs])
    found = composite(Case(Panel.of(frame, events_of([(START, "systemic", "A")])), Settings()), CUTS["edish"])
    if expected.get("excluded"):
        assert found.empty
        return
    row = found.iloc[0]
    columns = {
        "at": "peak_alt_xuln",
        "bili": "peak_bili_xuln",
        "at_xbln": "peak_alt_xbln",
        "bili_xbln": "peak_bili_xbln",
    }
    for column, name in columns.items():
        if name in expected:
            assert row[column] == pytest.approx(expected[name], abs=1e-6)
    for column, name in (("before", "pretreatment"), ("peak", "on_treatment")):
        if name in expected:
            assert PUBLISHED[int(row[column])] == expected[name]


def test_a_cohort_has_the_multiples_of_plain_pandas_and_the_counts_of_the_other_views() -> None:
    case = Case(make(120, seed=7)[0], Settings())
    cuts = CUTS["edish"]
    found = composite(case, cuts).set_index("patient_id")
    labs = case.panel.labs
    start = case.panel.events.groupby("patient_id")["start_date"].min()
    labs = labs.assign(after=labs["collected_at"].dt.normalize() > labs["patient_id"].map(start))
    for code, column in (("ALT", "at_xbln"), ("BILI", "bili_xbln")):
        mine = labs[labs["analyte"] == code]
        base = mine[~mine["after"]].sort_values("collected_at").groupby("patient_id")["value"].last()
        top = mine[mine["after"]].groupby("patient_id")["value"].max()
        assert found[column].to_dict() == pytest.approx((top / base).reindex(found.index).to_dict())
    moved = migration(peaks(case), cuts).set_index(["before", "peak"])["n"]
    assert moved.sum() == len(found) == 120
    assert np.bincount(found["peak"], minlength=4).tolist() == list(counts(peaks(case), cuts.at, cuts.bili).values())
    table = pd.crosstab(found["before"], found["peak"]).reindex(index=range(4), columns=range(4), fill_value=0)
    assert table.to_numpy().ravel().tolist() == moved.tolist()


def test_without_a_value_before_treatment_there_is_no_multiple_of_it() -> None:
    labs = [("2025-01-01", "BILI", 1.0), ("2025-01-11", "ALT", 200), ("2025-01-11", "BILI", 1.0)]
    case = Case(panel_of(labs, [("2025-01-02", "systemic", "x")]), Settings())
    assert len(peaks(case)) == 1 and composite(case, CUTS["edish"]).empty
