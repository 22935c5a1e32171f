"""The still picture shows each mark and each axis where plotly.js puts it, for the same dict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from dashboard.svg import to_svg
from dashboard.svg.frame import frame_of
from dashboard.svg.symbols import stamp
from tests.dashboard.svg.figures import ALL

pytestmark = pytest.mark.browser
BUNDLE = Path(__file__).parents[2] / "dashboard" / "assets" / "vendor" / "plotly-basic.min.js"

ASK = """async ([data, layout]) => {
  const g = await Plotly.newPlot('g', data, layout, {staticPlot: true});
  const home = g.getBoundingClientRect();
  const centres = Array.from(g.querySelectorAll('.scatterlayer .trace .points path')).map(p => {
    const m = p.getCTM(), b = p.ownerSVGElement.getBoundingClientRect();
    return [m.e + b.left - home.left, m.f + b.top - home.top];
  });
  const bars = Array.from(g.querySelectorAll('.barlayer .point path')).map(p => {
    const r = p.getBoundingClientRect();
    return [r.left - home.left, r.top - home.top, r.width, r.height];
  });
  const axes = Object.keys(g._fullLayout).filter(k => /^[xy]axis/.test(k)).map(k => {
    const a = g._fullLayout[k];
    return [k.replace('axis', ''), a.range.map(v => a.r2l(v)), a._offset, a._length,
            a._vals.map(v => v.text.replace(/<.*/, ''))];
  });
  return {centres, bars, axes};
}"""


@pytest.fixture(scope="module")
def drawn(browser: Browser) -> dict[str, Any]:
    """What plotly.js makes of each figure."""
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.set_content("<div id='g'></div>")
    page.add_script_tag(path=str(BUNDLE))
    made = {name: page.evaluate(ASK, json.loads(json.dumps(_both(f())))) for name, f in ALL.items()}
    return made


def _both(figure: dict[str, Any]) -> list[Any]:
    return [figure["data"], figure["layout"]]


@pytest.mark.parametrize("name", ALL)
def test_axes_have_the_range_and_place_that_plotly_gives_them(name: str, drawn: dict[str, Any]) -> None:
    frame = frame_of(ALL[name](), None, None)
    for short, (low, high), offset, length, texts in drawn[name]["axes"]:
        scale = frame.axes[short].scale
        # a legend beside the plot is measured by the browser, and by a rule of thumb here
        tolerance = 0.04 * length if name == "legend_beside" else 0.5
        assert min(scale.start, scale.end) == pytest.approx(offset, abs=0.5)
        assert scale.length == pytest.approx(length, abs=tolerance)
        assert scale.low == pytest.approx(low, abs=abs(high - low) * 0.001)
        if scale.kind != "log":  # plotly writes 2 and 5 for 20 and 50; here the whole number stands
            assert [t.split("<")[0] for _, t in frame.axes[short].ticks] == sorted_like(texts, scale.low > scale.high)
        assert scale.high == pytest.approx(high, abs=abs(high - low) * 0.001)


@pytest.mark.parametrize("name", [n for n, f in ALL.items() if f()["data"][0]["type"] == "scatter"])
def test_every_marker_stands_where_plotly_puts_it(name: str, drawn: dict[str, Any]) -> None:
    figure = ALL[name]()
    paths = re.findall(r'<path class="m" d="([^"]+)"', to_svg(figure))
    discs = [disc for path in paths for disc in _discs(path)]
    stamped = [(float(x), float(y)) for path in paths for x, y in re.findall(r"M(-?[\d.]+),(-?[\d.]+)[al]", path)]
    shifts = {s[0][:2] for s in _stamps(figure)}
    wanted = drawn[name]["centres"]
    assert len(wanted) == len(stamped) + len(discs)
    mine = [*discs, *((x - dx, y - dy) for x, y in stamped for dx, dy in shifts)]
    for x, y in wanted:
        assert min(max(abs(x - mx), abs(y - my)) for mx, my in mine) <= 0.7, (name, x, y)


def sorted_like(texts: list[str], backwards: bool) -> list[str]:
    """Tick labels from the lowest value to the highest."""
    return texts[::-1] if backwards else texts


def _discs(path: str) -> list[tuple[float, float]]:
    """Centres of the strokes without length: the first is absolute, the others are steps."""
    if not path.endswith("h0"):
        return []
    steps = np.array(
        [[float(n) for n in re.findall(r"-?[\d.]+", part)] for part in path.removesuffix("h0").split("h0")]
    )
    return [(float(x), float(y)) for x, y in steps.cumsum(axis=0)]


def _stamps(figure: dict[str, Any]) -> list[Any]:
    out = []
    for trace in figure["data"]:
        marker = trace.get("marker", {})
        symbols, sizes = marker.get("symbol", "circle"), marker.get("size", 6)
        symbols = symbols if isinstance(symbols, list) else [symbols]
        sizes = sizes if isinstance(sizes, list) else [sizes] * len(symbols)
        out += [stamp(s, float(z)) for s, z in zip(symbols, sizes, strict=True)]
    return out


@pytest.mark.parametrize("name", ["bars", "sideways"])
def test_every_bar_covers_what_plotly_covers(name: str, drawn: dict[str, Any]) -> None:
    pattern = r'<rect class="b" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"'
    mine = [tuple(map(float, m)) for m in re.findall(pattern, to_svg(ALL[name]()))]
    theirs = drawn[name]["bars"]
    assert len(mine) == len(theirs)
    for bar in theirs:
        assert min(max(abs(a - b) for a, b in zip(bar, own, strict=True)) for own in mine) <= 1.5, bar
