"""The patients of a cohort as a table: one row each, the columns that lists, sorting and export share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import CODES, INDEX, PANEL, shown
from analytics.answer_states import QUESTIONS, STATES
from analytics.case import Case
from analytics.cohort.groups import groups_of
from analytics.cohort.part_columns import columns_of
from analytics.cohort.peaks import highest, on_treatment, picked
from analytics.cohort.query.answer_rows import times_of
from analytics.cohort.query.filters import ages
from analytics.cohort.scattered import by_bucket, rows
from analytics.derive.points import points_of
from analytics.tables import CLOSED_STATES, LEVELS


@dataclass(frozen=True)
class Field:
    """A column: what it is called, what it means, whether it is a number."""

    label: str
    says: str
    numeric: bool = False


_FIXED = {
    "patient_id": Field("Patient", "the person"),
    "sex": Field("Sex", "F or M"),
    "age": Field("Age", "at the first treatment, years", True),
    "primary_site": Field("Primary", "primary tumour"),
    "site": Field("Site", "centre or clinic"),
    "regimen": Field("First line", "regimen of the first line"),
    "n_results": Field("Results", "number results", True),
    "last": Field("Last result", "day of the last result"),
    "findings": Field("Open findings", "findings that are not resolved", True),
    "worst": Field("Worst level", "of an open finding"),
    **{f"answer_{code}": Field(label, "what the data say at the last contact") for code, label in QUESTIONS.items()},
}
FIELDS: Mapping[str, Field] = MappingProxyType(
    _FIXED
    | {f"last_{c}": Field(f"{shown(c)} last", f"last {shown(c)}, x ULN of that result", True) for c in PANEL}
    | {f"peak_{c}": Field(f"{shown(c)} peak", f"highest {shown(c)} on treatment, x ULN", True) for c in PANEL}
)
"""Columns of the table. Albumin and platelets are shown as multiples of the upper limit where one was given."""


def people(analysis: Analysis) -> pd.DataFrame:
    """Every patient of the panel, columns of FIELDS, in the order of ``panel.patient_ids``."""
    case = analysis.case
    persons, measured = case.panel.patients, _measured(case)
    groups = groups_of(case, "regimen")
    names = np.array([*groups.names, ""], dtype=object)
    data: dict[str, object] = {
        "patient_id": persons["patient_id"].to_numpy(object),
        "sex": persons["sex"].fillna("").to_numpy(object),
        "age": measured["age"].to_numpy(),
        "primary_site": persons["primary_site"].fillna("").to_numpy(object),
        "site": persons["site"].fillna("").to_numpy(object),
        "regimen": names[groups.of],
        **_findings(analysis),
        **_answers(analysis),
    }
    return pd.DataFrame(data | {name: column for name, column in measured.items() if name in FIELDS})[list(FIELDS)]


@by_bucket(rows, lambda asked: CODES)
def _measured(case: Case) -> pd.DataFrame:
    """What the results of each patient say, and the age: a row a patient."""
    points, n = points_of(case), len(case.panel)
    last = np.full(n, -np.inf)
    np.maximum.at(last, points.patient, points.day)
    data: dict[str, object] = {
        "patient": np.arange(n),
        "age": ages(case),
        "n_results": np.bincount(points.patient, minlength=n),
        "last": times_of(np.where(np.isinf(last), np.nan, last)),
    }
    after = on_treatment(case)
    for code in PANEL:
        mine = np.flatnonzero((points.analyte == INDEX[code]) & np.isfinite(points.x_uln))
        at = np.full(n, -1)
        at[points.patient[mine]] = mine
        data[f"last_{code}"] = picked(points.x_uln, at)
        data[f"peak_{code}"] = picked(points.x_uln, highest(case, code, points.x_uln, after))
    return pd.DataFrame(data)


def _findings(analysis: Analysis) -> dict[str, object]:
    rows = columns_of(analysis, "findings", ("patient_id", "state", "level"))
    rows = rows[~rows["state"].isin(CLOSED_STATES)]
    code = analysis.panel.codes_of(rows["patient_id"])
    n = len(analysis.panel)
    rank = np.full(n, -1)
    np.maximum.at(rank, code, rows["level"].map(LEVELS).to_numpy(np.int64))
    levels = {v: k for k, v in LEVELS.items()} | {-1: ""}
    return {"findings": np.bincount(code, minlength=n), "worst": [levels[r] for r in rank]}


def _answers(analysis: Analysis) -> dict[str, object]:
    """Words of each patient's answers, empty where there is none."""
    rows = columns_of(analysis, "answers", ("patient_id", "question", "state"))
    code = analysis.panel.codes_of(rows["patient_id"].astype("str"))
    question, state = (rows[c].to_numpy(object) for c in ("question", "state"))
    found: dict[str, object] = {}
    for one in QUESTIONS:
        words, mine = np.full(len(analysis.panel), "", dtype=object), question == one
        words[code[mine]] = [STATES[one, s].label for s in state[mine]]
        found[f"answer_{one}"] = words
    return found


_RESPONSE = ("patient_id", "kind", "analyte", "before", "nadir", "day_half", "rebound_day", "verdict")


def responses_by_kind(
    analysis: Analysis, members: np.ndarray | None = None, analyte: str | None = None
) -> pd.DataFrame:
    """Responses of all events, summed up: one row an event kind and analyte; of one analyte alone where it is named.

    Columns: kind, analyte, events, with_before (a value before is known), median_before, median_nadir_pct (lowest
    after, percent of before), median_day_half, reached_half, rose_again, and one column a verdict.
    """
    rows = columns_of(analysis, "responses", _RESPONSE)
    if analyte is not None:
        rows = rows[rows["analyte"] == analyte]
    if members is not None:
        rows = rows[members[analysis.panel.codes_of(rows["patient_id"])]]
    if rows.empty:
        return pd.DataFrame(columns=["kind", "analyte", "events"])
    pct = 100 * rows["nadir"] / rows["before"].where(rows["before"] > 0)
    named = rows.assign(nadir_pct=pct, has_half=rows["day_half"].notna(), again=rows["rebound_day"].notna())
    named = named.astype({"kind": "str", "analyte": "str", "verdict": "str"})
    by = named.groupby(["kind", "analyte"], sort=True)
    table = pd.DataFrame(
        {
            "events": by.size(),
            "with_before": by["before"].count(),
            "median_before": by["before"].median(),
            "median_nadir_pct": by["nadir_pct"].median(),
            "reached_half": by["has_half"].sum(),
            "median_day_half": by["day_half"].median(),
            "rose_again": by["again"].sum(),
        }
    )
    verdicts = named.groupby(["kind", "analyte", "verdict"]).size().unstack(fill_value=0)
    return table.join(verdicts).reset_index()
