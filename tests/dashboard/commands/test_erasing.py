"""An erased person is gone from everything that this installation holds; what remains elsewhere is named."""

from __future__ import annotations

import re
import shutil
import zlib
from pathlib import Path

import pytest

from analytics.store import open_store
from analytics.store.working_state import jobs
from analytics.store.working_state.schedules import Schedules
from dashboard.config import Config
from dashboard.security.keys import pseudonyms_of
from tests.installed import Installed

ERASE = ("--reason", "asked for it", "--yes", "--json", "--store", "store")


HASH = rb"\$argon2id\$[\w$=,+/]+"
"""A password's hash is of random letters, and any two of them may be P1."""


def naming(folder: Path, *words: str) -> list[str]:
    """Files below that have one of the words, also in what PDF and ZIP have packed."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        body = re.sub(HASH, b"", path.read_bytes()) + b"".join(unpacked(path.read_bytes()))
        if any(word.encode() in body or word in path.name for word in words):
            found.append(str(path.relative_to(folder)))
    return found


def unpacked(body: bytes):
    for part in body.split(b"stream")[1::2]:
        try:
            yield zlib.decompressobj().decompress(part.strip(b"\r\n"))
        except zlib.error:
            continue


@pytest.fixture
def busy(hepatrend: Installed, world: Path) -> Path:
    """The hospital after months: reports of every kind published, a job done, an upload that waits."""

    def do(*words: object) -> None:
        done = hepatrend(*words, "--store", "store", cwd=world)
        assert done.status in (0, 3), done

    for name, report, form, more in (
        ("names", "digest", "html", ("--identified",)),
        ("each", "patient", "html", ("--identified",)),
        ("pseudonyms", "digest", "html", ()),
        ("text", "cohort", "text", ()),
    ):
        do("schedule", "add", name, "--report", report, "--form", form, "--every", "daily 06:00", *more)
        do("schedule", "run", name)
    store = open_store(str(world / "store"))
    jobs.submit(store, "cohort_export", "ann", {"text": "find ALT above 3 x ULN", "form": "csv"})
    do("worker", "--until-idle")
    waiting = world / "store" / "incoming" / "0123456789abcdef"
    waiting.mkdir(parents=True, mode=0o700)
    shutil.copy(world / "labs.csv", waiting / "labs.csv")
    do("backup", "--to", "kept")
    return world


def test_nothing_of_the_person_is_left_and_what_is_elsewhere_is_named(hepatrend: Installed, busy: Path):
    store = open_store(str(busy / "store"))
    key, name = store.key_of("P1"), pseudonyms_of(Config(store=str(busy / "store"))).name("P1")
    words = ("P1", name)
    assert len(naming(busy / "store" / "reports", *words)) >= 4
    done = hepatrend("purge", "P1", *ERASE, cwd=busy)
    assert done.status == 0, done
    said = done.document
    assert said["key"] == key
    assert (said["rows_removed"], said["removed"].count("published report")) == (4, 4)
    assert {"upload", "result of a job"} <= set(said["removed"])
    assert naming(busy / "store", *words) == []
    assert said["files"] == []
    assert len([p for p in said["backups"] if Path(p).parent == busy / "kept"]) == 2
    for schedule in ("names", "pseudonyms"):
        body = Schedules(store.working_state).memory(schedule)
        assert body is not None
        assert b"P1" not in b"".join(unpacked(body)) and name.encode() not in body
    assert hepatrend("verify", "--store", "store", cwd=busy).status == 0
    assert hepatrend("schedule", "run", "names", "--store", "store", cwd=busy).status in (0, 3)


def test_a_report_that_is_a_pdf_goes_by_what_its_text_says(hepatrend: Installed, world: Path):
    assert hepatrend("schedule", "run", "weekly", "--store", "store", cwd=world).status in (0, 3)
    html = next((world / "store" / "reports").rglob("digest-*.html"))
    note = html.with_name(f".{html.stem}.note.json")
    note.write_text(note.read_text().replace(html.name, f"{html.stem}.pdf"))
    html.rename(html.with_suffix(".pdf")).write_bytes(b"%PDF packed")
    said = hepatrend("purge", "P1", *ERASE, cwd=world).document
    assert said["removed"] == ["published report"]
    assert not list((world / "store" / "reports").rglob("*.pdf"))


def test_a_report_that_never_held_the_person_stays(hepatrend: Installed, world: Path):
    words = ("--report", "digest", "--list", "site:Valley", "--every", "daily 06:00", "--identified")
    assert hepatrend("schedule", "add", "valley", *words, "--store", "store", cwd=world).status == 0
    assert hepatrend("schedule", "run", "valley", "--store", "store", cwd=world).status in (0, 3)
    before = sorted(p.name for p in (world / "store" / "reports").rglob("*") if p.is_file())
    assert hepatrend("purge", "P1", *ERASE, cwd=world).document["removed"] == []
    assert sorted(p.name for p in (world / "store" / "reports").rglob("*") if p.is_file()) == before


@pytest.mark.parametrize("by", ["id", "key", "old id"])
def test_a_person_is_named_by_id_or_key_or_an_id_that_was_merged(hepatrend: Installed, world: Path, by: str):
    store = open_store(str(world / "store"))
    named = {"id": "P2", "key": store.key_of("P2"), "old id": "P1"}[by]
    if by == "old id":
        why = ("--why", "one person", "--although", "the first file had another person's row", "--store", "store")
        assert hepatrend("alias", "add", "P1", "P2", *why, cwd=world).status == 0
    assert hepatrend("purge", named, *ERASE, cwd=world).status == 0
    assert "P2" not in open_store(str(world / "store")).patient_ids


def test_a_store_that_was_replaced_is_named_too(hepatrend: Installed, world: Path):
    made = next((world / "kept").iterdir())
    assert hepatrend("restore", made, "--replace", "--store", "store", cwd=world).status == 0
    said = hepatrend("purge", "P1", *ERASE, cwd=world).document
    assert [Path(p).name.partition(".")[2].partition("-")[0] for p in said["backups"]] == ["replaced"]


def test_a_merge_of_ids_that_differ_in_sex_or_birth_date_asks_why(hepatrend: Installed, world: Path):
    words = ("alias", "add", "P1", "P2", "--why", "one person", "--store", "store")
    refused = hepatrend(*words, cwd=world)
    assert refused.status == 1
    assert "sex (F, M)" in refused.err and "birth date (1950-05-17, 1961-11-03)" in refused.err
    assert "--although" in refused.err
    because = "the register of Valley had the sister's row"
    assert hepatrend(*words, "--although", because, cwd=world).status == 0
    out = world / "one.txt"
    for named in ("P1", "P2"):
        done = hepatrend("report", "patient", named, "--form", "text", "--out", out, "--store", "store", cwd=world)
        assert done.status in (0, 3), done
        assert because in out.read_text()
        assert "P1" in out.read_text()
    hidden = ("report", "patient", "P2", "--pseudonymised", "--form", "text", "--out", out, "--store", "store")
    assert hepatrend(*hidden, cwd=world).status in (0, 3)
    assert because not in out.read_text() and "P1" not in out.read_text()
    assert "results of another id" in out.read_text()
