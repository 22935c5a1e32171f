"""Patients who are awkward each in one way, in a browser: each page looks intended, on every screen and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.config import Config
from tests.awkward import KINDS, awkward_store
from tests.browser.conftest import Watch, calm, shot, watch
from tests.browser.serving import Site, serve

pytestmark = pytest.mark.browser

LOOKS = {"light": (1280,), "dark": (390, 640)}
"""A desk; a phone, and from there in place, as by zooming, a desk at 200 %."""
FITTED = """() => {
  const plot = document.querySelector('#patient-chart .js-plotly-plot');
  return Math.abs(plot._fullLayout.width - plot.clientWidth) < 2;
}"""
OVERLAPS = """() => {
  const box = (e) => e.getBoundingClientRect();
  const plot = document.querySelector('#patient-chart .js-plotly-plot');
  const area = box(plot);
  const notes = [...plot.querySelectorAll('.annotation text')].filter(t => t.textContent);
  const cut = notes.filter(t => box(t).left < area.left - 1 || box(t).right > area.right + 1).map(t => t.textContent);
  const ticks = [...plot.querySelectorAll('.xtick text, .x2tick text, .x3tick text')].filter(t => t.textContent);
  const over = notes.filter(n => ticks.some(t => {
    const [a, b] = [box(n), box(t)];
    return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  })).map(n => n.textContent);
  return {cut, over, room: plot._fullLayout._size.w};
}"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    store = awkward_store(tmp_path_factory.mktemp("odd") / "store")
    yield from serve(store, Config(store=str(store.place.folder)))


def visit(page: Page, seen: Watch, site: Site, kind: str) -> None:
    page.goto(f"{site.address}/patient/{site.store.key_of(kind)}")
    page.wait_for_selector("#still", state="detached")
    expect(page.locator("#patient-chart .main-svg").first).to_be_visible()
    calm(page, seen)


@pytest.mark.parametrize("kind", KINDS)
def test_an_awkward_patient_looks_intended_on_every_screen_and_on_paper(browser: Browser, odd: Site, kind: str):
    for scheme, widths in LOOKS.items():
        page = browser.new_page(viewport={"width": widths[0], "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
        seen = watch(page, odd.address)
        visit(page, seen, odd, kind)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function(FITTED)
            page.wait_for_timeout(200)  # the chart is fitted to its width within a few frames
            look(page, kind, width)
        assert seen.complaints() == []


def look(page: Page, kind: str, width: int) -> None:
    shot(page, f"awkward-{kind}-{width}", full=True)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert not {"NaN", "NaT", "None", "undefined", "nan"} & set(page.inner_text("main").split())
    chart = page.evaluate(OVERLAPS)
    assert (chart["cut"], chart["over"]) == ([], []), (kind, width)
    assert chart["room"] > 0.35 * min(width, 800), (kind, width)
    blank = page.locator(".changed-card").bounding_box()
    assert blank is not None
    assert blank["height"] < 250 or page.locator(".changed-card .finding").count(), "a card that is mostly empty"
    if width == 1280:
        assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))) == 1
