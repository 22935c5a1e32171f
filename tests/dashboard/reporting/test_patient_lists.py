"""Whom a report is about: a list that names somebody unknown says whom, unless ids may not be named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import QuestionError, UnknownPatient
from analytics.store import Store
from analytics.store.working_state import saved_cohorts
from analytics.store.working_state.schedules import Schedule
from dashboard.config import Config
from dashboard.reporting.build import make
from dashboard.reporting.patient_lists import called, known, patients_of
from tests.stores import small_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return small_store(tmp_path / "store")


@pytest.fixture
def ids(tmp_path: Path, store: Store) -> Path:
    path = tmp_path / "ids.txt"
    path.write_text(f"# the Monday list\n{store.patient_ids[0]}\n\nSTRANGE-1\nstrange 2\n")
    return path


def test_a_list_names_the_ids_that_are_unknown_with_their_lines(store: Store, ids: Path):
    with pytest.raises(UnknownPatient) as told:
        patients_of(store, f"file:{ids}")
    assert str(told.value) == "ids.txt: unknown patients 'STRANGE-1' (line 4), 'strange 2' (line 5)"


def test_where_ids_may_not_be_named_a_list_tells_the_lines_alone(store: Store, ids: Path):
    with pytest.raises(UnknownPatient) as told:
        patients_of(store, f"file:{ids}", named=False)
    assert str(told.value) == "ids.txt: unknown patients on line 4, on line 5"


def test_a_pseudonymised_schedule_tells_no_id_of_its_list_and_an_identified_one_does(store: Store, ids: Path):
    now = pd.Timestamp("2030-06-03 06:00")
    for identified in (False, True):
        kept = Schedule("monday", "digest", f"file:{ids}", "Mon 06:00", "UTC", (), identified=identified)
        with pytest.raises(UnknownPatient, match="line 4") as told:
            make(store, kept, now, now, Config(store=str(store.place.folder)))
        assert ("STRANGE-1" in str(told.value)) == identified


def test_of_many_unknown_ids_the_first_ten_are_named_and_the_rest_counted(store: Store, tmp_path: Path):
    path = tmp_path / "many.txt"
    path.write_text("".join(f"NO-{n}\n" for n in range(1, 26)))
    with pytest.raises(UnknownPatient, match=r"'NO-10' \(line 10\) and 15 more$"):
        patients_of(store, f"file:{path}")


def test_ids_opaque_keys_and_a_mark_of_byte_order_are_read(store: Store, tmp_path: Path):
    first, second = store.patient_ids[:2]
    path = tmp_path / "keys.txt"
    path.write_text(f"{first}\n{store.key_of(second)}\n{first}\n", "utf-8-sig")
    assert patients_of(store, f"file:{path}") == sorted([first, second])
    with pytest.raises(UnknownPatient, match="unknown patient 'NOBODY'"):
        known(store, [first, "NOBODY"])


RISEN = "name: risen\nfind ALT above 3 x ULN\n"


@pytest.fixture
def question(tmp_path: Path) -> Path:
    path = tmp_path / "risen.txt"
    path.write_text(RISEN)
    return path


def test_a_question_is_a_list_of_whom_it_holds_for_on_that_day(store: Store, question: Path):
    assert patients_of(store, f"question:{question}") == ["MRN-1", "MRN-2"]
    question.write_text("where sex is F\n")
    assert patients_of(store, f"question:{question}") == ["MRN-1"]
    assert called(store, f"question:{question}") == "where sex is F"


def test_a_saved_cohort_is_a_list_by_its_name_and_by_its_owner_where_several_have_one(store: Store):
    saved_cohorts.save(store, "risen", RISEN, {}, "ann")
    assert patients_of(store, "cohort:risen") == ["MRN-1", "MRN-2"]
    saved_cohorts.save(store, "risen", "where sex is M\n", {}, "bob")
    with pytest.raises(QuestionError, match="cohort:OWNER/risen"):
        patients_of(store, "cohort:risen")
    assert patients_of(store, "cohort:bob/risen") == ["MRN-2"]
    with pytest.raises(QuestionError, match="saved: risen"):
        patients_of(store, "cohort:other")


def test_a_report_without_identities_is_not_made_of_a_question_about_few(store: Store, question: Path):
    now = pd.Timestamp("2030-06-03 06:00")
    kept = Schedule("monday", "digest", f"question:{question}", "Mon 06:00", "UTC", ())
    with pytest.raises(QuestionError, match="Fewer than 5"):
        make(store, kept, now, now, Config(store=str(store.place.folder)))


def test_a_question_that_names_patients_is_told_without_them_where_none_may_be_named(store: Store, question: Path):
    question.write_text("where id is MRN-1\n")
    assert called(store, f"question:{question}", named=False) == "where id is one of a list"
