"""Results beside which another value was held back: of one test, one time and one rank, and saying something else."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from analytics.tables import LABS, POINTS, TABLES, Column, Table

_KEY = ["patient_id", "analyte", "collected_at"]
HELD_INSTEAD = Column(
    "held_instead",
    "text",
    "other value of the same test and time that was held back as a conflict, with file and line; empty if none",
)

EXPORTED = MappingProxyType(
    dict(TABLES) | {t.name: Table(t.name, t.says, t.key, (*t.columns, HELD_INSTEAD)) for t in (LABS, POINTS)}
)
"""The canonical tables as files hold them: results say whether another value was held back."""


def held_instead(results: pd.DataFrame, held: pd.DataFrame) -> pd.Series[str]:
    """Per result, ``46 (b.csv row 7)`` for each value that was held back beside it; empty text if none was.

    Args:
        results: columns of LABS or POINTS.
        held: open rows of table QUARANTINE, under the same patient ids.
    """
    texts = pd.Series("", index=results.index, dtype="str")
    rows = held[(held["reason_code"] == "CONFLICT") & held["analyte"].notna() & held["collected_at"].notna()]
    mine = results[_KEY][results["patient_id"].isin(rows["patient_id"])]
    if rows.empty or mine.empty:
        return texts
    cells = rows["raw_cell"].fillna("").replace("", "another value").to_list()
    told = [f"{c} ({f} row {n})" for c, f, n in zip(cells, rows["file"], rows["line"], strict=True)]
    said = pd.Series(told, index=pd.MultiIndex.from_frame(rows[_KEY])).groupby(level=[0, 1, 2]).agg("; ".join)
    texts[mine.index] = said.reindex(pd.MultiIndex.from_frame(mine)).fillna("").to_numpy()
    return texts


def with_held_instead(name: str, frame: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Table EXPORTED[name] of a canonical frame."""
    return frame.assign(held_instead=held_instead(frame, held)) if name in (LABS.name, POINTS.name) else frame
