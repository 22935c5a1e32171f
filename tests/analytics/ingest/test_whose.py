"""A file that names its one person above the table is of nobody else, or it is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from analytics.errors import RefusedFile
from analytics.ingest import Profile, read, whose
from analytics.ingest.profile import from_toml
from analytics.ingest.profile_draft import suggest
from tests.analytics.ingest.told import drafted, lines, plainly, wanted

LONG = "Patient ID:,A-1,,\nName:,DOE JANE,,\nTest,Date,Result,Units\nALT,2025-03-12,45,U/L\nAST,2025-03-12,40,U/L\n"
FLOW = "Patient: {}\nTest,Unit,{}\nALT,U/L,45,47\n"
DAYS, LATER = "2025-03-12,2025-03-19", "2025-04-12,2025-04-19"


@pytest.mark.parametrize(
    "text", [LONG, "MRN,A-1,\n,,\nDate,ALT (U/L),AST (U/L)\n2025-03-12,45,40\n"], ids=["long", "wide"]
)
def test_the_one_person_above_a_table_is_proposed_and_confirmed(text, tmp_path):
    assert lines(drafted(tmp_path, text)) == wanted("A-1 ALT 2025-03-12 45 U/L\nA-1 AST 2025-03-12 40 U/L")


@pytest.mark.parametrize(
    "more",
    [
        FLOW.format("B-2", LATER), "Patient: B-2\nAST,U/L,41,42\n", "Patient:,B-2,,\nAST,U/L,41,42\n",
        "Patient Name:,SMITH,,\nAST,U/L,41,42\n",
    ],
)  # fmt: skip
def test_a_second_person_below_the_first_one_is_never_taken_for_the_first(more, tmp_path):
    text = FLOW.format("A-1", DAYS) + more
    declared = Profile(format="flow_sheet", patient="A-1", skip_lines=1)
    with pytest.raises(RefusedFile, match=r"names '(B-2|SMITH)' below the results of 'A-1'"):
        plainly(tmp_path, text, profile=declared)


def test_a_draft_of_a_file_of_two_people_asks_for_a_file_each(tmp_path):
    path = tmp_path / "flow.txt"
    path.write_text(FLOW.format("A-1", DAYS) + FLOW.format("B-2", LATER))
    draft = suggest(path)
    assert "\npatient =" not in draft.text
    assert any("'A-1', 'B-2'" in q and "a file of their own" in q for q in draft.questions)


def test_the_same_person_named_again_on_a_further_page_is_fine(tmp_path):
    text = FLOW.format("A-1", DAYS) + "Patient: A-1\nAST,U/L,41,42\n"
    got = plainly(tmp_path, text, profile=Profile(format="flow_sheet", patient="A-1", skip_lines=1))
    assert len(got.labs) == 4


def sheets(path: Path, *people: str) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, who in enumerate(people):
        sheet = book.create_sheet(f"S{number}")
        for row in (("Patient:", who), ("Date", "ALT (U/L)", "AST (U/L)"), ("2025-03-12", 45 + number, 40)):
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_with_the_person_above_its_table_is_drafted(tmp_path):
    path = sheets(tmp_path / "b.xlsx", "A-1")
    got = read(path, from_toml(suggest(path).text, "draft"))
    assert lines(got) == wanted("A-1 ALT 2025-03-12 45 U/L\nA-1 AST 2025-03-12 40 U/L")


def test_a_sheet_of_somebody_else_is_not_read_under_the_declared_person(tmp_path):
    path = sheets(tmp_path / "b.xlsx", "A-1", "B-2")
    assert "\npatient =" not in suggest(path).text
    got = read(path, Profile(patient="A-1"))
    assert lines(got) == wanted("A-1 ALT 2025-03-12 45 U/L\nA-1 AST 2025-03-12 40 U/L")
    assert "names 'B-2' above the table" in got.quarantine["message"].iloc[0]


def test_files_of_an_archive_that_name_other_people_are_not_read_either(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for who, days in (("A-1", DAYS), ("B-2", LATER)):
            archive.writestr(f"{who}.csv", FLOW.format(who, days))
    got = read(path, Profile(format="flow_sheet", patient="A-1", skip_lines=1))
    assert {row.split()[0] for row in lines(got)} == {"A-1"}
    assert got.reasons == {"PART_REFUSED": 1}


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("MRN,778899,,", ["778899"]), ("Patient ID: A-1", ["A-1"]), ("Patient No.;0047", ["0047"]), ("Unit,7", []),
        ("ALT,U/L,45", []), ("Patient:,DOE JANE", []), ("Medical Record Number: 12-34", ["12-34"]), ("Record,12", []),
    ],
)  # fmt: skip
def test_what_a_line_says_of_a_person(line, ids):
    assert whose.named_in(line) == ids
