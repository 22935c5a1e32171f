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
_RUN = """async ([tags, known]) => {
  if (document.querySelector('audio, video')) throw new Error('axe has to load sounds: preload');
  const same = known ? new Set(document.querySelectorAll(known)) : new Set();
  document.querySelectorAll('*').forEach(e => { if (!same.has(e)) e.setAttribute('data-anew', ''); });
  axe.configure({rules: [{id: 'color-contrast', selector: '[data-anew]'}]});
  const how = {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], preload: false};
  const found = await axe.run(document, how);
  document.querySelectorAll('[data-anew]').forEach(e => e.removeAttribute('data-anew'));
  return found;
}"""
"""Every rule over every element, contrast alone over those that are not known already; what passed is not written down,
a third of the time of a page with charts. Contrast is two thirds of the rest."""
_ABOVE = ".patient-page > :not(.below-card), .patient-page > :not(.below-card) *"
"""Of a patient's page what no tab changes."""
_LOOKS = "all => [...document.querySelectorAll(all)].filter(e => !e.parentElement.closest(all)).map(e => e.outerHTML)"


def violations(page: Page, known: str = "") -> list[str]:
    """What axe-core finds, one line a rule with its first places; the colours of what is ``known`` were looked at."""
    axe = pytest.importorskip("axe_playwright_python", reason="needs the development package axe-playwright-python")
    if not page.evaluate("'axe' in window"):
        page.evaluate((resources.files(axe) / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(_RUN, [TAGS, known])
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
    above: list[str] = []
    for name in tabs().values():
        page.get_by_role("tab", name=name).click()
        expect(page.locator("#patient-inside > *").first).to_be_visible(timeout=milliseconds(20))
        calm(page, page.watch)  # type: ignore[attr-defined]
        was, above = above, page.evaluate(_LOOKS, _ABOVE)
        if wrong := violations(page, known=_ABOVE if above == was else ""):
            found[name] = wrong
    assert found == {}


def test_axe_sees_bad_contrast_in_what_is_not_known_and_any_other_fault_anywhere(open_page: Open):
    page = open_page("/account")
    pale = "<p class=pale style='color: #eee; background: #fff'>pale</p>"
    page.evaluate("pale => document.querySelector('main').insertAdjacentHTML('beforeend', pale)", pale)
    assert [line.split()[0] for line in violations(page)] == ["color-contrast"]
    assert violations(page, known=".pale") == []
    page.evaluate("document.querySelector('.pale').innerHTML = '<button></button>'")
    assert [line.split()[0] for line in violations(page, known=".pale")] == ["button-name"]


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
