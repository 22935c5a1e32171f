"""The tour of the README: about twenty seconds of the pages on the sample data, as one small animation.

Called by ``python docs/make_pictures.py``. Each scene is a state of a real page, with one line that says what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

WIDTH, HEIGHT = 1200, 750
"""Of the page, pixels; the animation is drawn at two thirds of it."""
SHOWN = (800, 500)
COLOURS = 160
MOST_BYTES = 1_500_000
QUESTION = "find bilirubin at least 2 x before within 14 days after biliary_stent"
SETTLED_MS = 1500
"""Plotly draws after the network is quiet."""


@dataclass(frozen=True)
class Scene:
    """One state of a page.

    Attributes:
        says: the line over it.
        seconds: how long it stands.
        go: what is done to come to it.
    """

    says: str
    seconds: float
    go: Callable[[Page, str, str], object]


def _open(path: str) -> Callable[[Page, str, str], object]:
    def go(page: Page, address: str, key: str) -> None:
        page.goto(address + path.format(key=key))
        page.locator("main h1").wait_for()
        page.wait_for_load_state("networkidle")

    return go


def _ask(page: Page, address: str, key: str) -> None:
    _open("/cohort")(page, address, key)
    page.fill("#cohort-text", QUESTION)
    page.click("#cohort-run")


SCENES = (
    Scene("The worklist: all patients by priority, with what is new", 3.5, _open("/")),
    Scene("One patient: answers, latest results, findings with rule and source", 4, _open("/patient/{key}")),
    Scene("Show in chart: the results that a finding rests on", 4,
          lambda page, address, key: page.get_by_role("button", name="Show in chart").first.click()),
    Scene("A question of all patients, and the number left at each step", 4.5, _ask),
    Scene("Quality: every result of every file is counted once", 3.5, _open("/quality")),
)  # fmt: skip
_LINE = """text => {
  document.querySelector("#tour")?.remove();
  const line = document.createElement("div");
  line.id = "tour";
  line.textContent = text;
  Object.assign(line.style, {position: "fixed", left: 0, right: 0, bottom: 0, zIndex: 9999, padding: "14px 24px",
    background: "#12343b", color: "#fff", font: "600 24px sans-serif"});
  document.body.append(line);
}"""


def frames(browser: Browser, address: str, key: str) -> Iterator[tuple[Image.Image, float]]:
    """Every scene with its seconds."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    for scene in SCENES:
        scene.go(page, address, key)
        page.wait_for_timeout(SETTLED_MS)
        page.evaluate(_LINE, scene.says)
        yield Image.open(BytesIO(page.screenshot())).convert("RGB").resize(SHOWN), scene.seconds
    page.close()


def make(browser: Browser, address: str, key: str, out: Path) -> None:
    """Write the animation.

    Raises:
        ValueError: it is larger than a README may bring.
    """
    drawn = list(frames(browser, address, key))
    pictures = [p.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE) for p, _ in drawn]
    body = BytesIO()
    times = [round(1000 * seconds) for _, seconds in drawn]
    pictures[0].save(body, "GIF", save_all=True, append_images=pictures[1:], duration=times, loop=0, optimize=True)
    if len(body.getvalue()) > MOST_BYTES:
        raise ValueError(f"{out.name} has {len(body.getvalue()):,} bytes, at most {MOST_BYTES:,}")
    out.write_bytes(body.getvalue())
