"""A test that a file names by a code and by a name is stored only where both are of one test."""

from __future__ import annotations

import json

import pytest

from tests.analytics.ingest.told import drafted, lines, plainly, wanted

HEAD = "patient_id,loinc_code,test_name,date,value,unit\n"
ROWS = (
    "P1,1742-6,ALT,2025-03-12,45,U/L\nP1,1742-6,AST,2025-03-12,46,U/L\n"
    "P1,1975-2,Direct bilirubin,2025-03-12,0.9,mg/dL\nP1,1751-7,Albumin,2025-03-12,40,g/L\n"
    "P1,1747-5,Albumin,2025-03-12,12,g/L\n"
)
KEPT = "P1 ALB 2025-03-12 4 g/dL\nP1 ALT 2025-03-12 45 U/L"


@pytest.mark.parametrize("how", [plainly, drafted])
def test_a_code_and_a_name_of_different_tests_hold_the_result_back(how, tmp_path):
    got = how(tmp_path, HEAD + ROWS)
    assert lines(got) == wanted(KEPT)
    assert got.reasons == {"ANALYTE_CONFLICT": 3}
    assert "the code '1742-6' and the name 'AST' are not of one test" in set(got.quarantine["message"])


@pytest.mark.parametrize("how", [plainly, drafted])
def test_a_code_of_loinc_decides_where_the_name_is_in_another_language(how, tmp_path):
    rows = (
        "P1,1742-6,Alanina-aminotransferaasi,2025-03-12,45,U/L\nP1,,AST,2025-03-12,46,U/L\n"
        "P1,1975-2,Indirect bilirubin,2025-03-12,0.4,mg/dL\nP1,14798-3,Rauta,2025-03-12,12,umol/L\n"
    )
    got = how(tmp_path, HEAD + rows)
    assert lines(got) == wanted("P1 ALT 2025-03-12 45 U/L\nP1 AST 2025-03-12 46 U/L")
    assert got.reasons["ANALYTE_CONFLICT"] == 1


def test_a_code_of_the_laboratory_alone_names_no_test_beside_an_unknown_name(tmp_path):
    head = "patient_id,test_code,test_name,date,value,unit\n"
    rows = "P1,ALB,Albumin fraction (electrophoresis),2025-03-12,55,g/L\nP1,L17,Albumin,2025-03-12,40,g/L\n"
    got = plainly(tmp_path, head + rows)
    assert lines(got) == ["P1 ALB 2025-03-12 4 g/dL"]
    assert got.reasons == {"ANALYTE_UNKNOWN": 1}


def test_a_fhir_observation_whose_loinc_and_words_are_of_two_tests_is_held_back(tmp_path):
    def observation(code: str, text: str) -> str:
        return json.dumps(
            {
                "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/p"},
                "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": text},
                "effectiveDateTime": "2025-03-12", "valueQuantity": {"value": 45, "unit": "U/L"},
            }
        )  # fmt: skip

    text = "\n".join([observation("1742-6", "AST"), observation("1742-6", "Liver test of today")])
    got = plainly(tmp_path, text + "\n", "o.ndjson")
    assert lines(got) == ["p ALT 2025-03-12 45 U/L"]
    assert got.reasons == {"ANALYTE_CONFLICT": 1}


def test_an_hl7_segment_whose_loinc_and_name_are_of_two_tests_is_held_back(tmp_path):
    pytest.importorskip("hl7")
    text = (
        "MSH|^~\\&|L|L|||20250312||ORU^R01|1|P|2.5\rPID|||5^^^^MR\rOBR|1|||X|||20250312\r"
        "OBX|1|NM|1742-6^Aspartate aminotransferase^LN||45|U/L|||||F\rOBX|2|NM|1920-8^AST^LN||46|U/L|||||F\r"
    )
    got = plainly(tmp_path, text, "m.hl7")
    assert (lines(got), got.reasons) == (["5 AST 2025-03-12 46 U/L"], {"ANALYTE_CONFLICT": 1})
