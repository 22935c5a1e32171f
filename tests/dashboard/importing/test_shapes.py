"""Files of one shape: with one header and one way of writing; what one person's file says is said of nobody else."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest

from analytics.errors import InputError
from analytics.ingest.profile import from_toml
from dashboard.config import Config
from dashboard.importing import shapes, sorting
from dashboard.importing.batch import Batch
from dashboard.importing.uploads import Uploads

CASES = Path(__file__).parents[2] / "analytics" / "ingest" / "cases" / "first_contact"
GERMAN = "Pat-Nr;Abnahmedatum;Analyt;Ergebnis;Einheit\n{};{};GPT;{};U/l\n"
SHEET = "Patient:,{}\n\nTest,Unit,Reference,2024-01-08,2024-01-22\nALT,U/L,7-56,31,38\n"


def made(folder: Path, **texts: str | bytes) -> list[Path]:
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        paths.append(path)
    return paths


def keys(paths: list[Path]) -> list[str]:
    return [shapes.shape_of(path, path.name) for path in paths]


def test_files_with_the_same_header_have_one_shape(tmp_path):
    one, two, other = keys(
        made(
            tmp_path,
            one=GERMAN.format("1", "03.04.2024", "38,5"),
            two=GERMAN.format("2", "22.01.2024", "41"),
            other="patient_id,collected_at,analyte,value,unit\n1,2024-01-22,ALT,38,U/L\n",
        )
    )
    assert one == two != other


def test_another_encoding_and_lines_above_the_header_are_another_shape(tmp_path):
    text = GERMAN.format("1", "22.01.2024", "38,5").replace("GPT", "Größe")
    one, two, three = keys(made(tmp_path, one=text, two=text.encode("cp1252"), three="Bericht\n\n" + text))
    assert len({one, two, three}) == 3


def test_what_cannot_be_read_is_sorted_by_its_ending(tmp_path):
    for name in ("a.png", "b.png", "c.pdf"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" if name.endswith("png") else b"%PDF-1.7\n")
    one, two, three = keys(sorted(tmp_path.iterdir()))
    assert one == two != three


def test_the_flow_sheets_of_two_people_are_never_one_shape(tmp_path):
    one, two = keys(made(tmp_path, one=SHEET.format("X-1"), two=SHEET.format("X-2")))
    assert one != two


def test_a_profile_that_names_one_patient_is_used_for_one_file(tmp_path):
    [path] = made(tmp_path, one=SHEET.format("X-1"))
    profile = from_toml(shapes.proposed([path]).text)
    assert profile.patient == "X-1"
    shapes.check_persons(1, profile)
    with pytest.raises(InputError, match="one patient"):
        shapes.check_persons(2, profile)
    shapes.check_persons(2, None)


def test_a_date_of_any_file_tells_the_form_of_all(tmp_path):
    first, second = made(
        tmp_path, one=GERMAN.format("1", "03/04/2024", "38"), two=GERMAN.format("2", "22/01/2024", "41")
    )
    assert "dates" not in tomllib.loads(shapes.proposed([first]).text)
    assert tomllib.loads(shapes.proposed([first, second]).text)["dates"] == ["%d/%m/%Y"]
    assert shapes.checked([first, second], from_toml(shapes.proposed([first, second]).text)).accepted == 2


@pytest.mark.parametrize(
    ("folder", "file", "drafted"),
    [
        ("01_epic", "results.csv", True),
        ("03_german_lis", "Laborexport.csv", True),
        ("07_omop_measurement", "measurement.csv", False),
        ("11_mimic_labevents", "labevents.csv", True),
        ("13_sdtm_lb_xpt", "lb.xpt", False),
        ("15_fhir_bundle_pretty", "bundle.json", False),
        ("17_hl7_oru", "oru.hl7", False),
        ("19_csv_gz", "labs_2024-01.csv.gz", False),
    ],
)
def test_a_profile_is_proposed_where_it_makes_more_of_a_file_than_the_file_says(folder, file, drafted):
    assert bool(shapes.proposed([CASES / folder / file]).text) is drafted


def test_every_column_of_a_file_that_is_refused_is_seen_with_examples(tmp_path):
    [path] = made(tmp_path, one=GERMAN.format("77", "22.01.2024", "38,5"))
    looked = shapes.look(path, None)
    assert looked.preview.refused
    assert looked.columns["Pat-Nr"] == ("77",) and looked.columns["Ergebnis"] == ("38,5",)
    assert looked.lines[0].startswith("Pat-Nr;")


def test_all_files_of_a_shape_are_judged_and_those_that_cannot_be_imported_are_told(tmp_path):
    good = "patient_id,collected_at,analyte,value,unit\n1,2024-01-22,ALT,38,U/L\n"
    paths = made(tmp_path, one=good, two=good, three="q;w\n1;2\n")
    judged = shapes.checked(paths, None)
    assert (judged.files, judged.accepted, judged.looked_at, len(judged.refused)) == (3, 2, 2, 1)


def test_the_sheets_of_a_workbook_are_offered_where_there_are_several(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for name in ("Labs", "Other"):
        sheet = book.active if name == "Labs" else book.create_sheet(name)
        sheet.title = name
        sheet.append(["patient_id", "collected_at", "analyte", "value", "unit"])
        sheet.append(["1", "2024-01-22", "ALT", 38, "U/L"])
    book.save(tmp_path / "b.xlsx")
    looked = shapes.look(tmp_path / "b.xlsx", None)
    assert looked.sheets == ("Labs", "Other")
    assert shapes.look(tmp_path / "b.xlsx", from_toml('sheet = "Other"')).preview.looked_at == 1


def test_a_shape_of_which_results_would_be_quarantined_waits_for_somebodys_word(tmp_path):
    uploads = Uploads(Config(store=str(tmp_path / "store")))
    good = "patient_id,collected_at,analyte,value,unit\n1,2024-01-22,ALT,38,U/L\n"
    said = []
    for text in (good, good.replace("U/L", "")):
        file = sorting.waiting(uploads, uploads.keep("labs.csv", io.BytesIO(text.encode())))
        said.append(sorting.propose(uploads, Batch((file,)), file.shape).said(file.shape))
    assert [s.ready for s in said] == [True, False]
    assert said[1].note == "0 of the first 1 results would be accepted, 1 quarantined"


def test_a_profile_that_was_chosen_before_is_proposed_where_it_suits_the_files(tmp_path):
    uploads = Uploads(Config(store=str(tmp_path / "store")))
    text = GERMAN.format("1", "22.01.2024", "38,5")
    file = sorting.waiting(uploads, uploads.keep("labs.csv", io.BytesIO(text.encode())))
    chosen = 'lab = "North"\n' + shapes.proposed([uploads.path(file.id)]).text
    useless, of_one = 'lab = "North"\n', 'patient = "X"\n' + chosen
    other = sorting.waiting(uploads, uploads.keep("labs.csv", io.BytesIO(text.encode())))
    for given, files, is_taken in (
        (chosen, (file,), True), (useless, (file,), False), ("[", (file,), False), ("", (file,), False),
        (of_one, (file, other), False), (chosen, (file, other), True),
    ):  # fmt: skip
        said = sorting.propose(uploads, Batch(files), file.shape, given).said(file.shape)
        assert (said.text == given, said.ready) == (is_taken, False), given
