"""What is installed is what was tried: the wheel works by itself, in a folder with a blank in its path."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests import release

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (release.ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    folder = tmp_path_factory.mktemp("build")
    (built,) = release.build(release.source_tree(folder), folder / "one", wheel_only=True)
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing of ours but the wheel; the libraries are those of the running one."""
    place = tmp_path_factory.mktemp("a place") / "with a blank"
    venv.create(place, with_pip=False)
    subprocess.run(
        [sys.executable, "-m", "pip", f"--python={place / 'bin' / 'python'}", "install", "--quiet", "--no-deps",
         "--no-index", "--no-compile", str(wheel)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return place


def run(place: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HEPATREND_")}
    libraries = sysconfig.get_paths()["purelib"]  # a folder of PYTHONPATH: what is installed editable is not seen
    return subprocess.run(
        list(words), cwd=cwd, env=kept | {"PYTHONPATH": libraries, "PATH": path}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_two_builds_are_the_same_bytes(wheel, tmp_path):
    (again,) = release.build(release.source_tree(tmp_path), tmp_path / "two", wheel_only=True)
    assert release.digest(again) == release.digest(wheel)


def test_the_wheel_holds_all_of_the_packages_and_nothing_else(wheel):
    assert release.wheel_faults(wheel) == []


def test_an_installed_wheel_says_its_version_and_is_found_where_it_was_installed(installed, tmp_path):
    said = run(installed, "hepatrend", "--version", cwd=tmp_path)
    assert said.returncode == 0 and release.version() in said.stdout, said.stderr
    python = str(installed / "bin" / "python")
    code = "import hepatrend, dashboard; print(hepatrend.__file__, dashboard.__file__)"
    where = run(installed, python, "-c", code, cwd=tmp_path)
    assert where.stdout.count(str(installed)) == 2, where.stdout + where.stderr


def test_the_demo_of_an_installed_wheel_brings_its_own_sample_data(installed, tmp_path):
    empty = tmp_path / "an empty folder"
    empty.mkdir()
    done = run(installed, "hepatrend", "demo", "--no-serve", cwd=empty)
    assert done.returncode == 0, done.stderr
    assert "63 patients" in done.stdout
    again = run(installed, "hepatrend", "demo", "--no-serve", cwd=empty)
    assert again.returncode == 0 and "imported" not in again.stdout
    report = run(installed, "hepatrend", "report", "patient", "HT-032", "--out", "one patient.html", cwd=empty)
    assert report.returncode == 0 and (empty / "one patient.html").stat().st_size > 10_000


def test_an_installed_wheel_brings_the_page_for_man(installed):
    page = (installed / release.MAN_PAGE).read_text("utf-8")
    assert page.startswith(".TH HEPATREND 1") and release.version() in page


def test_the_version_is_the_same_everywhere():
    assert {v for _, v in release.other_versions()} == {release.version()}
