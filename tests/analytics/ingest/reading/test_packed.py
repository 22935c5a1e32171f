"""Files packed with gzip or zip are what they hold; what would not fit is refused before it is unpacked."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from analytics.errors import RefusedFile
from analytics.ingest import importer, preview, read, stream
from analytics.ingest.reading import packed
from analytics.store import open_store
from tests.analytics.ingest.reading.expected import CASES, stored, wanted

HEADER = "patient_id,test,date,value,unit\n"
LABS = HEADER + "P1,ALT,2024-03-05,45,U/L\nP1,AST,2024-03-05,46,U/L\n"
PEOPLE = "patient_id,sex,birth_date\nP1,F,1960-02-03\n"


def zipped(path: Path, files: dict[str, bytes | str], **more: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_gzip_of_a_csv_is_the_csv(tmp_path):
    rows, outcome = stored(CASES / "19_csv_gz" / "labs_2024-01.csv.gz", tmp_path)
    assert rows == wanted("19_csv_gz")
    whole = (CASES / "19_csv_gz" / "labs_2024-01.csv.gz").read_bytes()
    assert outcome.receipt["sha256"] == hashlib.sha256(whole).hexdigest()
    assert outcome.receipt["file"] == "labs_2024-01.csv.gz"


def test_a_sidecar_describes_the_packed_file(tmp_path):
    path = tmp_path / "labs.csv.gz"
    path.write_bytes(gzip.compress(LABS.encode()))
    beside = path.with_name("labs.csv.gz.sha256")
    beside.write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    path.with_name("labs.csv.gz.rows").write_text("2")
    assert len(read(path).labs) == 2
    beside.write_text("0" * 64)
    with pytest.raises(RefusedFile, match="describes"):
        read(path)


def test_a_zip_of_several_files_is_one_import_with_one_receipt(tmp_path):
    bundle = (CASES / "field_02" / "bundle_pretty.json").read_bytes()
    path = zipped(tmp_path / "all.zip", {"d/labs.csv": LABS, "people.csv": PEOPLE, "fhir.json": bundle, "read.me": "x"})
    store = open_store(str(tmp_path / "store"))
    outcome = importer.import_one(path, store, importer.Options())
    assert (outcome.receipt["file"], outcome.receipt["table"]) == ("all.zip", "labs")
    assert (outcome.receipt["rows_in"], outcome.receipt["results_in"], outcome.receipt["stored"]) == (6, 6, 6)
    assert set(store.table("labs")["source_file"]) == {"all.zip/d/labs.csv", "all.zip/fhir.json"}
    assert importer.exit_code([outcome]) == importer.ALL
    assert any("not read: read.me" in note for note in outcome.notes)
    assert importer.import_one(path, store, importer.Options()).receipt["already"]


def test_a_file_of_an_archive_that_cannot_be_read_is_held_back_and_the_others_are_stored(tmp_path):
    path = zipped(tmp_path / "all.zip", {"a.csv": "so,it,is\n1,2,3\n", "labs.csv": LABS, "z.csv": ""})
    store = open_store(str(tmp_path / "store"))
    outcome = importer.import_one(path, store, importer.Options())
    assert (outcome.receipt["stored"], outcome.receipt["reasons"]) == (2, {"PART_REFUSED": 2})
    assert store.quarantine()["file"].tolist() == ["all.zip/a.csv", "all.zip/z.csv"]
    assert importer.exit_code([outcome]) == importer.SOME_HELD


def test_an_archive_of_which_nothing_can_be_read_is_refused_with_every_reason(tmp_path):
    path = zipped(tmp_path / "all.zip", {"a.csv": "so,it,is\n1,2,3\n", "b.csv": "<html>"})
    with pytest.raises(RefusedFile, match=r"no part of it can be read.*a\.csv.*b\.csv.*web page"):
        read(path)


def test_a_preview_names_every_part(tmp_path):
    seen = preview(zipped(tmp_path / "all.zip", {"labs.csv": LABS, "people.csv": PEOPLE}))
    assert seen.accepted == 3
    assert any("all.zip/people.csv: patients CSV" in n and "1 of the first 1" in n for n in seen.notes)
    assert [c.name for c in seen.columns] == ["patient_id", "test", "date", "value", "unit"]


ITEMS = "itemid,label,fluid,category\n59999,Alanine Aminotransferase (ALT),Blood,Chemistry\n"
EVENTS = (
    "labevent_id,subject_id,specimen_id,itemid,charttime,value,valuenum,valueuom,ref_range_lower,ref_range_upper\n"
    "1,10,5,59999,2150-03-12 08:05:00,45,45,IU/L,0,40\n"
)


def test_tables_packed_one_by_one_in_an_archive_are_read_with_what_lies_beside_them(tmp_path):
    """As public databases are downloaded: a zip of one gzip a table."""
    tables = {"hosp/labevents.csv.gz": EVENTS, "hosp/d_labitems.csv.gz": ITEMS}
    path = zipped(tmp_path / "all.zip", {name: gzip.compress(text.encode()) for name, text in tables.items()})
    got = read(path, "mimic")
    assert got.labs[["analyte", "value", "uln"]].values.tolist() == [["ALT", 45, 40]]
    assert any("d_labitems.csv.gz" in note for note in got.notes)


@pytest.mark.parametrize("name", ["d_labitems.csv", "D_LABITEMS.CSV", "d_labitems.csv.gz"])
def test_a_list_of_tests_beside_a_file_is_read_packed_or_not(name, tmp_path):
    (tmp_path / "labevents.csv").write_text(EVENTS)
    (tmp_path / name).write_bytes(gzip.compress(ITEMS.encode()) if name.endswith("gz") else ITEMS.encode())
    assert read(tmp_path / "labevents.csv", "mimic").labs["analyte"].tolist() == ["ALT"]


def test_a_bomb_in_a_gzip_in_an_archive_is_refused(tmp_path):
    path = zipped(tmp_path / "all.zip", {"labs.csv.gz": gzip.compress(gzip.compress(bytes(40 << 20))), "b.csv": LABS})
    held = read(path).quarantine
    assert held["reason_code"].tolist() == ["PART_REFUSED"]
    bomb = zipped(tmp_path / "bomb.zip", {"labs.csv.gz": gzip.compress(bytes(40 << 20)), "b.csv": LABS})
    assert "times larger" in read(bomb).quarantine["message"][0]


@pytest.mark.parametrize("inner", ["gz in gz in zip", "zip in zip", "gz in gz"])
def test_what_is_packed_twice_is_refused(tmp_path, inner):
    path = tmp_path / "twice"
    once = gzip.compress(LABS.encode())
    if inner == "gz in gz":
        path.write_bytes(gzip.compress(once))
    elif inner == "gz in gz in zip":
        zipped(path, {"labs.csv.gz": gzip.compress(once)})
    else:
        zipped(path, {"labs.zip": zipped(tmp_path / "in.zip", {"labs.csv": LABS}).read_bytes()})
    with pytest.raises(RefusedFile, match="packed inside a packed file"):
        read(path)


@pytest.mark.parametrize("form", ["gz", "zip"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, form, monkeypatch):
    written = []
    monkeypatch.setattr(packed.tempfile, "TemporaryFile", lambda: Counting(written))
    data = (HEADER + "P1,ALT,2024-03-05,45,U/L\n" * 4_000_000).encode()
    path = tmp_path / f"bomb.{form}"
    if form == "gz":
        path.write_bytes(gzip.compress(data))
    else:
        zipped(path, {"labs.csv": data})
    with pytest.raises(RefusedFile, match="times larger"):
        read(path)
    assert sum(written) <= packed.RATIO_FROM + (1 << 20)


class Counting(io.BytesIO):
    """A file that counts what is written into it."""

    def __init__(self, written: list[int]):
        super().__init__()
        self._written = written

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written.append(len(data))
        return super().write(data)


@pytest.mark.parametrize("form", ["gz", "zip"])
def test_no_more_is_unpacked_than_is_allowed(tmp_path, form):
    path = tmp_path / f"large.{form}"
    if form == "gz":
        path.write_bytes(gzip.compress(LABS.encode()))
    else:
        zipped(path, {"labs.csv": LABS})
    assert path.stat().st_size > 60
    with pytest.raises(RefusedFile, match="larger than"):
        stream(path, max_bytes=60)
    large = tmp_path / f"larger.{form}"
    many = (LABS * 40).encode()
    if form == "gz":
        large.write_bytes(gzip.compress(many))
    else:
        zipped(large, {"labs.csv": many})
    with pytest.raises(RefusedFile, match="larger than 1,000 bytes when it is unpacked"):
        stream(large, max_bytes=1_000)


def test_damaged_and_locked_archives_are_refused_as_what_they_are(tmp_path):
    data = gzip.compress(LABS.encode())
    path = tmp_path / "labs.gz"
    for broken in (data[:-5], data[:30] + b"\xff\xff\xff" + data[33:], data[:9]):
        path.write_bytes(broken)
        with pytest.raises(RefusedFile, match="packed with gzip and"):
            read(path)
    archive = zipped(tmp_path / "labs.zip", {"labs.csv": LABS})
    good = archive.read_bytes()
    archive.write_bytes(good[:-30])
    with pytest.raises(RefusedFile, match="zip archive that cannot be read"):
        read(archive)
    archive.write_bytes(good.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"))
    with pytest.raises(RefusedFile, match="password"):
        read(archive)


def test_several_gzips_in_a_row_are_one_file(tmp_path):
    path = tmp_path / "labs.csv.gz"
    path.write_bytes(gzip.compress(LABS.encode()) + gzip.compress(b"P1,ALP,2024-03-05,47,U/L\n"))
    assert read(path).labs["value"].tolist() == [45.0, 46.0, 47.0]


def test_a_name_in_an_archive_leads_nowhere(tmp_path):
    path = zipped(tmp_path / "all.zip", {"../../evil.csv": LABS, "/etc/labs.csv": LABS.replace("P1", "P2"),
                                         "__MACOSX/._labs.csv": "x"})  # fmt: skip
    got = read(path)
    assert len(got.labs) == 4
    assert not list(tmp_path.parent.glob("evil.csv")) and sorted(p.name for p in tmp_path.iterdir()) == ["all.zip"]


def test_packed_ndjson_is_read(tmp_path):
    lines = [json.loads(s) for s in (CASES / "field_03" / "obs.ndjson").read_text().splitlines()]
    path = tmp_path / "obs.ndjson.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    assert len(read(path).labs) == 5
