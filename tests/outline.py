"""A figure as a few readable lines, for golden files: axes, traces with their extremes, lines, notes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any


def outline(figure: dict[str, Any]) -> str:
    """Title, axes, traces (kind, name, points, extremes), shapes and annotations, one a line."""
    layout = figure["layout"]
    lines = [f"title: {_text(layout['title'])}"]
    lines += [_axis(name, axis) for name, axis in layout.items() if re.fullmatch(r"[xy]axis\d*", name)]
    lines += [_trace(trace) for trace in figure["data"]]
    lines += [_shape(shape) for shape in layout.get("shapes", ())]
    lines += [f"note: {_plain(note['text'])} at {note.get('x')}" for note in layout.get("annotations", ())]
    return "\n".join(lines) + "\n"


def _axis(name: str, axis: dict[str, Any]) -> str:
    ticks = f" ticks {axis['ticktext']}" if "ticktext" in axis else ""
    return f"{name}: {axis.get('type', 'linear')} {axis.get('range', '')} {_text(axis.get('title', ''))!r}{ticks}"


def _trace(trace: dict[str, Any]) -> str:
    kind = f"{trace['type']} {trace.get('mode', '')}".strip()
    points = len(trace["x"])
    where = trace.get("yaxis", "y")
    spans = f"x {_extremes(trace['x'])}, y {_extremes(trace['y'])}"
    hidden = "" if trace.get("visible", True) else ", hidden"
    return f"{where}: {kind} {trace.get('name', '')!r}, {points} points, {spans}{hidden}"


def _shape(shape: dict[str, Any]) -> str:
    dash = shape["line"].get("dash", "solid")
    return f"{shape['type']}: {shape.get('name', '')!r} from {shape['x0']} to {shape['x1']}, {dash}"


def _extremes(values: Iterable[Any]) -> str:
    known = [v for v in values if v is not None]
    return f"{min(known)} to {max(known)}" if known else "none"


def _text(title: Any) -> str:
    return _plain(title.get("text", "") if isinstance(title, dict) else title)


def _plain(text: str) -> str:
    return re.sub(r"<br>", " | ", re.sub(r"</?(b|i|span)[^>]*>", "", text))
