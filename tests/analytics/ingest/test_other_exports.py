"""Exports of other hospitals, registries and trials than those named: own heads, nothing wrong, nothing lost."""

from __future__ import annotations

import pytest

from analytics.errors import RefusedFile
from analytics.ingest.profile_draft import suggest
from analytics.ingest.synonyms import analyte_of
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


@pytest.mark.parametrize(
    "limit", ["ALT upper limit of normal", "ALT (ULN)", "uln_alt", "ULN for ALT", "ALT Upper Ref Limit", "alt-uln"]
)
def test_the_limit_of_a_wide_file_is_known_by_what_it_is_called(limit, tmp_path):
    text = f"Record ID,Visit date,ALT (U/L),{limit},Total bilirubin (mg/dL)\n1,2025-03-12,45,56,0.9\n"
    got = plainly(tmp_path, text)
    assert lines(got) == wanted("1 ALT 2025-03-12 45 U/L [-56]\n1 BILI 2025-03-12 0.9 mg/dL")


def test_a_range_beside_a_column_of_a_test_is_read(tmp_path):
    text = "MRN,Date,ALT,ALT units,ALT ref range\n1,2025-03-12,45,U/L,7-56\n"
    assert lines(plainly(tmp_path, text)) == ["1 ALT 2025-03-12 45 U/L [7-56]"]


HEADS = "MRN,Collection Date,ALT,Bilirubin Total\n"
RESULTS = "P1,2025-03-12,45,0.8\nP2,2025-03-19,147,2.1\n"


@pytest.mark.parametrize(
    ("rows", "limits"),
    [
        ("Units,,U/L,mg/dL\nReference range,,7-56,0.2-1.2\n", ("[7-56]", "[0.2-1.2]")),
        (",,U/L,mg/dL\n,,7-56,0.2-1.2\n", ("[7-56]", "[0.2-1.2]")),
        ("Einheit,,U/L,mg/dL\nULN,,56,1.2\nLLN,,7,0.2\n", ("[7-56]", "[0.2-1.2]")),
        ("Unit,Unit,U/L,mg/dL\n", ("", "")),
    ],
)
def test_rows_of_units_and_of_limits_below_the_heads_count_for_all_results(rows, limits, tmp_path):
    got = plainly(tmp_path, HEADS + rows + RESULTS)
    alt, bili = limits
    assert lines(got) == wanted(
        f"P1 ALT 2025-03-12 45 U/L {alt}\nP1 BILI 2025-03-12 0.8 mg/dL {bili}\n"
        f"P2 ALT 2025-03-19 147 U/L {alt}\nP2 BILI 2025-03-19 2.1 mg/dL {bili}"
    )
    assert sum(got.ignored_why.values()) == 2 * rows.count("\n")


def test_a_row_of_nobody_that_says_something_else_is_held_back(tmp_path):
    got = plainly(tmp_path, HEADS + "Device,,Cobas,Cobas\n,,44,0.9\n" + RESULTS)
    assert len(got.quarantine) == 8 and not len(got.labs)


def test_an_analysis_day_without_a_time_is_read_beside_an_empty_time(tmp_path):
    text = "USUBJID,PARAMCD,AVAL,AVALU,ADT,ADTM\nX,ALT,45,U/L,2025-03-12,\nX,AST,46,U/L,2025-03-12,2025-03-12T08:00\n"
    got = plainly(tmp_path, text)
    assert lines(got) == wanted("X ALT 2025-03-12 45 U/L\nX AST 2025-03-12 08:00 46 U/L")


@pytest.mark.parametrize(
    ("columns", "row", "line"),
    [
        ("LBORRES,LBORRESU,LBSTRESC,LBSTRESN,LBSTRESU,LBSTNRHI", "<0.2,mg/dL,<3.4208,3.4208,umol/L,20.5248",
         "<0.2 mg/dL [-1.2]"),
        ("LBORRES,LBORRESU,LBORNRHI,LBSTRESN,LBSTRESU", "0.9,mg/dL,1.2,15.4,umol/L", "0.9 mg/dL [-1.2]"),
        ("LBORRES,LBORRESU,LBORNRHI,LBSTRESN,LBSTRESU,LBSTNRHI", "0.9,mg/dL,1.2,17.104,umol/L,20.5248",
         "1 mg/dL [-1.2]"),
    ],
)  # fmt: skip
def test_a_limit_of_a_trial_is_kept_with_the_result_in_its_unit(columns, row, line, tmp_path):
    text = f"USUBJID,LBTESTCD,LBDTC,{columns}\nX,BILI,2025-03-12,{row}\n"
    assert lines(plainly(tmp_path, text, "lb.csv")) == [f"X BILI 2025-03-12 {line}"]


PCORNET = (
    "LAB_RESULT_CM_ID,PATID,SPECIMEN_SOURCE,LAB_LOINC,SPECIMEN_DATE,SPECIMEN_TIME,RESULT_NUM,RESULT_MODIFIER,"
    "RESULT_UNIT,NORM_RANGE_LOW,NORM_RANGE_HIGH,RAW_LAB_NAME,RAW_RESULT,RAW_UNIT\n"
    "1,p9,SER_PLAS,1742-6,2025-03-12,08:05,45,EQ,U/L,7,56,ALT,45,U/L\n"
    "2,p9,SER_PLAS,1975-2,2025-03-12,08:05,0.2,LT,mg/dL,0.2,1.2,TBIL,<0.2,mg/dL\n"
    "3,p9,URINE,2161-8,2025-03-12,08:05,60,EQ,mg/dL,,,CREAT,60,mg/dL\n"
    "4,p9,NI,,2025-03-12,,41,NI,NI,,,AST,41,U/L\n5,p9,OT,1920-8,2025-03-13,,41,EQ,U/L,,,AST,41,U/L\n"
    "6,p9,SER_PLAS,1751-7,2025-03-13,,41,OT,g/L,,,ALB,41,g/L\n7,p9,SER_PLAS,2324-2,2025-03-13,,41,EQ,U/L,,,ALP,41,U/L\n"
)


def test_results_of_the_pcornet_model_are_read_with_specimen_modifier_and_range(tmp_path):
    got = plainly(tmp_path, PCORNET, "LAB_RESULT_CM.csv")
    assert got.format == "pcornet"
    assert lines(got) == wanted(
        "p9 ALT 2025-03-12 08:05 45 U/L [7-56]\np9 BILI 2025-03-12 08:05 <0.2 mg/dL [0.2-1.2]\np9 AST 2025-03-12 41 U/L"
    )
    assert got.reasons == {"SPECIMEN_UNKNOWN": 1, "COMPARATOR_UNKNOWN": 1, "ANALYTE_CONFLICT": 1}
    assert sum(got.ignored_why.values()) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Albumin Level", "ALB"), ("Sodium Lvl", "SODIUM"), ("Platelet Count", "PLAT"), ("Creatinine, Ser", "CREAT"),
        ("Glucose, Ser/Plas", "GLUC"), ("Bilirubin, Direct, Serum", "BILDIR"), ("Protein, S", ""), ("Albumin, U", ""),
        ("Protein C level", ""), ("Albumin/Creatinine, Ser", ""), ("Hemoglobin A1c level", ""),
    ],
)  # fmt: skip
def test_what_a_system_puts_behind_every_name_hides_no_test_and_makes_none(name, code):
    assert analyte_of(name) == code


DUTCH = (
    "Patiëntnummer;Afnamedatum;Bepaling;Uitslag;Eenheid;Ondergrens;Bovengrens\n"
    "55;13-03-2025;Alk. fosfatase;120;U/l;40;115\n"
)
PORTUGUESE = (
    "Utente;Data da colheita;Análise;Resultado;Unidades;Valor mínimo;Valor máximo\n"
    "55;13/03/2025;ALT (TGP);45;U/L;7;56\n55;13/03/2025;Bilirrubina total;0,9;mg/dL;0,2;1,2\n"
)
SPANISH_WIDE = "Nº Historia;Fecha toma;GPT (UI/L);FA (UI/L);Albúmina (g/dL)\n88;13/03/2025;45;120;3,9\n"
POLISH = "Pacjent;Data pobrania;Badanie;Wynik;Jednostka\n55;13.03.2025;Bilirubina całkowita;0,9;mg/dl\n"
DANISH = "CPR-nr;Prøvetagning;Analyse;Svar;Enhed\n010160-1234;13-03-2025;Basisk fosfatase;120;U/L\n"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (DUTCH, "55 ALP 2025-03-13 120 U/L [40-115]"),
        (PORTUGUESE, "55 ALT 2025-03-13 45 U/L [7-56]\n55 BILI 2025-03-13 0.9 mg/dL [0.2-1.2]"),
        (SPANISH_WIDE, "88 ALT 2025-03-13 45 U/L\n88 ALP 2025-03-13 120 U/L\n88 ALB 2025-03-13 3.9 g/dL"),
        (POLISH, "55 BILI 2025-03-13 0.9 mg/dL"),
        (DANISH, "010160-1234 ALP 2025-03-13 120 U/L"),
    ],
    ids=["dutch", "portuguese", "spanish", "polish", "danish"],
)
def test_a_file_in_another_language_is_drafted_with_its_limits(text, stored, tmp_path):
    assert lines(drafted(tmp_path, text)) == wanted(stored)


def test_a_day_of_ordering_or_reporting_is_never_taken_for_that_of_the_draw(tmp_path):
    path = tmp_path / "labs.csv"
    path.write_text("MRN,Test,Order Date,Result Date,Result,Units\n1,ALT,2025-03-01,2025-03-06,45,U/L\n")
    draft = suggest(path)
    assert "collected_at =" not in draft.text.split("# ?")[0]
    assert any(q.startswith("collected at:") and "Order Date" in q for q in draft.questions)


@pytest.mark.parametrize("how", [plainly, drafted])
def test_a_column_of_fluids_beside_one_of_numbers_is_no_number(how, tmp_path):
    text = (
        "MRN,Test,Collection Date,Result,Units,Specimen,Accession\n1,ALT,2025-03-04,45,U/L,Serum,A1\n"
        "1,ALT,2025-03-04,47,U/L,Serum,A2\n1,Albumin,2025-03-04,11,g/L,Ascites,A3\n"
    )
    got = how(tmp_path, text)
    assert lines(got) == wanted("1 ALT 2025-03-04 45 U/L\n1 ALT 2025-03-04 47 U/L")
    assert set(got.labs["specimen_id"]) == {"A1", "A2"}


def test_units_behind_names_of_tests_in_rows_are_proposed_where_all_agree(tmp_path):
    text = (
        "MRN,Test,Collection Date,Result\n1,ALT (U/L),2025-03-04,45\n1,Bilirubin [umol/L],2025-03-05,17.104\n"
        "1,Albumin (g/L),2025-03-05,40\n1,Albumin (g/dL),2025-03-06,4\n"
    )
    got = drafted(tmp_path, text)
    assert lines(got) == wanted("1 ALT 2025-03-04 45 U/L\n1 BILI 2025-03-05 1 mg/dL")
    assert got.reasons == {"UNIT_MISSING": 2}


def test_heads_that_are_not_utf8_say_which_option_names_the_encoding(tmp_path):
    with pytest.raises(RefusedFile, match="not UTF-8; name the encoding with --encoding"):
        plainly(tmp_path, "Patient;Größe;Test\n1;2;3\n".encode("cp1252"))


def test_a_test_with_a_date_of_its_own_is_of_that_day_and_of_no_other(tmp_path):
    text = "MRN,Visit Date,ALT (U/L),ALT date,AST (U/L)\n1,2025-03-12,45,2025-03-10,40\n2,2025-03-12,45,,40\n"
    got = plainly(tmp_path, text)
    assert lines(got) == wanted("1 ALT 2025-03-10 45 U/L\n1 AST 2025-03-12 40 U/L\n2 AST 2025-03-12 40 U/L")
    assert got.reasons == {"DATE_MISSING": 1}


@pytest.mark.parametrize(
    ("days", "read"),
    [
        (("25.04.10", "24.04.11"), []), (("25-04-10",), []), (("25.04.25", "03.04.25"), ["2025-04-03", "2025-04-25"]),
        (("31.12.24", "02.01.25"), ["2024-12-31", "2025-01-02"]), (("28.3.25", "3.4.25"), ["2025-03-28", "2025-04-03"]),
        (("25.04.32",), []),
    ],
)  # fmt: skip
def test_a_year_of_two_digits_that_may_stand_in_front_is_asked(days, read, tmp_path):
    text = "MRN,Test,Collected,Result,Units\n" + "".join(f"1,ALT,{day},45,U/L\n" for day in days)
    assert [line.split()[2] for line in lines(drafted(tmp_path, text))] == read


def test_units_in_several_pieces_behind_a_name_are_drafted_and_their_limits_follow(tmp_path):
    text = (
        'id,date,alt_u_l,alt_u_l_uln,bilirubin_mg_dl,platelets_10_9_l,"Albumin, g/L"\n1,2025-03-12,45,56,0.9,210,40\n'
    )
    got = drafted(tmp_path, text)
    assert lines(got) == wanted(
        "1 ALT 2025-03-12 45 U/L [-56]\n1 BILI 2025-03-12 0.9 mg/dL\n1 PLAT 2025-03-12 210 10*9/L\n"
        "1 ALB 2025-03-12 4 g/dL"
    )


def test_the_limit_of_a_column_with_its_unit_in_brackets_is_read(tmp_path):
    text = "MRN,Date,ALT (U/L),ALT (U/L) ULN\n1,2025-03-12,45,56\n"
    assert lines(plainly(tmp_path, text)) == ["1 ALT 2025-03-12 45 U/L [-56]"]


def test_a_column_lab_that_holds_tests_is_drafted_as_these_and_a_day_of_completion_is_no_draw(tmp_path):
    text = "StudyID,{},Lab,LabValue,LabUnits,ULN\nS-1,2025-03-12,ALT,45,IU/L,56\nS-1,2025-03-12,AST,40,IU/L,40\n"
    got = drafted(tmp_path, text.format("VisitDate"))
    assert lines(got) == wanted("S-1 ALT 2025-03-12 45 U/L [-56]\nS-1 AST 2025-03-12 40 U/L [-40]")
    path = tmp_path / "other.csv"
    path.write_text(text.format("Date Completed"))
    assert "collected_at =" not in suggest(path).text.split("# ?")[0]
