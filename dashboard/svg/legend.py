"""Legend and title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dashboard.svg.marks import colour_of, mode_of
from dashboard.svg.paint import Paint
from dashboard.svg.symbols import stamp
from dashboard.svg.words import ANCHORS, OWN_SIZE, anchor_of, font_of, plain, text_element, width_of


class Size(Protocol):
    """What is asked of a laid-out figure: its size and inner box (left, top, width, height)."""

    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...
    @property
    def box(self) -> tuple[float, float, float, float]: ...


_UP = {"top": 0.0, "middle": 0.5, "bottom": 1.0}


def shown_of(layout: Mapping[str, Any], traces: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The traces that a legend names."""
    shown = [t for t in traces if t.get("showlegend", True) is not False and t.get("name")]
    asked = layout.get("showlegend")
    return [] if asked is False or (asked is None and len(traces) < 2) else shown


def _font(layout: Mapping[str, Any]) -> tuple[float, Any]:
    base = layout.get("font", {})
    return font_of(layout.get("legend", {}), "font", base, float(base.get("size", 12)))


def side_room(layout: Mapping[str, Any], traces: Sequence[Mapping[str, Any]]) -> float:
    """Pixels that a legend beside the plot needs on the right; 0 where it stands elsewhere."""
    o = layout.get("legend", {})
    shown = shown_of(layout, traces)
    if not shown or o.get("orientation") == "h" or float(o.get("x", 1.02)) < 1 or o.get("xanchor") == "right":
        return 0.0
    return max(width_of(str(t["name"]), _font(layout)[0]) for t in shown) + 58


def legend(
    layout: Mapping[str, Any], traces: Sequence[tuple[Mapping[str, Any], str]], frame: Size, paint: Paint
) -> str:
    """Names of the traces with their line and marker."""
    named = [id(t) for t in shown_of(layout, [t for t, _ in traces])]
    shown = [(t, own) for t, own in traces if id(t) in named]
    if not shown:
        return ""
    o = layout.get("legend", {})
    size, colour = _font(layout)
    flat = o.get("orientation") == "h"
    left, top, w, h = _sheet(o, frame)
    places = _flow([width_of(str(t["name"]), size) + 40 for t, _ in shown], 1.55 * size, w if flat else 0.0)
    total_w = max(x + wide for x, _, wide in places)
    total_h = places[-1][1] + 1.55 * size
    x = left + float(o.get("x", 0 if flat else 1.02)) * w
    y = top + (1 - float(o.get("y", -0.1 if flat else 1))) * h
    x -= total_w * {"center": 0.5, "right": 1.0}.get(str(o.get("xanchor", "left")), 0.0)
    y -= total_h * _UP.get(
        str(o.get("yanchor", "auto")), _UP[anchor_of("auto", ("bottom", "middle", "top"), o.get("y", 1), True)]
    )
    x, y = max(0.0, min(x, frame.width - total_w)), max(0.0, min(y, frame.height - total_h))
    fill = paint.of(colour, "")
    inked = f' fill="{fill}"' if fill else ""
    signs, names = "", ""
    for (t, own), (dx, dy, _) in zip(shown, places, strict=True):
        signs += _key(t, own, x + dx + 5, y + dy + 0.78 * size, paint)
        names += text_element(str(t["name"]), x + dx + 34, y + dy + 1.1 * size, size=OWN_SIZE)
    return f'<g class="legend">{signs}<g font-size="{size:g}"{inked}>{names}</g></g>'


def _sheet(options: Mapping[str, Any], frame: Size) -> tuple[float, float, float, float]:
    """The box to which x and y refer: the plot, or the whole figure, in either direction."""
    left, top, w, h = frame.box
    if options.get("xref") == "container":
        left, w = 0.0, frame.width
    if options.get("yref") == "container":
        top, h = 0.0, frame.height
    return left, top, w, h


def _flow(widths: Sequence[float], row: float, room: float) -> list[tuple[float, float, float]]:
    """(x, y, width) of each item: in rows of at most this room, or one below the other where room is 0."""
    out: list[tuple[float, float, float]] = []
    x = y = 0.0
    for wide in widths:
        if out and (room == 0 or x + wide > room):
            x, y = 0.0, y + row
        out.append((x, y, wide))
        x += wide + 6
    return out


def _key(trace: Mapping[str, Any], own: str, x: float, y: float, paint: Paint) -> str:
    main = paint.of(colour_of(trace), own)
    if trace.get("type") == "bar":
        return f'<rect x="{x + 6:.4g}" y="{y - 5:.4g}" width="12" height="10" fill="{main}"/>'
    mode, out = mode_of(trace), ""
    if trace.get("fill", "none") != "none":
        fill = paint.of(trace.get("fillcolor"), own)
        out += f'<rect x="{x:.4g}" y="{y - 3:.4g}" width="24" height="8" fill="{fill}"/>'
    if "lines" in mode and trace.get("line", {}).get("width", 2) > 0:
        out += f'<path d="M{x:.4g},{y:.4g}h24"{paint.stroke(trace.get("line", {}), main)}/>'
    if "markers" in mode:
        marker = trace.get("marker", {})
        symbol, size = _first(marker.get("symbol"), "circle"), min(16.0, float(_first(marker.get("size"), 6)))
        (dx, dy, tail), is_open, is_stroked = stamp(str(symbol), size)
        ink = paint.of(_first(marker.get("color"), None), main)
        look = f'fill="none" stroke="{ink}"' if is_open or is_stroked else f'fill="{ink}"'
        out += f'<path d="M{x + 12 + dx:.4g},{y + dy:.4g}{tail}" {look}/>'
    return out


def _first(value: Any, default: Any) -> Any:
    if isinstance(value, (list, tuple)):
        value = next((v for v in value if v is not None), None)
    return default if value is None else value


def title(layout: Mapping[str, Any], frame: Size, paint: Paint) -> str:
    """The figure's title."""
    options = layout.get("title") or {}
    options = {"text": options} if isinstance(options, str) else options
    text = options.get("text")
    if not text:
        return ""
    base = layout.get("font", {})
    size, colour = font_of(options, "font", base, round(1.4 * float(base.get("size", 12))))
    at = float(options.get("x", 0.5))
    anchor = ANCHORS[anchor_of(options.get("xanchor", "auto"), ("left", "center", "right"), at, True)]
    pad = options.get("pad", {})
    left, top, w, _ = frame.box
    x = left + at * w if options.get("xref") == "paper" else at * frame.width
    x += float(pad.get("l", 0)) - float(pad.get("r", 0))
    y = top / 2 + 0.35 * size if not isinstance(options.get("y"), (int, float)) else (1 - options["y"]) * frame.height
    y += float(pad.get("t", 0)) - float(pad.get("b", 0))
    if options.get("yanchor") == "top":
        y += 0.8 * size
    y = min(max(y, size), frame.height - 2)
    return text_element(text, x, y, size=size, fill=paint.of(colour, ""), anchor=anchor)


def title_text(layout: Mapping[str, Any]) -> str:
    """The title without tags, for who cannot see the picture."""
    options = layout.get("title") or ""
    return plain(options if isinstance(options, str) else options.get("text") or "")
