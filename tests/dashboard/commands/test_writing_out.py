"""What a command writes where: steps for nobody, a store of patients only, files that never take another's place."""

from __future__ import annotations

import os
import stat
import subprocess
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

from tests.dashboard.commands.small_world import PEOPLE
from tests.installed import Installed, command_line, environment


def test_a_question_that_nobody_meets_is_answered_with_its_steps(hepatrend: Installed, world: Path):
    (world / "nobody.txt").write_text("find ALT above 99 x ULN\n")
    done = hepatrend("cohort", "run", "nobody.txt", "--store", "store", cwd=world)
    assert done.status == 0, done
    assert "\n0 patients\n" in done.out
    assert "2 patients" in done.out.splitlines()[2]
    assert hepatrend("cohort", "run", "nobody.txt", "--json", "--store", "store", cwd=world).document["patients"] == []
    done = hepatrend("cohort", "export", "nobody.txt", "--out", "none-found", "--store", "store", cwd=world)
    assert done.status == 0, done


@pytest.fixture
def people_only(hepatrend: Installed, tmp_path: Path) -> Path:
    """A folder whose store has patients and nothing else."""
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert hepatrend("import", "people.csv", "--store", "store", cwd=tmp_path).status == 0
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("analyse",),
        ("analyse", "--executor", "processes", "--workers", "2"),
        ("verify",),
        ("doctor",),
        *(
            ("export", name, "--out", "out.csv")
            for name in ("labs", "points", "findings", "near", "patients", "series")
        ),
        ("report", "cohort", "--out", "out.html"),
        ("report", "digest", "--out", "out.html"),
        ("report", "patient", "P1", "--out", "out.html"),
    ],
    ids=" ".join,
)
def test_a_store_with_patients_only_can_be_worked_with(hepatrend: Installed, people_only: Path, words: tuple[str, ...]):
    done = hepatrend(*words, "--store", "store", cwd=people_only)
    assert done.status in (0, 3), done


def test_everything_can_be_asked_after_an_analysis_of_patients_only(hepatrend: Installed, people_only: Path):
    (people_only / "ask.txt").write_text("where sex is F\n")
    assert hepatrend("analyse", "--store", "store", cwd=people_only).status == 0
    done = hepatrend("cohort", "run", "ask.txt", "--json", "--store", "store", cwd=people_only)
    assert done.document["patients"] == ["P1"]
    assert hepatrend("export", "points", "--out", "points.csv", "--store", "store", cwd=people_only).status == 0


def kinds(folder: Path) -> dict[str, int]:
    return {p.name: stat.S_IFMT(p.lstat().st_mode) for p in folder.iterdir()}


@pytest.fixture
def not_files(world: Path) -> Path:
    """A folder with a pipe, a link to a file, a link to nothing and a folder."""
    folder = world / "odd"
    folder.mkdir()
    (folder / "kept.txt").write_text("kept")
    os.mkfifo(folder / "pipe.csv")
    (folder / "link.csv").symlink_to("kept.txt")
    (folder / "loose.csv").symlink_to("nothing.txt")
    (folder / "folder.csv").mkdir()
    return folder


WRITERS = {
    "export": ("export", "labs", "--store", "store", "--out"),
    "quarantine": ("quarantine", "export", "--store", "store", "--out"),
    "suggest": ("profile", "suggest", "labs.csv", "--out"),
    "keep": ("cohort", "run", "ask.txt", "--store", "store", "--keep"),
    "report": ("report", "cohort", "--store", "store", "--out"),
    "since": ("report", "digest", "--store", "store", "--out", "digest.html", "--since"),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", ["pipe.csv", "link.csv", "loose.csv", "folder.csv", "none/new.csv"])
def test_a_file_takes_the_place_of_a_plain_file_only(
    hepatrend: Installed, world: Path, not_files: Path, writer: str, name: str
):
    before = kinds(not_files)
    done = hepatrend(*WRITERS[writer], f"odd/{name}", cwd=world)
    writes_folders = writer == "report" and name in ("folder.csv", "none/new.csv")
    if not writes_folders:
        assert done.status in (1, 2), done
        assert done.err.strip().count("\n") <= 4, done
        assert "Traceback" not in done.err
    assert {n: k for n, k in kinds(not_files).items() if n in before} == before
    assert (not_files / "kept.txt").read_text() == "kept"


def test_the_device_of_the_standard_output_stays_a_device(hepatrend: Installed, world: Path):
    (world / "dev").symlink_to("/dev/stdout")
    before = Path("/dev/stdout").lstat()
    done = hepatrend("export", "labs", "--format", "csv", "--out", "/dev/stdout", "--store", "store", cwd=world)
    assert (done.status, "is a link" in done.err) == (1, True)
    assert (
        hepatrend("export", "labs", "--format", "csv", "--out", "/dev/null", "--store", "store", cwd=world).status == 1
    )
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert (Path("/dev/stdout").lstat().st_ino, os.readlink("/dev/stdout")) == (before.st_ino, "/proc/self/fd/1")


@pytest.mark.parametrize(("name", "read"), [("out.csv", pd.read_csv), ("out.parquet", pd.read_parquet)])
def test_the_form_is_that_of_the_name(hepatrend: Installed, world: Path, name: str, read):
    assert hepatrend("export", "labs", "--out", name, "--store", "store", cwd=world).status == 0
    assert len(read(world / name)) == 6


def test_a_name_that_says_nothing_or_another_form_is_refused(hepatrend: Installed, world: Path):
    for words in (("--out", "out.txt"), ("--out", "out.csv", "--format", "parquet")):
        done = hepatrend("export", "labs", *words, "--store", "store", cwd=world)
        assert (done.status, len(done.err.splitlines())) == (1, 1)
    assert hepatrend("export", "labs", "--out", "out.txt", "--format", "csv", "--store", "store", cwd=world).status == 0


def test_a_dash_is_the_standard_output(hepatrend: Installed, world: Path):
    done = hepatrend("export", "labs", "--out", "-", "--store", "store", cwd=world)
    assert done.out.lstrip("\ufeff").startswith("patient_id,")
    assert (done.status, len(done.out.splitlines()), "6 rows of labs" in done.err) == (0, 7, True)
    words = [*command_line(), "export", "labs", "--out", "-", "--format", "parquet", "--store", "store"]
    piped = subprocess.run(words, cwd=world, env=environment(), capture_output=True, check=True)
    assert len(pd.read_parquet(BytesIO(piped.stdout))) == 6


def test_a_report_of_one_patient_can_go_to_the_standard_output(hepatrend: Installed, world: Path):
    done = hepatrend("report", "patient", "P1", "--form", "text", "--out", "-", "--store", "store", cwd=world)
    assert done.status in (0, 3) and done.out.startswith("hepatrend · patient")
    assert not (world / "-").exists()
