"""Several versions of one result within some rows: which is kept, and what becomes of the others."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.ingest.versions import CONFLICT, DUPLICATE, STORED, SUPERSEDED, settle

BECOMES = MappingProxyType(
    {
        DUPLICATE: "the same result; counted once",
        SUPERSEDED: "replaced by a version of higher status",
        CONFLICT: "another value; would be quarantined",
    }
)
"""What becomes of a version that is not the one kept."""


def repeated(labs: pd.DataFrame) -> pd.DataFrame:
    """Every row beside which another version is kept, in the order of lines.

    Args:
        labs: table LABS, rows of one file.

    Returns:
        Columns line, patient_id, analyte, collected_at, precision, raw_value, raw_unit, outcome (a key of BECOMES),
        kept_line, kept_value and kept_unit.
    """
    rows = labs.reset_index(drop=True)
    decided = settle(rows)
    rows = rows.assign(line=rows["source_line"], outcome=decided.outcome, group=decided.groups[: len(rows)])
    kept = rows[(rows["outcome"] == STORED) & (rows["group"] >= 0)].drop_duplicates("group").set_index("group")
    others = rows[np.isin(rows["outcome"], list(BECOMES))]
    beside = kept.reindex(others["group"])
    return others.assign(
        kept_line=beside["line"].to_numpy(),
        kept_value=beside["raw_value"].to_numpy(),
        kept_unit=beside["raw_unit"].to_numpy(),
    ).sort_values("line", ignore_index=True)[
        [
            *("line", "patient_id", "analyte", "collected_at", "precision", "raw_value", "raw_unit", "outcome"),
            *("kept_line", "kept_value", "kept_unit"),
        ]
    ]
