"""The line under the header: how old the data is, by import and by result."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from dashboard.components.frame import status_line
from dashboard.components.status import status_of
from dashboard.config import Config


def store_of(result_days: int, import_days: int, clock: str = "date") -> Any:
    """A store whose newest result and last import are so many days old."""
    now = pd.Timestamp.now("UTC").tz_localize(None)
    worklist = pd.DataFrame({"clock": [clock], "last": [now - pd.Timedelta(days=result_days, hours=1)]})
    imported = now - pd.Timedelta(days=import_days, hours=1)
    return SimpleNamespace(last_import=lambda: imported, worklist=lambda: worklist, held_count=lambda: 0)


@pytest.mark.parametrize(
    ("result_days", "import_days", "clock", "moved", "age", "said"),
    [
        (1, 0, "date", False, "1 day ago", ""),
        (30, 6, "date", False, "30 days ago", ""),
        (31, 0, "date", False, "31 days ago, limit 30 days", ""),
        (31, 8, "date", False, "31 days ago, limit 30 days", "Nothing has been imported for 8 days."),
        (31, 0, "date", True, "", ""),
        (31, 0, "day", False, "", ""),
        (31, 8, "date", True, "", "Nothing has been imported for 7 days or more."),
    ],
)
def test_old_data_are_told_whether_it_is_the_import_or_the_result(result_days, import_days, clock, moved, age, said):
    found = status_of(store_of(result_days, import_days, clock), Config(), moved=moved)
    assert (found.age, found.is_old) == (age, "limit" in age)
    assert found.stale.startswith(said) and bool(found.stale) == bool(said)
    drawn = str(status_line(found).to_plotly_json())
    assert ("▲" in drawn) == found.is_old
