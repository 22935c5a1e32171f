"""Files as laboratories, trials and programs write them: what each must become (values are invented)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analytics.ingest import Ingest, read
from analytics.ingest.profile import from_toml

CASES = Path(__file__).parent / "cases" / "field"


def field(name: str, profile: str | None = None) -> Ingest:
    got = read(CASES / name, str(CASES / profile) if profile else None)
    assert got.adds_up
    return got


def written(folder: Path, text: str, profile: str = "", name: str = "labs.csv") -> Ingest:
    path = folder / name
    path.write_text(text, "utf-8")
    got = read(path, from_toml(profile) if profile else None)
    assert got.adds_up
    return got


def values(got: Ingest) -> list[tuple[str, str, float]]:
    labs = got.labs
    return [
        (a, c, round(float(v), 2)) for a, c, v in zip(labs["analyte"], labs["comparator"], labs["value"], strict=True)
    ]


def test_ranges_in_words_give_limits_and_what_cannot_be_read_is_told_with_its_line():
    got = field("09/labs.csv")
    assert got.labs["uln"].fillna(0).tolist() == [40.0] * 6 + [0.0] + [40.0] * 8
    assert got.labs.loc[3:5, "lln"].tolist() == [10.0, 10.0, 10.0]
    assert any("could not be read: 1, the first in line 8: 'M: 10-40'" in note for note in got.notes)


@pytest.mark.parametrize(
    ("text", "unit", "value", "low", "high"),
    [
        ("35-52 g/L", "g/dL", "2.9", 3.5, 5.2),
        ("10 - 40 U/L", "U/L", "80", 10, 40),
        ("bis 40", "U/L", "80", np.nan, 40),
        ("40 - 129 mmol/L", "U/L", "80", np.nan, np.nan),
        ("see report", "U/L", "80", np.nan, np.nan),
        ("40-10", "U/L", "80", np.nan, np.nan),
    ],
)
def test_a_limit_is_converted_from_its_own_unit_or_counted(tmp_path, text, unit, value, low, high):
    test = "ALB" if unit == "g/dL" else "ALT"
    head = "patient_id,test,date,result,unit,reference_range\n"
    got = written(tmp_path, f"{head}P1,{test},2024-03-05,{value},{unit},{text}\n")
    assert got.labs[["lln", "uln"]].iloc[0].tolist() == pytest.approx([low, high], nan_ok=True)
    assert any("could not be read: 1" in n for n in got.notes) == bool(np.isnan(low) and np.isnan(high))


@pytest.mark.parametrize("name", ["labs.csv", "labs_specimen.csv", "labs_specimen_type.csv", "lb.csv"])
def test_results_of_another_fluid_never_reach_the_blood_series(name):
    got = field(f"11/{name}")
    assert got.labs.loc[got.labs["analyte"] == "ALB", "value"].min() >= 3.3
    assert got.labs.loc[got.labs["analyte"] == "LDH", "value"].isin([210, 220]).all()
    assert got.labs.loc[got.labs["analyte"] == "CREAT", "value"].between(0.85, 0.95).all()
    assert sum(n for why, n in got.ignored_why.items() if why.startswith("not of blood")) in (2, 3)
    assert set(got.labs["specimen_id"].fillna("")) == {""}


def test_an_unknown_word_for_a_specimen_holds_the_row_until_a_profile_says_what_it_is(tmp_path):
    text = "patient_id,test,date,result,unit,specimen_type\nP1,ALT,2024-03-05,45,U/L,Rohr 7b\n"
    assert written(tmp_path, text).reasons == {"SPECIMEN_UNKNOWN": 1}
    assert len(written(tmp_path, text, '[specimens]\n"Rohr 7b" = "blood"').labs) == 1
    assert written(tmp_path, text, '[specimens]\n"Rohr 7b" = "other"').ignored_why == {"not of blood: Rohr 7b": 1}


@pytest.mark.parametrize(
    "fluid", ["Pleura", "Aszitespunktat", "Liquor", "24h-Urin", "orina", "CSF", "UR", "peritoneal fluid"]
)
def test_other_fluids_are_known_by_many_names(tmp_path, fluid):
    got = written(tmp_path, f"patient_id,test,date,result,unit,specimen\nP1,ALB,2024-03-05,11,g/L,{fluid}\n")
    assert (len(got.labs), got.ignored_why) == (0, {f"not of blood: {fluid}": 1})


@pytest.mark.parametrize("number", ["S-1001", "s1", "URN00412", "P24-0001", "SER12345", "U7"])
def test_a_number_of_a_specimen_is_no_fluid(tmp_path, number):
    got = written(tmp_path, f"patient_id,test,date,result,unit,specimen\nP1,ALB,2024-03-05,41,g/L,{number}\n")
    assert got.labs["specimen_id"].tolist() == [number]


def test_a_test_that_names_another_fluid_is_left_out_with_a_reason(tmp_path):
    head = "patient_id,test,date,result,unit\n"
    got = written(tmp_path, head + 'P1,"ALBUMIN, URINE",2024-03-05,12,mg/L\nP1,"Albumin, Serum",2024-03-05,41,g/L\n')
    assert values(got) == [("ALB", "", 4.1)]
    assert got.ignored_why == {"not of blood: ALBUMIN, URINE": 1}


def test_comparators_of_the_vocabulary_are_read_and_unknown_words_hold_the_row(tmp_path):
    got = field("15/measurement.csv", "15/omop.toml")
    told = [("ALT", "", 44.0), ("ALT", "", 130.0), ("BILI", "<", 0.2), ("BILI", "", 2.9), ("CEA", ">", 1000.0)]
    assert values(got) == told
    text = "patient_id,test,date,comparator,result,unit\nP1,CEA,2024-03-05,{},0.5,ng/mL\n"
    for word, kept in {"LT": "<", "less than": "<", "GT": ">", "=": "", "": ""}.items():
        assert values(written(tmp_path, text.format(word))) == [("CEA", kept, 0.5)]
    for word in ("approx", "L", "circa"):
        assert written(tmp_path, text.format(word)).reasons == {"COMPARATOR_UNKNOWN": 1}
    assert values(written(tmp_path, text.format("L"), '[comparators]\nL = "<"')) == [("CEA", "<", 0.5)]


def test_a_comparator_that_says_the_contrary_of_the_value_holds_the_row(tmp_path):
    text = "patient_id,test,date,comparator,result,unit\nP1,CEA,2024-03-05,>,<0.5,ng/mL\n"
    assert written(tmp_path, text).reasons == {"COMPARATOR_UNKNOWN": 1}


def test_valid_spellings_of_units_are_known():
    got = field("17/labs.csv")
    assert got.reasons == {"UNIT_UNKNOWN": 2}
    means = {"PLAT": 250.0, "CA19_9AG": 30.0}
    for code, value in means.items():
        assert got.labs.loc[got.labs["analyte"] == code, "value"].tolist() == pytest.approx(
            [value] * {"PLAT": 14, "CA19_9AG": 5}[code]
        )
    assert got.labs.loc[got.labs["analyte"] == "BILI", "value"].between(1.98, 2.01).all()


def test_two_draws_of_one_day_without_a_time_are_told_apart_by_visit_and_by_number(tmp_path):
    got = field("18/lb.csv")
    assert got.labs["value"].tolist() == [38.0, 82.0, 100.0]
    assert got.labs["specimen_id"].tolist() == ["SCREENING 1", "UNSCHEDULED 1.1", "WEEK 4"]
    text = (
        "USUBJID,LBSEQ,LBTESTCD,LBORRES,LBORRESU,VISIT,LBDTC\n"
        "P1,1,ALT,38,U/L,WEEK 1,2025-03-03\nP1,2,ALT,82,U/L,WEEK 1,2025-03-03\nP1,3,AST,82,U/L,WEEK 1,2025-03-03\n"
    )
    assert written(tmp_path, text).labs["specimen_id"].tolist() == ["WEEK 1 1", "WEEK 1 2", "WEEK 1"]


@pytest.mark.parametrize(("name", "stored"), [("labs_pandas", 3), ("labs_r", 2), ("labs_trailing", 2)])
def test_a_column_without_a_name_is_left_out_and_named(name, stored):
    got = field(f"26/{name}.csv")
    assert (len(got.labs), got.reasons) == (stored, {})
    assert any("without a name is not read" in note for note in got.notes)


def test_headings_of_limits_are_known_and_columns_not_read_are_named(tmp_path):
    for name in ("labs", "labs2", "labs4"):
        assert field(f"27/{name}.csv").labs["uln"].iloc[0] == 40.0
    got = written(tmp_path, "patient_id,test,date,result,unit,ward,cut off high\nP1,ALT,2024-03-05,45,U/L,7b,40\n")
    assert any(note == "columns not read: ward, cut off high" for note in got.notes)
    assert any('columns.uln = "cut off high"' in note for note in got.notes)


@pytest.mark.parametrize("name", ["labs", "labs_quoted"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_that_names_the_separator_is_known_and_counted(tmp_path, name, end):
    text = (CASES / "36" / f"{name}.csv").read_text().replace("\n", end)
    path = tmp_path / "labs.csv"
    path.write_bytes(text.encode())
    got = read(path)
    assert (len(got.labs), got.ignored_why) == (2, {"line above the header": 1})


def test_a_sign_in_the_text_goes_before_a_filled_number(tmp_path):
    got = field("42/lb.csv").labs.sort_values("source_line")
    assert got["comparator"].tolist() == ["<", "", "<", ">", "<"]
    assert got["value"].tolist() == pytest.approx([0.2, 0.6, 0.5, 1000, 0.5], rel=1e-3)
    text = (
        "USUBJID,PARAMCD,PARAM,AVAL,AVALC,ADT\nP1,CEA,CEA (ng/mL),0.25,<0.5,2025-03-03\n"
        "P1,CEA,CEA (ng/mL),7,7,2025-03-04\n"
    )
    assert values(written(tmp_path, text)) == [("CEA", "<", 0.5), ("CEA", "", 7.0)]
    text = "USUBJID,LBTESTCD,LBORRES,LBORRESU,LBSTRESN,LBSTRESU,LBDTC\nP1,CEA,<0.5,ng/mL,0.25,ng/mL,2025-03-03\n"
    assert values(written(tmp_path, text)) == [("CEA", "<", 0.5)]


def test_date_and_time_in_two_columns_are_one_moment(tmp_path):
    got = field("49/labs3.csv")
    assert got.labs["collected_at"].astype(str).tolist() == ["2025-03-03 08:10:00", "2025-03-03 14:30:00"]
    text = "patient_id,test,date,time,result,unit\nP1,ALT,03.05.2024,0805,45,U/L\nP1,ALT,13.05.2024,,46,U/L\n"
    got = written(tmp_path, text, 'dates = ["%d.%m.%Y"]')
    assert got.labs["collected_at"].astype(str).tolist() == ["2024-05-03 08:05:00", "2024-05-13 00:00:00"]
    assert got.labs["precision"].tolist() == ["minute", "day"]
    assert written(tmp_path, "patient_id,test,date,time,result,unit\nP1,ALT,2024-05-03,24:60,45,U/L\n").reasons == {
        "DATE_FORMAT": 1
    }


def test_a_line_that_begins_with_a_hash_is_data_unless_the_profile_says_otherwise(tmp_path):
    text = "accession,patient_id,test,date,result,unit\n#1002,P1,ALT,2024-03-05,45,U/L\n#N/A,P1,AST,2024-03-05,46,U/L\n"
    got = written(tmp_path, text)
    assert (values(got), got.ignored) == ([("ALT", "", 45.0), ("AST", "", 46.0)], 0)
    got = written(tmp_path, text, 'comment = "#"')
    assert (len(got.labs), got.ignored_why) == (0, {"comment": 2})
    got = written(tmp_path, "patient_id,test,date,result,unit\n#1002,ALT,2024-03-05,45,U/L\n")
    assert got.reasons == {"PATIENT_FORMAT": 1}


def test_remarks_above_the_head_are_told_and_a_head_may_begin_with_a_hash(tmp_path):
    got = written(tmp_path, "# export 12\npatient_id,test,date,result,unit\nP1,ALT,2024-03-05,45,U/L\n")
    assert (len(got.labs), got.ignored) == (1, 0)
    assert got.notes[0] == "lines above the header are not read: line 1: # export 12"
    assert len(written(tmp_path, "#patient_id,test,date,result,unit\nP1,ALT,2024-03-05,45,U/L\n").labs) == 1


def test_data_are_never_taken_for_a_head(tmp_path):
    got = written(tmp_path, "patient_id,date,x1,x2,ALT (U/L)\nALT,2024-03-05,AST,BILI,45\n", 'ignore = ["x1", "x2"]')
    assert [a for a, _, _ in values(got)] == ["ALT"]


def test_a_file_of_results_is_never_taken_for_a_list_of_people(tmp_path):
    text = "USUBJID,SEX,AGE,TEST,STRESN,STRESU,STNRHI,DT\n" + "P1,F,60,ALT,45,U/L,40,2024-03-05\n" * 2
    got = written(tmp_path, text)
    assert (got.table, got.format, values(got)[0], got.labs["uln"].iloc[0]) == ("labs", "long", ("ALT", "", 45.0), 40.0)
    with pytest.raises(Exception, match="no format that is known"):
        written(tmp_path, "USUBJID,SEX,AGE,WHAT,HOW MUCH,WHEN\nP1,F,60,ALT,45,2024-03-05\n")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "ALT"),
        ("Bilirubin.total [Moles/volume] in Serum or Plasma", "BILI"),
        ("Platelets [#/volume] in Blood by Automated count", "PLAT"),
        ("INR in Platelet poor plasma by Coagulation assay", "INR"),
        ("Bilirubin (total)", "BILI"),
        ("T. Bili", "BILI"),
        ("SGOT/AST", "AST"),
        ("ALAT (GPT)", "ALT"),
        ("Albumin, Serum", "ALB"),
        ("Albumin [Mass/volume] in Urine", ""),
        ("AST/ALT", ""),
        ("Albumin/Creatinine", ""),
        ("Cholesterol in HDL [Mass/volume] in Serum or Plasma", ""),
        ("Hemoglobin A1c", ""),
        ("Creatinine clearance", ""),
        ("Neutrophils/100 leukocytes [#/volume] in Blood", ""),
    ],
)
def test_names_are_read_where_they_leave_no_doubt(name, code):
    from analytics.ingest.synonyms import analyte_of

    assert analyte_of(name) == code


def test_a_kind_that_is_the_event_itself_is_its_name_or_a_detail_of_the_name(tmp_path):
    rows = (
        "P1,systemic,,2024-03-05,\nP1,fever,38.9 C,2024-03-07,\nP1,Died,,2024-04-01,\nP2,death,death,2024-04-01,\n"
        "P3,end of follow-up,moved away,2024-04-01,by letter\n"
    )
    got = written(tmp_path, f"patient_id,kind,name,start_date,detail\n{rows}", "")
    assert got.reasons == {} and got.events["kind"].tolist() == ["systemic", "symptom", "other", "other", "other"]
    told = got.events[["name", "detail"]].astype(object).where(got.events[["name", "detail"]].notna(), None)
    assert told.to_numpy().tolist() == [
        *([None, None], ["38.9 C", "fever"], ["Died", None], ["death", None]),
        ["moved away", "end of follow-up; by letter"],
    ]


def test_a_profile_maps_events_and_images_and_names_kinds_in_bulk(tmp_path):
    rows = "P1;05.03.2024;;Oxaliplatin 5 mg/ml\nP1;06.03.2024;;Pause\nP1;07.03.2024;;TACE rechts\n"
    text = f"Patient;Beginn;Ende;Mittel\n{rows}"
    profile = (
        'format = "events"\ndates = ["%d.%m.%Y"]\n[columns]\npatient_id = "Patient"\nstart_date = "Beginn"\n'
        'end_date = "Ende"\nname = "Mittel"\n[kinds]\n"TACE rechts" = "embolisation"\n'
    )
    got = written(tmp_path, text, profile)
    assert got.events["kind"].tolist() == ["systemic", "embolisation"]
    assert got.reasons == {"EVENT_KIND": 1}
    text = "Patient;Tag;Verfahren;Urteil\nP1;05.03.2024;MRI;SD\n"
    profile = (
        'dates = ["%d.%m.%Y"]\n[columns]\npatient_id = "Patient"\ndate = "Tag"\nmodality = "Verfahren"\n'
        'response = "Urteil"\n'
    )
    assert written(tmp_path, text, profile).imaging[["modality", "response"]].to_numpy().tolist() == [["MRI", "SD"]]


def test_two_sexes_or_dates_of_birth_under_one_id_are_told(tmp_path):
    from analytics.store import open_store

    store = open_store(str(tmp_path / "store"))
    text = (
        "patient_id,test,date,result,unit,sex,birth_date\nP1,ALT,2024-03-05,45,U/L,F,1960-01-01\n"
        "P1,AST,2024-03-05,46,U/L,M,1960-01-01\nP2,ALT,2024-03-05,47,U/L,M,1970-01-01\n"
    )
    (receipt,) = store.publish(written(tmp_path, text))
    assert (receipt.stored, receipt.reasons) == (3, {"CONFLICT": 1})
    held = store.quarantine().iloc[0]
    assert (held["patient_id"], held["message"]) == ("P1", "another sex is told for this patient in the same file")
    later = "patient_id,test,date,result,unit,birth_date\nP2,AST,2024-03-06,45,U/L,1971-01-01\n"
    (receipt,) = store.publish(written(tmp_path, later, name="later.csv"))
    assert (receipt.stored, receipt.reasons) == (1, {"CONFLICT": 1})
    people = "patient_id,sex\nP9,F\nP9,M\n"
    (receipt,) = store.publish(written(tmp_path, people, name="people.csv"))
    assert (receipt.stored, receipt.reasons) == (1, {"CONFLICT": 1})
