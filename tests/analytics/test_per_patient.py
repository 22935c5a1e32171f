"""One analysis of many is many analyses of one."""

from __future__ import annotations

import pandas as pd

from analytics.analysis import PARTS, analyse
from analytics.derive.lines import index_days_of, lines_of
from analytics.per_patient import each_patient
from analytics.store import Store
from tests.builders import panel_of, together


def test_every_part_of_every_patient_equals_the_analysis_of_that_patient_alone():
    days = pd.date_range("2024-01-01", periods=8, freq="14D")
    panels = [
        panel_of([(d, "ALT", 30 * k + i) for i, d in enumerate(days)], [("2024-02-01", "systemic", f"drug {k}")])
        for k in (1, 3, 9)
    ]
    whole = together(*panels)
    seen = []
    for patient_id, alone in each_patient(analyse(whole)):
        seen.append(patient_id)
        expected = analyse(whole.select([patient_id]))
        for name in ("labs", "events", "imaging", "patients"):
            pd.testing.assert_frame_equal(getattr(alone.panel, name), getattr(expected.panel, name))
        for name in PARTS:
            pd.testing.assert_frame_equal(getattr(alone, name), getattr(expected, name))
        pd.testing.assert_frame_equal(lines_of(alone.case), lines_of(expected.case), check_dtype=False)
        assert index_days_of(alone.case).tolist() == index_days_of(expected.case).tolist()
        assert alone.panel.as_of == whole.as_of
    assert seen == ["P1", "P2", "P3"]


def test_nobody_else_is_in_the_part_of_a_patient(tmp_path):
    from tests.stores import small_store

    store: Store = small_store(tmp_path / "s")
    for patient_id, alone in each_patient(store.analysis()):
        for name in PARTS:
            assert set(getattr(alone, name)["patient_id"]) <= {patient_id}
