"""A draft of a profile is made from whatever is read: sheets, packed workbooks, typed tables and messages."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.ingest import read
from analytics.ingest.profile import from_toml
from analytics.ingest.profile_draft import suggest
from tests.analytics.ingest.test_first_contact import CASES, expected, stored

HEAD = ("Patientennr", "Datum", "GPT (U/l)", "Bilirubin ges. (mg/dl)")
ROWS = (("A1", dt.datetime(2025, 3, 4, 8, 15), 45.5, 1.2), ("A1", dt.datetime(2025, 3, 9), 46, 1.3))


def drafted(path: Path) -> list[tuple[str, float, str]]:
    got = read(path, from_toml(suggest(path).text, "draft"))
    assert got.adds_up and not len(got.quarantine)
    labs = got.labs.sort_values(["collected_at", "analyte"])
    return list(zip(labs["analyte"], labs["value"], labs["unit"], strict=True))


def workbook(path: Path) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")
    whole = openpyxl.Workbook()
    for row in (("Labor Nord, Export",), (), HEAD, *ROWS):
        whole.active.append(row)
    other = whole.create_sheet("Legende")
    other.append(("Kennung", "Bedeutung"))
    whole.save(path)
    return path


WANTED = [("ALT", 45.5, "U/L"), ("BILI", 1.2, "mg/dL"), ("ALT", 46.0, "U/L"), ("BILI", 1.3, "mg/dL")]


def test_a_workbook_is_drafted_and_its_draft_reads_it(tmp_path):
    assert drafted(workbook(tmp_path / "w.xlsx")) == WANTED


def test_workbooks_in_an_archive_are_drafted_too(tmp_path):
    book, path = workbook(tmp_path / "w.xlsx"), tmp_path / "w.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(book, "in/w.xlsx")
    assert drafted(path) == WANTED


def test_a_table_with_types_is_drafted_as_it_is_read(tmp_path):
    path = tmp_path / "w.parquet"
    columns = zip(HEAD, zip(*ROWS, strict=True), strict=True)
    pq.write_table(pa.table({name: list(cells) for name, cells in columns}), path)
    assert drafted(path) == WANTED


@pytest.mark.parametrize(
    ("folder", "file"),
    [("13_sdtm_lb_xpt", "lb.xpt"), ("15_fhir_bundle_pretty", "bundle.json"), ("17_hl7_oru", "oru.hl7")],
)
def test_a_file_that_says_all_of_itself_gets_a_draft_that_says_so(folder, file):
    path = CASES / folder / file
    draft = suggest(path)
    assert any("nothing else has to be named" in q for q in draft.questions)
    assert stored(read(path, from_toml(draft.text, "draft"))) == expected(folder)
