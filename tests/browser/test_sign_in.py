"""Signing in with a browser: the form, the session, its end, and what each role finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.store import Store
from dashboard.config import Config
from dashboard.security import keys
from dashboard.security.accounts import Accounts
from tests.browser.conftest import calm, shot, watch
from tests.browser.serving import Site, serve

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def guarded(sample_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The sample data behind sign-in."""
    config = Config(auth="local", store=str(tmp_path_factory.mktemp("guarded") / "store"))
    accounts = Accounts(keys.folder(config) / "accounts.db")
    for name, role in (("ada", "clinician"), ("cora", "coordinator"), ("audrey", "auditor")):
        accounts.add(name, role, PASSWORD)
    yield from serve(sample_store, config)


def sign_in(browser: Browser, site: Site, name: str, path: str = "/") -> Page:
    """A page of somebody who has just signed in."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.watch = watch(page, site.address)  # type: ignore[attr-defined]
    page.goto(site.address + path)
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("main h1")
    calm(page, page.watch)  # type: ignore[attr-defined]
    return page


def test_after_signing_in_one_is_where_one_wanted_to_be_and_the_pages_work(browser: Browser, guarded: Site):
    page = sign_in(browser, guarded, "ada", "/quality")
    expect(page.locator("h1")).to_have_text("Data quality")
    expect(page.locator(".who")).to_contain_text("ada · clinician")
    page.click("text=Worklist")
    page.fill("#home-search", "HT-032")
    expect(page.locator(".pager")).to_contain_text("1 patient")
    assert not page.watch.complaints()  # type: ignore[attr-defined]


def test_a_wrong_password_says_so_and_nothing_more(browser: Browser, guarded: Site):
    page = browser.new_page()
    page.goto(guarded.address + "/")
    shot(page, "login")
    page.fill("#name", "ada")
    page.fill("#password", "something else")
    page.click("button[type=submit]")
    expect(page.locator("[role=alert]")).to_have_text("Name or password is wrong.")
    shot(page, "login-refused")


def test_signing_out_leaves_nothing_even_with_the_back_button(browser: Browser, guarded: Site):
    page = sign_in(browser, guarded, "ada")
    expect(page.locator("main")).to_contain_text("HT-0")
    page.click("#sign-out")
    page.wait_for_selector("form[action='/login']")
    page.go_back()
    page.wait_for_load_state("networkidle")
    assert "HT-0" not in page.content()


def test_a_session_that_ended_elsewhere_clears_the_screen(browser: Browser, guarded: Site):
    page = sign_in(browser, guarded, "ada")
    page.context.clear_cookies()
    page.evaluate("() => { fetch('/_dash-layout'); }")  # whatever the page asks for next
    page.wait_for_selector("form[action='/login']")
    assert "HT-0" not in page.content()


def test_a_coordinator_sees_pseudonyms_and_an_auditor_no_patient(browser: Browser, guarded: Site):
    page = sign_in(browser, guarded, "cora")
    expect(page.locator(".worklist-table tbody tr").first).to_be_visible()
    assert "HT-0" not in page.content()
    shot(page, "worklist-coordinator")
    page.click(".worklist-table tbody a >> nth=0")
    page.wait_for_selector("main h1")
    page.wait_for_load_state("networkidle")
    assert "HT-0" not in page.content()
    shot(page, "patient-coordinator")
    page = sign_in(browser, guarded, "audrey", "/audit")
    expect(page.locator("main")).to_contain_text("sign in")
    page.goto(guarded.address + "/")
    page.wait_for_selector("#still", state="detached")
    expect(page.locator("main")).to_contain_text("Verify the chain")


def test_secrets_of_the_site_are_private(guarded: Site):
    folder = Path(guarded.store.place.folder)
    assert (folder / "secret.key").stat().st_mode & 0o077 == 0
