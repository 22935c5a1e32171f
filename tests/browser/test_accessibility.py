"""WCAG 2.2 AA by axe-core, light and dark; keyboard and focus by hand."""

from __future__ import annotations

from importlib import resources
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from dashboard.components.patient_tab_list import tabs
from dashboard.pages.cohort.choice import VIEWS
from tests.browser.conftest import Open, calm
from tests.browser.serving import Site
from tests.browser.test_cohort import settle
from tests.pace import milliseconds

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
"""Every rule over every element; what passed is not written down, a third of the time of a page with charts."""


def violations(page: Page) -> list[str]:
    """What axe-core finds, one line a rule with its first places."""
    axe = pytest.importorskip("axe_playwright_python", reason="needs the development package axe-playwright-python")
    if not page.evaluate("'axe' in window"):
        page.evaluate((resources.files(axe) / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(_RUN, TAGS)
    return [
        f"{v['id']} ({v['impact']}): "
        + "; ".join(" ".join(n["target"]) + " " + n["html"][:150] for n in v["nodes"][:4])
        for v in found["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/quality",
        "/imports",
        "/methods",
        "/audit",
        "/cohort",
        "/schedules",
        "/patient",
        "/beside",
        "/admin",
        "/account",
    ],
)
def test_axe_finds_nothing(open_page: Open, site: Site, scheme: str, path: str):
    if path == "/patient":
        path = f"/patient/{site.store.key_of('HT-032')}"
    if path == "/beside":
        path = "/".join([path, *map(site.store.key_of, ("HT-032", "HT-058"))])
    page = open_page(path, scheme=scheme)
    assert page.locator("h1").inner_text() != "Not available"
    assert not violations(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_tab_of_a_patient(open_page: Open, site: Site, scheme: str):
    page = open_page(f"/patient/{site.store.key_of('HT-012')}", scheme=scheme)
    found: dict[str, list[str]] = {}
    for name in tabs().values():
        page.get_by_role("tab", name=name).click()
        expect(page.locator("#patient-inside > *").first).to_be_visible(timeout=milliseconds(20))
        calm(page, page.watch)  # type: ignore[attr-defined]
        if wrong := violations(page):
            found[name] = wrong
    assert found == {}


def test_axe_finds_nothing_in_any_view_of_a_cohort_in_the_dark(open_page: Open):
    page = open_page(f"/cohort?q={quote('find ALT above 2 x ULN after first dose')}&by=sex", scheme="dark", width=1024)
    found: dict[str, list[str]] = {}
    for code, name in VIEWS.items():
        button = page.get_by_role("group", name="Views").get_by_role("button", name=name, exact=True)
        button.click()
        settle(page)
        expect(button).to_have_attribute("aria-pressed", "true", timeout=milliseconds(60))  # mixed models take a while
        if wrong := violations(page):
            found[code] = wrong
    assert found == {}


def test_the_first_stop_of_the_tab_key_skips_to_the_content(open_page: Open):
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_question_mark_opens_the_keyboard_help_and_escape_closes_it(open_page: Open):
    page = open_page("/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("worklist")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_g_then_q_goes_to_data_quality_and_focus_follows(open_page: Open):
    page = open_page("/")
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.locator("h1")).to_have_text("Data quality")
    expect(page).to_have_title("Data quality · hepatrend")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.get_attribute(".nav-link.here", "aria-current") == "page"


def test_letters_typed_into_a_field_are_letters(open_page: Open):
    page = open_page("/")
    page.keyboard.press("/")
    page.keyboard.type("HT-032?gq")
    assert page.input_value("#home-search") == "HT-032?gq"
    expect(page.locator("h1")).to_have_text("Worklist")


def test_t_switches_between_light_and_dark_and_stays(open_page: Open):
    page = open_page("/?list=open")
    page.keyboard.press("t")
    page.wait_for_selector(":root[data-scheme=dark] main h1")
    page.reload()
    page.wait_for_selector(":root[data-scheme=dark] main h1")
    assert "list=open" in page.url
