"""The line under the header: how old the data is, by import and by result."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from dashboard.components.status import status_of
from dashboard.config import Config


def store_of(result_days: int, import_days: int, clock: str = "date") -> Any:
    """A store whose newest result and last import are so many days old."""
    now = pd.Timestamp.now("UTC").tz_localize(None)
    worklist = pd.DataFrame({"clock": [clock], "last": [now - pd.Timedelta(days=result_days, hours=1)]})
    imported = now - pd.Timedelta(days=import_days, hours=1)
    return SimpleNamespace(last_import=lambda: imported, worklist=lambda: worklist, held_count=lambda: 0)


@pytest.mark.parametrize(
    ("result_days", "import_days", "clock", "moved", "said"),
    [
        (1, 0, "date", False, ""),
        (30, 6, "date", False, ""),
        (31, 0, "date", False, "The newest result is 31 days old (limit 30 days)."),
        (31, 8, "date", False, "Nothing has been imported for 8 days."),
        (31, 0, "date", True, ""),
        (31, 0, "day", False, ""),
        (31, 8, "date", True, "Nothing has been imported for 7 days or more."),
    ],
)
def test_old_data_have_a_banner_whether_it_is_the_import_or_the_result(result_days, import_days, clock, moved, said):
    found = status_of(store_of(result_days, import_days, clock), Config(), moved=moved).stale
    assert found.startswith(said)
    assert bool(found) == bool(said)
