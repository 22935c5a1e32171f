"""A cohort page that stays open while new data are imported: it says what it waits for, and goes on by itself."""

from __future__ import annotations

import threading
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from analytics.store.snapshot import population
from dashboard.config import Config
from tests.analytics.store.made import ingest_of, lab, labs_frame
from tests.browser.conftest import shot, watch
from tests.browser.serving import serve
from tests.browser.test_cohort import ask, settle, view
from tests.pace import milliseconds
from tests.stores import sample_store_in

pytestmark = pytest.mark.browser

QUESTION = "find ALT above 3 x ULN"
WAITS = "New data came in, and the results of all patients are being read again"


def test_a_page_left_open_over_an_import_says_so_and_goes_on_with_the_new_data(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sample_store_in(tmp_path / "store")
    go, true = threading.Event(), store._of_population
    go.set()
    monkeypatch.setattr(population, "AT_ONCE", 1)
    monkeypatch.setattr(store, "_of_population", lambda *a: (go.wait(120), true(*a))[1])
    for site in serve(store, Config(store=str(store.place.folder))):
        page = browser.new_page()
        page.set_default_timeout(milliseconds(20))
        seen = watch(page, site.address)
        page.goto(f"{site.address}/cohort")
        ask(page, QUESTION)
        told = page.locator("#cohort-grid-box p")
        before = int(told.inner_text().split()[0])
        go.clear()
        try:
            store.publish(ingest_of(labs_frame(lab("NEW-1", "2026-05-01", "ALT", 400.0, uln=40.0)), file="new.csv"))
            view(page, "Peaks (eDISH)")
            expect(page.locator("#cohort-under")).to_contain_text(WAITS)
            expect(page.locator("#cohort-under")).to_contain_text("This page continues by itself.")
            page.click("#cohort-list")
            expect(page.locator("#cohort-job-said")).to_contain_text(WAITS)
            page.click("#cohort-report")
            settle(page)
            expect(page.locator("#cohort-job-said")).to_contain_text(WAITS)
            ask(page, "which ALT were over three times ULN")
            expect(page.locator("#cohort-under")).to_contain_text(WAITS)
            shot(page, "cohort-being-read", full=True)
            other = browser.new_page()
            other.goto(site.address)
            other.wait_for_selector("main h1")
            other.close()
        finally:
            go.set()
        expect(told).to_contain_text(f"{before + 1} patients")
        expect(page.locator("#cohort-said")).to_contain_text(QUESTION)  # own words, read when the names were there
        expect(page.locator("#cohort-under")).not_to_contain_text(WAITS)
        expect(page.locator("main")).not_to_contain_text(WAITS)
        expect(page.locator("#cohort-graph .gtitle")).to_contain_text(f"{before + 1} patients")
        with page.expect_download() as caught:
            page.click("#cohort-list")
        assert store.key_of("NEW-1") in set(pd.read_csv(caught.value.path())["key"])
        assert seen.complaints() == []
