"""A test that runs out of time, or breaks the browser, fails alone: the tests after it have a browser of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.one_browser import OneBrowser
from tests.browser.serving import Site
from tests.pace import pace

ROOT = Path(__file__).resolve().parents[2]
SHARED = "from tests.browser.conftest import *\nfrom tests.browser.conftest import _anew_after_a_failure\n"
HOW = "-v -p no:cacheprovider -p no:dash -rfE -n 0".split()
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

@pytest.mark.timeout({limit})
def test_that_breaks(page, browser):
    {breaks}

@pytest.mark.parametrize("number", range(3))
def test_after(page, number):
    assert page.title() == "here"
"""


BREAKS = {"waits for ever": (WAITS, 4), "a page in a loop": (LOOPS, 4), "no driver": (LOST, 60)}
"""What breaks it, and after how many seconds; the last is told at once: on a busy machine the telling takes a while."""


def file_of(name: str) -> str:
    """Of the tests of one way to break."""
    return f"test_{name.replace(' ', '_')}.py"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is told of a session whose browser is broken in three files, in each way once."""
    folder = tmp_path_factory.mktemp("inside")
    (folder / "conftest.py").write_text(SHARED)
    for name, (breaks, limit) in BREAKS.items():
        (folder / file_of(name)).write_text(TESTS.replace("{breaks}", breaks).replace("{limit}", str(limit)))
    command = [sys.executable, "-m", "pytest", *HOW, str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240 * pace(), check=False)
    return ran.stdout + ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_only_the_test_that_breaks_its_browser_fails(name: str, told: str):
    outcome = dict(re.findall(rf"^\S*{file_of(name)}::(\S+) (\w+)", told, re.M))
    wrong = {test for test, how in outcome.items() if how != "PASSED"}
    assert wrong == {"test_that_breaks"}, told[-5000:]
    assert set(re.findall(rf"^(?:FAILED|ERROR) \S*{file_of(name)}::(\w+)", told, re.M)) == {"test_that_breaks"}
    assert len(outcome) == 7


def test_a_page_is_lent_again_without_cookies_stores_listeners_and_looks_of_the_test_before(
    browser: OneBrowser, site: Site
):
    heard: list[str] = []
    first = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    first.on("console", lambda said: heard.append(said.text))
    first.goto(site.address)
    first.route("**/*.css", lambda route: route.abort())
    first.emulate_media(media="print")
    first.evaluate("document.cookie = 'mine=1'; localStorage.mine = 1; console.log('once')")
    browser.take_back()
    again = browser.new_page()
    assert again is first
    again.goto(site.address)
    kept = "[document.cookie.includes('mine'), localStorage.length]"
    looks = "[innerWidth, matchMedia('print').matches, document.styleSheets.length > 0]"
    assert (again.evaluate(kept), again.evaluate(looks)) == ([False, 0], [1280, False, True])
    again.evaluate("console.log('twice')")
    assert heard == ["once"]
    assert not again.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    browser.new_page().close()  # a page that a test closes itself is not lent again
    browser.take_back()


def test_a_page_that_is_kept_stands_as_it_was_until_a_test_passes_it_over(browser: OneBrowser, site: Site):
    page = browser.new_page()
    page.goto(site.address)
    page.evaluate("window.mine = 'looked at'")
    browser.keep("worklist", page)
    browser.take_back()
    assert browser.kept("worklist") is page
    assert browser.new_page() is not page, "it is in use"
    assert page.evaluate("window.mine") == "looked at"
    assert browser.kept("another") is None
    browser.take_back()
    browser.take_back()  # a test that did not ask for it
    assert browser.kept("worklist") is None
    assert page.evaluate("window.mine") is None, "emptied for the next"
    browser.keep("worklist", browser.new_page())
    browser.take_back()
    browser.new_page()  # a test that begins with another takes it over
    assert browser.kept("worklist") is None
