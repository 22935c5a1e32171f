"""What is wrong with a file as a whole: changed while it is read, too large, described otherwise, no plain file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pandas as pd
import pytest

from analytics.arrow import coded_schema_of
from analytics.errors import RefusedFile
from analytics.ingest import Batch, Ingest, importer, preview, read, stream
from analytics.ingest.outcome import joined
from analytics.ingest.reading.source import MAX_LINE
from analytics.tables import LABS

HEADER = "patient_id,test,date,value,unit\n"
ROW = "P1,ALT,2024-03-05T08:00,45,U/L\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "labs.csv"
    path.write_text(HEADER + ROW)
    return path


def replaced(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_text(HEADER + ROW.replace("45", "46"))
    os.replace(other, path)


def truncated(path: Path) -> None:
    with open(path, "r+b") as handle:
        handle.truncate(len(HEADER))


def appended(path: Path) -> None:
    with open(path, "a") as handle:
        handle.write(ROW)


def rewritten(path: Path) -> None:
    path.write_text(HEADER + ROW.replace("45", "46"))


@pytest.mark.parametrize("change", [replaced, truncated, appended, rewritten])
def test_a_file_that_changes_while_it_is_read_is_refused(path, change):
    reading = stream(path)
    os.utime(path, ns=(1, 1))
    os.utime(path)
    change(path)
    with pytest.raises(RefusedFile, match="changed while being read"):
        list(reading.batches())
    assert reading.sha256 == ""


def test_what_was_read_is_what_was_hashed(path):
    got = read(path)
    assert got.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_must_be_the_one_that_its_sidecar_describes(path):
    beside = path.with_name("labs.csv.sha256")
    beside.write_text(hashlib.sha256(path.read_bytes()).hexdigest() + "  labs.csv\n")
    assert isinstance(read(path), Ingest)
    beside.write_text("0" * 64)
    with pytest.raises(RefusedFile, match="describes"):
        read(path)


def test_a_file_must_have_the_rows_that_its_sidecar_counts(path):
    beside = path.with_name("labs.csv.rows")
    path.write_text(HEADER + ROW + "\n\n" + ROW.replace("08:00", "09:00") + "P1,ALT\n")
    beside.write_text("3\n")
    assert isinstance(read(path), Ingest)
    for said in ("4", "2", "many", ""):
        beside.write_text(said)
        with pytest.raises(RefusedFile, match=r"labs\.csv\.rows"):
            read(path)


def test_a_file_without_a_last_line_end_is_told(path):
    path.write_text(HEADER.rstrip() + ",comment\n" + ROW.rstrip() + ",fine")
    got = read(path)
    assert (len(got.labs), got.notes[-1]) == (1, "the file ends without a line end; its last record is complete")


def test_limits_come_before_parsing(path):
    with pytest.raises(RefusedFile, match="at most"):
        read(path, max_bytes=10)
    path.write_text(HEADER + "x" * (MAX_LINE + 1) + "\n")
    with pytest.raises(RefusedFile, match="longer than"):
        read(path)


@pytest.mark.parametrize("what", ["https://example.org/labs.csv", "file:///etc/passwd", "", "absent.csv", "a\x00b"])
def test_only_plain_files_of_this_machine_are_opened(what):
    with pytest.raises(RefusedFile):
        read(what)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(RefusedFile):
        read(tmp_path)


@pytest.mark.parametrize("kind", ["8220", "0020", "6310", "Befund"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_file_of_the_family_xdt_is_refused_with_what_it_is_and_what_to_send_instead(path, kind, end):
    lines = [f"013{8000}{kind}", "014810000275", "0199212LDT1014.01", "0173101M\xfcller"]
    path.write_bytes((end.join(lines) + end).encode("iso-8859-1"))
    with pytest.raises(RefusedFile, match=r"labs\.csv: is xDT \(LDT.*export the results .*CSV.*HL7 v2 or FHIR"):
        read(path)


def test_a_table_of_numbers_is_not_taken_for_xdt(path):
    path.write_text("0138000,test,date,value,unit\n0138000,ALT,2024-03-05T08:00,45,U/L\n")
    with pytest.raises(RefusedFile) as refused:
        read(path)
    assert "xDT" not in str(refused.value)
    path.write_text("patient_id,test,date,value,unit\n0138000,ALT,2024-03-05T08:00,45,U/L\n")
    assert len(read(path).labs) == 1


def test_a_hopeless_file_is_refused_without_reading_on(path):
    path.write_text(HEADER + "1,2\n" * 2_500_000 + ROW * 3_000_000)
    reading = stream(path)
    with pytest.raises(RefusedFile, match="fields like the header"):
        next(reading.batches())
    reading.close()


@pytest.mark.parametrize(("broken", "refused"), [(50, False), (51, True)])
def test_a_file_is_refused_when_more_than_half_of_its_rows_have_a_wrong_number_of_fields(path, broken, refused):
    path.write_text(HEADER + "1,2\n" * broken + ROW * (100 - broken))
    if refused:
        with pytest.raises(RefusedFile, match="fields like the header"):
            read(path)
    else:
        assert read(path).reasons == {"FIELD_COUNT": 50}


def test_a_preview_never_raises_for_what_is_wrong_with_the_file(tmp_path):
    bad = tmp_path / "bad.csv"
    for data in (b"", b"\x1f\x8b123", b"a,b\n1,2\n", HEADER.encode() + b"P1,ALT,05/03/2024,45,U/L\n"):
        bad.write_bytes(data)
        seen = preview(bad)
        assert seen.refused or seen.reasons
    assert preview(tmp_path / "absent.csv").refused


def test_ids_that_may_be_one_person_are_named_and_kept_apart(path):
    path.write_text(HEADER + ROW + ROW.replace("P1", "p1") + ROW.replace("P1", "007") + ROW.replace("P1", "7"))
    got = read(path)
    assert got.labs["patient_id"].tolist() == ["P1", "p1", "007", "7"]
    assert [n.rsplit(": ", 1)[1] for n in got.notes] == ["007, 7", "P1, p1"]


def test_a_preview_says_what_would_be_held_back(path):
    path.write_text(HEADER + ROW + "P1,ALT,2024-03-06,1;5,U/L\n")
    seen = preview(path)
    assert (seen.format, seen.accepted, seen.looked_at, seen.reasons) == ("long", 1, 2, {"VALUE_TEXT": 1})
    assert seen.held is not None and seen.held.loc[0, "line"] == 3
    assert [c.role for c in seen.columns] == ["patient_id", "analyte", "collected_at", "value", "unit"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_row_of_a_large_file_keeps_its_physical_line(tmp_path, encoding):
    path = tmp_path / "big.csv"
    n = 120_000
    text = HEADER + "".join(f"P{i},ALT,2024-03-05,45,U/L\n" for i in range(n)) + "P1,ALT,2024-03-05,oops,U/L\n"
    path.write_bytes(text.encode(encoding))
    got = read(path)
    assert got.quarantine["line"].tolist() == [n + 2]
    assert got.labs["source_line"].tolist() == list(range(2, n + 2))


def test_results_are_had_as_a_frame_and_in_codes_whichever_was_given():
    labs = LABS.conform(
        pd.DataFrame(
            {
                "patient_id": ["P1", "P2"],
                "analyte": ["ALT", "ALB"],
                "collected_at": pd.to_datetime(["2024-03-05T08:30", "2024-03-06T00:00"]),
                "value": [45.0, None],
                "raw_value": ["45", None],
                "source_line": [2, 3],
            }
        )
    )
    from_frame = Batch(labs=labs)
    from_codes = Batch(labs=from_frame.coded_labs)
    pd.testing.assert_frame_equal(from_codes.labs, labs)
    assert from_frame.coded_labs.schema == coded_schema_of(LABS)
    assert joined([from_frame, from_codes]).accepted == 4
    assert (len(Batch().labs), Batch().accepted) == (0, 0)


def test_what_of_a_folder_is_not_read_is_named(tmp_path):
    for name in ("a.csv", "b.pdf", "c.DAT", "a.csv.sha256", ".hidden", "notes.docx"):
        (tmp_path / name).write_text("x")
    (tmp_path / "2024").mkdir()
    assert importer.passed_over([tmp_path, tmp_path / "a.csv", "-"]) == ["2024/", "b.pdf", "notes.docx"]
