"""Workbooks as people keep them: titles, merged heads, several sheets; and workbooks that are made to do harm."""

from __future__ import annotations

import datetime as dt
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from analytics.errors import RefusedFile
from analytics.ingest import Profile, importer, preview, read
from analytics.store import open_store

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("python_calamine")

HEAD = ("patient_id", "test", "date", "result", "unit")
ROWS = (("P1", "ALT", dt.datetime(2024, 3, 5, 8, 30), 45, "U/L"), ("P2", "BILI", dt.datetime(2024, 3, 6), 0.7, "mg/dL"))


def book(path: Path, sheets: dict[str, Any], merged: tuple[str, ...] = ()) -> Path:
    whole = openpyxl.Workbook()
    whole.remove(whole.active)
    for name, rows in sheets.items():
        sheet = whole.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)
    whole.save(path)
    return path


def test_titles_above_the_heads_are_passed_over_and_told(tmp_path):
    titles = [("Liver clinic, spring export",), (), ("printed", dt.date(2024, 4, 1)), ()]
    path = book(tmp_path / "labs.xlsx", {"Labs": [*titles, HEAD, *ROWS]})
    got = read(path)
    assert got.labs[["patient_id", "analyte", "value", "precision", "source_line"]].to_numpy().tolist() == [
        ["P1", "ALT", 45.0, "minute", 6],
        ["P2", "BILI", 0.7, "day", 7],
    ]
    assert any("row 1: Liver clinic, spring export" in n and "not read" in n for n in got.notes)


def test_merged_heads_are_read_with_the_names_below_them(tmp_path):
    rows = [
        ("Patient", "Date", "ALT", None, None, "Liver", None),
        (None, None, "Result", "U/L", "ULN", "Bilirubin (mg/dL)", "Albumin (g/L)"),
        ("P1", dt.date(2024, 3, 5), 45, None, 40, 0.7, 39),
    ]
    rows[1] = (None, None, "Result", "Unit", "ULN", "Bilirubin (mg/dL)", "Albumin (g/L)")
    rows[2] = ("P1", dt.date(2024, 3, 5), 45, "U/L", 40, 0.7, 39)
    path = book(tmp_path / "wide.xlsx", {"S": rows}, ("A1:A2", "B1:B2", "C1:E1", "F1:G1"))
    got = read(path)
    assert got.labs[["analyte", "value", "unit"]].to_numpy().tolist() == [
        ["ALT", 45.0, "U/L"],
        ["BILI", 0.7, "mg/dL"],
        ["ALB", 3.9, "g/dL"],
    ]
    assert got.labs["uln"].tolist()[0] == 40
    assert [c.name for c in preview(path).columns][2:5] == ["ALT", "ALT unit", "ALT uln"]


def test_a_patient_merged_over_rows_stands_in_each_of_them(tmp_path):
    rows = [HEAD, ROWS[0], (None, "AST", dt.datetime(2024, 3, 5, 8, 30), 46, "U/L"), ROWS[1]]
    got = read(book(tmp_path / "m.xlsx", {"S": rows}, ("A2:A3",)))
    assert got.labs["patient_id"].tolist() == ["P1", "P1", "P2"]
    assert any("1 cells merged over several rows" in n for n in got.notes)


def test_several_sheets_are_one_import_and_sheets_without_a_table_are_told(tmp_path):
    people = [("patient_id", "sex", "birth_date"), ("P1", "F", dt.date(1960, 2, 3))]
    notes = [("Legend",), ("ALT", "alanine aminotransferase")]
    path = book(tmp_path / "all.xlsx", {"Labs": [HEAD, *ROWS], "People": people, "Notes": notes, "Empty": []})
    store = open_store(str(tmp_path / "store"))
    outcome = importer.import_one(path, store, importer.Options())
    assert (outcome.receipt["stored"], outcome.receipt["quarantined"]) == (3, 0)
    assert set(store.table("labs")["source_file"]) == {"all.xlsx/Labs"}
    assert any("sheet 'Notes' holds no table" in n for n in outcome.notes)
    seen = preview(path)
    assert any("all.xlsx/People: patients CSV" in n for n in seen.notes)
    only = read(path, Profile(name="one", sheet="People"))
    assert (len(only.labs), len(only.patients)) == (0, 1)
    with pytest.raises(RefusedFile, match="no sheet 'Nope'; there are Labs, People, Notes, Empty"):
        read(path, Profile(name="one", sheet="Nope"))


def test_a_sheet_whose_columns_nobody_knows_is_held_back(tmp_path):
    path = book(tmp_path / "b.xlsx", {"Labs": [HEAD, *ROWS], "Costs": [("item", "price", "paid"), ("x", 3, "y")]})
    got = read(path)
    assert (len(got.labs), got.reasons) == (2, {"PART_REFUSED": 1})


def test_hidden_sheets_are_not_read_and_told(tmp_path):
    path = tmp_path / "h.xlsx"
    whole = openpyxl.Workbook()
    for name in ("Labs", "Old"):
        sheet = whole.create_sheet(name)
        for row in (HEAD, *ROWS):
            sheet.append(row)
    whole.remove(whole.worksheets[0])
    whole["Old"].sheet_state = "hidden"
    whole.save(path)
    got = read(path)
    assert len(got.labs) == 2 and any("sheet 'Old' is hidden" in n for n in got.notes)


def test_numbers_and_dates_are_read_whatever_forms_the_profile_declares_for_texts(tmp_path):
    rows = [HEAD, *ROWS, ("P3", "ALB", "07.03.2024", "3,9", "g/dL")]
    own = Profile(name="de", decimal=",", dates=("%d.%m.%Y %H:%M", "%d.%m.%Y"))
    got = read(book(tmp_path / "de.xlsx", {"S": rows}), own)
    assert got.labs["value"].tolist() == [45.0, 0.7, 3.9]
    assert got.labs["collected_at"].astype(str).tolist()[0].startswith("2024-03-05 08:30")
    assert got.labs["precision"].tolist() == ["minute", "day", "day"]


def test_a_workbook_without_a_table_is_refused(tmp_path):
    with pytest.raises(RefusedFile, match="without a table"):
        read(book(tmp_path / "n.xlsx", {"S": [("only",), ("words", "here")]}))


def sheet_of(path: Path, sheet: bytes, more: dict[str, bytes] | None = None) -> Path:
    """A workbook whose first sheet is this XML."""
    book(path, {"S": [HEAD, *ROWS]})
    parts = {i.filename: zipfile.ZipFile(path).read(i) for i in zipfile.ZipFile(path).infolist()}
    parts |= {"xl/worksheets/sheet1.xml": sheet, **(more or {})}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


XML = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


@pytest.mark.parametrize(
    ("name", "sheet", "says"),
    [
        ("corners", XML % b'<row><c r="A1"><v>1</v></c></row><row><c r="XFD1048576"><v>2</v></c></row>',
         "larger than 20,000,000 cells"),
        ("inflated", XML % (b" " * (40 << 20)), "times larger"),
        ("cut", XML[:60], "no workbook|without a table"),
        ("entities", b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + XML % b"<row><c><v>&b;</v></c></row>",
         "no workbook|without a table"),
    ],
)  # fmt: skip
def test_a_workbook_that_is_made_to_do_harm_is_refused_at_once(tmp_path, name, sheet, says):
    path = sheet_of(tmp_path / "bad.xlsx", sheet)
    began = time.process_time()
    with pytest.raises(RefusedFile, match=says):
        read(path)
    assert time.process_time() - began < 2


def test_one_long_text_shown_a_thousand_times_is_refused(tmp_path):
    texts = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (i, i) for i in range(1, 200_001))
    path = sheet_of(tmp_path / "long.xlsx", XML % cells, {"xl/sharedStrings.xml": texts % (b"abcdefgh" * 20_000)})
    with pytest.raises(RefusedFile, match=r"repeated|times larger"):
        read(path)


def test_an_old_workbook_that_is_none_is_refused(tmp_path):
    path = tmp_path / "labs.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    with pytest.raises(RefusedFile, match="no workbook that can be read"):
        read(path)
