"""The drawer: plotly's dict figure in, one inline ``<svg>`` out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from html import escape
from typing import Any

from dashboard.svg import axes, legend, overlay
from dashboard.svg.bars import bars
from dashboard.svg.frame import Frame, frame_of, pair_of
from dashboard.svg.marks import Run, palette_of, scatter
from dashboard.svg.paint import Paint
from dashboard.svg.scale import CannotDraw

__all__ = ["CannotDraw", "to_svg"]

_COLORWAY = ("currentColor",)


def to_svg(
    figure: Mapping[str, Any],
    *,
    ident: str = "f",
    palette: Mapping[str, str] | None = None,
    width: float | None = None,
    height: float | None = None,
    description: str = "",
) -> str:
    """Draw a figure: scatter and bar traces on linear, logarithmic, date and category axes, and all around them.

    Args:
        figure: plotly's figure as a plain dict; dates as ISO text.
        ident: distinguishes this picture's inner names from those of others on the page; letters, digits, hyphen.
        palette: colour to CSS expression, for dark and light; None keeps the figure's colours.
        width: pixels; the layout's own, else 900.
        height: pixels; the layout's own, else 450.
        description: text of the picture for who cannot see it.

    Returns:
        One ``<svg>`` element without scripts, links or references to anything outside.

    Raises:
        CannotDraw: the figure holds something that is not known here.
    """
    layout = figure.get("layout", {})
    frame = frame_of(figure, width, height)
    paint = Paint(palette)
    inks = [paint.of(c) for c in palette_of(layout.get("colorway") or _COLORWAY, len(frame.traces))]
    coloured = list(zip(frame.traces, inks, strict=True))
    base = layout.get("font", {})
    body = [
        _background(layout, frame, paint),
        _shapes(layout, frame, paint, ident, below=True),
        *_subplots(layout, frame, coloured, paint, ident),
        _shapes(layout, frame, paint, ident, below=False),
        *(axes.axis_marks(axis, frame, base, paint) for axis in frame.axes.values()),
        *(overlay.annotation(a, overlay.Places(frame), base, paint) for a in layout.get("annotations") or ()),
        legend.legend(layout, coloured, frame, paint),
        legend.title(layout, frame, paint),
    ]
    ink = paint.of(base.get("color"))
    marks = "".join(body).replace(f' fill="{ink}"', "")  # the picture's own, said once around everything
    name = legend.title_text(layout) or "Chart"
    more = f"<desc>{escape(description, quote=False)}</desc>" if description else ""
    return (
        f'<svg class="chart" role="img" xmlns="http://www.w3.org/2000/svg"'
        f' viewBox="0 0 {frame.width:g} {frame.height:g}" width="{frame.width:g}" height="{frame.height:g}"'
        f' font-size="12" fill="{ink}">'
        f"<title>{escape(name, quote=False)}</title>{more}{_clips(frame, ident, marks)}{marks}</svg>"
    )


def _clip(x: str, y: str, ident: str) -> str:
    return f"{ident}-{x}{y}"


def _clips(frame: Frame, ident: str, marks: str) -> str:
    """Borders of the subplots, those that something refers to."""
    out = []
    for x, y in (pair for pair in frame.pairs if f"url(#{_clip(*pair, ident)})" in marks):
        left, top, wide, high = _inside(frame, x, y)
        out.append(
            f'<clipPath id="{_clip(x, y, ident)}"><rect x="{left:.4g}" y="{top:.4g}" width="{wide:.4g}"'
            f' height="{high:.4g}"/></clipPath>'
        )
    return f"<defs>{''.join(out)}</defs>" if out else ""


def _inside(frame: Frame, x: str, y: str) -> tuple[float, float, float, float]:
    sx, sy = frame.axes[x].scale, frame.axes[y].scale
    return min(sx.start, sx.end), min(sy.start, sy.end), sx.length, sy.length


def _background(layout: Mapping[str, Any], frame: Frame, paint: Paint) -> str:
    out = ""
    paper = paint.of(layout.get("paper_bgcolor"), "none")
    if paper != "none":
        out += f'<rect width="{frame.width:g}" height="{frame.height:g}" fill="{paper}"/>'
    plot = paint.of(layout.get("plot_bgcolor"), "none")
    if plot not in ("none", paper):
        for x, y in frame.pairs:
            left, top, wide, high = _inside(frame, x, y)
            out += f'<rect x="{left:.4g}" y="{top:.4g}" width="{wide:.4g}" height="{high:.4g}" fill="{plot}"/>'
    return out


def _subplots(
    layout: Mapping[str, Any], frame: Frame, coloured: list[tuple[Mapping[str, Any], str]], paint: Paint, ident: str
) -> list[str]:
    by_pair: dict[tuple[str, str], list[tuple[Mapping[str, Any], str]]] = defaultdict(list)
    for trace, ink in coloured:
        by_pair[pair_of(trace)].append((trace, ink))
    out = []
    for pair in frame.pairs:
        x, y = frame.axes[pair[0]], frame.axes[pair[1]]
        out.append(axes.grid(x, (y.scale.start, y.scale.end), paint))
        out.append(axes.grid(y, (x.scale.start, x.scale.end), paint))
        marks = _marks(layout, frame, pair, by_pair[pair], paint, ident)
        if marks:
            out.append(f'<g clip-path="url(#{_clip(*pair, ident)})">{marks}</g>')
    return out


def _marks(
    layout: Mapping[str, Any],
    frame: Frame,
    pair: tuple[str, str],
    traces: list[tuple[Mapping[str, Any], str]],
    paint: Paint,
    ident: str,
) -> str:
    x, y = frame.axes[pair[0]].scale, frame.axes[pair[1]].scale
    upright = [(t, x, y, ink) for t, ink in traces if t.get("type") == "bar"]
    mode, gap = layout.get("barmode", "group"), float(layout.get("bargap", 0.2))
    out = bars(upright, mode, gap, paint, _clip(*pair, ident)) if upright else ""
    before: list[Run] = []
    for trace, ink in traces:
        if trace.get("type") == "bar":
            continue
        marks, before = scatter(trace, x, y, paint, before, ink)
        faint = trace.get("opacity", 1)
        out += f'<g opacity="{faint:g}">{marks}</g>' if faint != 1 and marks else marks
    return out


def _shapes(layout: Mapping[str, Any], frame: Frame, paint: Paint, ident: str, *, below: bool) -> str:
    places = overlay.Places(frame)
    out = ""
    for options in layout.get("shapes") or ():
        if (options.get("layer", "above") != "above") != below:
            continue
        x, y = (str(options.get(k, k[0])).split(" ")[0] for k in ("xref", "yref"))
        clip = f' clip-path="url(#{_clip(x, y, ident)})"' if (x, y) in frame.pairs else ""
        out += overlay.shape(options, places, clip, paint)
    return out
