"""A store of two patients held in memory, with the interface that the dashboard uses."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.tables import LEDGER, QUARANTINE


class SmallStore:
    """Enough of analytics.store.Store for the shell."""

    generation = 1

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def worklist(self, settings: Any = None) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "patient_id": ["MRN-1", "MRN-2"],
                "key": ["k1k1k1", "k2k2k2"],
                "clock": ["date", "date"],
                "n_results": [5, 7],
                "n_new": [1, 0],
                "n_open": [1, 0],
                "primary_site": ["breast", None],
                "site": ["A", None],
                "last": pd.to_datetime(["2024-03-01", "2024-04-02"]),
            }
        )

    def imports(self) -> pd.DataFrame:
        return LEDGER.empty()

    def held_count(self) -> int:
        return 0

    def quarantine(self) -> pd.DataFrame:
        return QUARANTINE.empty()

    def audit(self, action: str, **more: Any) -> None:
        self.entries.append({"action": action, **more})
