"""One row a patient: what the worklist shows without reading a single result. Made with the snapshot, vectorised."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.analytes import INDEX, MARKERS, PANEL
from analytics.store.database.arrow import words_of
from analytics.tables import PATIENTS, Column, Table

LAST_OF: tuple[str, ...] = (*PANEL, *MARKERS)
"""Analytes whose last value the summary carries."""

Ints = npt.NDArray[np.int64]

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


def summary_of(labs: pa.Table, events: pd.DataFrame, imaging: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Table SUMMARY for these patients; ``labs`` is sorted by patient, analyte and time, ``people`` by patient_id."""
    ids = pd.Index(people["patient_id"])
    frame = people.drop(columns=["source_file", "source_line"]).reset_index(drop=True)
    at = positions(labs, ids)
    when = labs.column("collected_at").to_numpy()
    columns: dict[str, object] = {"n_results": np.bincount(at, minlength=len(ids))}
    for name, rows in (("n_events", events), ("n_imaging", imaging)):
        columns[name] = np.bincount(ids.get_indexer(pd.Index(rows["patient_id"])), minlength=len(ids))
    columns |= _spans(at, when, len(ids))
    last = _last_rows(labs, at, len(ids))
    value, uln = labs.column("value").to_numpy(), labs.column("uln").to_numpy()
    signs, words = words_of(labs.column("comparator"))
    known = np.array(words, dtype=object)
    for code in LAST_OF:
        row = last[:, INDEX[code]]
        columns |= _last_of(code, row, value, uln, known[signs[row]] if len(signs) else np.full(len(row), None), when)
    return SUMMARY.conform(pd.concat([frame, pd.DataFrame(columns)], axis=1))


def positions(rows: pa.Table, ids: pd.Index) -> Ints:
    """Position of each row's patient among ``ids``."""
    codes, words = words_of(rows.column("patient_id"))
    where = ids.get_indexer(pd.Index([w for w in words[:-1] if w is not None], dtype="str"))
    return np.asarray(np.asarray(where, dtype=np.int64)[codes])


def _spans(at: Ints, when: npt.NDArray[np.datetime64], n: int) -> dict[str, object]:
    """First and last time of each patient; rows are sorted by patient."""
    first, last = np.full(n, np.datetime64("NaT", "us")), np.full(n, np.datetime64("NaT", "us"))
    starts = np.flatnonzero(np.r_[True, at[1:] != at[:-1]]) if len(at) else np.zeros(0, np.int64)
    if len(starts):
        first[at[starts]] = np.minimum.reduceat(when, starts)
        last[at[starts]] = np.maximum.reduceat(when, starts)
    return {"first": first, "last": last}


def _last_rows(labs: pa.Table, at: Ints, n: int) -> Ints:
    """Row of the last number of each patient and analyte, shape (patients, analytes); -1 where there is none."""
    codes, words = words_of(labs.column("analyte"))
    analyte = np.array([INDEX[w] for w in words if w is not None], dtype=np.int64)[codes]
    last = np.full((n, len(INDEX)), -1, dtype=np.int64)
    rows = np.flatnonzero(labs.column("value").is_valid().to_numpy())
    last[at[rows], analyte[rows]] = rows
    return last


def _last_of(
    code: str,
    row: Ints,
    value: npt.NDArray[np.float64],
    uln: npt.NDArray[np.float64],
    sign: npt.NDArray[np.object_],
    when: npt.NDArray[np.datetime64],
) -> dict[str, object]:
    found = row >= 0
    columns: dict[str, object] = {}
    numbers = np.full(len(row), np.nan)
    numbers[found] = value[row[found]]
    ratio = np.full(len(row), np.nan)
    limit = uln[row[found]]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio[found] = np.where(limit > 0, numbers[found] / limit, np.nan)
    time = np.full(len(row), np.datetime64("NaT", "us"))
    time[found] = when[row[found]]
    columns[f"last_{code}"], columns[f"last_{code}_x_uln"] = numbers, ratio
    columns[f"last_{code}_sign"] = pd.array(_only(sign, found), dtype="str")
    columns[f"last_{code}_at"] = time
    return columns


def _only(words: npt.NDArray[np.object_], where: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    some = np.full(len(words), None, dtype=object)
    some[where] = words[where]
    return some
