"""Every page of the shell in a browser: it comes, it fits, it calls nobody, it keeps nothing."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open, shot

pytestmark = pytest.mark.browser

PAGES = ("/", "/quality", "/imports", "/methods", "/audit", "/cohort", "/schedules", "/nowhere")
LOOKS = (
    ("light", 390, 1), ("light", 1024, 1), ("light", 1280, 1), ("dark", 1280, 1), ("light", 1280, 2),
)  # fmt: skip
"""A phone has its width from the first; the window of a desk is drawn wider in place."""


@pytest.mark.parametrize(("scheme", "width", "zoom"), LOOKS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_and_does_not_scroll_sideways(look_at: Open, path: str, scheme: str, width: int, zoom: float):
    page = look_at(path, scheme=scheme, width=width, zoom=zoom)
    if path == "/nowhere":
        page.watch.allowed.append("404")
    name = path.strip("/") or "home"
    shot(page, f"{name}-{scheme}-{width}{'-zoom200' if zoom == 2 else ''}")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    assert page.title().endswith("hepatrend")
    assert page.evaluate("document.documentElement.dataset.scheme") == scheme
    for word in ("NaN", "NaT", "None", "undefined"):
        assert word not in page.inner_text("body").split()
