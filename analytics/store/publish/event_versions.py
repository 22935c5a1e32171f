"""When a second account of an event, an image or a person adds, repeats, replaces or contradicts the first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.ingest.versions import CONFLICT, DUPLICATE, STORED
from analytics.store.database.arrow import to_arrow
from analytics.store.database.row_digest import row_digests
from analytics.store.snapshot.demographics import merged
from analytics.store.tables.rows import ROW_ID
from analytics.tables import IMAGING, PATIENTS, Table

_SOURCE = ("source_file", "source_line")
_FOR_GOOD = {"sex": "sex", "birth_date": "date of birth"}


def settle_facts(
    table: Table, new: pd.DataFrame, existing: pd.DataFrame
) -> tuple[npt.NDArray[np.object_], pd.DataFrame]:
    """Decide on rows of EVENTS or IMAGING.

    An equal row (whatever its line) is a duplicate. A row that says something new of the same key takes the place of
    the stored rows of that key that the new file does not repeat (a stent's end becomes known). Several rows of one
    key in one file stand side by side.

    Returns:
        outcome per new row; and pairs ``existing``, ``new`` (positions) of stored rows that are replaced, and by which.
    """
    content = [n for n in table.names if n not in _SOURCE]
    outcome = np.full(len(new), STORED, dtype=object)
    said, told = _digests(table, new, content), _digests(table, existing, content)
    outcome[pd.Series(said).duplicated().to_numpy() | np.isin(said, told)] = DUPLICATE
    key, old_key = _digests(table, new, table.key), _digests(table, existing, table.key)
    fresh = pd.DataFrame({"key": key, "new": np.arange(len(new))})[outcome == STORED].drop_duplicates("key")
    left = pd.DataFrame({"key": old_key, "existing": np.arange(len(existing))})[~np.isin(told, said)]
    pairs = left.merge(fresh, on="key")[["existing", "new"]]
    return outcome, pairs[~_adds(table, new, existing, pairs)] if table is IMAGING else pairs


def _adds(table: Table, new: pd.DataFrame, existing: pd.DataFrame, pairs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which new rows are silent on what the stored one says: the size of lesions beside the response of one scan."""
    silent = np.zeros(len(pairs), bool)
    for name in table.names:
        if name not in (*table.key, *_SOURCE, "detail"):
            had = existing[name].iloc[pairs["existing"]].notna().to_numpy()
            silent |= had & new[name].iloc[pairs["new"]].isna().to_numpy()
    return silent


def settle_people(new: pd.DataFrame, existing: pd.DataFrame) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Decide on rows of PATIENTS: what repeats is a duplicate, another sex or date of birth is a conflict.

    Returns:
        outcome and message per new row.
    """
    outcome = np.full(len(new), STORED, dtype=object)
    message = np.full(len(new), "", dtype=object)
    outcome[new.duplicated([c for c in PATIENTS.names if c not in _SOURCE]).to_numpy()] = DUPLICATE
    for name, words in _FOR_GOOD.items():
        told = new[name].where(new[name].notna() & (new[name] != ""))
        first = told.groupby(new["patient_id"].to_numpy()).transform("first")
        other = (told.notna() & (told != first)).fillna(False).to_numpy(bool)
        outcome[other], message[other] = CONFLICT, f"another {words} is told for this patient in the same file"
    known = merged(existing.drop(columns=[ROW_ID, "import_id"], errors="ignore"))
    known = known.set_index("patient_id").reindex(new["patient_id"]).reset_index()
    was_known = new["patient_id"].isin(existing["patient_id"]).to_numpy()
    adds = np.zeros(len(new), bool)
    for name in PATIENTS.names[1:]:
        if name in _SOURCE:
            continue
        have, had = new[name].reset_index(drop=True), known[name]
        says = (have.notna() & (have != "")).fillna(False).to_numpy(bool)
        same = (have == had).fillna(False).to_numpy(bool)
        adds |= says & ~same
        if name in _FOR_GOOD:
            against = says & ~same & (had.notna() & (had != "")).fillna(False).to_numpy(bool)
            outcome[against], message[against] = CONFLICT, f"another {_FOR_GOOD[name]} is stored for this patient"
    outcome[was_known & ~adds & (outcome != CONFLICT)] = DUPLICATE
    return outcome, message


def _digests(table: Table, frame: pd.DataFrame, columns: list[str] | tuple[str, ...]) -> npt.NDArray[np.int64]:
    return row_digests(to_arrow(table, frame), columns)
