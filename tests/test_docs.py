"""The generated pages of docs/ say what the code says, and every link of the docs leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_generated_pages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, "docs/make_pages.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"run `make docs`: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_relative_link_of_a_page_leads_to_a_file(page):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


sys.path.insert(0, str(ROOT / "docs"))
from evidence import EVIDENCE  # noqa: E402  a page of docs/ is made from it


@pytest.mark.parametrize("row", EVIDENCE, ids=lambda row: row.says[:40])
def test_each_row_of_the_evidence_has_tests_that_exist_and_a_figure_where_it_promises_one(row):
    assert all((ROOT / name).exists() for name in row.tests)
    assert row.measured(), f"no figure in {row.page}: {row.pattern}"


def test_the_checklist_of_reviewers_has_thirty_items_and_each_says_where_it_is_met():
    page = (ROOT / "docs" / "checklist.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", page, re.M)
    assert [int(number) for number, _, _ in rows] == list(range(1, 31))
    assert [item for _, item, where in rows if "](" not in where and "`" not in where] == []
    named = re.findall(r"`((?:[\w./-]+/)?[\w-]*\.?[\w-]+(?:\.\w+)?)`", page)
    assert named and [name for name in named if not (ROOT / name).exists()] == []
