"""One analysis of many is many analyses of one."""

from __future__ import annotations

import pandas as pd

from analytics.analysis import PARTS, analyse
from analytics.cycles import starts_of
from analytics.derive.contact import last_contacts
from analytics.derive.events import events_of
from analytics.derive.lines import index_days_of, lines_of
from analytics.once import key_of
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
        pd.testing.assert_frame_equal(starts_of(alone.case), starts_of(expected.case), check_dtype=False)
        assert last_contacts(alone.case).tolist() == last_contacts(expected.case).tolist()
        mine, told = events_of(alone.case), events_of(expected.case)
        for name in ("patient", "kind", "start", "end", "row"):
            assert getattr(mine, name).tolist() == getattr(told, name).tolist()
        assert alone.panel.as_of == whole.as_of
    assert seen == ["P1", "P2", "P3"]


def test_what_was_derived_for_all_is_not_derived_again_for_each():
    """A folder of reports took twice as long while the lines of each patient were derived once more."""
    days = pd.date_range("2024-01-01", periods=3, freq="14D")
    drugs = [(d, "systemic", "FOLFOX") for d in ("2024-01-02", "2024-01-16")]
    whole = together(*(panel_of([(d, "ALT", 30) for d in days], drugs) for _ in range(2)))
    derived = {key_of(derive) for derive in (lines_of, index_days_of, starts_of, last_contacts, events_of)}
    for _, alone in each_patient(analyse(whole), parts=()):
        assert derived <= alone.case.derived.keys()
    earlier = {"P1": whole.as_of - pd.Timedelta(days=20)}
    told = dict(each_patient(analyse(whole), parts=(), as_of=earlier))
    assert last_contacts(told["P1"].case)[0] < last_contacts(told["P2"].case)[0]


def test_nobody_else_is_in_the_part_of_a_patient(tmp_path):
    from tests.stores import small_store

    store: Store = small_store(tmp_path / "s")
    for patient_id, alone in each_patient(store.analysis()):
        for name in PARTS:
            assert set(getattr(alone, name)["patient_id"]) <= {patient_id}
