"""What is made once in a run is made once, and whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import moulds
from tests.conftest import ROOT

CALLS: list[Path] = []


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv(moulds.VARIABLE, str(tmp_path))
    monkeypatch.setattr(moulds, "made_once", moulds.made_once.__wrapped__)  # as in a process that has asked for none
    CALLS.clear()
    return tmp_path


def two_files(folder: Path) -> None:
    CALLS.append(folder)
    folder.mkdir()
    (folder / "first").write_text("1")
    if len(CALLS) == 1:
        raise OSError("the disk is full")
    (folder / "second").write_text("2")


def test_what_was_left_half_made_is_made_anew_and_then_kept():
    with pytest.raises(OSError, match="full"):
        moulds.made_once(two_files)
    assert sorted(p.name for p in moulds.made_once(two_files).iterdir()) == ["first", "second"]
    moulds.made_once(two_files)
    assert len(CALLS) == 2


def test_workers_at_once_make_it_once(elsewhere):
    program = (
        "import os, sys; from pathlib import Path; from tests.moulds import made_once\n"
        "def fill(folder): folder.mkdir(); (folder / str(os.getpid())).touch()\n"
        "print(*[p.name for p in made_once(fill).iterdir()])"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = {worker.communicate()[0] for worker in workers}
    assert len(said) == 1 and len(said.pop().split()) == 1


def test_the_process_that_began_clears_up(elsewhere, monkeypatch):
    environment = {k: v for k, v in os.environ.items() if k != moulds.VARIABLE} | {"TMPDIR": str(elsewhere)}
    program = "from tests.moulds import begin; begin(); assert begin().is_dir(); print(begin())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).parent == elsewhere
    assert not list(elsewhere.iterdir())
