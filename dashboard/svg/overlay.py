"""Shapes and annotations: what is laid on a figure beside its traces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.svg.frame import Frame
from dashboard.svg.paint import Paint
from dashboard.svg.scale import CannotDraw
from dashboard.svg.words import ANCHORS, anchor_of, font_of, lines_of, text_element, width_of
from dashboard.theme import UNSET_LINE


class Places:
    """Where x and y of a shape or an annotation are, by its references."""

    def __init__(self, frame: Frame):
        self._frame = frame

    def at(self, value: Any, ref: str, along: str, *, note: bool = False) -> float | None:
        """Pixel of a value; None where it has no place.

        Raises:
            CannotDraw: an axis that the figure does not have.
        """
        left, top, w, h = self._frame.box
        if ref == "paper":
            return left + float(value) * w if along == "x" else top + (1 - float(value)) * h
        name, _, domain = ref.partition(" ")
        if name not in self._frame.axes:
            raise CannotDraw(f"reference {ref!r}")
        scale = self._frame.axes[name].scale
        if domain:
            return scale.start + float(value) * (scale.end - scale.start)
        return scale.note_pixel(value) if note else scale.shape_pixel(value)

    def within(self, ends: Sequence[float | None], ref: str) -> list[float | None]:
        """Both ends of a shape cut to the axis that it refers to; None for both where all of it lies beyond."""
        if ref not in self._frame.axes or None in ends:
            return list(ends)
        scale = self._frame.axes[ref].scale
        low, high = sorted((scale.start, scale.end))
        a, b = (float(e) for e in ends if e is not None)
        if max(a, b) < low - 0.5 or min(a, b) > high + 0.5:
            return [None, None]
        return [min(max(a, low), high), min(max(b, low), high)]


def shape(options: Mapping[str, Any], places: Places, clip: str, paint: Paint) -> str:
    """A line or rectangle laid on the figure."""
    kind = options.get("type", "rect")
    xref, yref = options.get("xref", "x"), options.get("yref", "y")
    if kind == "path":
        return _path(options, places, clip, paint)
    ends = [
        places.at(options[key], ref, key[0]) for key, ref in (("x0", xref), ("x1", xref), ("y0", yref), ("y1", yref))
    ]
    if any(e is None for e in ends) or options.get("visible", True) is not True:
        return ""
    if not clip:
        ends = [*places.within(ends[:2], xref), *places.within(ends[2:], yref)]
    if any(e is None for e in ends):
        return ""
    x0, x1, y0, y1 = (float(e) for e in ends if e is not None)
    faint = options.get("opacity", 1)
    more = (f' opacity="{faint:g}"' if faint != 1 else "") + clip
    line = options.get("line", {})
    stroke = paint.stroke(line, UNSET_LINE) if line.get("width", 2) else ""
    fill = paint.of(options.get("fillcolor"), "none")
    if kind == "line":
        out = f'<path d="M{x0:.4g},{y0:.4g}L{x1:.4g},{y1:.4g}"{stroke}{more}/>'
    elif kind in ("rect", "circle"):
        left, top, w, h = min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)
        if kind == "rect":
            place = f'x="{left:.4g}" y="{top:.4g}" width="{w:.4g}" height="{h:.4g}"'
        else:
            place = f'cx="{left + w / 2:.4g}" cy="{top + h / 2:.4g}" rx="{w / 2:.4g}" ry="{h / 2:.4g}"'
        tag = "rect" if kind == "rect" else "ellipse"
        out = f'<{tag} {place} fill="{fill}"{stroke}{more}/>'
    else:
        raise CannotDraw(f"shape type {kind!r}")
    return out + _shape_label(options.get("label") or {}, (x0, x1, y0, y1), kind, paint)


def _path(options: Mapping[str, Any], places: Places, clip: str, paint: Paint) -> str:
    """A free outline of straight lines and curves, with absolute places only.

    Raises:
        CannotDraw: an arc, or a place that is given as a step from the one before.
    """
    if options.get("visible", True) is not True:
        return ""
    refs = (options.get("xref", "x"), options.get("yref", "y"))
    out = ""
    for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", str(options["path"])):
        if letter not in "MLCSQTZ":
            raise CannotDraw(f"path with {letter!r}")
        values = numbers.replace(",", " ").split()
        ends = [places.at(float(v), refs[i % 2], "xy"[i % 2]) for i, v in enumerate(values)]
        if None in ends:
            return ""
        out += letter + ",".join(f"{e:.4g}" for e in ends if e is not None)
    faint = options.get("opacity", 1)
    more = (f' opacity="{faint:g}"' if faint != 1 else "") + clip
    line = options.get("line", {})
    stroke = paint.stroke(line, UNSET_LINE) if line.get("width", 2) else ""
    return f'<path d="{out}" fill="{paint.of(options.get("fillcolor"), "none")}"{stroke}{more}/>'


def _shape_label(label: Mapping[str, Any], ends: tuple[float, float, float, float], kind: str, paint: Paint) -> str:
    if not label.get("text"):
        return ""
    x0, x1, y0, y1 = ends
    left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    where = str(label.get("textposition", "middle" if kind == "line" else "middle center")).split(" ")
    size, colour = font_of(label, "font", {}, 12)
    pad = float(label.get("padding", 3))
    wide = where[1] if len(where) > 1 else {"start": "left", "end": "right"}.get(where[0], "center")
    x = {"left": left + pad, "center": (left + right) / 2, "right": right - pad}[wide]
    y = {"top": top + pad + 0.8 * size, "bottom": bottom - pad}.get(where[0], (top + bottom) / 2 + 0.35 * size)
    return text_element(str(label["text"]), x, y, size=size, fill=paint.of(colour, ""), anchor=ANCHORS[wide])


def annotation(options: Mapping[str, Any], places: Places, base: Mapping[str, Any], paint: Paint) -> str:
    """A text at a place, with an arrow where asked."""
    text = options.get("text")
    if not text or options.get("visible", True) is not True:
        return ""
    x = places.at(options.get("x", 0.5), options.get("xref", "x"), "x", note=True)
    y = places.at(options.get("y", 0.5), options.get("yref", "y"), "y", note=True)
    if x is None or y is None:
        return ""
    x, y = x + float(options.get("xshift", 0)), y - float(options.get("yshift", 0))
    size, colour = font_of(options, "font", base, float(base.get("size", 12)))
    out = ""
    if options.get("showarrow", True):
        ax, ay = float(options.get("ax", -10)), float(options.get("ay", -30))
        style = {"color": options.get("arrowcolor", colour), "width": options.get("arrowwidth", 1)}
        out += f'<path d="M{x:.4g},{y:.4g}l{ax:.4g},{ay:.4g}"{paint.stroke(style)}/>'
        x, y = x + ax, y + ay
    return out + _note_text(options, str(text), x, y, size, colour, paint)


def _note_text(
    options: Mapping[str, Any], text: str, x: float, y: float, size: float, colour: Any, paint: Paint
) -> str:
    lines = lines_of(text)
    width, height = max(width_of(line, size) for line in lines), size * 1.25 * len(lines)
    arrow, paper = options.get("showarrow", True), options.get("xref", "x") == "paper"
    wide = anchor_of(options.get("xanchor", "auto"), ("left", "center", "right"), options.get("x"), paper and not arrow)
    high = anchor_of(
        options.get("yanchor", "auto"), ("bottom", "middle", "top"), options.get("y"),
        options.get("yref", "y") == "paper" and not arrow,
    )  # fmt: skip
    angle = float(options.get("textangle") or 0)
    pad = float(options.get("borderpad", 1)) + float(options.get("borderwidth", 1))
    left = x + {"left": pad, "center": 0.0, "right": -pad}[wide]
    top = y + {"top": pad, "middle": -height / 2, "bottom": -height - pad}[high]
    turn = f' transform="rotate({angle:g} {x:.4g} {y:.4g})"' if angle else ""
    box = ""
    if options.get("bgcolor"):
        start = left - {"left": 0.0, "center": width / 2, "right": width}[wide]
        box = (
            f'<rect x="{start - 1:.4g}" y="{top:.4g}" width="{width + 2:.4g}" height="{height:.4g}"'
            f' fill="{paint.of(options["bgcolor"])}"{turn}/>'
        )
    fill = paint.of(colour, "")
    base_line = top + size * 0.95
    align = str(options.get("align", wide)) if len(lines) > 1 else wide
    shift = {"left": 0.0, "center": 0.5, "right": 1.0}
    left += width * (shift[align] - shift[wide])
    return box + text_element(text, left, base_line, size=size, fill=fill, anchor=ANCHORS[align], more=turn)
