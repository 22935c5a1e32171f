"""Exports of other hospitals, registries and trials than those named: own heads, nothing wrong, nothing lost."""

from __future__ import annotations

import pytest

from analytics.ingest.profile_draft import suggest
from tests.analytics.ingest.told import drafted, lines, plainly, wanted

REDCAP_LONG = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,lab_date,lab_test,{value},lab_unit\n"
    "1,baseline_arm_1,labs,1,2025-03-12,ALT,45,U/L\n1,baseline_arm_1,labs,2,2025-03-12,AST,41,U/L\n"
    "1,baseline_arm_1,labs,3,2025-03-19,ALT,47,U/L\n"
)
REDCAP_STORED = "1 ALT 2025-03-12 45 U/L\n1 AST 2025-03-12 41 U/L\n1 ALT 2025-03-19 47 U/L"


@pytest.mark.parametrize("value", ["lab_value", "lab_res"])
def test_the_number_of_a_repeat_is_never_taken_for_the_result(value, tmp_path):
    got = drafted(tmp_path, REDCAP_LONG.format(value=value))
    assert lines(got) == wanted(REDCAP_STORED)


def test_of_two_columns_of_numbers_without_a_telling_name_none_is_taken_for_the_result(tmp_path):
    path = tmp_path / "labs.csv"
    path.write_text("patient_id,test,date,x,y\nP1,ALT,2025-03-12,45,7.5\nP1,AST,2025-03-12,41,9.5\n")
    draft = suggest(path)
    assert "value =" not in draft.text.split("# ?")[0]
    assert any(q.startswith("value: no column") for q in draft.questions)


CERNER = (
    "PERSON_ID,EVENT_CD_DISP,RESULT_VAL,RESULT_UNITS_DISP,{status},EVENT_END_DT_TM\n"
    "991,ALT,45,Units/L,Auth (Verified),2025-03-12 08:05:00\n991,AST,41,Units/L,In Error,2025-03-12 08:05:00\n"
)


@pytest.mark.parametrize("status", ["RESULT_STATUS_CD_DISP", "RESULT STAT", "Obs_Status_Text", "status_txt"])
@pytest.mark.parametrize("how", [plainly, drafted])
def test_a_result_in_error_is_not_shown_whatever_its_column_of_statuses_is_called(how, status, tmp_path):
    assert lines(how(tmp_path, CERNER.format(status=status))) == ["991 ALT 2025-03-12 08:05 45 U/L"]


def test_a_status_of_something_else_is_no_status_of_the_result(tmp_path):
    head = "patient_id,test,date,value,unit,vital status,order status\n"
    got = plainly(tmp_path, head + "P1,ALT,2025-03-12,45,U/L,deleted,cancelled\n")
    assert lines(got) == ["P1 ALT 2025-03-12 45 U/L"]


def test_a_hospital_system_of_another_country_is_drafted_with_its_own_heads(tmp_path):
    text = (
        "UNIT NUMBER|PATIENT NAME|SPECIMEN NUMBER|COLLECT DATE|COLLECT TIME|TEST MNEMONIC|TEST NAME|RESULT|UNITS|"
        "NORMAL RANGE\nM000123|DOE,JANE|0312:C00012S|03/12/25|0805|ALT|ALT (SGPT)|45|U/L|7-56\n"
        "M000123|DOE,JANE|0329:C00012S|03/29/25|1620|ALT|ALT (SGPT)|< 5|U/L|7-56\n"
    )
    assert lines(drafted(tmp_path, text)) == wanted(
        "M000123 ALT 2025-03-12 08:05 45 U/L [7-56]\nM000123 ALT 2025-03-29 16:20 <5 U/L [7-56]"
    )


def test_dates_of_digits_alone_are_read_with_their_time_and_never_a_digit_too_few(tmp_path):
    rows = "".join(
        f"9|ALT|{when}|{value}|U/L\n"
        for value, when in ((45, "20250312"), (46, "202503131015"), (47, "20250314101530"), (48, "2025031210"))
    )
    got = drafted(tmp_path, "PID|TEST|COLLDT|RESULT|UNITS\n" + rows)
    assert lines(got) == wanted("9 ALT 2025-03-12 45 U/L\n9 ALT 2025-03-13 10:15 46 U/L\n9 ALT 2025-03-14 10:15 47 U/L")
    assert got.reasons == {"DATE_FORMAT": 1}
