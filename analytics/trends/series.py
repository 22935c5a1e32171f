"""One row per patient, analyte and segment."""

from __future__ import annotations

import pandas as pd

from analytics.case import Case
from analytics.tables import SERIES


def series_frame(case: Case) -> pd.DataFrame:
    """Table SERIES."""
    return SERIES.empty()
