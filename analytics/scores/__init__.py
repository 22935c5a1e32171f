"""Liver scores, one file each, found by folder."""

from __future__ import annotations

import pandas as pd

from analytics.case import Case
from analytics.tables import SCORES


def scores_frame(case: Case) -> pd.DataFrame:
    """Table SCORES."""
    return SCORES.empty()
