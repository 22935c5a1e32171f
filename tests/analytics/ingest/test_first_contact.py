"""Exports as hospitals, trials and public tools write them come in by plain import, by an unedited draft or a built-in
profile, with their limits; nothing wrong, nothing extra (values are invented)."""

from __future__ import annotations

import csv
import gzip
import math
import zipfile
from pathlib import Path

import pytest

from analytics.ingest import Ingest, read
from analytics.ingest.profile import from_toml
from analytics.ingest.profile_draft import suggest
from analytics.ingest.versions import settle

CASES = Path(__file__).parent / "cases" / "first_contact"


def drafted(path: Path) -> Ingest:
    """The file read with its own draft, as it was written."""
    got = read(path, from_toml(suggest(path).text, "draft"))
    assert got.adds_up
    return got


def stored(got: Ingest) -> dict[tuple[str, str, str], tuple[float, str, str, float | None, float | None]]:
    """What the view shows of numbers: value, comparator, unit and limits by patient, analyte and time."""
    assert got.adds_up
    labs = got.labs[settle(got.labs).current & got.labs["value"].notna()]
    day = labs["collected_at"].dt.strftime("%Y-%m-%d").where(labs["precision"] == "day")
    when = day.fillna(labs["collected_at"].dt.strftime("%Y-%m-%d %H:%M"))
    keys = list(zip(labs["patient_id"], labs["analyte"], when, strict=True))
    assert len(set(keys)) == len(keys)
    columns = [labs[c] for c in ("value", "comparator", "unit", "lln", "uln")]
    rows = [(v, c, u, _limit(low), _limit(high)) for v, c, u, low, high in zip(*columns, strict=True)]
    return {k: row for k, row in zip(keys, rows, strict=True) if k[1] not in BODY}


BODY = ("WEIGHT", "HEIGHT")
"""Followed since the lists of what to expect were written; they stand there as left out, with their numbers."""


@pytest.mark.parametrize(
    ("folder", "numbers"), [("07_omop_measurement", [172.0]), ("21_flow_sheet_transposed", [71.0, 70.0, 70.0, 69.0])]
)
def test_body_weight_and_height_come_out_as_they_are_written(folder, numbers):
    labs = drafted(CASES / folder / FILES[folder]).labs
    assert labs.loc[labs["analyte"].isin(BODY), "value"].tolist() == numbers


def _limit(number: float) -> float | None:
    return None if math.isnan(number) else pytest.approx(number)


def expected(folder: str) -> dict[tuple[str, str, str], tuple[object, ...]]:
    with (CASES / folder / "expected.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["what"] == "stored"]
    return {
        (r["patient"], r["analyte"], r["time"][:16]): (
            pytest.approx(float(r["value"])),
            r["comparator"],
            r["unit"],
            float(r["lln"]) if r["lln"] else None,
            float(r["uln"]) if r["uln"] else None,
        )
        for r in rows
    }


FILES = {
    "01_epic": "results.csv",
    "03_german_lis": "Laborexport.csv",
    "06_spanish_lis": "analitica.txt",
    "07_omop_measurement": "measurement.csv",
    "08_redcap_wide": "study_DATA_2024-03-01.csv",
    "11_mimic_labevents": "labevents.csv",
    "13_sdtm_lb_xpt": "lb.xpt",
    "15_fhir_bundle_pretty": "bundle.json",
    "17_hl7_oru": "oru.hl7",
    "19_csv_gz": "labs_2024-01.csv.gz",
    "21_flow_sheet_transposed": "flowsheet.csv",
    "23_date_time_apart": "lab_extract.csv",
}


SAY_ALL = ("13_sdtm_lb_xpt", "15_fhir_bundle_pretty", "17_hl7_oru", "19_csv_gz")


@pytest.mark.parametrize("folder", [f for f in FILES if f not in SAY_ALL[:3]])
def test_the_unedited_draft_stores_all_of_a_file_and_nothing_else(folder):
    assert stored(drafted(CASES / folder / FILES[folder])) == expected(folder)


@pytest.mark.parametrize("folder", ["07_omop_measurement", "23_date_time_apart", *SAY_ALL])
def test_a_file_that_says_all_of_itself_needs_no_profile(folder):
    assert stored(read(CASES / folder / FILES[folder])) == expected(folder)


@pytest.mark.parametrize(
    ("folder", "profile"),
    [
        ("01_epic", "epic"),
        ("11_mimic_labevents", "mimic"),
        ("07_omop_measurement", "omop"),
        ("08_redcap_wide", "redcap"),
    ],
)
def test_a_built_in_profile_declares_what_a_family_needs(folder, profile):
    assert stored(read(CASES / folder / FILES[folder], profile)) == expected(folder)


def test_the_profile_of_flat_exports_reads_columns_named_by_test_and_unit(tmp_path):
    text = (
        "record_id,redcap_event_name,sex,visit_date,alat_ukatl,alat_uln,tbili_umoll,tbili_uln,albumin_gl,plt_e9l,crea_x\n"
        "7,week_1_arm_1,2,2024-01-22,0.6,0.7,17.104,21,38,212,9\n"
    )
    got = read(sibling(tmp_path, text), "redcap")
    assert [(a, v) for _, a, _, v, _ in found(got)] == [
        ("ALB", 3.8), ("ALT", 36.0), ("BILI", 1.0), ("PLAT", 212.0),
    ]  # fmt: skip
    assert got.labs.set_index("analyte")["uln"].dropna().round(2).to_dict() == {"ALT": 42.0, "BILI": 1.23}
    assert (len(got.patients), "crea_x" in " ".join(got.notes)) == (0, True)
    twice = "record_id,visit_date,ALT,ALT_UL\n7,2024-01-22,38,40\n"
    assert [
        v
        for *_, v, _ in found(
            read(sibling(tmp_path, twice, "b.csv"), from_toml('units_in_names = true\n[units]\nALT="U/L"'))
        )
    ] == [38.0]
    long = "record_id,redcap_repeat_instrument,lab_test,lab_date,lab_result,lab_unit\n1,labs,ALT,2024-01-22,38,U/L\n"
    assert found(read(sibling(tmp_path, long, "c.csv"), "redcap")) == [("1", "ALT", "2024-01-22", 38.0, "")]


def test_an_hour_that_is_written_with_its_offset_keeps_both():
    labs = read(CASES / "15_fhir_bundle_pretty" / "bundle.json").labs
    assert set(labs["utc_offset_min"]) == {60}
    assert set(labs["collected_at"].dt.strftime("%H:%M")) == {"08:15", "09:00"}


def test_these_are_all_results_of_all_cases():
    assert (len(FILES), sum(len(expected(folder)) for folder in FILES)) == (12, 111)


def test_a_number_with_a_comma_is_held_and_asked_with_both_readings_and_its_row():
    path = CASES / "01_epic" / "results.csv"
    asked = next(q for q in suggest(path).questions if "1,204" in q)
    assert "as 1204 and as 1.204" in asked
    assert "ROE, RICHARD" in asked
    said = read(path, from_toml(suggest(path).text.replace("\n[columns]", 'thousands = ","\n[columns]')))
    assert (said.reasons, 1204.0 in set(said.labs["value"])) == ({}, True)


def sibling(folder: Path, text: str, name: str = "labs.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def found(got: Ingest) -> list[tuple[str, str, str, float, str]]:
    keys = stored(got)
    return sorted((p, a, t, round(v[0], 4), v[1]) for (p, a, t), v in keys.items())


def test_a_french_export(tmp_path):
    text = (
        "IPP;Nom;Date de naissance;Date prélèvement;Analyse;Résultat;Unité;Borne inf;Borne sup;Statut\n"
        "0012;DUPONT;01/02/1950;23/01/2024 07:40;ALAT (TGP);38,5;UI/L;;50;Validé\n"
        "0012;DUPONT;01/02/1950;23/01/2024 07:40;Phosphatases alcalines;131;UI/L;40;130;Validé\n"
        "0012;DUPONT;01/02/1950;23/01/2024 07:40;Bilirubine totale;<3;µmol/L;;21;Validé\n"
        "0012;DUPONT;01/02/1950;23/01/2024 07:40;Plaquettes;187;G/L;150;400;Validé\n"
        "0012;DUPONT;01/02/1950;05/02/2024 07:40;ALAT (TGP);hémolysé;UI/L;;50;Validé\n"
    )
    got = drafted(sibling(tmp_path, text, encoding="cp1252"))
    assert [(a, t, v, c) for _, a, t, v, c in found(got)] == [
        ("ALP", "2024-01-23 07:40", 131.0, ""),
        ("ALT", "2024-01-23 07:40", 38.5, ""),
        ("BILI", "2024-01-23 07:40", round(3 / 17.104, 4), "<"),
        ("PLAT", "2024-01-23 07:40", 187.0, ""),
    ]
    assert got.labs["uln"].iloc[2] == pytest.approx(21 / 17.104)


def test_an_italian_export(tmp_path):
    text = (
        "Codice paziente\tData prelievo\tEsame\tRisultato\tUnità di misura\tValori di riferimento\n"
        "A-17\t23/01/2024 07:40\tALT (GPT)\t38\tU/L\t5 - 41\n"
        "A-17\t23/01/2024 07:40\tBilirubina totale\t1,1\tmg/dL\tfino a 1,2\n"
        "A-17\t23/01/2024 07:40\tPiastrine\t201\t10^3/µL\t150 - 400\n"
        "A-17\t23/01/2024 07:40\tColesterolo HDL\t48\tmg/dL\t> 40\n"
    )
    got = drafted(sibling(tmp_path, text))
    assert [(a, v) for _, a, _, v, _ in found(got)] == [("ALT", 38.0), ("BILI", 1.1), ("PLAT", 201.0)]
    assert got.labs["uln"].tolist() == [41.0, 1.2, 400.0]


def test_facts_of_i2b2_keep_their_signs_and_leave_out_what_is_not_followed(tmp_path):
    text = (
        "ENCOUNTER_NUM,PATIENT_NUM,CONCEPT_CD,PROVIDER_ID,START_DATE,MODIFIER_CD,INSTANCE_NUM,VALTYPE_CD,TVAL_CHAR,"
        "NVAL_NUM,VALUEFLAG_CD,UNITS_CD\n"
        "1,100,LOINC:1742-6,@,2024-01-22 09:00:00,@,1,N,E,38,,U/L\n"
        "1,100,LOINC:1975-2,@,2024-01-22 09:00:00,@,1,N,L,0.2,L,mg/dL\n"
        "1,100,LOINC:2039-6,@,2024-01-22 09:00:00,@,1,N,NE,7,,ng/mL\n"
        "1,100,LOINC:6301-6,@,2024-01-22 09:00:00,@,1,T,not performed,,,\n"
        "1,100,ICD10:C78.7,@,2024-01-22 09:00:00,@,1,T,,,,\n"
    )
    got = read(sibling(tmp_path, text))
    assert found(got) == [("100", "ALT", "2024-01-22 09:00", 38.0, ""), ("100", "BILI", "2024-01-22 09:00", 0.2, "<")]
    assert (got.reasons, got.ignored_why) == ({"COMPARATOR_UNKNOWN": 1}, {"test not followed": 1})


def test_a_long_export_of_clinical_events_with_the_months_by_name(tmp_path):
    text = (
        "PERSON_ID,EVENT_END_DT_TM,EVENT_DISPLAY,RESULT_VAL,RESULT_UNITS,NORMAL_LOW,NORMAL_HIGH,RESULT_STATUS\n"
        "771,22-JAN-2024 08:05:00,ALT,38,units/L,7,56,Auth (Verified)\n"
        '771,22-JAN-2024 08:05:00,"Bilirubin, Total",<0.2,mg/dL,0.2,1.2,Auth (Verified)\n'
        "771,23-JAN-2024 08:05:00,ALT,71,units/L,7,56,Auth (Verified)\n"
        "771,23-JAN-2024 08:05:00,ALT,77,units/L,7,56,Modified\n"
        "771,24-JAN-2024 08:05:00,ALT,9999,units/L,7,56,In Error\n"
    )
    path = sibling(tmp_path, text)
    told = [("ALT", "2024-01-22 08:05", 38.0), ("ALT", "2024-01-23 08:05", 77.0), ("BILI", "2024-01-22 08:05", 0.2)]
    for got in (drafted(path), read(path, "cerner")):
        assert [(a, t, v) for _, a, t, v, _ in found(got)] == told


def test_several_tests_a_row_count_every_cell(tmp_path):
    text = (
        "patient_id,date,test_1,result_1,unit_1,test_2,result_2,unit_2\n"
        "P1,2024-01-22,ALT,38,U/L,BILI,0.9,mg/dL\nP1,2024-02-05,ALT,40,U/L,,,\n"
    )
    got = read(sibling(tmp_path, text))
    assert (got.format, got.results_in, got.ignored_why) == ("several", 4, {"no test entered": 1})
    assert [(a, t, v) for _, a, t, v, _ in found(got)] == [
        ("ALT", "2024-01-22", 38.0), ("ALT", "2024-02-05", 40.0), ("BILI", "2024-01-22", 0.9),
    ]  # fmt: skip


def test_a_row_of_units_below_the_head_says_the_units_of_a_wide_file(tmp_path):
    text = "patient_id,date,ALT,BILI,ALB\n,,U/L,umol/L,g/L\nP1,2024-01-22,38,17.104,38\n"
    got = read(sibling(tmp_path, text))
    assert [(a, v) for _, a, _, v, _ in found(got)] == [("ALB", 3.8), ("ALT", 38.0), ("BILI", 1.0)]
    assert (got.results_in, got.ignored_why["row of units"]) == (6, 3)


def test_a_flow_sheet_that_names_nobody_is_refused_and_asked(tmp_path):
    path = sibling(tmp_path, "Test,Unit,2024-01-08,2024-01-22\nALT,U/L,31,38\n")
    with pytest.raises(Exception, match="nothing says whose results these are"):
        read(path)
    assert any(q.startswith("patient: nothing tells whose") for q in suggest(path).questions)


def test_a_flow_sheet_with_german_days_and_the_patient_above_it(tmp_path):
    text = (
        "Patient: 4471\n\nTest;Einheit;Referenz;08.01.2024;22.01.2024\nGPT;U/l;< 50;31;38,5 +\n"
        "Bilirubin gesamt;mg/dl;< 1,2;0,5;< 0,2\n"
    )
    got = drafted(sibling(tmp_path, text))
    assert [(p, a, t, v, c) for p, a, t, v, c in found(got)] == [
        ("4471", "ALT", "2024-01-08", 31.0, ""), ("4471", "ALT", "2024-01-22", 38.5, ""),
        ("4471", "BILI", "2024-01-08", 0.5, ""), ("4471", "BILI", "2024-01-22", 0.2, "<"),
    ]  # fmt: skip


def test_dates_that_allow_both_readings_stay_a_question_with_rows(tmp_path):
    path = sibling(tmp_path, "Patient,Test,Date,Result,Unit\nP1,ALT,03/05/2024,45,U/L\nP1,AST,04/05/2024,46,U/L\n")
    asked = next(q for q in suggest(path).questions if "day or month first" in q)
    assert "day 03 of month 05 of 2024, or day 05 of month 03" in asked
    assert "P1 | ALT | 03/05/2024 | 45 | U/L; P1 | AST" in asked


@pytest.mark.parametrize("name", ["labs_pandas.csv", "labs_r.csv"])
def test_a_draft_never_takes_data_for_a_head(name):
    path = CASES.parent / "field" / "26" / name
    assert "skip_lines" not in suggest(path).text
    assert len(drafted(path).labs) == {"labs_pandas.csv": 3, "labs_r.csv": 2}[name]


def test_a_list_of_tests_beside_the_results_names_them(tmp_path):
    sibling(
        tmp_path,
        "itemid,label,fluid,category\n99001,Bilirubin Total,Blood,Chemistry\n99002,Albumin,Pleural,Chemistry\n",
        "d_labitems.csv",
    )
    text = (
        "labevent_id,subject_id,specimen_id,itemid,charttime,value,valuenum,valueuom,ref_range_lower,ref_range_upper\n"
        "1,7,31,99001,2150-01-22 06:00:00,1.4,1.4,mg/dL,0,1.5\n2,7,31,99002,2150-01-22 06:00:00,1.1,1.1,g/dL,,\n"
    )
    got = read(sibling(tmp_path, text, "labevents.csv"), "mimic")
    assert found(got) == [("7", "BILI", "2150-01-22 06:00", 1.4, "")]
    assert got.ignored_why == {"not of blood: Pleural": 1}


def test_only_drugs_that_treat_the_tumour_become_events(tmp_path):
    text = (
        "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date,drug_source_value\n"
        "1,12,1,2024-01-10,2024-01-10,OXALIPLATIN 5 MG/ML\n2,12,2,2024-01-10,,paracetamol 500 mg\n"
    )
    got = read(sibling(tmp_path, text))
    assert got.events[["kind", "name"]].to_numpy().tolist() == [["systemic", "OXALIPLATIN 5 MG/ML"]]
    assert got.ignored_why == {"drug not known as a treatment of the tumour": 1}


def test_a_point_that_may_group_thousands_is_never_a_small_number(tmp_path):
    text = (
        "ID Paziente;Data Prelievo;Ora Prelievo;Esame;Valore;U.M.;Val. Min;Val. Max\n"
        "00017;23/01/2024;0740;Bilirubina Totale;1,10;mg/dL;0,2;1,2\n00017;23/01/2024;0740;Gamma GT;1.240;U/L;8;61\n"
        "00017;23/01/2024;0740;CA 19-9;2.345,6;U/mL;0;37\n"
    )
    got = drafted(sibling(tmp_path, text))
    assert found(got) == [
        ("00017", "BILI", "2024-01-23 07:40", 1.1, ""), ("00017", "CA19_9AG", "2024-01-23 07:40", 2345.6, ""),
    ]  # fmt: skip
    assert got.reasons == {"VALUE_SEPARATOR": 1}
    assert 'thousands = "."' in got.quarantine["hint"].iloc[0]
    text = 'patient_id,test,date,result,unit\nP1,GGT,2024-01-23,1.240,U/L\nP1,BILI,2024-01-23,"1,1",mg/dL\n'
    assert read(sibling(tmp_path, text)).reasons == {"VALUE_DECIMAL_COMMA": 1, "VALUE_SEPARATOR": 1}


def test_thousands_that_are_declared_are_read_in_results_and_in_their_limits(tmp_path):
    text = (
        "Patient;Datum;Test;Wert;Einheit;Ref. unten;Ref. oben\nP1;2024-01-23;Thrombozyten;187.000;/µl;150.000;400.000\n"
        "P1;2024-01-23;Bilirubin;0,9;mg/dl;;1,2\n"
    )
    path = sibling(tmp_path, text)
    draft = suggest(path)
    assert any("'187.000'" in q and "the point groups thousands" in q for q in draft.questions)
    assert 'thousands = "."' in draft.text
    labs = read(path, from_toml('thousands = "."\n' + draft.text, "own")).labs.set_index("analyte")
    assert labs.loc["PLAT", ["value", "lln", "uln"]].tolist() == [187, 150, 400]
    assert labs.loc["BILI", ["value", "uln"]].tolist() == [0.9, 1.2]


def test_limits_and_units_are_found_under_other_heads(tmp_path):
    text = (
        "record_id,redcap_repeat_instrument,redcap_repeat_instance,lab_test,lab_date,lab_result,lab_unit,lab_uln\n"
        "1,labs,1,ALT,2024-01-22,38,U/L,40\n1,labs,2,ALT,2024-01-22,58,U/L,40\n"
    )
    got = drafted(sibling(tmp_path, text))
    assert (got.labs["value"].tolist(), got.labs["uln"].tolist()) == ([38.0, 58.0], [40.0, 40.0])
    assert got.labs["specimen_id"].tolist() == ["1", "2"]
    text = (
        "Name:,John Doe\nMRN:,0012345\nComponent,Ref Range & Units,1/8/2024,1/22/2024\n"
        "ALT,7 - 56 U/L,31,177 (H)\nBILIRUBIN TOTAL,0.2 - 1.2 mg/dL,0.5,<0.2\n"
    )
    assert found(drafted(sibling(tmp_path, text))) == [
        ("0012345", "ALT", "2024-01-08", 31.0, ""), ("0012345", "ALT", "2024-01-22", 177.0, ""),
        ("0012345", "BILI", "2024-01-08", 0.5, ""), ("0012345", "BILI", "2024-01-22", 0.2, "<"),
    ]  # fmt: skip


TABLE = "patient_id,test,date,result,unit\nP1,ALT,2024-01-22,38,U/L\nP1,ALT,2024-02-05,40,U/L\n"


@pytest.mark.parametrize(
    "titles", ["Results of the liver clinic\nExported 2024-03-01\n\n", "Results, of the clinic\n", "Report,,,,\n,,,,\n"]
)
def test_titles_above_a_table_are_told_and_not_read(tmp_path, titles):
    got = read(sibling(tmp_path, titles + TABLE))
    assert [v for *_, v, _ in found(got)] == [38.0, 40.0]
    filled = sum(bool(t.strip()) for t in titles.splitlines())
    assert got.ignored_why == {"line above the header": filled}
    assert any(f"line 1: {titles.splitlines()[0]}" in note for note in got.notes)


@pytest.mark.parametrize("first", ["who,what,when,how much,in\n", "P0,ALT,then,high,none\n", "one,two,three\n"])
def test_a_line_that_may_be_more_than_a_title_is_not_passed_over(tmp_path, first):
    with pytest.raises(Exception, match=first.split(",")[0]):
        read(sibling(tmp_path, first + TABLE))


def test_a_packed_file_has_a_draft_of_its_parts(tmp_path):
    head = "Pat-Nr;Datum;Analyt;Ergebnis;Einheit\n"
    january, march = head + "1;02.03.2024;GPT;38,5;U/l\n", head + "1;22/03/2024;GPT;40,5;U/l\n"
    one = tmp_path / "one.csv.gz"
    one.write_bytes(gzip.compress(march.encode()))
    assert [v for *_, v, _ in found(drafted(one))] == [40.5]
    several = tmp_path / "several.zip"
    with zipfile.ZipFile(several, "w") as archive:
        archive.writestr("a.csv", january.replace("02.03", "02/03").replace(".2024", "/2024"))
        archive.writestr("b.csv", march)
        archive.writestr("c.csv", "x;y\n1;2\n")
    draft = suggest(several)
    assert any("c.csv" in q and "draft of their own" in q for q in draft.questions)
    got = read(several, from_toml(draft.text, "draft"))
    assert [t for _, _, t, _, _ in found(got)] == ["2024-03-02", "2024-03-22"]
