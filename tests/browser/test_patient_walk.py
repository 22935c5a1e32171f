"""What an oncologist does on the patient's page by hand: keys, hover, ways out, seen until worse, screen reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.ingest import Ingest
from analytics.store import Store
from analytics.tables import LABS
from dashboard.components.patient_controls import KEYS
from dashboard.config import Config
from dashboard.wording import day_in_prose
from tests.browser.conftest import Open
from tests.browser.serving import Site, serve
from tests.browser.test_patient_page import PLOT, layout, patient
from tests.builders import labs_of
from tests.stores import small_store

pytestmark = pytest.mark.browser


def becomes(page: Page, script: str, wanted: object) -> None:
    """Wait until a function of the chart gives a value; the page's own policy forbids Playwright's way to wait."""
    for _ in range(200):
        if page.locator(PLOT).evaluate(script) == wanted:
            return
        page.wait_for_timeout(50)
    assert page.locator(PLOT).evaluate(script) == wanted


def test_every_key_does_what_is_told_under_the_question_mark(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-026")
    title = page.locator("#patient-chart .gtitle")
    for key, words in (("2", "× baseline"), ("3", "measured unit"), ("1", "× ULN")):
        page.keyboard.press(key)
        expect(title).to_contain_text(words)
    for kind in ("linear", "log"):
        page.keyboard.press("l")
        expect(page).to_have_url(re.compile("axis=linear") if kind == "linear" else re.compile("^(?!.*axis=)"))
        becomes(page, "plot => plot.layout.meta.axis", kind)
    views = page.locator(PLOT).evaluate("plot => plot.layout.meta.views")
    for key, name in (("w", "3m"), ("i", "line"), ("s", "stent"), ("a", "all")):
        page.keyboard.press(key)
        ends = [end[:10] for end in views[name]]
        becomes(page, "plot => plot.layout.xaxis.range.map(end => String(end).slice(0, 10))", ends)
    smoothed = "plot => plot.data.some(t => t.name === 'smoothed level' && t.visible !== false)"
    becomes(page, smoothed, True)
    page.keyboard.press("b")
    becomes(page, smoothed, False)
    page.keyboard.press("f")
    expect(page.locator(".finding[data-lit=true]")).to_have_count(1)
    page.keyboard.press("x")
    expect(page.get_by_role("tab", name="Tables")).to_have_attribute("aria-selected", "true")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.keyboard.press("p")
    assert page.evaluate("window.printed") is True
    with page.expect_download() as report:
        page.keyboard.press("o")
    assert site.store.key_of("HT-026") in report.value.suggested_filename
    assert {key for keys, _ in KEYS for key in keys.split()} == set("123lawisbxfpo")


def test_the_report_of_this_patient_is_one_click_and_names_nobody_else(
    open_page: Open, site: Site, tmp_path: Path
) -> None:
    page = patient(open_page, site, "HT-026")
    with page.expect_download() as report:
        page.get_by_role("link", name="Report", exact=True).click()
    assert "HT-026" not in report.value.suggested_filename
    report.value.save_as(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert set(re.findall(r"HT-\d{3}", text)) == {"HT-026"}


def test_hovering_a_result_tells_all_of_it(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-026")
    points = site.store.analysis(["HT-026"]).points
    last = points[points["analyte"] == "ALT"].iloc[-1]
    page.evaluate(
        f"""() => {{
          const plot = document.querySelector('{PLOT}');
          const curve = plot.data.findIndex(t => t.meta === 'ALT');
          Plotly.Fx.hover(plot, [{{curveNumber: curve, pointNumber: plot.data[curve].x.length - 1}}],
                          plot.data[curve].yaxis === 'y' ? 'xy' : 'x' + plot.data[curve].yaxis);
        }}"""
    )
    told = page.locator("#patient-chart .hovertext").first
    expect(told).to_be_visible()
    text = told.text_content() or ""
    facts = ("33", "U/L", "8 Jun 2026", "0.73", f"{last['x_baseline']:.2f}", str(last["source_file"]))
    for fact in (*facts, str(int(last["source_line"])), "range", "× ULN", "× baseline", "CTCAE", "laboratory"):
        assert fact in text, (fact, text)


def test_the_way_to_the_hospital_record_is_the_configured_address(browser: Browser, sample_store: Store) -> None:
    config = Config(store=str(sample_store.place.folder), record_url="https://record.example/open?mrn={patient_id}")
    for site in serve(sample_store, config):
        page = browser.new_page()
        page.goto(f"{site.address}/patient/{sample_store.key_of('HT-026')}")
        page.wait_for_selector("#still", state="detached")
        link = page.get_by_role("link", name="Hospital record")
        expect(link).to_have_attribute("href", "https://record.example/open?mrn=HT-026")
        expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_previous_and_next_walk_the_worklist_by_key_and_by_click(open_page: Open, site: Site) -> None:
    ids = site.store.worklist()["patient_id"].tolist()[:3]
    page = patient(open_page, site, ids[0])
    for key, name in (("j", ids[1]), ("j", ids[2]), ("k", ids[1])):
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(name)
    page.locator("a.previous-patient").click()
    expect(page.locator("h1")).to_have_text(ids[0])
    expect(page.locator(".previous-patient")).to_have_attribute("aria-disabled", "true")


@pytest.fixture
def worsening(tmp_path: Path) -> Iterator[Site]:
    store = small_store(tmp_path / "store")
    store.analyse()
    yield from serve(store, Config(store=str(store.place.folder)))


def test_what_was_seen_is_quiet_until_it_worsens(browser: Browser, worsening: Site) -> None:
    store, page = worsening.store, browser.new_page()
    address = f"{worsening.address}/patient/{store.key_of('MRN-1')}"
    page.goto(address)
    page.wait_for_selector("#still", state="detached")
    grade = page.locator(".finding-list > .finding").first
    says = grade.locator(".finding-says").inner_text()
    grade.locator("summary", has_text="Mark as reviewed").click()
    grade.locator(".seen-form button").click()
    marked = page.locator(".finding", has_text=says)
    expect(marked.locator(".seen-by")).to_contain_text("Reviewed by")
    expect(marked.locator(".seen-form")).to_have_count(0)
    page.reload()
    page.wait_for_selector("#still", state="detached")
    expect(marked.locator(".seen-by")).not_to_contain_text("worse")
    last = page.locator(".finding-list > .finding").last
    expect(last).to_contain_text("Reviewed by")  # what is quiet stands after what nobody has seen
    rows = LABS.conform(labs_of([("2024-04-08", "ALT", 1200)], "MRN-1").drop(columns="result_id"))
    worse = Ingest(
        labs=rows, rows_in=1, results_in=1, file="worse.csv", sha256="w" * 64, profile="canonical",
        profile_digest="0", table="labs",
    )  # fmt: skip
    store.publish(worse, by="test")
    page.goto(address)
    page.wait_for_selector("#still", state="detached")
    again = page.locator(".finding", has_text="worsened since")
    expect(again.first).to_be_visible()
    expect(again.first.locator("summary", has_text="Mark as reviewed")).to_be_visible()


def test_nothing_of_the_former_patient_is_in_downloads_or_grids_of_the_next(
    open_page: Open, site: Site, tmp_path: Path
) -> None:
    keys = site.store.worklist()[["patient_id", "key"]]
    former, following = keys.iloc[0], keys.iloc[1]
    page = patient(open_page, site, former["patient_id"], "?tab=results")
    grid = page.get_by_role("region", name="Results by day of collection")
    expect(grid.locator(".ag-row").first).to_be_visible()
    page.locator("a.next-patient").click()
    expect(page.locator("h1")).to_have_text(following["patient_id"])
    page.get_by_role("tab", name="Tables").click()
    expect(grid.locator(".ag-row").first).to_be_visible()
    sources = "all => JSON.stringify(all.map(e => e.innerText))"
    panel = site.store.analysis([following["patient_id"]]).panel
    days = {f"{d:%Y-%m-%d}" for d in panel.labs["collected_at"]}
    shown = set(re.findall(r"\d{4}-\d\d-\d\d", grid.locator(".ag-row").evaluate_all(sources)))
    assert shown
    assert shown <= days
    assert former["patient_id"] not in page.content()
    links = page.locator("[data-download]")
    names = links.evaluate_all("all => all.map(a => a.dataset.download)")
    assert len(names) >= 5
    for name in names:
        with page.expect_download() as got:
            page.locator(f"[data-download='{name}']").click()
        got.value.save_as(tmp_path / name)
        text = (tmp_path / name).read_text("utf-8-sig")
        assert f"-{following['key']}-{name}-" in got.value.suggested_filename
        assert set(re.findall(r"HT-\d{3}", text)) <= {following["patient_id"]}, name


def test_a_screen_reader_gets_every_last_value_and_every_finding(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-026")
    page.locator("main details").evaluate_all("all => all.forEach(d => { d.open = true; })")
    heard = re.sub(r"\s+", " ", page.locator("main").aria_snapshot()).replace("''", "'")
    analysis = site.store.analysis(["HT-026"])
    for code, rows in analysis.points.groupby("analyte"):
        assert day_in_prose(rows["collected_at"].iloc[-1]) in heard, code
    table = page.locator(".last-card table")
    said = """all => all.flatMap(cell => {
      const own = cell.cloneNode(true), texts = [];
      own.querySelectorAll('[aria-hidden]').forEach(glyph => glyph.remove());
      const walk = document.createTreeWalker(own, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) texts.push(walk.currentNode.data.replace(/\\s+/g, ' ').trim());
      return texts;
    }).filter(text => text)"""
    cells = table.locator("tbody th, tbody td").evaluate_all(said)
    assert len(cells) > 60
    assert [c for c in cells if c not in heard] == []
    spoken = heard.replace('\\"', '"')
    findings = analysis.findings["says"].tolist()
    assert findings
    read = [re.sub(r"\d{4}-\d\d-\d\d", lambda day: f"{pd.Timestamp(day[0]):%-d %b %Y}", f) for f in findings]
    assert [f for f in read if re.sub(r"\s+", " ", f) not in spoken] == []


def test_a_screen_reader_can_walk_every_result_in_the_grid(open_page: Open, site: Site) -> None:
    page = patient(open_page, site, "HT-060", "?tab=results")
    grid = page.get_by_role("region", name="Results by day of collection")
    expect(grid.locator(".ag-row").first).to_be_visible()
    points = site.store.analysis(["HT-060"]).points
    told = int(grid.locator("[role=grid], [role=treegrid]").first.get_attribute("aria-rowcount") or 0)
    assert told == points["collected_at"].nunique() + 1  # and the head
    first = grid.locator(".ag-center-cols-container .ag-row, .ag-row").first
    assert first.get_attribute("aria-rowindex") == "2"
    assert layout(page, "title.text")
    grid.locator(".ag-row [col-id=at]").first.click()
    page.keyboard.press("Control+End")
    first_day = f"{points['collected_at'].min():%Y-%m-%d}"
    expect(grid.locator(".ag-row [col-id=at]", has_text=first_day).first).to_be_visible()
