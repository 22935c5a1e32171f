"""The ten tasks of who only sees the file (peers.md, section 4) in a real browser, each within one click, and what an
oncologist finds one click away on the page: the flow sheet, and the summary as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.store import Store
from analytics.tables import CLOSED_STATES
from dashboard.reporting.formats import render
from dashboard.reports import Content
from dashboard.reports._text import to_text
from tests.browser.conftest import Open
from tests.browser.serving import Site
from tests.browser.test_reports import SHEET, Reader
from tests.dashboard.reports.making import digest, patient_report
from tests.dashboard.reports.test_digest import earlier

pytestmark = pytest.mark.browser
PATIENT = "HT-032"


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    """A reader without network; at the end nothing was asked of anybody and no error was logged."""
    reader = Reader(browser)
    yield reader
    assert reader.asked == []
    assert reader.errors == []


def opened(reader: Reader, folder: Path, content: Content, *, width: int = 1280, height: int = 800) -> Page:
    path = folder / "report.html"
    path.write_bytes(render(content, "html", "none"))
    return reader.open(path, width=width, height=height)


def first_screen(page: Page) -> str:
    """Text of what is seen without scrolling."""
    return str(
        page.evaluate(
            """() => [...document.querySelectorAll("h1, p, tr, li")]
                .filter(e => e.getBoundingClientRect().bottom <= innerHeight).map(e => e.innerText).join("\\n")"""
        )
    )


def test_1_the_file_opens_on_a_phone_without_a_network(sample_store: Store, tmp_path: Path, reader: Reader):
    for content in (digest(sample_store), patient_report(sample_store, PATIENT)):
        page = opened(reader, tmp_path, content, width=390, height=844)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        cards = page.locator("table.cards").first
        assert cards.evaluate("t => t.getBoundingClientRect().width") <= 390
        assert cards.locator("td").first.evaluate("e => getComputedStyle(e, '::before').content") not in ("none", "")


def test_2_the_first_screen_says_how_many_who_and_what(sample_store: Store, tmp_path: Path, reader: Reader):
    page = opened(reader, tmp_path, digest(sample_store))
    seen = first_screen(page)
    findings = sample_store.analysis().findings
    major = findings[(findings["level"] == "urgent") & ~findings["state"].isin(CLOSED_STATES)]
    assert f"{len(major)} major findings open" in seen
    assert all(patient in seen for patient in set(major["patient_id"]))
    first = page.locator("#contents tbody tr").first
    assert first.inner_text().split()[0] in seen, "who comes first is seen without scrolling"
    first.locator("a").first.click()
    section = page.locator(page.evaluate("location.hash"))
    assert section.locator("h2").inner_text() == first.locator("th").inner_text()
    item = section.locator(".items > .urgent").first
    assert item.is_visible()
    assert re.search(r"\d.* on \d{1,2} \w{3} \d{4}", item.inner_text())


def test_3_what_got_better_and_what_is_overdue_is_one_click_away(sample_store: Store, tmp_path: Path, reader: Reader):
    page = opened(reader, tmp_path, digest(sample_store, before=earlier(sample_store)))
    rows = {r.locator("th").inner_text(): r for r in page.locator("section").first.locator("tbody tr").all()}
    for word, said in (("Resolved", "resolved"), ("Liver panel overdue", "Liver panel overdue")):
        rows[word].locator("a").first.click()
        assert said in page.locator(page.evaluate("location.hash")).inner_text()


def test_4_and_8_cut_off_run_versions_and_old_data_are_said(sample_store: Store, tmp_path: Path, reader: Reader):
    page = opened(reader, tmp_path, digest(sample_store))
    head, foot = page.locator("header").inner_text(), page.locator("footer").inner_text()
    assert "data cut-off 10 Jun 2026" in head
    assert "Built 15 Jun 2026 12:00:00 UTC" in head
    assert all(word in foot for word in ("sha256", "hepatrend ", "Quarantined", "cholangitis_labs 4"))


def test_5_a_printed_first_page_names_the_patient_and_is_one_sheet(sample_store: Store, tmp_path: Path, reader: Reader):
    page = opened(reader, tmp_path, patient_report(sample_store, PATIENT), width=SHEET[0], height=SHEET[1])
    page.emulate_media(media="print")
    assert PATIENT in page.locator("h1").inner_text()
    assert page.locator(".page").first.evaluate("e => e.getBoundingClientRect().bottom") <= SHEET[1]
    rules = page.locator("style").first.text_content() or ""
    assert 'counter(page) " of " counter(pages)' in rules
    assert "HT\\2d 032" in rules, "the id stands on every sheet"


def test_6_a_number_is_followed_to_its_row(sample_store: Store, tmp_path: Path, reader: Reader):
    page = opened(reader, tmp_path, patient_report(sample_store, PATIENT))
    item = page.locator(".items > li", has_text="evidence").first
    number = re.search(r"#\d+", item.inner_text())
    assert number
    item.locator("a").first.click()
    row = page.locator("#evidence tbody tr", has_text=number[0]).first
    assert row.is_visible()


def test_7_a_difference_has_its_cause(sample_store: Store, tmp_path: Path, reader: Reader):
    page = opened(reader, tmp_path, digest(sample_store, before=earlier(sample_store)))
    tags = page.locator(".tag").all_inner_texts()
    assert tags
    assert all(re.match(r"(new|worse|resolved|ended|came and went|no longer found)", tag) for tag in tags)


def test_9_the_text_tells_the_findings_of_the_page(sample_store: Store, tmp_path: Path, reader: Reader):
    content = digest(sample_store)
    page, text = opened(reader, tmp_path, content), to_text(content)
    told = page.locator(".items .says").all_text_contents()
    assert len(told) > 20
    flat = re.sub(r"\s+", " ", text)
    assert all(re.split(r" rule version", re.sub(r"\s+", " ", says))[0].strip() in flat for says in told)


def test_10_a_report_of_one_patient_names_no_other(sample_store: Store, tmp_path: Path, reader: Reader):
    page = opened(reader, tmp_path, patient_report(sample_store, PATIENT))
    named = set(re.findall(r"HT-\d{3}", page.content()))
    assert named == {PATIENT}


def test_the_flow_sheet_is_one_click_away(open_page: Open, site: Site):
    page = open_page(f"/patient/{site.store.key_of(PATIENT)}")
    summary = page.locator(".last-card summary", has_text="Flow sheet")
    summary.click()
    table = page.locator(".flow-sheet")
    expect(table).to_be_visible()
    assert table.locator("thead th").last.inner_text() == "8 Jun 2026"
    row = table.locator("tbody tr", has_text="Bilirubin").first
    assert row.locator("td").last.inner_text() == "2.2 H"


def test_the_chart_begins_near_the_first_screen_whatever_is_found(open_page: Open, site: Site):
    for patient in ("HT-013", "HT-058", "HT-009"):
        page = open_page(f"/patient/{site.store.key_of(patient)}")
        expect(page.locator("#patient-chart .main-svg").first).to_be_visible()
        top = page.locator(".chart-card").evaluate("e => e.getBoundingClientRect().top + scrollY")
        bottom = page.locator(".last-card").evaluate("e => e.getBoundingClientRect().bottom + scrollY")
        assert top < 900
        assert top - bottom < 120, "no empty space between the latest results and the chart"
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_summary_is_copied_as_plain_text(open_page: Open, site: Site):
    page = open_page(f"/patient/{site.store.key_of(PATIENT)}", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#patient-copy").click()
    expect(page.locator("#patient-copy")).to_have_text("Copied")
    text = str(page.evaluate("navigator.clipboard.readText()"))
    lines = text.splitlines()
    assert lines[0].startswith("HT-032 · M 68 · colorectal")
    assert "Cholangitis criteria met" in text
    assert "Bile ducts: Cholangitis criteria met." in text
    assert any(re.match(r"Bilirubin mg/dL \| 2\.2 H", line) for line in lines)
    assert "Acute cholangitis criteria (Tokyo):" in text
    assert "Not for alarms" in lines[-1]
    assert not re.search(r"[<>]\w|◆|▲", text.replace("<0", ""))
