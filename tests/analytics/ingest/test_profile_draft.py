"""A draft of a profile finds the header, decides what is certain and asks what is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomlkit

from analytics.ingest.draft_roles import code_of
from analytics.ingest.preview import preview
from analytics.ingest.profile import from_toml, load
from analytics.ingest.profile_draft import suggest

ROWS = "A001;02.03.2024;45,5;13,7\nA001;16.03.2024;<5;205\n"


@pytest.mark.parametrize("before", ["Zentrallabor\nGedruckt\n", "Zentrallabor;;;\nGedruckt am 01.06.2024;;;\n"])
def test_the_header_is_found_below_lines_that_an_export_puts_before_it(tmp_path: Path, before: str):
    path = tmp_path / "labs.csv"
    path.write_text(before + "Patient;Datum;GPT (U/l);Bilirubin (umol/l)\n" + ROWS)
    text = suggest(path).text
    assert "skip_lines = 2" in text
    assert 'decimal = ","' in text
    assert '"GPT (U/l)" = "ALT"' in text


def test_one_entry_of_dates_with_full_stops_does_not_put_the_month_first_in_all_of_them(tmp_path: Path):
    path = tmp_path / "labs.csv"
    path.write_text("Patient;Datum;GPT (U/l)\nA001;02.03.2024;45\nA001;04.03.2024;44\nA002;12.13.2024;40\n")
    draft = suggest(path)
    assert "dates" not in tomlkit.parse(draft.text)
    assert any("'12.13.2024' can only have its month first" in q and "'%d.%m.%Y'" in q for q in draft.questions)


def test_a_column_that_cannot_be_placed_is_asked_for_with_an_example(tmp_path: Path):
    path = tmp_path / "labs.csv"
    path.write_text("wer;wann;GPT (U/l);Bilirubin (umol/l)\n" + ROWS)
    asked = suggest(path).questions
    assert any(q.startswith("patient id") and "'wer' (such as 'A001')" in q for q in asked)
    assert next(q for q in asked if q.startswith("collected at")).endswith("'wann' (such as '02.03.2024')")


GERMAN = (
    "Labor Mitte;KW 40\nPat-Nr;Abnahme;GPT (U/l);Bilirubin ges. (umol/l);Thrombozyten (G/l)\n"
    "P1;28.09.2026 07:45;45,2;12,2;210\nP1;30.09.2026;52;14,2;205\n"
)


def test_a_german_wide_export_is_drafted_so_that_all_of_it_is_read_with_the_units_of_its_header(tmp_path: Path):
    path, profile = tmp_path / "labs.csv", tmp_path / "draft.toml"
    path.write_text(GERMAN, "utf-8")
    draft = suggest(path)
    profile.write_text(draft.text, "utf-8")
    said = preview(path, load(profile))
    assert (said.accepted, said.looked_at) == (6, 6)
    rows = said.rows.set_index(["analyte", "collected_at"])
    assert rows.loc[("BILI", "2026-09-30"), "raw_unit"] == "umol/l"
    assert any(q.startswith("patient id: 'Pat-Nr'") and "confirm" in q for q in draft.questions)
    assert any("'Thrombozyten (G/l)' as PLAT" in q and "confirm" in q for q in draft.questions)


def test_a_swedish_long_export_is_drafted_with_every_column_to_be_confirmed(tmp_path: Path):
    path, profile = tmp_path / "labs.csv", tmp_path / "draft.toml"
    path.write_text(
        "Personnr;Analys;Provtagning;Svar;Enhet;Ref övre\nS-1;P-ALAT;2026-09-14 08:15;0,75;µkat/L;1,1\n", "utf-8"
    )
    draft = suggest(path)
    profile.write_text(draft.text, "utf-8")
    assert preview(path, load(profile)).accepted == 1
    for role in ("patient_id", "analyte", "collected_at", "value", "unit", "uln"):
        assert any(q.startswith(f"{role.replace('_', ' ')}: ") and "confirm" in q for q in draft.questions)


def test_a_form_of_date_is_never_decided_by_entries_of_another_form(tmp_path: Path):
    path = tmp_path / "labs.csv"
    path.write_text("MRN,Test,Collected,Result,Units\n1,ALT,09/14/2026 08:15,45,U/L\n1,ALT,02/03/2026,46,U/L\n")
    draft = suggest(path)
    assert 'dates = ["%m/%d/%Y %H:%M"]' in draft.text
    assert any("'02/03/2026' is day or month first" in q for q in draft.questions)


def test_a_column_named_like_a_date_in_another_language_without_dates_in_it_is_not_proposed(tmp_path: Path):
    path = tmp_path / "labs.csv"
    path.write_text("Pat-Nr;Abnahme;GPT (U/l)\nP1;ambulant;45\n")
    assert "collected_at =" not in suggest(path).text.split("# ?")[0]


def test_a_line_of_totals_and_commas_in_names_do_not_hide_columns_and_tests(tmp_path: Path):
    path, profile = tmp_path / "labs.csv", tmp_path / "draft.toml"
    path.write_text(
        "Fall;Datum;Analyse;Wert;Einheit\nF1;28.02.2025;Bilirubin, gesamt;14,2;µmol/l\n"
        "F1;28.02.2025;Kupfer;12,5;µmol/l\nF1;28.02.2025;Albumin;38,4;g/l\nSumme: 3 Werte;;;;\n",
        "utf-8",
    )
    draft = suggest(path)
    assert 'patient_id = "Fall"' in draft.text and '"Bilirubin, gesamt" = "BILI"' in draft.text
    assert not any(q.startswith("units not known") for q in draft.questions)
    profile.write_text(draft.text, "utf-8")
    assert preview(path, load(profile)).accepted == 2


def test_a_unit_is_asked_for_where_it_fits_no_test_that_it_stands_beside(tmp_path: Path):
    path = tmp_path / "labs.csv"
    path.write_text(
        "patient,test,date,result,unit\nP1,AFP,2025-02-28,4,IU/mL\nP1,CA 19-9,2025-02-28,4,U/mL\n"
        "P1,Zinc,2025-02-28,12,umol/L\n"
    )
    assert [q for q in suggest(path).questions if q.startswith("units not known")] == [
        "units not known: IU/mL; say which unit each means"
    ]


@pytest.mark.parametrize(
    ("head", "entries", "is_value"),
    [
        ("number", ("45,5", "90,5", "1,2"), True),  # nothing is counted in tenths
        ("number", ("45", "90", "12"), False),
        ("visit number", ("1.5", "2.5", "3.5"), False),
        ("amount", ("45.5", "90.5", "1.2"), True),
    ],
)
def test_a_column_called_number_is_the_result_where_its_entries_have_tenths(tmp_path: Path, head, entries, is_value):
    file = tmp_path / "labs.csv"
    rows = [f"A-{i};{test};0{i}.03.2024;{entry};{unit}" for i, (test, entry, unit) in enumerate(
        zip(("ALT", "AST", "Bilirubin"), entries, ("U/L", "U/L", "mg/dL"), strict=True), start=1)]  # fmt: skip
    file.write_text("\n".join([f"who;test;taken;{head};dim", *rows, ""]), "utf-8")
    assert (f'value = "{head}"' in suggest(file).text) is is_value


ASKS = (
    "wer;Untersuchung;wann;Wert;Einheit;Stand\n1;ALT;03/04/2025;1,204;Einh;vorl\n2;Zonulin;05/04/2025;2,310;U/l;fertig\n",
    "MRN,Date,ALT,PLT\n1,12,45 H,x\n2,26,46 U/L,y\n",
    "Test,2025-03-12,2025-03-19\nALT (U/L),45,46\n",
    "MRN,Date,ALT,ALAT\n1,24/03/04,45,46\n",
)


TOML = re.compile(r"\w = |\[[a-z_]+\]|%[dmYy]|values_with|null_words|ignore|[a-z]_(id|at|time)\b")


@pytest.mark.parametrize("text", ASKS)
def test_questions_are_in_plain_words_and_the_lines_that_answer_them_stand_in_the_draft(tmp_path: Path, text):
    path = tmp_path / "labs.csv"
    path.write_text(text, "utf-8")
    draft = suggest(path)
    assert draft.questions
    for question in draft.questions:
        assert not TOML.search(question), question
        assert f"# ? {question}" in draft.text
    from_toml(draft.text)


SAME = {
    "AST": ("GOT/AST", "TGO (ASAT)", "P-ASAT", "AST (SGOT) P5P", "Aspartataminotransferase (ASAT)"),
    "ALP": ("alk. Phosphatase", "Fosf. alcalina", "PAL", "Alkaline Phosphatase, S", "ALP (Alkaline phosphatase)"),
    "BILI": ("Bilirubin, ges.", "Bilirubina tot.", "Bilirubin (total)", "Bilirrubinas totais", "Bilirubin, Total, S"),
    "PLAT": ("Thrombo", "Plaquetas (PLT)", "B-TPK", "Plt (x10^9/L)", "Thrombozyten (Gpt/l)"),
    "INR": ("PT (INR)", "P-PK(INR)", "PT-INR", "INR (ratio)"),
    "CEA": ("CEA (Roche)", "CEA (ng/mL)"),
}


@pytest.mark.parametrize("code", SAME)
def test_a_test_is_proposed_whatever_laboratories_write_beside_its_name(code):
    assert {name: code_of(name) for name in SAME[code]} == dict.fromkeys(SAME[code], code)


@pytest.mark.parametrize(
    "name",
    ["Plaquettes (VPM)", "FA (folic acid)", "CEA (fluid)", "AST/ALT", "ALP (bone)", "Quick/INR", "Albumin (A/G ratio)",
     "Bilirubin (indirect)", "ALT (AST)", "HGB (A1c)", "WBC (urine)", "Macro (AST)"],
)  # fmt: skip
def test_what_brackets_or_a_slash_make_another_test_is_not_proposed(name):
    assert code_of(name) == ""


@pytest.mark.parametrize(
    ("cells", "thousands"),
    [
        (("56", '"1,056.5"', '"1,056"'), ","),
        (("56", "1.9", '"1,056"'), None),
        (("56", "190", '"1,056"'), None),
        (("56", "1.934", '"1,056"'), None),
        (("33", "12'034", "1'234.5"), "'"),
        (("33", "12\u2019034", "45"), "\u2019"),
        (("45", "1 045", "310"), " "),
        (("45", "1\u202f045", "310"), None),  # a blank that does not break is read without being declared
        (("45", "1 045", "12'034"), None),
        (("45", "10 45", "1045"), None),
    ],
)
def test_a_sign_of_thousands_is_drafted_only_where_it_can_be_nothing_else(tmp_path: Path, cells, thousands):
    path = tmp_path / "labs.csv"
    rows = [f"P1,2025-01-{day:02},ALT,{cell},U/L" for day, cell in enumerate(cells, start=1)]
    path.write_text("\n".join(["patient_id,date,test,value,unit", *rows]) + "\n", "utf-8")
    assert tomlkit.parse(suggest(path).text).get("thousands") == thousands
