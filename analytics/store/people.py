"""What is known of each patient from several files: the last word that is not missing, column by column."""

from __future__ import annotations

import pandas as pd

from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS


def merged(rows: pd.DataFrame) -> pd.DataFrame:
    """Table PATIENTS with one row a person, from rows in the order of their import; sorted by patient_id."""
    if not len(rows):
        return PATIENTS.empty()
    if not rows["patient_id"].duplicated().any():
        return PATIENTS.conform(rows.sort_values("patient_id", ignore_index=True))
    last = rows.groupby("patient_id", sort=True).last().reset_index()
    return PATIENTS.conform(last)


def with_named(people: pd.DataFrame, labs: pd.DataFrame, events: pd.DataFrame, imaging: pd.DataFrame) -> pd.DataFrame:
    """The same, with everybody that any other table names; of those nothing is known, and their clock is dates."""
    named: pd.Index[str] = pd.Index([], dtype="str")
    for table, frame in ((LABS, labs), (EVENTS, events), (IMAGING, imaging)):
        named = named.union(pd.Index(frame[table.key[0]].unique()))
    extra = named.difference(pd.Index(people["patient_id"]))
    if not len(extra):
        return people
    added = PATIENTS.conform(pd.DataFrame({"patient_id": extra.astype("str"), "clock": "date"}))
    return pd.concat([people, added], ignore_index=True).sort_values("patient_id", ignore_index=True)
