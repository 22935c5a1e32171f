"""Bar traces: upright columns, lanes of treatment from left to right, waterfalls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dashboard.svg.marks import each
from dashboard.svg.paint import Paint
from dashboard.svg.scale import CannotDraw, Scale, liner
from dashboard.svg.words import text_element, width_of

Coloured = tuple[Mapping[str, Any], Scale, Scale, str]
"""Trace, horizontal axis, vertical axis, paint of a trace without colour."""

_HATCH = {
    "/": "M0,{s}L{s},0",
    "\\": "M0,0L{s},{s}",
    "x": "M0,{s}L{s},0M0,0L{s},{s}",
    "-": "M0,{h}H{s}",
    "|": "M{h},0V{s}",
    "+": "M0,{h}H{s}M{h},0V{s}",
    ".": "M{h},{h}h1",
}


@dataclass(frozen=True)
class Bar:
    """One bar in pixels."""

    x: float
    y: float
    w: float
    h: float

    @property
    def place(self) -> str:
        """As attributes."""
        return f'x="{self.x:.4g}" y="{self.y:.4g}" width="{self.w:.4g}" height="{self.h:.4g}"'


def bars(traces: Sequence[Coloured], mode: str, gap: float, paint: Paint, ident: str) -> str:
    """All bar traces of one pair of axes.

    Args:
        traces: the traces with their axes.
        mode: plotly's barmode: group, stack, relative or overlay.
        gap: plotly's bargap, share of a slot that stays free.
        paint: colours.
        ident: distinguishes the hatchings of this subplot.
    """
    total: dict[tuple[float, bool], float] = defaultdict(float)
    out = []
    for k, (trace, x, y, own) in enumerate(traces):
        turn = (k, len(traces)) if mode == "group" else (0, 1)
        boxes = list(_boxes(trace, x, y, turn, gap, total if mode in ("stack", "relative") else None))
        out.append(_look(trace, boxes, paint, own, f"{ident}-h{k}"))
    return "".join(out)


def _boxes(
    trace: Mapping[str, Any],
    x: Scale,
    y: Scale,
    turn: tuple[int, int],
    gap: float,
    total: dict[tuple[float, bool], float] | None,
) -> Iterator[tuple[int, Bar]]:
    """Position in the trace and box of each bar that has a place."""
    across = trace.get("orientation") == "h"
    place, size = (y, x) if across else (x, y)
    along, values = (trace["y"], trace["x"]) if across else (trace["x"], trace["y"])
    widths = _widths(place, along, trace.get("width"), gap)
    ends = _ends(size, values, each(trace.get("base"), len(values), None), along, total)
    k, n = turn
    for number, (at, wide, end) in enumerate(zip(place.pixels(along), widths, ends, strict=True)):
        if at is None or end is None:
            continue
        start = at - wide / 2 + k * wide / n
        low, high = sorted(end)
        box = Bar(low, start, high - low, wide / n) if across else Bar(start, low, wide / n, high - low)
        yield number, box


def _ends(
    size: Scale,
    values: Sequence[Any],
    bases: Sequence[Any],
    along: Sequence[Any],
    total: dict[tuple[float, bool], float] | None,
) -> Iterator[tuple[float, float] | None]:
    """Pixels at which each bar begins and ends; a date's bar has a length in milliseconds."""
    line = liner(size.kind)
    for value, base, where in zip(values, bases, along, strict=True):
        start = (line(base) if size.kind == "date" else base) or 0.0
        if value is None:
            yield None
            continue
        if total is not None:
            key = (where, value < 0)
            start, total[key] = total[key], total[key] + value
        if size.kind == "log":
            top = line(start + value)
            yield None if top is None else (size.pixel(line(start) or size.low), size.pixel(top))
        else:
            yield size.pixel(start), size.pixel(start + value)


def _widths(place: Scale, values: Sequence[Any], width: Any, gap: float) -> list[float]:
    """Pixels that the bars at each place may fill."""
    if width is not None:
        return [abs(place.per) * float(w or 0) for w in each(width, len(values), 0.0)]
    at = sorted({v for v in place.pixels(values) if v is not None})
    alone = abs(place.per) if place.kind == "category" else place.length
    return [min((b - a for a, b in pairwise(at)), default=alone) * (1 - gap)] * len(values)


def _look(trace: Mapping[str, Any], boxes: Sequence[tuple[int, Bar]], paint: Paint, own: str, ident: str) -> str:
    marker = trace.get("marker", {})
    n = len(trace.get("y") or ())
    colours = each(marker.get("color"), n, None)
    edge = marker.get("line", {})
    stroke = paint.stroke(edge) if isinstance(edge.get("width"), (int, float)) and edge["width"] else ""
    faint = marker.get("opacity", 1)
    more = stroke + (f' opacity="{faint:g}"' if isinstance(faint, (int, float)) and faint != 1 else "")
    hatch, fill = _hatching(marker.get("pattern", {}), paint, ident)
    out = [hatch]
    for number, box in boxes:
        out.append(f'<rect class="b" {box.place} fill="{paint.of(colours[number], own)}"{more}/>')
        if fill:
            out.append(f'<rect {box.place} fill="{fill}"/>')
    return "".join(out) + "".join(_texts(trace, boxes, paint))


def _hatching(pattern: Mapping[str, Any], paint: Paint, ident: str) -> tuple[str, str]:
    """Definition of a hatching and the paint that refers to it; empty where there is none."""
    kind = pattern.get("shape")
    if not isinstance(kind, str) or not kind:
        return "", ""
    if kind not in _HATCH:
        raise CannotDraw(f"pattern {kind!r}")
    size = float(pattern.get("size", 8))
    path = _HATCH[kind].format(s=f"{size:g}", h=f"{size / 2:g}")
    ink, faint = paint.of(pattern.get("fgcolor")), float(pattern.get("fgopacity", 0.5))
    wide = max(1.0, size * float(pattern.get("solidity", 0.3)))
    return (
        f'<pattern id="{ident}" width="{size:g}" height="{size:g}" patternUnits="userSpaceOnUse">'
        f'<path d="{path}" stroke="{ink}" stroke-width="{wide:g}" opacity="{faint:g}" fill="none"/></pattern>',
        f"url(#{ident})",
    )


def _texts(trace: Mapping[str, Any], boxes: Sequence[tuple[int, Bar]], paint: Paint) -> Iterator[str]:
    """Text within its bar where it fits; beside it where the trace says outside."""
    texts = each(trace.get("text"), len(trace.get("y") or ()), "")
    font = trace.get("textfont", {})
    size, fill = float(font.get("size", 12)), paint.of(font.get("color"), "")
    outside = trace.get("textposition") == "outside"
    for number, box in boxes:
        text = str(texts[number] or "")
        if not text or (not outside and (width_of(text, size) > box.w - 2 or size > box.h + 2)):
            continue
        if outside:
            yield text_element(text, box.x + box.w + 3, box.y + box.h / 2 + 0.35 * size, size=size, fill=fill)
        elif trace.get("insidetextanchor") == "start" and trace.get("orientation") == "h":
            yield text_element(text, box.x + 3, box.y + box.h / 2 + 0.35 * size, size=size, fill=fill)
        else:
            yield text_element(
                text, box.x + box.w / 2, box.y + box.h / 2 + 0.35 * size, size=size, fill=fill, anchor="middle"
            )
