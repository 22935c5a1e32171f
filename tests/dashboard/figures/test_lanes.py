"""Rows of the lanes: one for what is given, however its cycles are named."""

from __future__ import annotations

import pytest

from analytics.analysis import analyse
from dashboard.figures.lanes import lanes_of
from tests.builders import panel_of

LABS = [("2024-01-02", "ALT", 30), ("2024-06-20", "ALT", 32)]


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (("FOLFOX C1", "FOLFOX C2", "FOLFOX C3"), ["FOLFOX"]),
        (("mFOLFOX6 cycle 1", "mFOLFOX6 cycle 2", "FOLFIRI cycle 1"), ["mFOLFOX6", "FOLFIRI cycle 1"]),
        (("oxaliplatin", "oxaliplatin"), ["oxaliplatin"]),
        (("Keytruda 200 mg", "pembrolizumab"), ["Keytruda"]),
        (("XYZ-123", "XYZ-124"), ["XYZ-123", "XYZ-124"]),
    ],
)
def test_cycles_of_one_treatment_share_a_row(names, rows):
    events = [(f"2024-0{month}-10", "systemic", name) for month, name in enumerate(names, start=1)]
    assert [row for row in lanes_of(analyse(panel_of(LABS, events))).rows if row in rows] == rows
    assert len(lanes_of(analyse(panel_of(LABS, events))).items["systemic"]) == len(names)
