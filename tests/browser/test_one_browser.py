"""A test that runs out of time, or breaks the browser, fails alone: the tests after it have a browser of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = "from tests.browser.conftest import *\nfrom tests.browser.conftest import _anew_after_a_failure\n"
HOW = "-q -p no:cacheprovider -p no:dash -rfE -n 0".split()
WAITS = "page.wait_for_selector('#never', timeout=0)"
LOOPS = "page.evaluate('while (true) {}')"
LOST = "browser._manager._client._transport._proc.kill(); page.title()"
TESTS = """
import pytest

@pytest.fixture
def page(browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto("data:text/html,<title>here</title>")
    yield page
    context.close()

@pytest.mark.parametrize("number", range(3))
def test_before(page, number):
    assert page.title() == "here"

@pytest.mark.timeout(4)
def test_that_breaks(page, browser):
    {breaks}

@pytest.mark.parametrize("number", range(3))
def test_after(page, number):
    assert page.title() == "here"
"""


@pytest.mark.slow
@pytest.mark.parametrize("breaks", [WAITS, LOOPS, LOST], ids=["waits for ever", "a page in a loop", "no driver"])
def test_only_the_test_that_breaks_its_browser_fails(breaks: str, tmp_path: Path):
    (tmp_path / "conftest.py").write_text(SHARED)
    (tmp_path / "test_inside.py").write_text(TESTS.replace("{breaks}", breaks))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:dash",
        "-rfE",
        "-n",
        "0",
        str(tmp_path),
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S*::(\w+)", ran.stdout, re.M))
    assert failed == {"test_that_breaks"}, ran.stdout[-3000:] + ran.stderr[-2000:]
    assert "6 passed" in ran.stdout
