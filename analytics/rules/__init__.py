"""Clinical questions answered from labs and events, one file each, found by folder."""

from __future__ import annotations

import pandas as pd

from analytics.case import Case
from analytics.tables import FINDINGS, NEAR


def findings_frame(case: Case) -> pd.DataFrame:
    """Table FINDINGS."""
    return FINDINGS.empty()


def near_frame(case: Case) -> pd.DataFrame:
    """Table NEAR."""
    return NEAR.empty()
