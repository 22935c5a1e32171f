"""Grid, axis lines, tick labels and axis titles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dashboard.svg.frame import Axis, Frame
from dashboard.svg.paint import Paint
from dashboard.svg.words import OWN_SIZE, font_of, lines_of, text_element, width_of
from dashboard.theme import UNSET_GRID, UNSET_LINE


def grid(axis: Axis, span: tuple[float, float], paint: Paint) -> str:
    """Grid and zero line of an axis across its subplot."""
    if not axis.options.get("visible", True):
        return ""
    a, b = span
    out = ""
    if axis.options.get("showgrid", True) and axis.ticks:
        data = "".join(_cross_line(axis, axis.scale.pixel(at), a, b) for at, _ in axis.ticks)
        style = {"color": axis.options.get("gridcolor", UNSET_GRID), "width": axis.options.get("gridwidth", 1)}
        out += f'<path d="{data}"{paint.stroke(style)}/>'
    if axis.options.get("zeroline", True) and axis.scale.kind == "linear" and axis.scale.low * axis.scale.high <= 0:
        style = {"color": axis.options.get("zerolinecolor", UNSET_LINE), "width": axis.options.get("zerolinewidth", 1)}
        out += f'<path d="{_cross_line(axis, axis.scale.pixel(0.0), a, b)}"{paint.stroke(style)}/>'
    return out


def _cross_line(axis: Axis, at: float, a: float, b: float) -> str:
    return f"M{at:.4g},{a:.4g}V{b:.4g}" if axis.is_x else f"M{a:.4g},{at:.4g}H{b:.4g}"


def axis_marks(axis: Axis, frame: Frame, base: Mapping[str, Any], paint: Paint) -> str:
    """Line, ticks, tick labels and title of an axis."""
    o = axis.options
    if not o.get("visible", True):
        return ""
    far = o.get("side") in ("top", "right")
    out = ""
    if o.get("showline"):
        style = {"color": o.get("linecolor", UNSET_LINE), "width": o.get("linewidth", 1)}
        out += f'<path d="{_cross_line_along(axis)}"{paint.stroke(style)}/>'
    tick_size = float(o.get("ticklen", 5)) if o.get("ticks") == "outside" else 0.0
    sign = (-1 if far else 1) if axis.is_x else (1 if far else -1)
    if tick_size and axis.ticks:
        style = {"color": o.get("tickcolor", UNSET_LINE), "width": o.get("tickwidth", 1)}
        data = "".join(
            _cross_line(axis, axis.scale.pixel(at), axis.across, axis.across + sign * tick_size) for at, _ in axis.ticks
        )
        out += f'<path d="{data}"{paint.stroke(style)}/>'
    size, colour = font_of(o, "tickfont", base, float(base.get("size", 12)))
    depth = tick_size
    if o.get("showticklabels", True):
        labels, depth = _tick_labels(axis, size, paint.of(colour, ""), tick_size, far)
        out += labels
    return out + _axis_title(axis, frame, base, depth, far, paint)


def _cross_line_along(axis: Axis) -> str:
    s = axis.scale
    return (
        f"M{s.start:.4g},{axis.across:.4g}H{s.end:.4g}"
        if axis.is_x
        else f"M{axis.across:.4g},{s.start:.4g}V{s.end:.4g}"
    )


def _tick_labels(axis: Axis, size: float, fill: str, tick: float, far: bool) -> tuple[str, float]:
    """Labels, and how many pixels they reach from the axis."""
    angle = axis.options.get("tickangle") or 0
    out, deepest, widest, last, anchor = [], 1, 0.0, -math.inf, "middle"
    for at, label in axis.ticks:
        if not label:
            continue
        pixel = axis.scale.pixel(at)
        deepest, widest = max(deepest, len(lines_of(label))), max(widest, width_of(label, size))
        if axis.is_x:
            half = max((width_of(part, size) for part in lines_of(label)), default=0) / 2
            if not angle and pixel - half < last:
                continue
            last = pixel + half + 2
            rise = 1.25 * size * (len(lines_of(label)) - 1)
            y = axis.across - tick - 4 - rise if far else axis.across + tick + size + 1
            turn = f' transform="rotate({float(angle):g} {pixel:.4g} {y:.4g})"' if angle else ""
            anchor = "middle" if not angle else "start" if angle > 0 else "end"
            out.append(text_element(label, pixel, y, size=OWN_SIZE, more=turn))
        else:
            x = axis.across + (tick + 3 if far else -tick - 3)
            y = pixel + 0.35 * size - 0.625 * size * (len(lines_of(label)) - 1)
            anchor = "start" if far else "end"
            out.append(text_element(label, x, y, size=OWN_SIZE))
    reach = widest * abs(math.sin(math.radians(angle))) if angle else (deepest - 1) * 1.25 * size
    # what all labels share is said once, around them
    shared = f'<g text-anchor="{anchor}"' + (f' fill="{fill}"' if fill else "") + f' font-size="{size:g}">'
    labels = f"{shared}{''.join(out)}</g>" if out else ""
    return labels, tick + (size + reach + 2 if axis.is_x else widest + 3)


def _axis_title(axis: Axis, frame: Frame, base: Mapping[str, Any], depth: float, far: bool, paint: Paint) -> str:
    title = axis.options.get("title") or {}
    text = title if isinstance(title, str) else title.get("text")
    if not text:
        return ""
    base_size = float(base.get("size", 12))
    size, colour = font_of(title if isinstance(title, dict) else {}, "font", base, round(1.2 * base_size))
    fill, middle = paint.of(colour, ""), (axis.scale.start + axis.scale.end) / 2
    standoff = title.get("standoff") if isinstance(title, dict) else None
    gap = float(standoff) if standoff is not None else 0.6 * size
    if axis.is_x:
        y = axis.across - depth - gap if far else axis.across + depth + gap + 0.8 * size
        return text_element(text, middle, min(y, frame.height - 3), size=size, fill=fill, anchor="middle")
    lines = len(lines_of(text)) - 1
    x = axis.across + depth + gap + 0.8 * size if far else axis.across - depth - gap - 1.25 * size * lines
    x = min(max(x, size), frame.width - 4)
    return text_element(
        text, x, middle, size=size, fill=fill, anchor="middle", more=f' transform="rotate(-90 {x:.4g} {middle:.4g})"'
    )
