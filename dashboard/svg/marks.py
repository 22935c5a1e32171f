"""The traces of a figure: bars, fills, lines, error bars, markers, text; one path for all marks of one style."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import cycle, islice, pairwise
from typing import Any

from dashboard.svg.paint import Paint
from dashboard.svg.scale import CannotDraw, Scale
from dashboard.svg.symbols import stamp
from dashboard.svg.trail import dots, trail
from dashboard.svg.words import text_element

Pixels = list[float | None]
Run = list[tuple[float, float]]

_DX = {"left": ("end", -1), "center": ("middle", 0), "right": ("start", 1)}


def mode_of(trace: Mapping[str, Any]) -> str:
    """The mode of a scatter trace; plotly's default depends on its length."""
    default = "lines+markers" if len(trace.get("y") or ()) < 20 else "lines"
    return str(trace.get("mode", default))


def colour_of(trace: Mapping[str, Any]) -> Any:
    """The colour by which a legend shows a trace."""
    line, marker = trace.get("line", {}).get("color"), trace.get("marker", {}).get("color")
    colour = line if line is not None else marker
    return colour if isinstance(colour, str) or colour is None else next((c for c in colour if c), None)


def runs_of(xs: Pixels, ys: Pixels, connect: bool = False) -> list[Run]:
    """Unbroken stretches of points: a missing value ends one, unless gaps are bridged."""
    runs: list[Run] = [[]]
    for x, y in zip(xs, ys, strict=False):
        if x is not None and y is not None:
            runs[-1].append((x, y))
        elif runs[-1] and not connect:
            runs.append([])
    return [run for run in runs if run]


def bend(run: Run, shape: str) -> Run:
    """The corners of a line drawn as steps."""
    if shape not in ("hv", "vh", "hvh", "vhv"):
        return run
    out = [run[0]]
    for (x0, y0), (x1, y1) in pairwise(run):
        middle = {
            "hv": [(x1, y0)],
            "vh": [(x0, y1)],
            "hvh": [((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1)],
            "vhv": [(x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2)],
        }[shape]
        out += [*middle, (x1, y1)]
    return out


def scatter(
    trace: Mapping[str, Any], x: Scale, y: Scale, paint: Paint, before: list[Run], own: str
) -> tuple[str, list[Run]]:
    """One scatter trace.

    Args:
        trace: plotly's trace.
        x: its horizontal axis.
        y: its vertical axis.
        paint: colours.
        before: the runs of the trace before on the same axes, for fill to it.
        own: paint of a trace that names no colour.

    Returns:
        Markup and the runs of this trace.
    """
    ys_data = trace.get("y") or ()
    xs_data = trace.get("x")
    xs, ys = x.pixels(range(len(ys_data)) if xs_data is None else xs_data), y.pixels(ys_data)
    mode, line = mode_of(trace), trace.get("line", {})
    runs = [bend(run, line.get("shape", "linear")) for run in runs_of(xs, ys, trace.get("connectgaps", False))]
    main = paint.of(colour_of(trace), own)
    drawn = "lines" in mode and line.get("width", 2) > 0
    if drawn and trace.get("fill") == "toself":
        # a fill closes by itself and a line does not: one path is both
        out = _path(runs, f"{_filled(trace, paint, own)}{paint.stroke(line, main)}")
    else:
        out = _fill(trace, runs, before, x, y, paint, own)
        if drawn:
            out += _path([run for run in runs if len(run) > 1], f' fill="none"{paint.stroke(line, main)}')
    out += _errors(trace, xs, ys, x, y, paint, main)
    if "markers" in mode:
        out += _markers(trace, xs, ys, paint, main)
    if "text" in mode:
        out += _texts(trace, xs, ys, paint)
    return out, runs


def _fill(
    trace: Mapping[str, Any], runs: list[Run], before: list[Run], x: Scale, y: Scale, paint: Paint, own: str
) -> str:
    fill = trace.get("fill", "none")
    if fill == "none" or not runs:
        return ""
    if fill in ("tozeroy", "tozerox"):
        closed = [_to_zero(run, fill, x, y) for run in runs]
    elif fill in ("tonexty", "tonextx"):
        closed = [up + down[::-1] for up, down in zip(runs, before, strict=False)] or [
            _to_zero(run, "tozeroy", x, y) for run in runs
        ]
    elif fill in ("toself", "tonext"):
        closed = runs
    else:
        raise CannotDraw(f"fill {fill!r}")
    return f'<path d="{"".join(trail(c) + "Z" for c in closed)}"{_filled(trace, paint, own)}/>'


def _path(runs: list[Run], look: str) -> str:
    return f'<path class="l" d="{"".join(trail(run) for run in runs)}"{look}/>' if runs else ""


def _filled(trace: Mapping[str, Any], paint: Paint, own: str) -> str:
    colour = trace.get("fillcolor")
    return f' fill="{paint.of(colour, own)}"' + ("" if colour else ' fill-opacity="0.5"')


def _to_zero(run: Run, fill: str, x: Scale, y: Scale) -> Run:
    if fill == "tozeroy":
        zero = y.pixel(0.0) if y.kind == "linear" else y.start
        return [*run, (run[-1][0], zero), (run[0][0], zero)]
    zero = x.pixel(0.0) if x.kind == "linear" else x.start
    return [*run, (zero, run[-1][1]), (zero, run[0][1])]


def each(value: Any, n: int, default: Any) -> Sequence[Any]:
    """A list of n from plotly's "one value or a list"."""
    if isinstance(value, (list, tuple)):
        return list(value) + [default] * (n - len(value))
    return [default if value is None else value] * n


def _markers(trace: Mapping[str, Any], xs: Pixels, ys: Pixels, paint: Paint, main: str) -> str:
    marker = trace.get("marker", {})
    edge = marker.get("line", {})
    styles = (marker.get("symbol"), marker.get("size"), marker.get("color"), marker.get("opacity"))
    edges = (edge.get("width"), edge.get("color"))
    n = len(ys)
    if not any(isinstance(v, (list, tuple)) for v in (*styles, *edges)):
        places = {(*styles, *edges): [(x, y) for x, y in zip(xs, ys, strict=False) if x is not None and y is not None]}
    else:
        places = defaultdict(list)
        columns = [each(v, n, None) for v in (*styles, *edges)]
        for x, y, *style in zip(xs, ys, *columns, strict=False):
            if x is not None and y is not None:
                places[tuple(style)].append((x, y))
    return "".join(_stamped(style, at, paint, main) for style, at in places.items() if at)


def _stamped(style: tuple[Any, ...], at: Run, paint: Paint, main: str) -> str:
    symbol, size, _, opacity, width, _ = style
    size = float(6 if size is None else size)
    dot = symbol in (None, "circle") and not width
    (dx, dy, tail), is_open, is_stroked = stamp(str(symbol or "circle"), size)
    data = dots(at) if dot else "".join([f"M{x + dx:.4g},{y + dy:.4g}{tail}" for x, y in at])
    look = _dot_look(style, paint, main) if dot else _look(style, paint, main, is_open=is_open, is_stroked=is_stroked)
    faint = f' opacity="{opacity:g}"' if opacity is not None and opacity != 1 else ""
    return f'<path class="m" d="{data}"{look}{faint}/>'


def _dot_look(style: tuple[Any, ...], paint: Paint, main: str) -> str:
    size = 6 if style[1] is None else style[1]
    return f' stroke="{paint.of(style[2], main)}" stroke-width="{size:g}" stroke-linecap="round"'


def _look(style: tuple[Any, ...], paint: Paint, main: str, *, is_open: bool, is_stroked: bool) -> str:
    _, _, colour, _, width, edge = style
    fill = paint.of(colour, main)
    wide = f' stroke-width="{width:g}"' if width and width != 1 else ""
    if is_open or is_stroked:
        return f' fill="none" stroke="{fill if is_open else paint.of(edge, fill)}"{wide}'
    return f' fill="{fill}"' + (f' stroke="{paint.of(edge, fill)}"{wide}' if width else "")


def _texts(trace: Mapping[str, Any], xs: Pixels, ys: Pixels, paint: Paint) -> str:
    n, font = len(ys), trace.get("textfont", {})
    texts = each(trace.get("text"), n, "")
    places = each(trace.get("textposition"), n, "middle center")
    colours = each(font.get("color"), n, None)
    sizes = each(font.get("size"), n, 12)
    half = trace.get("marker", {}).get("size", 6)
    gap = (half if isinstance(half, (int, float)) else 6) / 2 + 3 if "markers" in mode_of(trace) else 2
    out = []
    for x, y, text, place, colour, size in zip(xs, ys, texts, places, colours, sizes, strict=False):
        if x is None or y is None or not text:
            continue
        high, wide = str(place).split(" ")
        anchor, side = _DX[wide]
        dy = {"top": -gap, "middle": 0.35 * size, "bottom": gap + 0.8 * size}[high]
        dx = side * gap
        out.append(text_element(str(text), x + dx, y + dy, size=size, fill=paint.of(colour, ""), anchor=anchor))
    return "".join(out)


def _errors(trace: Mapping[str, Any], xs: Pixels, ys: Pixels, x: Scale, y: Scale, paint: Paint, main: str) -> str:
    out = ""
    for name, scale, across in (("error_y", y, False), ("error_x", x, True)):
        error = trace.get(name)
        if not error or error.get("visible") is False or error.get("array") is None:
            continue
        data = trace.get("x" if across else "y") or ()
        ups = error["array"]
        downs = error.get("arrayminus") or ups
        high = scale.pixels([None if v is None or e is None else v + e for v, e in zip(data, ups, strict=False)])
        low = scale.pixels([None if v is None or e is None else v - e for v, e in zip(data, downs, strict=False)])
        line = "".join(
            (
                f"M{a:.4g},{py - 3:.4g}v6m0,-3H{b:.4g}m0,-3v6"
                if across
                else f"M{px - 3:.4g},{a:.4g}h6m-3,0V{b:.4g}m-3,0h6"
            )
            for px, py, a, b in zip(xs, ys, low, high, strict=False)
            if px is not None and py is not None and a is not None and b is not None
        )
        style = {"color": error.get("color"), "width": error.get("thickness", 2)}
        out += f'<path class="e" d="{line}" fill="none"{paint.stroke(style, main)}/>' if line else ""
    return out


def palette_of(colours: Sequence[str], n: int) -> list[str]:
    """n colours, repeated in turn."""
    return list(islice(cycle(colours), n))
