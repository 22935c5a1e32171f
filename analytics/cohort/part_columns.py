"""Some columns of a result table of all patients: where the table is stored, nothing else of it is read.

Sentences, numbers and evidence are most of what a finding takes. Filters and counts ask only for its rule, state and
level, of a hundred thousand patients a hundredth of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import pandas as pd

from analytics.analysis import Analysis


@runtime_checkable
class ByColumn(Protocol):
    """Stored tables of which some columns can be read alone."""

    def some(self, part: str, columns: Sequence[str]) -> pd.DataFrame:
        """These columns of one part, rows in no order; texts may be categories."""


def columns_of(analysis: Analysis, part: str, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of a table of analytics.analysis.PARTS, rows in no order; texts may be categories."""
    if isinstance(analysis.given, ByColumn) and part not in vars(analysis):
        return analysis.given.some(part, columns)
    whole: pd.DataFrame = getattr(analysis, part)
    return whole[list(columns)]
