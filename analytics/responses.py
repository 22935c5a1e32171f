"""Before and after of every event, per analyte."""

from __future__ import annotations

import pandas as pd

from analytics.case import Case
from analytics.tables import RESPONSES_TABLE


def responses_frame(case: Case) -> pd.DataFrame:
    """Table RESPONSES."""
    return RESPONSES_TABLE.empty()
