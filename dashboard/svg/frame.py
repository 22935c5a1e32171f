"""The bones of a figure: every axis with its place, range and ticks, read from plotly's layout and traces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from dashboard.svg.legend import side_room
from dashboard.svg.marks import mode_of
from dashboard.svg.scale import CannotDraw, Extent, Scale, auto_range, kind_of, liner
from dashboard.svg.ticks import Tick, ticks_of
from dashboard.svg.words import font_of, width_of

DRAWN = ("scatter", "scattergl", "bar")
_BESIDE_WORDS = 12
"""Pixels for the tick and the air beside the words at an axis."""


@dataclass(frozen=True)
class Axis:
    """One axis, ready to be drawn."""

    name: str
    options: Mapping[str, Any]
    scale: Scale
    ticks: tuple[Tick, ...]
    across: float
    """Pixel on the other direction where the axis stands."""

    @property
    def is_x(self) -> bool:
        """Whether it runs from left to right."""
        return self.name.startswith("x")


@dataclass(frozen=True)
class Frame:
    """A laid-out figure: its size, the inner box (left, top, width, height), axes by short name (x, y, x2, ...)."""

    width: float
    height: float
    box: tuple[float, float, float, float]
    axes: Mapping[str, Axis]
    pairs: tuple[tuple[str, str], ...]
    """(x, y) names of each subplot, in drawing order."""

    traces: tuple[Mapping[str, Any], ...] = field(default=())


def long_name(short: str) -> str:
    """x2 -> xaxis2."""
    return f"{short[0]}axis{short[1:]}"


def frame_of(figure: Mapping[str, Any], width: float | None, height: float | None) -> Frame:
    """Lay a figure out.

    Raises:
        CannotDraw: a trace type, axis type or reference that is not known here.
    """
    layout = figure.get("layout", {})
    traces = tuple(t for t in figure.get("data", ()) if t.get("visible", True) is True)
    for trace in traces:
        if trace.get("type", "scatter") not in DRAWN:
            raise CannotDraw(f"trace type {trace.get('type')!r}")
    w, h = float(width or layout.get("width") or 900), float(height or layout.get("height") or 450)
    box = _box(layout.get("margin", {}), w, h, _label_room(layout), side_room(layout, traces))
    pairs = _pairs(layout, traces)
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    options = {name: layout.get(long_name(name), {}) for name in names}
    axes = {name: _axis(name, options, traces, layout, box, pairs) for name in names}
    return Frame(w, h, box, axes, pairs, traces)


def pair_of(trace: Mapping[str, Any]) -> tuple[str, str]:
    """Axes of a trace."""
    return str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y"))


def _box(
    margin: Mapping[str, Any], w: float, h: float, before: float, behind: float
) -> tuple[float, float, float, float]:
    left, right, top, bottom = (float(margin.get(k, d)) for k, d in (("l", 80), ("r", 80), ("t", 100), ("b", 80)))
    left, right = max(left, before), max(right, behind)
    return left, top, max(10.0, w - left - right), max(10.0, h - top - bottom)


def _label_room(layout: Mapping[str, Any]) -> float:
    """Pixels that the words at the y axes need on the left, where an axis asks for its margin by itself."""
    room, base = 0.0, layout.get("font", {})
    for key, options in layout.items():
        if key.startswith("yaxis") and options.get("automargin") and options.get("ticktext"):
            size, _ = font_of(options, "tickfont", base, float(base.get("size", 12)))
            room = max(room, _BESIDE_WORDS + max(width_of(str(t), size) for t in options["ticktext"]))
    return room


def _pairs(layout: Mapping[str, Any], traces: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    pairs = [pair_of(t) for t in traces]
    used = {name for pair in pairs for name in pair}
    for key, options in layout.items():
        short = key.replace("axis", "")
        if key[1:5] == "axis" and short not in used and options.get("visible", True):
            anchor = str(options.get("anchor", "y" if short[0] == "x" else "x"))
            if anchor != "free":
                pairs.append((short, anchor) if short[0] == "x" else (anchor, short))
    return tuple(dict.fromkeys(pairs)) or (("x", "y"),)


def _partners(name: str, options: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Names of the axes whose range is the same by ``matches``."""

    def root(n: str) -> str:
        seen = set()
        while n not in seen and options.get(n, {}).get("matches") in options:
            seen.add(n)
            n = options[n]["matches"]
        return n

    top = root(name)
    return {n for n in options if n[0] == name[0] and root(n) == top}


def _axis(
    name: str,
    options: Mapping[str, Mapping[str, Any]],
    traces: Sequence[Mapping[str, Any]],
    layout: Mapping[str, Any],
    box: tuple[float, float, float, float],
    pairs: Sequence[tuple[str, str]],
) -> Axis:
    own = dict(options[name])
    group = _partners(name, options)
    for other in sorted(group):
        for key in ("range", "type", "autorange", "rangemode", "categoryarray"):
            if key not in own and key in options[other]:
                own[key] = options[other][key]
    along = name[0]
    mine = [t for t in traces if pair_of(t)[0 if along == "x" else 1] in group]
    samples = [v for t in mine for v in islice(_values(t, along), 5)]
    kind = kind_of(
        own, [own["range"][0], *samples] if own.get("range") and "type" not in own and not samples else samples
    )
    categories = _categories(own, mine, along) if kind == "category" else ()
    start, end = _ends(along, _domain(own, options), box)
    low, high = _range(own, kind, categories, mine, along, abs(end - start), layout)
    scale = Scale(kind, low, high, start, end, categories)
    return Axis(name, own, scale, tuple(ticks_of(scale, own, along == "x")), _across(name, own, options, pairs, box))


def _domain(own: Mapping[str, Any], options: Mapping[str, Mapping[str, Any]]) -> tuple[float, float]:
    over = own.get("overlaying")
    low, high = own.get("domain") or (options.get(str(over), {}).get("domain") if over else None) or (0, 1)
    return float(low), float(high)


def _ends(along: str, domain: tuple[float, float], box: tuple[float, float, float, float]) -> tuple[float, float]:
    left, top, w, h = box
    if along == "x":
        return left + domain[0] * w, left + domain[1] * w
    return top + (1 - domain[0]) * h, top + (1 - domain[1]) * h


def _across(
    name: str,
    own: Mapping[str, Any],
    options: Mapping[str, Mapping[str, Any]],
    pairs: Sequence[tuple[str, str]],
    box: tuple[float, float, float, float],
) -> float:
    left, top, w, h = box
    is_x = name.startswith("x")
    partner = next((y if is_x else x for x, y in pairs if name in (x, y)), "")
    anchor = str(own.get("anchor", partner))
    far = own.get("side") in ("top", "right")
    if anchor == "free":
        at = float(own.get("position", 0))
        return top + (1 - at) * h if is_x else left + at * w
    low, high = _ends(anchor[0] if anchor else ("y" if is_x else "x"), _domain(options.get(anchor, {}), options), box)
    return high if far else low


def _values(trace: Mapping[str, Any], along: str) -> Iterator[Any]:
    given = trace.get(along)
    other = trace.get("y" if along == "x" else "x") or ()
    return iter(range(len(other)) if given is None else given)


def _categories(own: Mapping[str, Any], traces: Sequence[Mapping[str, Any]], along: str) -> tuple[str, ...]:
    given = [str(v) for v in own.get("categoryarray") or ()]
    seen = [str(v) for t in traces for v in _values(t, along) if v is not None]
    return tuple(dict.fromkeys([*given, *seen]))


def _range(
    own: Mapping[str, Any],
    kind: str,
    categories: tuple[str, ...],
    traces: Sequence[Mapping[str, Any]],
    along: str,
    length: float,
    layout: Mapping[str, Any],
) -> tuple[float, float]:
    given = own.get("range")
    back = own.get("autorange") == "reversed"
    if given is not None and None not in given and own.get("autorange") is not True:
        # the range of a logarithmic axis is given as logarithms
        place = liner("linear" if kind == "log" else kind, categories)
        low, high = (place(v) for v in given)
        if low is None or high is None or low == high:
            raise CannotDraw(f"range {given!r}")
        return low, high
    extents = [e for t in traces for e in _extents(t, kind, categories, along, layout)]
    extents += _stack_extent(traces, along, layout)
    low, high = auto_range(extents, kind, length, str(own.get("rangemode", "normal")))
    if given is not None:
        place = liner("linear" if kind == "log" else kind, categories)
        ends = [place(v) for v in given]
        low, high = low if ends[0] is None else ends[0], high if ends[1] is None else ends[1]
    return (high, low) if back else (low, high)


def _extents(
    trace: Mapping[str, Any], kind: str, categories: tuple[str, ...], along: str, layout: Mapping[str, Any]
) -> Iterator[Extent]:
    place = liner(kind, categories)
    at = [p for p in map(place, _values(trace, along)) if p is not None]
    if not at:
        return
    if trace.get("type") == "bar":
        yield from _bar_extents(trace, at, along, layout)
        return
    mode, fill = mode_of(trace), trace.get("fill", "none")
    bare = "markers" not in mode and "text" not in mode
    if along == "x":
        closed, zero = fill in ("tozeroy", "tonexty") or bare, fill == "tozerox"
    else:
        closed, zero = fill in ("tozerox", "tonextx"), fill == "tozeroy"
    for pad, low, high in _padded(trace, at, "markers" in mode and not (closed and along == "x")):
        yield Extent(low, high, pad, not closed, zero)
    error = trace.get(f"error_{along}")
    if error and error.get("array") is not None and kind == "linear":
        up, down = error["array"], error.get("arrayminus") or error["array"]
        data = [(v, u or 0, d or 0) for v, u, d in zip(_values(trace, along), up, down, strict=False) if v is not None]
        yield Extent(min(v - d for v, _, d in data), max(v + u for v, u, _ in data))


def _padded(trace: Mapping[str, Any], at: Sequence[float], marked: bool) -> Iterator[tuple[float, float, float]]:
    """(pad in pixels, lowest, highest) of the points, apart for each size of marker."""
    size = trace.get("marker", {}).get("size", 6)
    if not marked or not isinstance(size, (list, tuple)):
        yield (max(float(size) / 1.6, 3.0) if marked else 0.0), min(at), max(at)
        return
    by_size: dict[float, list[float]] = defaultdict(list)
    for value, one in zip(at, size, strict=False):
        by_size[float(one or 0)].append(value)
    for one, values in by_size.items():
        yield max(one / 1.6, 3.0), min(values), max(values)


def _bar_extents(
    trace: Mapping[str, Any], at: Sequence[float], along: str, layout: Mapping[str, Any]
) -> Iterator[Extent]:
    across = trace.get("orientation") == "h"
    if (along == "y") == across:
        steps = sorted(set(at))
        half = min((b - a for a, b in pairwise(steps)), default=1.0) / 2
        yield Extent(min(at) - half, max(at) + half, 0.0, False)
        return
    if layout.get("barmode") in ("stack", "relative"):
        return
    values = trace["x"] if across else trace["y"]
    bases = trace.get("base") or [0] * len(values)
    ends = [(v or 0) + (b or 0) for v, b in zip(values, bases, strict=False)]
    yield Extent(min([*ends, *bases]), max([*ends, *bases]), 0.0, True, True)


def _stack_extent(traces: Sequence[Mapping[str, Any]], along: str, layout: Mapping[str, Any]) -> Iterator[Extent]:
    """What stacked bars ask of the axis along which they grow."""
    if layout.get("barmode") not in ("stack", "relative"):
        return
    up: dict[Any, float] = defaultdict(float)
    down: dict[Any, float] = defaultdict(float)
    for trace in traces:
        grows = "x" if trace.get("orientation") == "h" else "y"
        if trace.get("type") == "bar" and grows == along:
            for place, value in zip(trace["y" if along == "x" else "x"], trace[along], strict=False):
                (up if (value or 0) >= 0 else down)[place] += value or 0
    if up or down:
        yield Extent(min([0.0, *down.values()]), max([0.0, *up.values()]), 0.0, True, True)
