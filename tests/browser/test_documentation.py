"""The documentation in a browser, opened from a folder as one gets it on a stick: readable, searchable, silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import ROOT
from tests.test_site import build

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site from a folder")
    done = build(ROOT, out)
    assert done.returncode == 0, done.stderr
    return out


def test_search_finds_a_page_without_a_server_and_asks_nobody(browser: Browser, folder: Path):
    context = browser.new_context()
    page, asked, errors = context.new_page(), [], []
    page.on("request", lambda r: asked.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto((folder / "index.html").as_uri())
    page.locator("input.md-search__input").click()
    page.keyboard.type("pseudonym")
    first = page.locator("li.md-search-result__item a").first
    expect(first).to_be_visible()
    assert "pseudonym" in page.locator(".md-search-result__list").inner_text().lower()
    first.click()
    expect(page.locator("h1")).to_be_visible()
    assert not asked and not errors
    context.close()
