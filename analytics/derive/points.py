"""Number results of a panel as sorted arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.case import Points, days_of
from analytics.panel import Panel

_SIGN = {"<": -1, ">": 1}


def points_of(panel: Panel) -> Points:
    """Every result that is a number, in the order of ``panel.labs`` (patient, analyte, time, line)."""
    labs = panel.labs
    row = np.flatnonzero(labs["value"].notna().to_numpy())
    labs = labs.iloc[row]
    where = labs["lab"].fillna("") + "\x1f" + labs["method"].fillna("")
    return Points(
        patient=panel.codes_of(labs["patient_id"]),
        analyte=labs["analyte"].map(INDEX).to_numpy(np.int64),
        day=days_of(labs["collected_at"]),
        value=labs["value"].to_numpy(np.float64),
        comparator=labs["comparator"].map(_SIGN).fillna(0).to_numpy(np.int64),
        lln=labs["lln"].to_numpy(np.float64),
        uln=labs["uln"].to_numpy(np.float64),
        lab=np.where(where == "\x1f", -1, pd.factorize(where)[0]).astype(np.int64),
        row=row.astype(np.int64),
    )
