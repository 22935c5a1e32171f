"""The desk of a coordinator in a browser: see what is quarantined, take it away as CSV, dismiss it, accept it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.ingest.importer import Options, import_one
from dashboard.application import signin
from dashboard.config import Config
from dashboard.security.roles import User
from tests.browser.conftest import shot, watch
from tests.browser.serving import Site, serve
from tests.stores import small_store

pytestmark = pytest.mark.browser

ROWS = [
    "patient_id,test,date,value,unit",
    'MRN-1,ALT,2024-06-01,"45,5",U/L',
    "MRN-1,ALT,02/03/2024,46,U/L",
    "MRN-2,AST,2024-06-01,47,",
    "MRN-2,Bilirubin,2024-05-01,0.8,mg/dL",
    "MRN-2,Bilirubin,2024-06-01,13.7,mg/dL",
]


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site with three quarantined rows at the door and one stored result whose unit is in doubt."""
    store = small_store(tmp_path / "store")
    file = tmp_path / "messy.csv"
    file.write_text("\n".join([*ROWS, ""]), "utf-8")
    outcome = import_one(file, store, Options(by="test"))
    assert (outcome.receipt["quarantined"], outcome.receipt["unit_suspects"]) == (3, 1)
    yield from serve(store, Config(store=str(tmp_path / "store")))


def at_the_desk(browser: Browser, site: Site, **more: object) -> tuple[Page, object]:
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, **more)
    seen = watch(page, site.address)
    page.goto(site.address + "/quality")
    expect(page.locator("main h1")).to_have_text("Data quality", timeout=30_000)
    return page, seen


def test_rows_are_seen_by_reason_and_file_and_taken_away_as_csv(browser: Browser, own_site: Site, tmp_path: Path):
    page, seen = at_the_desk(browser, own_site)
    expect(page.locator("#quality-rows tbody tr")).to_have_count(4)
    page.get_by_role("table", name="Quarantined results by reason and file").get_by_role("link", name="1").first.click()
    expect(page.locator("#quality-rows tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.click("#quality-download")
    download.value.save_as(tmp_path / "held.csv")
    [row] = csv.DictReader((tmp_path / "held.csv").read_text("utf-8-sig").splitlines())
    assert row["file"] == "messy.csv"
    assert row["message"]
    shot(page, "quality-narrowed", full=True)
    assert seen.complaints() == []


def test_rows_are_dismissed_with_a_reason_and_keep_their_trace(browser: Browser, own_site: Site):
    page, seen = at_the_desk(browser, own_site)
    page.click("#quality-reason")
    page.get_by_role("option", name="UNIT_MISSING").click()
    expect(page.locator("#quality-rows tbody tr")).to_have_count(1)
    page.get_by_text("Dismiss the rows that are listed").click()
    page.click("#quality-dismiss")
    expect(page.locator("#quality-said")).to_have_text("Say why first.")
    page.fill("#quality-why", "the laboratory has no more of it")
    page.click("#quality-dismiss")
    expect(page.locator("#quality-said")).to_have_text("1 row dismissed.")
    expect(page.locator("#quality-rows")).to_contain_text("No row is quarantined under these filters.")
    left = own_site.store.quarantine(include_resolved=True)
    assert left["resolution"].dropna().tolist() == ["dismissed: the laboratory has no more of it"]
    assert own_site.store.held_count() == 3
    assert seen.complaints() == []


def test_a_result_whose_unit_is_in_doubt_is_accepted_and_shown(browser: Browser, own_site: Site):
    page, seen = at_the_desk(browser, own_site)
    assert own_site.store.panel(["MRN-2"]).labs.query("analyte == 'BILI'")["value"].tolist() == [0.8]
    expect(page.locator("#quality-rows")).to_contain_text("if it was written in umol/L")
    page.get_by_text("Accept stored results whose unit is in doubt").click()
    page.fill("#quality-why-right", "phoned the laboratory")
    shot(page, "quality-accept", full=True)
    page.click("#quality-accept")
    expect(page.locator("#quality-said")).to_have_text("1 result shown again.")
    expect(page.locator("#quality-rows tbody tr")).to_have_count(3)
    assert own_site.store.panel(["MRN-2"]).labs.query("analyte == 'BILI'")["value"].tolist() == [0.8, 13.7]
    assert seen.complaints() == []


def test_the_page_of_a_patient_says_how_many_results_are_held_back(browser: Browser, own_site: Site):
    page, seen = at_the_desk(browser, own_site)
    key = own_site.store.key_of("MRN-2")
    page.goto(f"{own_site.address}/patient/{key}")
    page.wait_for_selector("#still", state="detached")
    expect(page.locator(".patient-facts")).to_contain_text("2, 2 in doubt")
    shot(page, "patient-held", full=True)
    assert seen.complaints() == []


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1280), ("light", 400)])
def test_the_desk_reads_in_the_dark_and_on_a_narrow_screen(browser: Browser, own_site: Site, scheme: str, width: int):
    page, seen = at_the_desk(browser, own_site, color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_text("Dismiss the rows that are listed").click()
    shot(page, f"quality-{scheme}-{width}", full=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert seen.complaints() == []


def test_who_may_not_import_narrows_the_rows_and_is_offered_no_rules(
    browser: Browser, own_site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(signin.Open, "identify", staticmethod(lambda: User("cora", "coordinator", "s")))
    for site in serve(own_site.store, Config(store=str(own_site.store.place.folder))):
        page, seen = at_the_desk(browser, site)
        page.click("#quality-reason")
        page.get_by_role("option", name="UNIT_MISSING").click()
        expect(page.locator("#quality-rows tbody tr")).to_have_count(1)
        page.get_by_text("Dismiss the rows that are listed").click()
        page.fill("#quality-why", "the laboratory has no more of it")
        page.click("#quality-dismiss")
        expect(page.locator("#quality-said")).to_have_text("1 row dismissed.")
        page.get_by_label("Also those that were read again, dismissed or accepted").check()
        expect(page.locator("#quality-rows tbody tr")).to_have_count(1)
        page.wait_for_load_state("networkidle")
        expect(page.get_by_text("Add rules to the profile")).to_have_count(0)
        assert seen.complaints() == []
