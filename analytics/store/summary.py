"""One row a patient: what the worklist shows without reading a single result. Made with the snapshot, vectorised."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import MARKERS, PANEL
from analytics.tables import PATIENTS, Column, Table

LAST_OF: tuple[str, ...] = (*PANEL, *MARKERS)
"""Analytes whose last value the summary carries."""

SUMMARY = Table(
    "summary",
    "one person a row, with what the snapshot holds of them",
    ("patient_id",),
    (
        *(c for c in PATIENTS.columns if c.name not in ("source_file", "source_line")),
        Column("n_results", "whole", "results shown"),
        Column("n_events", "whole", "events"),
        Column("n_imaging", "whole", "imaging reports"),
        Column("first", "time", "first result"),
        Column("last", "time", "last result"),
        *(
            column
            for code in LAST_OF
            for column in (
                Column(f"last_{code}", "number", f"last {code} that is a number", "canonical"),
                Column(f"last_{code}_x_uln", "number", "as multiple of its upper limit", "x ULN"),
                Column(f"last_{code}_sign", "text", "below (<) or above (>) a limit of detection"),
                Column(f"last_{code}_at", "time", "when"),
            )
        ),
    ),
)


def summary_of(labs: pd.DataFrame, events: pd.DataFrame, imaging: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Table SUMMARY for these patients; ``labs`` is sorted by patient, analyte and time, ``people`` by patient_id."""
    ids = pd.Index(people["patient_id"])
    frame = people.drop(columns=["source_file", "source_line"]).reset_index(drop=True)
    for name, rows in (("n_results", labs), ("n_events", events), ("n_imaging", imaging)):
        frame[name] = np.bincount(ids.get_indexer(pd.Index(rows["patient_id"])), minlength=len(ids))
    at = ids.get_indexer(pd.Index(labs["patient_id"]))
    spans = labs["collected_at"].groupby(at).agg(["min", "max"]).reindex(range(len(ids)))
    columns: dict[str, object] = {"first": spans["min"].to_numpy(), "last": spans["max"].to_numpy()}
    for code in LAST_OF:
        columns |= _last(labs, at, code, len(ids))
    return SUMMARY.conform(pd.concat([frame, pd.DataFrame(columns)], axis=1))


def _last(labs: pd.DataFrame, at: npt.NDArray[np.intp], code: str, n: int) -> dict[str, object]:
    rows = np.flatnonzero((labs["analyte"] == code).to_numpy() & labs["value"].notna().to_numpy())
    last = np.full(n, -1)
    last[at[rows]] = rows
    found = last >= 0
    value, uln = np.full(n, np.nan), np.full(n, np.nan)
    value[found] = labs["value"].to_numpy()[last[found]]
    uln[found] = labs["uln"].to_numpy()[last[found]]
    when = np.full(n, np.datetime64("NaT", "us"))
    when[found] = labs["collected_at"].to_numpy()[last[found]]
    sign = np.full(n, None, dtype=object)
    sign[found] = labs["comparator"].iloc[last[found]].to_numpy(object)
    return {
        f"last_{code}": value,
        f"last_{code}_x_uln": np.where(uln > 0, value / np.where(uln > 0, uln, 1.0), np.nan),
        f"last_{code}_sign": pd.array(sign, dtype="str"),
        f"last_{code}_at": when,
    }
