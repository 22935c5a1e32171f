"""Files that wait: several of one batch, with their folders, and archives that are unpacked within limits."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from analytics.errors import InputError, RefusedFile
from analytics.ingest.reading import packed
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.importing.uploads import Uploads

LABS = b"patient_id,collected_at,analyte,value,unit\nZ-1,2024-06-01,ALT,33,U/L\n"


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(Config(store=str(tmp_path / "store")))


def zipped(**files: bytes) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("_md", ".md"), data)
    out.seek(0)
    return out


def keep(uploads: Uploads, name: str, data: bytes = LABS, batch: str = "") -> str:
    return uploads.keep(name, io.BytesIO(data), batch)


def test_files_of_one_folder_lie_together_and_those_of_two_apart(uploads):
    first = keep(uploads, "hosp/labevents.csv")
    batch = first.partition("/")[0]
    beside, other = keep(uploads, "hosp/d_labitems.csv", batch=batch), keep(uploads, "icu/labevents.csv", batch=batch)
    assert uploads.path(first).parent == uploads.path(beside).parent != uploads.path(other).parent
    assert (uploads.beside(first), uploads.beside(other)) == ([beside], [])


def test_two_files_of_one_name_are_both_kept(uploads):
    first = keep(uploads, "labs.csv", b"1")
    second = keep(uploads, "labs.csv", b"2", first.partition("/")[0])
    assert [uploads.path(i).read_bytes() for i in (first, second)] == [b"1", b"2"]
    assert [uploads.path(i).name for i in (first, second)] == ["labs.csv", "labs.csv"]


@pytest.mark.parametrize("batch", ["", "../../outside", "0" * 16, "x", "a/b"])
def test_a_batch_that_is_not_known_begins_a_new_one(uploads, batch):
    identity = keep(uploads, "labs.csv", batch=batch)
    assert identity.partition("/")[0] != batch
    assert uploads.path(identity).is_relative_to(uploads.folder)


def test_a_folder_that_the_browser_names_is_never_a_place(uploads, tmp_path):
    for name in ("../../../outside/labs.csv", "/etc/labs.csv", "..\\..\\labs.csv", "a/../../b/labs.csv"):
        path = uploads.path(keep(uploads, name))
        assert (path.name, path.resolve().is_relative_to(uploads.folder.resolve())) == ("labs.csv", True)
    assert [p.name for p in tmp_path.iterdir()] == ["store"]


def test_the_last_file_of_a_batch_takes_its_folders_along(uploads):
    first = keep(uploads, "labs.csv")
    second = keep(uploads, "more.csv", batch=first.partition("/")[0])
    uploads.drop(first)
    assert uploads.path(second).is_file()
    uploads.drop(second)
    assert list(uploads.folder.iterdir()) == []


def test_a_batch_has_no_more_files_than_an_archive(uploads, monkeypatch):
    monkeypatch.setattr("dashboard.importing.uploads.MOST", 2)
    batch = keep(uploads, "a.csv").partition("/")[0]
    keep(uploads, "b.csv", batch=batch)
    with pytest.raises(InputError, match="at most 2 files"):
        keep(uploads, "c.csv", batch=batch)


def test_a_zip_is_unpacked_and_what_is_not_read_is_named(uploads):
    identity = uploads.keep("export.zip", zipped(a_csv=LABS, sub__b_csv=LABS, read_md=b"hello"))
    kept, left = uploads.unpacked(identity)
    assert [uploads.path(i).name for i in kept] == ["a.csv", "b.csv"]
    assert left == ["read.md"]
    with pytest.raises(InputError):
        uploads.path(identity)


def test_a_file_of_another_kind_and_an_archive_of_one_file_stay_as_they_are(uploads):
    for name, data in (("l.csv", LABS), ("l.csv.gz", gzip.compress(LABS)), ("one.zip", zipped(a_csv=LABS).read())):
        identity = keep(uploads, name, data)
        assert uploads.unpacked(identity) == ([identity], [])
        assert uploads.path(identity).read_bytes() == data


def test_a_bomb_and_a_damaged_or_locked_archive_are_refused_whole_and_leave_nothing(uploads, monkeypatch):
    monkeypatch.setattr(packed, "RATIO_FROM", 1 << 16)
    good = zipped(a_csv=LABS, b_csv=LABS).read()
    at = good.index(b"b.csv")
    bad = {
        "bomb.zip": zipped(a_csv=LABS, b_csv=b"0" * (4 << 20)).read(),
        "cut.zip": good[: len(good) // 2],
        "torn.zip": good[: at + 10] + b"\xff" * 8 + good[at + 18 :],
    }
    for name, data in bad.items():
        with pytest.raises(RefusedFile):
            uploads.unpacked(keep(uploads, name, data))
    assert not list(uploads.folder.rglob("*"))


def test_the_upload_answers_with_every_file_and_its_shape(tmp_path, shared_store):
    client = create_app(shared_store, Config(store=str(tmp_path / "s"))).server.test_client()
    told = client.post("/upload?name=x.zip", data=zipped(a_csv=LABS, b_csv=LABS, c_csv=b"q;w\n1;2\n").read()).get_json()
    assert [f["name"] for f in told["files"]] == ["a.csv", "b.csv", "c.csv"]
    shapes = [f["shape"] for f in told["files"]]
    assert shapes[0] == shapes[1] != shapes[2]
    more = client.post(f"/upload?name=d.csv&batch={told['batch']}", data=LABS).get_json()
    assert (more["batch"], more["files"][0]["shape"]) == (told["batch"], shapes[0])


def test_an_archive_that_is_refused_is_told_in_words(tmp_path, shared_store):
    client = create_app(shared_store, Config(store=str(tmp_path / "s"))).server.test_client()
    answer = client.post("/upload?name=x.zip", data=zipped(a_csv=LABS, b_csv=LABS).read()[:60])
    assert (answer.status_code, "x.zip: is a zip archive" in answer.get_json()["error"]) == (400, True)
