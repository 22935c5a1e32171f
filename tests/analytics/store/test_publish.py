"""What a publication stores, counts and shows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from analytics.errors import RefusedFile, StoreError, UnknownPatient
from analytics.panel import Panel
from analytics.store import Store, open_store
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame
from tests.builders import events_of, imaging_of


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def shown(store: Store) -> list[tuple[str, str, float, str]]:
    labs = store.table("labs")
    return list(zip(labs["patient_id"], labs["analyte"], labs["value"], labs["replaced"].fillna(""), strict=True))


def test_an_empty_store_has_generation_0_and_nobody_in_it(store):
    assert store.generation == 0
    assert len(store.panel()) == 0
    assert len(store.worklist()) == 0


def test_what_is_published_is_what_panel_of_makes_of_the_same_frames(store):
    labs = cohort(20)
    events = events_of([("2024-01-05", "systemic", "FOLFOX")], "P00003")
    imaging = imaging_of([("2024-02-01", "CT", "PR", 50.0)], "P00004")
    store.publish(ingest_of(labs, events, imaging), by="me")
    panel, expected = store.panel(), Panel.of(labs, events, imaging)
    for name in ("labs", "events", "imaging", "patients"):
        left, right = getattr(panel, name), getattr(expected, name)
        if name == "labs":
            assert left["result_id"].is_unique
            left, right = left.drop(columns="result_id"), right.drop(columns="result_id")
            right = right.assign(replaced=right["replaced"].fillna(""))
        assert_frame_equal(left, right)
    assert panel.as_of == expected.as_of
    assert panel.generation == store.generation == 1


def test_the_receipt_adds_up_and_names_who_and_what(store):
    held = pd.DataFrame(
        {"file": "case.csv", "line": [9], "reason_code": "UNIT_UNKNOWN", "message": "unit 'mg%'", "patient_id": "P1"}
    )
    source = ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", 40)), quarantine=held, ignored=2, results_in=4)
    receipt = store.publish(source, by="coordinator")[0]
    assert (receipt.results_in, receipt.stored, receipt.quarantined, receipt.ignored) == (4, 1, 1, 2)
    assert receipt.reasons == {"UNIT_UNKNOWN": 1}
    assert receipt.adds_up
    assert store.imports()["imported_by"].tolist() == ["coordinator"]
    assert store.panel(["P1"]).held["reason_code"].tolist() == ["UNIT_UNKNOWN"]
    assert store.worklist()["n_held"].tolist() == [1]


def test_sums_that_do_not_add_up_are_refused_and_nothing_is_stored(store):
    source = ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", 40)), results_in=2)
    with pytest.raises(RefusedFile, match="do not add up"):
        store.publish(source)
    assert store.generation == 0
    assert store.imports().empty


def test_the_same_file_again_adds_nothing(store):
    source = ingest_of(cohort(3))
    first, second = store.publish([source, source])
    assert (first.stored, first.already) == (30, False)
    assert (second.stored, second.duplicate, second.already) == (0, 30, True)
    assert second.adds_up
    assert store.generation == 1


def test_the_same_rows_in_another_file_are_duplicates(store):
    everybody = cohort(4)
    store.publish(ingest_of(everybody[everybody["patient_id"] != "P00003"]))
    receipt = store.publish(ingest_of(everybody))[0]
    assert (receipt.stored, receipt.duplicate) == (10, 30)
    assert len(store.table("labs")) == 40


VERSIONS = [
    lab("P1", "2024-01-01", "ALT", 40, "preliminary"),
    lab("P1", "2024-01-01", "ALT", 44, "final"),
    lab("P1", "2024-01-01", "ALT", 55, "corrected"),
]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2)])
def test_the_corrected_value_is_shown_whatever_the_order_of_the_files(store, order):
    for i in order:
        store.publish(ingest_of(labs_frame(VERSIONS[i])))
    assert shown(store) == [("P1", "ALT", 55.0, "44 U/L")]


def test_versions_in_one_file_are_settled_too(store):
    receipt = store.publish(ingest_of(labs_frame(*VERSIONS)))[0]
    assert (receipt.stored, receipt.superseded) == (1, 2)
    assert shown(store) == [("P1", "ALT", 55.0, "44 U/L")]


def test_a_result_entered_in_error_leaves_the_view(store):
    store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", 40), lab("P1", "2024-01-08", "ALT", 41))))
    store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", 40, "entered_in_error"))))
    assert shown(store) == [("P1", "ALT", 41.0, "")]


def test_another_value_of_equal_rank_is_held_back_and_the_first_stays(store):
    store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", 40))))
    receipt = store.publish(ingest_of(labs_frame(lab("P1", "2024-01-01", "ALT", 400))))[0]
    assert (receipt.stored, receipt.quarantined, receipt.reasons) == (0, 1, {"CONFLICT": 1})
    assert shown(store) == [("P1", "ALT", 40.0, "")]
    held = store.panel(["P1"]).held
    assert held[["raw_cell", "line", "analyte"]].iloc[0].tolist() == ["400 U/L", 2, "ALT"]


def test_an_event_that_gets_its_end_takes_the_place_of_the_open_one(store):
    store.publish(ingest_of(events=events_of([("2024-01-05", "biliary_stent", "metal stent")])))
    receipt = store.publish(
        ingest_of(events=events_of([("2024-01-05", "biliary_stent", "metal stent", "2024-03-01")]))
    )[0]
    assert receipt.stored == 1
    assert store.table("events")["end_date"].tolist() == [pd.Timestamp("2024-03-01")]


def test_another_sex_of_a_known_patient_is_held_back(store):
    def people(sex):
        return pd.DataFrame({"patient_id": ["P1"], "sex": [sex], "clock": ["date"]})

    store.publish(ingest_of(patients=people("F")))
    receipt = store.publish(ingest_of(patients=people("M")))[0]
    assert receipt.reasons == {"CONFLICT": 1}
    assert store.table("patients")["sex"].tolist() == ["F"]


def test_what_is_known_of_a_patient_grows_from_file_to_file(store):
    store.publish(ingest_of(patients=pd.DataFrame({"patient_id": ["P1"], "sex": ["F"], "clock": ["date"]})))
    more = pd.DataFrame({"patient_id": ["P1"], "primary_site": ["colorectal"], "clock": ["date"]})
    store.publish(ingest_of(patients=more))
    assert store.table("patients")[["sex", "primary_site"]].iloc[0].tolist() == ["F", "colorectal"]


def test_study_days_and_dates_never_meet_in_one_patient(store):
    people = pd.DataFrame({"patient_id": ["P1"], "clock": ["study_day"]})
    store.publish(ingest_of(labs_frame(lab("P1", "2000-01-08", "ALT", 40)), patients=people, uncounted=1, results_in=1))
    with pytest.raises(RefusedFile, match="clock"):
        store.publish(ingest_of(labs_frame(lab("P1", "2024-01-08", "ALT", 40))))
    assert len(store.table("labs")) == 1


def test_the_cut_off_of_study_days_is_not_a_calendar_date(store):
    people = pd.DataFrame({"patient_id": ["S1"], "clock": ["study_day"]})
    store.publish(ingest_of(labs_frame(lab("S1", "2000-01-08", "ALT", 40)), patients=people, uncounted=1, results_in=1))
    store.publish(ingest_of(labs_frame(lab("D1", "2024-01-08", "ALT", 40))))
    assert store.panel(["S1"]).as_of == pd.Timestamp("2000-01-08")
    assert store.panel(["D1"]).as_of == store.as_of == pd.Timestamp("2024-01-08")


def test_keys_are_opaque_and_lead_back(store):
    store.publish(ingest_of(cohort(5)))
    keys = store.worklist()["key"]
    assert keys.str.fullmatch("[a-z2-7]{10}").all()
    assert {store.patient_of(k) for k in keys} == set(store.patient_ids)
    with pytest.raises(UnknownPatient):
        store.patient_of("aaaaaaaaaa")


def test_an_unknown_patient_has_no_panel(store):
    store.publish(ingest_of(cohort(2)))
    with pytest.raises(UnknownPatient):
        store.panel(["P00000", "nobody"])


def test_a_store_that_is_not_there_is_not_made_when_only_reading(tmp_path):
    with pytest.raises(StoreError, match="no store in"):
        open_store(str(tmp_path / "absent"), create=False)


def test_everything_of_the_store_is_for_its_owner_alone(store):
    store.publish(ingest_of(cohort(2)))
    for path in (store.place.folder, *store.place.folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_new_id_that_looks_like_a_known_one_is_named_and_kept_apart(store):
    store.publish(ingest_of(labs_frame(lab("00123", "2024-01-01", "ALT", 30), lab("PO7", "2024-01-01", "ALT", 30))))
    later = ingest_of(labs_frame(lab("123", "2024-01-02", "ALT", 30), lab("p07", "2024-01-02", "ALT", 30)))
    assert store.publish(later)[0].alike == ("123 (like 00123)", "p07 (like PO7)")
    assert store.patient_ids == ["00123", "123", "PO7", "p07"]
