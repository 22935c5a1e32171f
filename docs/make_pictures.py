"""Draw every picture of docs/pictures from the sample data, in a real browser.

``python docs/make_pictures.py`` loads the sample data into a store of its own, serves it on a free port of this
machine and takes the pictures. No picture in docs is made by hand.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import make_tour
from playwright.sync_api import Browser, sync_playwright

from dashboard.config import Config
from tests.browser.find_browser import find
from tests.browser.serving import serve
from tests.stores import sample_store_in

STENT = "HT-032"
"""A journey with obstruction, stent, recovery and obstruction again."""


@dataclass(frozen=True)
class Picture:
    """One picture: file name, address (``{key}`` is the opaque key of STENT), size and colour scheme."""

    name: str
    path: str
    width: int = 1280
    height: int = 800
    scheme: str = "light"


PICTURES = (
    Picture("patient", "/patient/{key}", height=1230),
    Picture("patient-dark", "/patient/{key}", height=1230, scheme="dark"),
    Picture("worklist", "/"),
    Picture("cohort", "/cohort", height=1100),
    Picture("quality", "/quality"),
)


def draw(browser: Browser, address: str, picture: Picture, key: str) -> None:
    """Take one picture."""
    page = browser.new_page(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,  # type: ignore[arg-type]
    )
    page.goto(address + picture.path.format(key=key))
    page.locator("main h1").wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # plotly draws after the network is quiet
    page.screenshot(path=HERE / "pictures" / f"{picture.name}.png")
    page.close()


def main() -> int:
    """Draw all of them; 1 without a browser."""
    path = find()
    if path is None:
        sys.stderr.write("pictures need Chromium: see make browser\n")
        return 1
    (HERE / "pictures").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store = sample_store_in(Path(folder) / "store")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        with contextmanager(serve)(store, Config(store=str(store.place.folder))) as site:
            for picture in PICTURES:
                draw(browser, site.address, picture, store.key_of(STENT))
            make_tour.make(browser, site.address, store.key_of(STENT), HERE / "pictures" / "tour.gif")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
