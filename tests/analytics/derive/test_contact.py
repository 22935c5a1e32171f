"""The last thing known of each patient."""

from __future__ import annotations

import pandas as pd

from analytics.analysis import analyse
from analytics.derive.contact import last_contact_of, last_contacts
from tests.builders import panel_of, together

LABS = [("2024-01-01", "ALT", 30), ("2024-02-01", "ALT", 30)]


def _last(panel):
    return [f"{pd.Timestamp(d, unit='D'):%Y-%m-%d}" for d in last_contacts(analyse(panel).case)]


def test_a_result_an_event_its_end_and_an_image_are_contacts():
    assert _last(panel_of(LABS)) == ["2024-02-01"]
    assert _last(panel_of(LABS, [("2024-03-01", "systemic", "FOLFOX")])) == ["2024-03-01"]
    assert _last(panel_of(LABS, [("2024-01-05", "systemic", "FOLFOX", "2024-04-01")], as_of="2024-05-01")) == [
        "2024-04-01"
    ]
    assert _last(panel_of(LABS, (), [("2024-05-01", "CT", "SD")])) == ["2024-05-01"]


def test_nothing_after_the_data_cut_off_is_a_contact():
    later = [("2024-01-05", "systemic", "FOLFOX", "2030-01-01")]
    assert _last(panel_of(LABS, later, as_of="2024-02-10")) == ["2024-02-01"]


def test_a_patient_of_other_years_has_no_other_today():
    old = panel_of([("1999-01-01", "ALT", 30)], [("1999-01-02", "systemic", "FOLFOX")])
    new = panel_of([("2024-01-01", "ALT", 30)])
    assert _last(together(old, new)) == ["1999-01-02", "2024-01-01"]


def test_the_time_of_the_last_contact_is_exact():
    panel = panel_of([("2024-01-01 09:30", "ALT", 30)])
    assert last_contact_of(analyse(panel).case) == pd.Timestamp("2024-01-01 09:30")
