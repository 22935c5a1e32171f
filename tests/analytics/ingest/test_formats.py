"""Each format is recognised by its columns and says what its source says."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import RefusedFile
from analytics.ingest import Ingest, Profile, read
from analytics.ingest.profile import load
from analytics.panel import show_time


def taken(folder: Path, text: str, profile: Profile | None = None, name: str = "file.csv") -> Ingest:
    path = folder / name
    path.write_text(text, "utf-8")
    return read(path, profile)


def test_adam_units_stand_in_the_name_and_derived_rows_are_left_out(tmp_path):
    got = taken(
        tmp_path,
        "USUBJID,PARAMCD,PARAM,AVAL,ADT,ANRLO,ANRHI,DTYPE\n"
        "1-1,ALT,Alanine Aminotransferase (U/L),45,2014-01-02,6,34,\n"
        "1-1,BILI,Bilirubin (umol/L),17.104,2014-01-02,3,20.5248,\n"
        "1-1,ALT,Alanine Aminotransferase (U/L),45,2014-01-09,6,34,LOCF\n",
    )
    assert (got.format, got.ignored_why["derived row"]) == ("adam_adlb", 1)
    assert got.labs["value"].tolist() == [45.0, 1.0]
    assert got.labs["uln"].round(6).tolist() == [34.0, 1.2]


@pytest.mark.parametrize("absent", range(6))
def test_a_file_without_a_column_of_the_format_that_its_profile_names_is_refused(tmp_path, absent):
    names = ["patientunitstayid", "labname", "labresultoffset", "labresult", "labresulttext", "labmeasurenameinterface"]
    cells = ["1", "ALT (SGPT)", "30", "45", "45", "Units/L"]
    whole = taken(tmp_path, f"{','.join(names)}\n{','.join(cells)}\n", load("eicu"))
    assert whole.labs["value"].tolist() == [45.0]
    del names[absent], cells[absent]
    with pytest.raises(RefusedFile, match="not all that the profile's format 'eicu' needs"):
        taken(tmp_path, f"{','.join(names)}\n{','.join(cells)}\n", load("eicu"))


def test_timeline_files_keep_days_and_never_dates(tmp_path):
    got = taken(
        tmp_path,
        "#comment\nPATIENT_ID\tSTART_DATE\tSTOP_DATE\tEVENT_TYPE\tTREATMENT_TYPE\tAGENT\tTEST\tRESULT\tLR_UNIT_MEASURE\n"
        "P-1\t-10\t\tLAB_TEST\t\t\tCEA\t5.5\tng/ml\n"
        "P-1\t0\t30\tTREATMENT\tMedical Therapy\tFOLFOX\t\t\t\n"
        "P-1\t40\t45\tTREATMENT\tRadiation Therapy\tWPRT\t\t\t\n"
        "P-2\t5\t\tSURGERY\tliver resection\t\t\t\t\n",
    )
    assert got.format == "cbioportal"
    assert [show_time(t, "study_day") for t in got.labs["collected_at"]] == ["day -10"]
    assert got.events["kind"].tolist() == ["systemic", "radiation", "hepatectomy"]
    assert got.patients[["patient_id", "clock"]].to_numpy().tolist() == [["P-1", "study_day"], ["P-2", "study_day"]]
    assert got.adds_up


FHIR = [
    {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1960-02-03"},
    {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "1742-6"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-03-05T08:30:00+01:00",
        "valueQuantity": {"value": 45.0, "unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"},
        "referenceRange": [{"low": {"value": 5}, "high": {"value": 40}}],
        "specimen": {"reference": "Specimen/s1"},
    },
    {
        "resourceType": "Observation",
        "status": "corrected",
        "code": {"coding": [{"system": "http://loinc.org", "code": "14631-6"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-03-05",
        "valueQuantity": {"value": 17.104, "comparator": "<", "unit": "umol/L"},
    },
    {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"text": "blood pressure"},
        "subject": {"reference": "Patient/p1"},
    },
    {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2857-1", "display": "CEA"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-03-05",
        "valueQuantity": {"value": 3, "unit": "ng/mL"},
    },
    {
        "resourceType": "Procedure",
        "status": "completed",
        "code": {"text": "ERCP with biliary stent"},
        "subject": {"reference": "Patient/p1"},
        "performedPeriod": {"start": "2024-03-01T09:00:00Z", "end": "2024-03-01T10:00:00Z"},
    },
    {
        "resourceType": "Procedure",
        "status": "not-done",
        "code": {"text": "TACE"},
        "subject": {"reference": "Patient/p1"},
        "performedDateTime": "2024-03-01",
    },
    {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": "oxaliplatin"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-02-01",
        "dosage": {"dose": {"value": 85, "unit": "mg/m2"}},
    },
    {
        "resourceType": "ImagingStudy",
        "status": "available",
        "subject": {"reference": "Patient/p1"},
        "started": "2024-03-02T10:00:00Z",
        "modality": [{"code": "PT"}, {"code": "CT"}],
    },
    {"resourceType": "Encounter", "id": "e"},
]


@pytest.fixture
def fhir(tmp_path: Path) -> Ingest:
    text = "\n".join(json.dumps(r) for r in FHIR) + "\n{broken\n\n"
    return taken(tmp_path, text, name="bulk.ndjson")


def test_fhir_observations_keep_unit_limits_zone_and_comparator(fhir):
    first, second = fhir.labs.to_dict("records")
    assert (first["analyte"], first["value"], first["uln"], first["specimen_id"]) == ("ALT", 45.0, 40.0, "s1")
    assert (str(first["collected_at"]), first["utc_offset_min"]) == ("2024-03-05 08:30:00", 60)
    assert (second["analyte"], second["value"], second["comparator"], second["status"]) == (
        "BILI",
        1.0,
        "<",
        "corrected",
    )
    assert second["precision"] == "day"


def test_fhir_codes_win_over_names(fhir):
    """2857-1 is PSA whatever its display says."""
    held = fhir.quarantine[fhir.quarantine["reason_code"] == "ANALYTE_UNKNOWN"]
    assert held["raw_cell"].tolist() == ["2857-1"]


def test_fhir_events_scans_and_people(fhir):
    stent, dose = fhir.events.to_dict("records")
    assert (stent["kind"], pd.isna(stent["end_date"])) == ("biliary_stent", True)
    assert (dose["kind"], dose["dose"], str(dose["end_date"])) == ("systemic", 85.0, "2024-02-01 00:00:00")
    assert fhir.imaging["modality"].tolist() == ["PET"]
    assert fhir.patients[["patient_id", "sex"]].to_numpy().tolist() == [["p1", "F"]]


def test_fhir_lines_are_all_accounted_for(fhir):
    assert fhir.adds_up
    assert fhir.reasons == {"ANALYTE_UNKNOWN": 1, "FIELD_COUNT": 1}
    assert fhir.ignored_why == {
        "Observation of category vital-signs is no laboratory result": 1,
        "resource Encounter is not read": 1,
        "Procedure that did not happen": 1,
        "blank line": 1,
    }


def test_pretty_printed_json_is_read_as_the_resource_that_it_is(tmp_path):
    got = taken(tmp_path, json.dumps(FHIR[0], indent=2), name="patient.json")
    assert got.patients["patient_id"].tolist() == ["p1"]


def test_a_workbook_is_read_whether_or_not_it_is_declared(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")
    book = openpyxl.Workbook()
    for row in (
        ("patient_id", "test", "date", "result", "unit"),
        (123, "ALT", pd.Timestamp("2024-03-05").to_pydatetime(), 45, "U/L"),
        ("P1", "BILI", pd.Timestamp("2024-03-05 08:30").to_pydatetime(), 0.7, "mg/dL"),
    ):
        book.active.append(row)
    path = tmp_path / "labs.csv"
    book.save(path)
    assert read(path).labs["value"].tolist() == [45.0, 0.7]
    got = read(path, Profile(name="book", excel=True))
    assert got.labs[["patient_id", "value", "source_line"]].to_numpy().tolist() == [["123", 45.0, 2], ["P1", 0.7, 3]]
    assert got.labs["precision"].tolist() == ["day", "minute"]


def test_procedures_are_named_by_their_words_and_stents_stay_in(tmp_path):
    got = taken(
        tmp_path,
        "STUDYID,DOMAIN,USUBJID,PRTRT,PRSTDTC,PRENDTC\n"
        "S,PR,1-1,ERCP with stent,2024-03-01,2024-03-01\n"
        "S,PR,1-1,Stereotactic radiotherapy,2024-04-01,2024-04-10\n"
        "S,PR,1-1,Colonoscopy,2024-05,\n",
    )
    assert got.events["kind"].tolist() == ["biliary_stent", "radiation", "other"]
    assert got.events["end_date"].isna().tolist() == [True, False, True]
    assert got.events["start_precision"].tolist() == ["day", "day", "month"]


@pytest.mark.external
def test_one_reader_of_each_scan_is_taken_and_named(shared_data):
    rs = read(shared_data / "cdiscpilot" / "rs_onco_recist.csv")
    assert (rs.results_in, len(rs.imaging), rs.ignored_why) == (66, 21, {"another reader of the same scan": 44})
    assert rs.imaging["detail"].str.contains("(accepted)", regex=False).all()
    assert rs.quarantine["raw_cell"].tolist() == ["2014-02"]
    tr = read(shared_data / "cdiscpilot" / "tr_onco_recist.csv")
    first = tr.imaging.iloc[0]
    assert (first["patient_id"], first["target_sum_mm"]) == ("01-701-1015", 98.66)
    assert tr.adds_up
    with pytest.raises(RefusedFile, match="no dates"):
        read(shared_data / "cdiscpilot" / "tu_onco_recist.csv")
