"""The latest results beside a row of the worklist: by pointer, by keyboard, by tap; never those of another row."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open, shot

pytestmark = pytest.mark.browser


def row_of(page: Page, patient: str) -> Locator:
    return page.locator(".worklist-table tbody tr", has=page.get_by_role("link", name=patient, exact=True))


def shown(page: Page) -> Locator:
    return page.locator("#home-peek-table.shown")


def test_a_pointer_over_a_name_shows_the_latest_results_of_that_patient_alone(open_page: Open):
    page = open_page("/")
    for patient, value in (("HT-032", "2.2 H"), ("HT-058", "3.3 H")):
        row_of(page, patient).locator("th a").hover()
        expect(shown(page).locator("h2")).to_have_text(f"{patient}: latest results")
        bilirubin = shown(page).locator("tbody tr", has_text="Bilirubin").first
        assert bilirubin.locator("td").first.inner_text().startswith(value)
        assert set(re.findall(r"HT-\d{3}", page.locator("#home-peek-table").inner_text())) == {patient}
    shot(page, "worklist-peek")
    box = shown(page).bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 800
    page.mouse.move(640, 20)
    expect(shown(page)).to_have_count(0)


def test_a_key_shows_them_and_escape_takes_them_away(open_page: Open):
    page = open_page("/")
    row = row_of(page, "HT-032")
    row.locator("th a").focus()
    page.keyboard.press("Tab")
    assert row.locator(".peek-button").evaluate("e => e === document.activeElement")
    expect(shown(page).locator("h2")).to_have_text("HT-032: latest results")
    page.keyboard.press("Escape")
    expect(shown(page)).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    expect(shown(page).locator("h2")).to_have_text("HT-032: latest results")


def test_a_tap_shows_them_and_a_tap_elsewhere_takes_them_away(open_page: Open):
    page = open_page("/", width=390, height=844, scheme="dark", has_touch=True)
    row = row_of(page, "HT-058")
    row.locator(".peek-button").tap()
    expect(shown(page).locator("h2")).to_have_text("HT-058: latest results")
    box = shown(page).bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "worklist-peek-phone")
    page.locator("h1").tap()
    expect(shown(page)).to_have_count(0)
    assert page.url.endswith("/"), "a tap opens no page"
