"""The patient's page in a browser: looks, keys, address, seen, print, awkward people, accessibility by structure."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open, shot
from tests.browser.serving import Site
from tests.pace import milliseconds

pytestmark = pytest.mark.browser

PLOT = "#patient-chart .js-plotly-plot"
LOOKS = (("dark", 390, 1), ("dark", 1280, 1), ("light", 1280, 2), ("light", 1024, 1), ("light", 1280, 1))
"""A phone has its width from the first; the window of a desk is drawn wider in place."""


def patient(open_page: Open, site: Site, patient_id: str, query: str = "", **more: object) -> Page:
    page = open_page(f"/patient/{site.store.key_of(patient_id)}{query}", **more)
    expect(page.locator("#patient-chart .main-svg").first).to_be_visible()
    return page


def layout(page: Page, path: str) -> object:
    return page.locator(PLOT).evaluate(f"plot => plot.layout.{path}")


@pytest.mark.parametrize(("scheme", "width", "zoom"), LOOKS)
def test_the_page_fits_and_prints_no_words_for_nothing(
    look_at: Open, site: Site, scheme: str, width: int, zoom: float
) -> None:
    page = patient(look_at, site, "HT-058", scheme=scheme, width=width, zoom=zoom)
    shot(page, f"patient-{scheme}-{width}-{zoom}")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    words = page.inner_text("main").split()
    assert not {"NaN", "NaT", "None", "undefined", "nan"} & set(words)


def test_who_what_and_what_changed_are_above_the_fold(look_at: Open, site: Site) -> None:
    page = patient(look_at, site, "HT-058")
    for selector in ("h1", ".patient-facts", ".last-card > .table-region", ".changed-card .finding >> nth=0"):
        box = page.locator(selector).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] < 560, selector
    facts = page.locator(".patient-head").inner_text()
    assert "M 76 · neuroendocrine" in facts
    assert re.search(r"Quarantined\s+0", facts)
    assert re.search(r"Therapy\s+octreotide, line 1, 28 Oct 2025 to 21 Jan 2026, ended", facts)
    assert page.title().startswith("HT-058")


def test_no_word_of_the_latest_results_is_cut_or_leaves_its_table(look_at: Open, site: Site) -> None:
    for who in ("HT-024", "HT-033", "HT-056"):  # the last two have results of other days than their heads
        page = patient(look_at, site, who)
        for width in (1280, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            cut = page.locator(".last-panel :is(th, td, span)").evaluate_all(
                """all => all.filter(e => e.offsetWidth && e.scrollWidth > e.clientWidth + 1
                    && getComputedStyle(e).overflow !== 'visible').map(e => e.innerText)"""
            )
            assert cut == []
            region = page.locator(".last-card > .table-region").first
            assert region.evaluate("e => e.scrollWidth - e.clientWidth") <= 0, f"{who} at {width}"
    page = patient(look_at, site, "HT-024")
    moves = page.locator(".last-panel .direction", has_text="rising since")
    assert re.fullmatch(r"rising since \d{1,2} \w{3} \d{4} \(.+ \d+\)", moves.first.inner_text().lstrip("↗ "))
    assert "direction-rising" in (moves.first.get_attribute("class") or ""), "it is as bold as what it says"


def test_a_control_changes_the_chart_and_the_address(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-026")
    assert "?" not in page.url
    page.keyboard.press("3")
    expect(page.locator("#patient-chart .gtitle")).to_contain_text("measured unit", timeout=milliseconds(20))
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("scale=absolute&axis=linear"), timeout=milliseconds(20))
    assert "HT-026" not in page.url


def test_an_address_brings_the_same_state_back(open_page: Open, site: Site) -> None:
    query = "?scale=absolute&axis=linear&view=stent&tests=BILI.ALP&clock=e6&smooth=off&tab=markers"
    page = patient(open_page, site, "HT-026", query)
    expect(page.locator("#patient-chart .gtitle")).to_contain_text("measured unit", timeout=milliseconds(20))
    names = page.locator(PLOT).evaluate("plot => plot.data.filter(t => typeof t.meta === 'string').map(t => t.meta)")
    assert names == ["ALP", "BILI"] or names == ["BILI", "ALP"]
    assert layout(page, "xaxis.type") == "linear"
    texts = page.locator(PLOT).evaluate("plot => plot.layout.annotations.map(a => a.text)")
    assert any(t.startswith("Days since metal stent (15 Apr 2026)") for t in texts)
    expect(page.locator("#patient-inside .js-plotly-plot").first).to_be_visible()


def test_a_preset_and_a_finding_change_the_look_alone(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-026")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "_dash-update" in r.url else None)
    page.keyboard.press("w")
    page.wait_for_timeout(400)
    assert str(layout(page, "xaxis.range[0]")).startswith("2026-03-09")
    page.locator("main details").evaluate_all("all => all.forEach(d => { d.open = true; })")
    page.locator(".finding", has_text="day 7 after the stent of 15 Jan 2026").locator("[data-show]").first.click()
    page.wait_for_timeout(400)
    lit = page.locator(PLOT).evaluate("plot => plot.data.filter(t => (t.selectedpoints || []).length).map(t => t.meta)")
    assert "BILI" in lit
    shapes = page.locator(PLOT).evaluate("plot => plot.layout.shapes.filter(s => s.name === 'episode').length")
    assert shapes == 1
    assert "show=" in page.url
    assert asked == []


def test_seen_with_a_note_stays_with_who_and_when(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-040")
    card = page.locator(".finding-list .finding").first
    says = card.locator(".finding-says").inner_text()
    card.locator("summary", has_text="Mark as reviewed").click()
    card.locator(".seen-form input").fill("board of Thursday")
    card.locator(".seen-form button").click()
    expect(page.locator(".seen-by", has_text="board of Thursday")).to_be_visible(timeout=milliseconds(20))
    marks = site.store.seen_findings()
    notes = marks["note"].tolist()  # of each finding of the episode, and how bad it was then
    assert notes[0] == "board of Thursday"
    assert not any(notes[1:])
    page.reload()
    marked = page.locator(".finding", has_text=says[:60])
    expect(marked.locator(".seen-by").first).to_contain_text("board of Thursday")


def test_a_mark_that_is_on_its_way_says_so(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-058")
    page.route("**/_dash-update-component*", lambda route: None)  # an answer that does not come
    card = page.locator(".finding-list .finding:has(.seen-form)").first
    card.locator("summary", has_text="Mark as reviewed").click()
    card.locator(".seen-form button").click()
    expect(page.locator(".findings[data-dash-is-loading]")).to_be_visible()
    form = "form => getComputedStyle(form, '::after').content"
    assert card.locator(".seen-form").evaluate(form) == '"saving …"'


PAGE_RULES = """() => [...document.styleSheets].flatMap(s => [...s.cssRules]).map(r => r.cssText).join("")"""
"""Every rule of every style sheet as text."""


def test_print_is_one_page_of_a4(look_at: Open, site: Site) -> None:
    page = patient(look_at, site, "HT-058")
    width = page.locator("#patient-chart").evaluate("e => e.clientWidth")
    body = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", body)) == 1
    assert b"594.9" in body or b"595" in body
    assert page.locator("#patient-chart").evaluate("e => e.clientWidth") == width  # the screen is as it was
    said = page.locator(".print-foot").inner_text() or page.locator(".print-foot").text_content() or ""
    assert re.match(r"Printed \d{1,2} [A-Z][a-z]{2,3} \d{4} · HT-058 · Harbour Clinic · Retrospective review", said)
    assert "counter(page)" in page.evaluate(PAGE_RULES)


def test_printed_before_the_scripts_have_come_it_is_one_page_too(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    for patient_id in ("HT-058", "HT-026"):
        page.goto(f"{site.address}/patient/{site.store.key_of(patient_id)}")
        assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))) == 1
    context.close()


COUNT_WORK = """
window.work = [];
for (const name of ["setTimeout", "setInterval", "requestAnimationFrame", "fetch"]) {
  const own = window[name];
  window[name] = function (...args) { window.work.push(name); return own.apply(window, args); };
}
const every = window.setInterval;
window.setInterval = function (call, ...more) {
  return every.call(window, function () { window.work.push("tick"); call(); }, ...more);
};
"""


def test_a_page_that_nobody_touches_does_nothing(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(COUNT_WORK)
    page = context.new_page()
    page.goto(f"{site.address}/patient/{site.store.key_of('HT-026')}")
    page.wait_for_selector("#still", state="detached")
    expect(page.locator("#patient-inside .js-plotly-plot").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    page.evaluate("window.work.length = 0")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.work") == []
    context.close()


@pytest.mark.parametrize("width", [1024, 1280])
@pytest.mark.parametrize(
    ("who", "tab"), [("HT-033", "events"), ("HT-058", "events"), ("HT-033", "markers"), ("HT-058", "lines")]
)
def test_no_column_of_a_table_is_cut_off_on_a_desk(look_at: Open, site: Site, who: str, tab: str, width: int) -> None:
    page = patient(look_at, site, who, f"?tab={tab}", width=width)
    region = page.locator("#patient-inside .table-region").first
    expect(region).to_be_visible()
    assert region.evaluate("e => e.scrollWidth - e.clientWidth") == 0


def test_the_table_of_results_sorts_by_keyboard_and_by_value(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-026", "?tab=results")
    grid = page.get_by_role("region", name="Results by day of collection")
    head = grid.get_by_role("columnheader", name="Bilirubin mg/dL")
    expect(head).to_be_visible(timeout=milliseconds(20))
    expect(grid.locator(".ag-row [col-id]").first).to_contain_text("2026-06-08")
    head.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    texts = grid.locator("[col-id=BILI].ag-cell").all_inner_texts()
    numbers = [float(re.sub(r"[HL<> ]", "", t)) for t in texts if t != "–"]
    assert len(numbers) > 5
    assert numbers == sorted(numbers)
    page.keyboard.press("ArrowDown")
    assert "ag-cell" in page.evaluate("document.activeElement.className")


def test_only_the_rows_in_sight_are_rendered_and_the_grid_tells_how_many_there_are(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-060", "?tab=results")
    grid = page.get_by_role("region", name="Results by day of collection")
    expect(grid.locator(".ag-row").first).to_be_visible(timeout=milliseconds(20))
    moments = site.store.analysis(["HT-060"]).points["collected_at"].nunique()
    told = int(grid.locator("[role=grid], [role=treegrid]").first.get_attribute("aria-rowcount") or 0)
    assert told >= 20
    assert told <= moments + 1


def test_events_and_imaging_are_in_the_table_with_file_and_row(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-012", "?tab=results")
    grid = page.get_by_role("region", name="Events and imaging")
    expect(grid.locator(".ag-row").first).to_be_visible(timeout=milliseconds(20))
    for told in ("2026-01-02", "new lesion; new lesion in segment 7", "74 mm"):
        expect(grid).to_contain_text(told)


def test_the_keys_of_the_page_are_told_under_the_question_mark(look_at: Open, site: Site) -> None:
    page = patient(look_at, site, "HT-026")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_contain_text("next finding in the chart")
    assert page.locator("#page-keys").count() == 1, "the next page with keys of its own would show these"
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()


def test_every_picture_and_control_has_a_name(look_at: Open, site: Site) -> None:
    page = patient(look_at, site, "HT-026")
    assert page.locator("main img:not([alt])").count() == 0
    nameless = page.evaluate(
        """[...document.querySelectorAll('main button, main input, main select, main a')].filter(e => {
             const labels = e.labels && e.labels.length;
             const named = e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.title;
             return !e.closest('.modebar') && e.type !== 'hidden' && !labels && !named && !e.textContent.trim();
           }).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert [i for i in set(ids) if ids.count(i) > 1] == []


def test_a_screen_reader_gets_the_last_values_in_words(look_at: Open, site: Site) -> None:
    page = patient(look_at, site, "HT-026")
    names = page.locator(".last-panel img").evaluate_all("all => all.map(i => i.alt)")
    assert any(re.search(r"Bilirubin in mg/dL: \d+ results from \d+ \w+ 20\d\d to 8 Jun 2026", n) for n in names)


def test_no_button_offers_to_upload_the_chart(look_at: Open, site: Site) -> None:
    page = patient(look_at, site, "HT-026")
    titles = page.locator(".modebar-btn").evaluate_all("all => all.map(b => b.getAttribute('data-title') || '')")
    assert titles
    assert not any("hare" in t or "loud" in t for t in titles)
