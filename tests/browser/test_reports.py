"""Reports in a real browser: offline, from a folder, with and without scripts, on a phone, on paper, under attack."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from analytics.store import Store
from dashboard.reporting.formats import render
from dashboard.reporting.report_input import Order, by_bucket, report_input
from dashboard.reports import report
from dashboard.reports._blocks import Column, Content, Drawn, Item, Items, Picture, Say, Section, Table
from dashboard.reports._html import shared_files, to_html
from tests.browser.conftest import shot
from tests.dashboard.reports.making import NOON, digest, patient_report
from tests.pace import milliseconds

pytestmark = pytest.mark.browser
PATIENT = "HT-026"
SHEET = (733, 1062)
"""A4 less the margins of 8 mm, in CSS pixels."""


@dataclass
class Reader:
    """Opens files as a reader does, and notes what they must not do."""

    browser: Browser
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(
        self, path: Path, *, scripts: bool = True, width: int = 1100, height: int = 900, scheme: str = "light"
    ) -> Page:
        """A page from the disk, without any network."""
        page = self.browser.new_page(
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            color_scheme=scheme,  # type: ignore[arg-type]
            offline=True,
        )
        page.on("request", lambda r: None if r.url.startswith(f"file://{path.parent}/") else self.asked.append(r.url))
        page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.goto(f"file://{path}")
        return page


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    """A reader; at the end nothing was asked of anybody and no error was logged."""
    reader = Reader(browser)
    yield reader
    assert reader.asked == []
    assert reader.errors == []


def wait_for_live(page: Page) -> None:
    """Until the interactive picture has replaced the still one."""
    page.wait_for_selector(".replaced", state="attached", timeout=milliseconds(20))


def test_the_mailed_file_works_offline_and_its_chart_answers(sample_store: Store, tmp_path: Path, reader: Reader):
    path = tmp_path / "r.html"
    path.write_bytes(render(patient_report(sample_store, PATIENT)))
    page = reader.open(path)
    wait_for_live(page)
    assert page.locator(".live .main-svg").count() > 0
    assert not page.locator(".still").first.is_visible()
    assert page.evaluate("document.querySelectorAll('a[href^=http], [src^=http]').length") == 0
    assert page.locator("a[data-title*='loud'], a[data-title*='hare']").count() == 0
    shot(page, "report-patient-live", full=True)


def test_beside_shared_scripts_it_works_from_the_folder(sample_store: Store, tmp_path: Path, reader: Reader):
    path = tmp_path / "r.html"
    path.write_bytes(render(patient_report(sample_store, PATIENT), "html", "shared"))
    for name, text in shared_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    wait_for_live(reader.open(path))


def test_without_scripts_every_chart_and_word_is_there(sample_store: Store, tmp_path: Path, reader: Reader):
    content = patient_report(sample_store, PATIENT)
    path = tmp_path / "r.html"
    path.write_text(to_html(content), "utf-8")
    page = reader.open(path, scripts=False)
    assert page.locator(".still svg.chart").first.is_visible()
    assert page.locator("figcaption").first.inner_text().startswith("ALT first")
    text = page.text_content("body") or ""
    for says in sample_store.analysis([PATIENT]).findings["says"]:
        dated = re.sub(r"\d{4}-\d\d-\d\d", lambda day: f"{date.fromisoformat(day[0]):%-d %b %Y}", says)
        assert re.sub(r"\s+", " ", dated) in re.sub(r"\s+", " ", text)
    shot(page, "report-patient-still", full=True)


def test_a_screen_reader_hears_the_heading_of_every_row_and_column(sample_store: Store, tmp_path: Path, reader: Reader):
    path = tmp_path / "r.html"
    path.write_text(to_html(patient_report(sample_store, PATIENT), "none"), "utf-8")
    page = reader.open(path)
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    heard = [(n["role"]["value"], n["name"]["value"]) for n in nodes if "header" in n.get("role", {}).get("value", "")]
    roles = Counter(role for role, _ in heard)
    assert roles["rowheader"] == page.locator("tbody tr").count()
    assert roles["columnheader"] == page.locator("thead th").count()
    assert ("rowheader", "ALT U/L") in heard


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_nothing_scrolls_sideways_but_tables(
    sample_store: Store, tmp_path: Path, reader: Reader, scheme: str, scripts: bool
):
    for name, content in (("patient", patient_report(sample_store, PATIENT)), ("digest", digest(sample_store))):
        path = tmp_path / f"{name}.html"
        path.write_text(to_html(content), "utf-8")
        page = reader.open(path, scripts=scripts, width=390, height=844, scheme=scheme)
        if scripts and name == "patient":
            wait_for_live(page)
        if scripts:
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shot(page, f"report-{name}-phone-{scheme}-{'live' if scripts else 'still'}")


def test_dark_follows_the_reader_and_paper_is_light(sample_store: Store, tmp_path: Path, reader: Reader):
    path = tmp_path / "r.html"
    path.write_text(to_html(patient_report(sample_store, PATIENT), "none"), "utf-8")
    page = reader.open(path, scheme="dark")
    paint = "getComputedStyle(document.querySelector('svg.chart > rect')).fill"
    assert page.evaluate(paint) == "rgb(24, 32, 39)"
    page.emulate_media(media="print")
    assert page.evaluate(paint) == "rgb(255, 255, 255)"


def test_the_first_page_of_each_is_one_sheet_of_a4_and_its_table_fits_a_screen(
    sample_store: Store, tmp_path: Path, reader: Reader
):
    paths = []
    for one in by_bucket(sample_store, Order(sample_store.patient_ids, "x", identified=True), NOON):
        paths.append(tmp_path / f"{next(iter(one.names))}.html")
        paths[-1].write_bytes(render(report("patient").build(one), "html", "none"))
    page = reader.open(paths[0], width=SHEET[0], height=SHEET[1])
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.page')).zoom") == "1", (
        "fits by less, not by smaller"
    )
    bottoms = {}
    for path in paths:
        page.goto(path.as_uri())
        bottoms[path.stem] = page.evaluate("document.querySelector('.page').getBoundingClientRect().bottom")
    assert {who: bottom for who, bottom in bottoms.items() if bottom > SHEET[1]} == {}
    assert len(bottoms) == len(sample_store.patient_ids)
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 800})
    beyond = {}
    for path in paths:
        page.goto(path.as_uri())
        beyond[path.stem] = page.locator("#latest table").evaluate("t => t.scrollWidth - t.parentElement.clientWidth")
    assert {who: cut for who, cut in beyond.items() if cut > 0} == {}, "the latest results are cut on a screen"


def test_every_table_of_a_printed_cohort_says_what_it_counts(sample_store: Store, tmp_path: Path, reader: Reader):
    path = tmp_path / "r.html"
    order = Order(sample_store.patient_ids, "all", identified=True)
    path.write_bytes(
        render(report("cohort").build(report_input(sample_store, order, NOON, since=False)), "html", "none")
    )
    page = reader.open(path, width=SHEET[0], height=SHEET[1])
    page.emulate_media(media="print")
    captions = page.locator("caption").all()
    assert len(captions) > 10
    assert all(caption.is_visible() for caption in captions)
    assert len({caption.inner_text() for caption in captions}) == len(captions)


def test_a_printed_report_says_who_it_is_of_and_keeps_meaning_in_grey(
    sample_store: Store, tmp_path: Path, reader: Reader
):
    path = tmp_path / "r.html"
    path.write_bytes(render(patient_report(sample_store, PATIENT)))
    page = reader.open(path, width=SHEET[0], height=SHEET[1])
    wait_for_live(page)
    page.emulate_media(media="print")
    assert page.locator(".still svg.chart").first.is_visible()
    assert not page.locator(".live").first.is_visible()
    assert PATIENT in page.locator("h1").inner_text()
    assert PATIENT in page.locator("svg.chart").first.text_content()
    for chip in page.locator(".chip").all():
        assert re.fullmatch(r"[◆▲●○] (major|moderate|for information|favourable)", chip.inner_text())
    body = page.pdf(prefer_css_page_size=True, print_background=True)
    assert body.startswith(b"%PDF")
    page.add_style_tag(content="html{filter:grayscale(1)}")
    shot(page, "report-patient-grey-paper")


EVIL = (
    "<script>window.__pwn=1</script>",
    '"><img src=x onerror=window.__pwn=1>',
    "<svg onload=window.__pwn=1>",
    "</style><script>window.__pwn=1</script>",
    "]]><script>window.__pwn=1</script>",
    "<a href='javascript:window.__pwn=1'>x</a>",
    "{{7*7}}{% raw %}",
    "<iframe src=//evil.example></iframe>",
    "</script><script>window.__pwn=1</script>",
    "&lt;script&gt;window.__pwn=1&lt;/script&gt;",
)


def evil_content(text: str) -> Content:
    """A report with the text in every place that holds text."""
    figure = {
        "data": [
            {
                "type": "scatter", "mode": "lines+markers+text", "x": [1, 2], "y": [1, 2], "name": text,
                "text": [text, text], "customdata": [text, text],
            }
        ],
        "layout": {
            "title": {"text": text}, "xaxis": {"title": {"text": text}}, "showlegend": True, "height": 300,
            "annotations": [{"text": text, "x": 1, "y": 1}], "margin": {"t": 60},
        },
    }  # fmt: skip
    table = Table(text, (Column(text), Column("x")), [[text, Drawn("", text)]], "t")
    item = Item("urgent", text, text, text, text, text, "x")
    blocks = [Say(text), table, Items([item]), Picture(figure, text, "x")]
    return Content(text, text, [Section(text, blocks, "x")], [(text, text)], text, [text])


@pytest.mark.parametrize("text", EVIL)
def test_text_from_data_never_runs(tmp_path: Path, reader: Reader, text: str):
    path = tmp_path / "r.html"
    path.write_text(to_html(evil_content(text)), "utf-8")
    page = reader.open(path)
    wait_for_live(page)
    page.hover(".live")
    assert page.evaluate("window.__pwn") is None
    assert page.locator("iframe, img, a[href^=javascript]").count() == 0
    assert "49" not in page.locator("h1").inner_text()
    assert page.locator("h1").inner_text() == text
