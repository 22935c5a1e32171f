"""A patient has the same content in another generation where everything of the patient is the same, and only then."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.ingest.reader import stream
from analytics.store import Admin, open_store
from tests.stores import small_store

HEAD = "patient_id,analyte,collected_at,value,unit,uln\n"


@pytest.fixture
def admin(tmp_path) -> Admin:
    return open_store(str(small_store(tmp_path / "store").place.folder))


def take_in(admin: Admin, tmp_path, *rows: str) -> None:
    path = tmp_path / f"{abs(hash(rows))}.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    admin.publish([stream(path)])


def a_day_before(admin: Admin) -> str:
    return str((admin.as_of - pd.Timedelta(days=40)).date())


def test_results_of_others_leave_a_patients_content_and_every_result_of_it(admin, tmp_path):
    before, was, generation = admin.content_of("MRN-1"), admin.analysis(["MRN-1"]).tables(), admin.generation
    take_in(admin, tmp_path, f"OTHER,ALT,{a_day_before(admin)},31,U/L,40")
    assert admin.generation > generation
    assert admin.content_of("MRN-1") == before
    for name, part in admin.analysis(["MRN-1"]).tables().items():
        pd.testing.assert_frame_equal(part, was[name])


@pytest.mark.parametrize("what", ["own result", "later cut-off", "own quarantined row", "own event", "birth date"])
def test_whatever_changes_a_patient_changes_the_content(admin, tmp_path, what):
    before = admin.content_of("MRN-1")
    day, later = a_day_before(admin), str((admin.as_of + pd.Timedelta(days=90)).date())
    if what == "own result":
        take_in(admin, tmp_path, f"MRN-1,ALT,{day},31,U/L,40")
    elif what == "later cut-off":
        take_in(admin, tmp_path, f"OTHER,ALT,{later},31,U/L,40")
    elif what == "own quarantined row":
        take_in(admin, tmp_path, f"MRN-1,ALT,{day},many,U/L,40", f"OTHER,ALT,{day},31,U/L,40")
    else:
        head, row = ("kind,name,start_date", "surgery,hemihepatectomy") if what == "own event" else ("birth_date", "")
        path = tmp_path / "more.csv"
        told = f"{row},{day}" if row else "1950-01-02"
        path.write_text(f"patient_id,{head}\nMRN-1,{told}\n")
        admin.publish([stream(path)])
    assert admin.content_of("MRN-1") != before


def test_a_merge_changes_the_content_of_the_present_id(admin):
    before = admin.content_of("MRN-1")
    admin.merge("MRN-2", "MRN-1", "ada", "one person", "a wrong sex in the source")
    assert admin.content_of("MRN-1") != before
