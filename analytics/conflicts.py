"""Results beside which another value was quarantined: of one test, one time and one rank, and saying something else."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.tables import LABS, POINTS, TABLES, Column, Table

SEPARATOR = "; "
_MOMENT = ["patient_id", "analyte", "collected_at"]
_KEY = [*_MOMENT, "specimen_id"]
HELD_INSTEAD = Column(
    "held_instead",
    "text",
    "other value of the same test and time that was quarantined as a conflict, with file and line; empty if none",
)

EXPORTED = MappingProxyType(
    dict(TABLES) | {t.name: Table(t.name, t.says, t.key, (*t.columns, HELD_INSTEAD)) for t in (LABS, POINTS)}
)
"""The canonical tables as files hold them: results say whether another value was quarantined."""


def held_instead(results: pd.DataFrame, held: pd.DataFrame) -> pd.Series[str]:
    """Per result, ``46 U/L (b.csv row 7)`` for each value that was quarantined beside it; empty text if none was.

    Patient, test, time and specimen are the same. A held row that does not tell its specimen (it is of a store of an
    earlier version, or a view that hides specimens) is told beside every result of that test and time.

    Args:
        results: columns of LABS or POINTS.
        held: open rows of table QUARANTINE, under the same patient ids.
    """
    texts = pd.Series("", index=results.index, dtype="str")
    rows = held[(held["reason_code"] == "CONFLICT") & held["analyte"].notna() & held["collected_at"].notna()]
    mine = results[_MOMENT][results["patient_id"].isin(rows["patient_id"])]
    if rows.empty or mine.empty:
        return texts
    cells = rows["raw_cell"].fillna("").replace("", "another value").to_list()
    told = pd.Series(
        [
            f"{c} ({f})" if pd.isna(n) else f"{c} ({f} row {n})"  # a view that hides lines
            for c, f, n in zip(cells, rows["file"], rows["line"], strict=True)
        ],
        index=rows.index,
    )
    mine = mine.assign(specimen_id=results["specimen_id"].fillna("").loc[mine.index])
    known = rows["specimen_id"].notna()
    found = [_beside(mine, rows[which], told[which], key) for which, key in ((known, _KEY), (~known, _MOMENT))]
    joined = [SEPARATOR.join(filter(None, pair)) for pair in zip(*found, strict=True)]
    texts[mine.index] = np.array(joined, dtype=object)
    return texts


def _beside(mine: pd.DataFrame, rows: pd.DataFrame, told: pd.Series[str], key: list[str]) -> list[str]:
    """Per result, what is told of the held rows of the same key."""
    if rows.empty:
        return [""] * len(mine)
    said = told.set_axis(pd.MultiIndex.from_frame(rows[key])).groupby(level=list(range(len(key)))).agg(SEPARATOR.join)
    return list(said.reindex(pd.MultiIndex.from_frame(mine[key])).fillna(""))


def with_held_instead(name: str, frame: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Table EXPORTED[name] of a canonical frame."""
    return frame.assign(held_instead=held_instead(frame, held)) if name in (LABS.name, POINTS.name) else frame
