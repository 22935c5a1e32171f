"""A watched folder takes settled files once, and says what became of each."""

from __future__ import annotations

import builtins
import errno
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from analytics.errors import BusyStore, RefusedFile
from analytics.ingest import watch as watching
from analytics.ingest.importer import Options, Outcome
from analytics.ingest.watch import Watch, put_away
from analytics.store import open_store

GOOD = "patient_id,test,date,value,unit\nP1,ALT,2024-03-05,45,U/L\n"


@dataclass
class Slip:
    file: str
    stored: int
    quarantined: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Shelf:
    """A store that only counts, and is busy when told so."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.busy = False

    def publish(self, ingests: Any, by: str = "") -> list[Slip]:
        if self.busy:
            raise BusyStore("another writer holds the store")
        slips = []
        for source in ingests:
            stored = sum(b.accepted for b in source.batches())
            self.files.append(source.file)
            slips.append(Slip(source.file, stored))
        return slips


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(tmp_path: Path, clock: Clock) -> Watch:
    return Watch(tmp_path, clock=clock)


def test_a_file_is_taken_only_when_it_has_not_changed_for_ten_seconds(watch, clock, tmp_path):
    path = tmp_path / "labs.csv"
    path.write_text(GOOD)
    assert watch.ready() == []
    clock.now = 9.9
    assert watch.ready() == []
    path.write_text(GOOD + "P1,AST,2024-03-05,45,U/L\n")
    clock.now = 10.1
    assert watch.ready() == []
    clock.now = 20.1
    assert watch.ready() == [path]


def test_accepted_and_refused_files_are_put_away_with_their_receipts(watch, clock, tmp_path):
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "bad.csv").write_text("<html></html>")
    shelf = Shelf()
    assert list(watch.take(shelf, Options())) == []
    clock.now = 11
    assert {o.file: bool(o.refused) for o in watch.take(shelf, Options())} == {"good.csv": False, "bad.csv": True}
    assert not [p for p in tmp_path.iterdir() if p.is_file()]
    receipt = json.loads((tmp_path / "done" / "good.csv.receipt.json").read_text())
    assert receipt["stored"] == 1
    refused = json.loads((tmp_path / "refused" / "bad.csv.receipt.json").read_text())
    assert "web page" in refused["refused"]
    assert (tmp_path / "refused" / "bad.csv").read_text() == "<html></html>"


def test_a_busy_store_leaves_the_file_for_the_next_time(watch, clock, tmp_path):
    (tmp_path / "good.csv").write_text(GOOD)
    shelf = Shelf()
    shelf.busy = True
    list(watch.take(shelf, Options()))
    clock.now = 11
    assert [o.later for o in watch.take(shelf, Options())] == [True]
    assert (tmp_path / "good.csv").exists()
    shelf.busy = False
    clock.now = 12
    assert [o.receipt["stored"] for o in watch.take(shelf, Options())] == [1]


def test_another_file_of_the_same_name_does_not_overwrite_the_first(watch, clock, tmp_path):
    shelf = Shelf()
    for i, text in enumerate((GOOD, GOOD.replace("45", "46"))):
        (tmp_path / "good.csv").write_text(text)
        watch.ready()
        clock.now += 11
        list(watch.take(shelf, Options()))
        assert len(list((tmp_path / "done").glob("good*.csv"))) == i + 1


def test_half_written_and_hidden_files_are_left_alone(watch, clock, tmp_path):
    for name in ("labs.csv.part", ".labs.csv", "labs.tmp"):
        (tmp_path / name).write_text(GOOD)
    watch.ready()
    clock.now = 11
    assert watch.ready() == []


def test_a_file_that_was_imported_and_not_yet_moved_is_put_away_at_the_next_start(tmp_path, clock):
    """As after kill -9 between the receipt and the move."""
    path = tmp_path / "good.csv"
    path.write_text(GOOD)
    first = Watch(tmp_path, clock=clock)
    first.ready()
    clock.now = 11
    outcome = next(iter(first.take(Shelf(), Options())))
    (tmp_path / "done" / "good.csv").rename(path)
    put_away(path, outcome)
    assert [p.name for p in (tmp_path / "done").iterdir() if p.suffix == ".csv"] == ["good.csv"]


def test_sidecars_are_enforced_and_move_along(watch, clock, tmp_path):
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "good.csv.rows").write_text("1")
    (tmp_path / "cut.csv").write_text(GOOD)
    (tmp_path / "cut.csv.rows").write_text("2")
    watch.ready()
    clock.now = 11
    assert {o.file: bool(o.refused) for o in watch.take(Shelf(), Options())} == {"good.csv": False, "cut.csv": True}
    assert (tmp_path / "done" / "good.csv.rows").exists()
    assert (tmp_path / "refused" / "cut.csv.rows").exists()
    assert not [p for p in tmp_path.iterdir() if p.is_file()]


def test_the_receipt_written_before_a_crash_is_kept(tmp_path):
    path, done = tmp_path / "good.csv", tmp_path / "done"
    done.mkdir()
    path.write_text(GOOD)
    first = {"sha256": "abc", "stored": 1}
    (done / "good.csv.receipt.json").write_text(json.dumps(first))
    put_away(path, Outcome("good.csv", {"sha256": "abc", "stored": 0, "already": True}))
    assert json.loads((done / "good.csv.receipt.json").read_text()) == first


def test_a_watched_path_must_be_a_folder(tmp_path):
    with pytest.raises(RefusedFile, match="no folder"):
        Watch(tmp_path / "absent")


class Failing:
    """The operating system as the watched folder sees it; the n-th write, fsync or rename fails once."""

    def __init__(self, n: int):
        self.left = n

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._counted(real) if name in ("replace", "fsync") else real

    def open_file(self, *args: Any, **options: Any) -> Any:
        return self._counted(builtins.open)(*args, **options)

    def _counted(self, real: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == -1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*args, **options)

        return call


@pytest.mark.parametrize("sidecar", ["", "1", "2"])
@pytest.mark.parametrize("n", range(8))
def test_a_move_that_fails_anywhere_is_ended_by_the_next_look_and_nothing_is_lost(tmp_path, monkeypatch, n, sidecar):
    folder, clock = tmp_path / "in", Clock()
    folder.mkdir()
    (folder / "good.csv").write_text(GOOD)
    if sidecar:
        (folder / "good.csv.rows").write_text(sidecar)
    store, refused = open_store(str(tmp_path / "store")), sidecar == "2"
    failing = Failing(n)
    with monkeypatch.context() as patch:
        patch.setattr(watching, "os", failing)
        patch.setattr(watching, "open", failing.open_file, raising=False)
        look(folder, clock, store)
    whole = [p for p in folder.rglob("good.csv")]
    assert [p.read_text() for p in whole] == [GOOD], "the file is in one place, whole"
    outcomes = look(folder, clock, store)
    assert failing.left >= 0 or not any("cannot be put away" in note for o in outcomes for note in o.notes)
    place = folder / ("refused" if refused else "done")
    assert sorted(p.name for p in place.iterdir() if p.suffix != ".rows") == ["good.csv", "good.csv.receipt.json"]
    receipt = json.loads((place / "good.csv.receipt.json").read_text())
    assert bool(receipt.get("refused")) is refused
    assert len(store.table("labs")) == (0 if refused else 1)
    assert not [p for p in folder.rglob("*.tmp")]
    assert len(store.imports()) == (0 if refused else 1)


def look(folder: Path, clock: Clock, store: Any) -> list[Outcome]:
    """One look after everything has settled."""
    watch = Watch(folder, clock=clock)
    watch.ready()
    clock.now += 11
    return list(watch.take(store, Options()))


def test_the_first_failure_is_said_and_the_watch_goes_on(tmp_path, monkeypatch):
    folder, clock = tmp_path / "in", Clock()
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(GOOD.replace("P1", name[0]))
    with monkeypatch.context() as patch:
        patch.setattr(watching, "os", Failing(0))
        first, second = look(folder, clock, open_store(str(tmp_path / "store")))
    assert first.notes[-1] == "cannot be put away yet: No space left on device; it is tried again"
    assert second.notes == ()
    assert (folder / "a.csv").is_file() and (folder / "done" / "b.csv").is_file()
