"""What is known of each patient from several files: the last word that is not missing, column by column."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.tables import PATIENTS


def merged(rows: pd.DataFrame) -> pd.DataFrame:
    """Table PATIENTS with one row a person, from rows in the order of their import; sorted by patient_id."""
    if not len(rows):
        return PATIENTS.empty()
    if not rows["patient_id"].duplicated().any():
        return PATIENTS.conform(rows.sort_values("patient_id", ignore_index=True))
    last = rows.groupby("patient_id", sort=True).last().reset_index()
    return PATIENTS.conform(last)


def with_named(people: pd.DataFrame, labs: pa.Table, *others: pd.DataFrame) -> pd.DataFrame:
    """The same, with all patients that any other table names; of those nothing is known, and their clock is dates."""
    named = pd.Index(pc.unique(labs.column("patient_id")).to_pylist(), dtype="str")
    for frame in others:
        named = named.union(pd.Index(frame["patient_id"].unique()))
    extra = named.difference(pd.Index(people["patient_id"]))
    if not len(extra):
        return people
    added = PATIENTS.conform(pd.DataFrame({"patient_id": extra.astype("str"), "clock": "date"}))
    parts = [people, added] if len(people) else [added]
    return pd.concat(parts, ignore_index=True).sort_values("patient_id", ignore_index=True)
