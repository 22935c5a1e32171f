"""Every command of the tutorials, the how-to pages and the README works as it is written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.written_commands import blocks, copy_of_packages, walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
HOW_TO = sorted(p for p in (ROOT / "docs" / "how-to").glob("*.md") if p.name != "index.md")
NEEDS_FORMATS = {"epic", "omop", "redcap", "mimic", "fhir", "excel"}
NEEDS_A_SERVER = {"postgresql"}
"""Pages whose commands need what no test of a page has; the tests of the store run them against PostgreSQL."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store that `hepatrend demo` makes; beside a copy of it the command finds everything there."""
    folder = tmp_path_factory.mktemp("loaded")
    page = folder / "page.md"
    page.write_text("```sh\nhepatrend demo --no-serve\n```\n")
    walk(page, folder)
    return folder / "here" / "hepatrend-data"


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda p: p.stem)
def test_a_tutorial_can_be_followed_word_by_word(page: Path, tmp_path: Path):
    assert walk(page, tmp_path)


@pytest.mark.parametrize("page", HOW_TO, ids=lambda p: p.stem)
def test_a_how_to_page_works_as_it_is_written(page: Path, tmp_path: Path, loaded: Path):
    if page.stem in NEEDS_FORMATS and not (ROOT / "analytics" / "ingest" / "profiles" / "epic.toml").exists():
        pytest.skip("the formats of hospitals are not in this checkout yet")
    if "hepatrend demo --no-serve" in page.read_text("utf-8"):
        shutil.copytree(loaded, tmp_path / "here" / loaded.name)
    if page.stem.startswith("own-"):
        copy_of_packages(tmp_path)
    ran = walk(page, tmp_path)
    assert ran or page.stem in NEEDS_A_SERVER


def test_the_readme_works_as_it_is_written_and_fits_a_screen_or_two(tmp_path: Path):
    page = ROOT / "README.md"
    assert walk(page, tmp_path) == 2
    assert page.read_text("utf-8").count("\n") <= 90


def test_patients_that_the_pages_name_are_in_the_sample_data():
    known = set(re.findall(r"^HT-\d{3}", (ROOT / "sample_data" / "patients.csv").read_text("utf-8"), re.M))
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.ipynb")]:
        assert set(re.findall(r"\bHT-\d{3}\b", page.read_text("utf-8"))) <= known, page.name


def test_a_page_that_says_what_is_not_printed_is_found(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("```sh\necho one two three\n```\n\n```text\none three\n```\n")
    assert walk(page, tmp_path) == 1
    page.write_text("```sh\necho one two three\n```\n\n```text\nthree one\n```\n")
    with pytest.raises(AssertionError, match="not printed: three one"):
        walk(page, tmp_path)


def test_a_page_whose_command_fails_is_found(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("```sh\nhepatrend imprt nothing\n```\n")
    assert len(blocks(page)) == 1
    with pytest.raises(AssertionError, match="exit 2"):
        walk(page, tmp_path)
