"""What happened to the liver tests, under which treatment, and what did imaging say: all on one clock.

The dict that :func:`draw` returns uses few kinds of parts, so that a small drawer can print it: ``bar`` (horizontal,
``base`` and length), ``scatter`` (lines, markers, text, ``fill: toself``), shapes ``line`` and ``rect``, annotations,
one horizontal axis ``xaxis`` shared by ``yaxis`` (lanes, rows counted downwards) and ``yaxis2`` onwards (tests).
"""

from __future__ import annotations

import math
from typing import Any

from analytics.analysis import Analysis
from analytics.tables import REASONS
from dashboard import theme
from dashboard.figures import behind as others
from dashboard.figures import frame, lab_panels, lanes, panel_marks, panel_words, under_lanes
from dashboard.figures._figure import Figure
from dashboard.figures.behind import Behind
from dashboard.figures.choice import SCALES, Choice
from dashboard.figures.clock import Clock, bounds, clock_of, long_gaps
from dashboard.figures.curves import smooth_of
from dashboard.figures.tracks import tracks_of

_PANEL, _GAP, _TOP = 92, 12, 62
_TICKS, _SIGNS = 50, 19
"""Under the last panel: its ticks and the name of the axis, then a row of the legend for every three signs."""
_LEFT, _RIGHT = 148, 96


def draw(analysis: Analysis, choice: Choice, behind: Behind | None = None) -> dict[str, Any]:
    """Draw lanes and one panel a test.

    Args:
        analysis: of a panel of one patient.
        choice: what the viewer chose.
        behind: the band of other patients to draw behind its test.

    Returns:
        A plotly figure as a plain dict of plain lists.
    """
    clock = clock_of(analysis, choice)
    tracks = tracks_of(analysis)
    chosen = [tracks[c] for c in (choice.analytes or tuple(tracks)) if c in tracks]
    rows = lanes.lanes_of(analysis)
    panels = [lab_panels.panel_of(track, choice, axis, behind) for axis, track in enumerate(chosen, start=2)]
    inner, domains = under_lanes.domains(len(rows.rows), [_PANEL] * len(panels), _GAP)
    data = lanes.traces(rows, clock, choice)
    curves = smooth_of(analysis)
    told = panel_marks.series_of(analysis)
    for panel in panels:
        code = panel.track.analyte.code
        data += lab_panels.traces(panel, clock, choice, curves.get(code, ()))
        data += panel_marks.traces(told.get(code, ()), panel, clock, choice, analysis.panel.as_of)
    data += _held(analysis, panels, clock, choice)
    shapes = under_lanes.uprights(analysis, rows, clock, choice)
    if choice.episode is not None:
        first, last = (clock.one(t) for t in choice.episode)
        shapes.append(under_lanes.stretch(first, last, "episode", choice))
    signs = _legend(data, shapes, choice, len(panels))
    data += signs
    what = "Liver tests, treatments and imaging" if panels else "Treatments and imaging"
    margin = {"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _TICKS + _SIGNS * math.ceil(len(signs) / 3)}
    height = inner + margin["t"] + margin["b"]
    layout = frame.layout(analysis, choice, what, SCALES[choice.scale], height=height, margin=margin)
    layout |= {
        "uirevision": f"{choice.key} {clock.title}",
        "meta": {"gaps": _gaps(analysis, clock), "axis": "log" if choice.log else "linear"},
        "bargap": 0,
        "barmode": "overlay",
        "xaxis": _time_axis(analysis, choice, clock),
        "xaxis2": _lower_axis(clock, choice, len(panels)),
        "yaxis": under_lanes.lane_axis(rows, domains[0], choice),
        "shapes": shapes,
        "annotations": _annotations(panels, domains, clock, choice),
    }
    layout |= {f"yaxis{p.axis}": lab_panels.axis_of(p, domains[p.axis - 1], choice) for p in panels}
    return {"data": data, "layout": layout}


def _lower_axis(clock: Clock, choice: Choice, panels: int) -> dict[str, Any]:
    """The same axis once more under the last panel. Its name is a note: plotly misplaces the title of a second axis."""
    return theme.axis(choice.scheme) | {
        "type": "date" if clock.is_dates else "linear",
        "matches": "x",
        "tickmode": "auto",
        "overlaying": "x",
        "side": "bottom",
        "anchor": f"y{panels + 1}" if panels else "y",
        "title": {"text": ""},
        "showgrid": False,
    }


def _time_axis(analysis: Analysis, choice: Choice, clock: Clock) -> dict[str, Any]:
    first, last = choice.window or bounds(analysis)
    axis: dict[str, Any] = theme.axis(choice.scheme) | {
        "type": "date" if clock.is_dates else "linear",
        "range": [clock.one(first), clock.one(last)],
        "title": {"text": ""},
        "side": "top",
        "anchor": "y",
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": choice.paint.guide,
        "gridcolor": choice.paint.line,
        "showgrid": True,
        "zeroline": clock.since is not None,
        "zerolinecolor": choice.paint.guide,
    }
    if choice.fold and clock.is_dates:
        axis["rangebreaks"] = _gaps(analysis, clock)
    return axis


def _gaps(analysis: Analysis, clock: Clock) -> list[dict[str, Any]]:
    """Stretches that can be folded away; none on a relative clock."""
    if not clock.is_dates:
        return []
    gaps = long_gaps(analysis.panel.labs["collected_at"].to_numpy("datetime64[us]"))
    return [{"bounds": [str(a), str(b)]} for a, b in gaps]


def _annotations(
    panels: list[Any], domains: list[tuple[float, float]], clock: Clock, choice: Choice
) -> list[dict[str, Any]]:
    notes = [panel_words.label(p, domains[p.axis - 1], choice) for p in panels]
    notes += [panel_words.last_value(p, clock, choice) for p in panels]
    notes.append(_axis_name(clock, choice))
    return notes


def _axis_name(clock: Clock, choice: Choice) -> dict[str, Any]:
    soft = {"size": 12, "color": choice.paint.ink_soft}
    where = {"xref": "paper", "x": 0.5, "yref": "paper", "y": 0, "yanchor": "top", "yshift": -36}
    return frame.note(clock.title, font=soft, **where)


def _held(analysis: Analysis, panels: list[Any], clock: Clock, choice: Choice) -> list[dict[str, Any]]:
    held = analysis.panel.held
    if held.empty:
        return []
    drawn = []
    for panel in panels:
        here = held[(held["analyte"] == panel.track.analyte.code) & held["collected_at"].notna()]
        if len(here):
            reasons = [REASONS[code] for code in here["reason_code"]]
            moments = here["collected_at"].to_numpy("datetime64[us]")
            drawn.append(panel_marks.held_back(moments, reasons, panel, clock, choice))
    return drawn


def _legend(
    data: list[dict[str, Any]], shapes: list[dict[str, Any]], choice: Choice, panels: int
) -> list[dict[str, Any]]:
    """What the signs mean, as traces of nothing: the panels are named at their sides already. Signs that do not occur
    in this figure are left out."""
    paint = choice.paint
    ink, axes = paint.ink, ("x2", f"y{panels + 1}" if panels else "y")
    names = {t["name"] for t in data} | {s["name"].split(" ")[0] for s in shapes}
    symbols = {one for t in data if "meta" in t for one in _listed(t["marker"]["symbol"])}

    def mark(symbol: str, **more: Any) -> dict[str, Any]:
        return {"mode": "markers", "marker": {"symbol": symbol, "size": 8, "color": ink, **more}}

    def line(dash: str, colour: str, width: float = 1.2) -> dict[str, Any]:
        return {"mode": "lines", "line": {"dash": dash, "width": width, "color": colour}}

    strong = {"line": {"width": 2, "color": ink}}
    signs = [
        ("result", mark("circle"), "circle" in symbols),
        ("below limit of detection", mark("triangle-down-open"), "triangle-down-open" in symbols),
        ("above measuring range", mark("triangle-up-open"), "triangle-up-open" in symbols),
        ("corrected by the laboratory", mark("diamond"), "diamond" in symbols),
        (panel_marks.NEW_SERIES, mark("y-down-open"), panel_marks.NEW_SERIES in names),
        ("quarantined (no height)", mark("x-thin-open", **strong), panel_marks.HELD_BACK in names),
        (
            "reference range of that day",
            mark("square", size=12, color=paint.line_strong),
            "reference range" in names,
        ),
        ("baseline of the line", line("dash", paint.ink_soft), "baseline" in names),
        ("smoothed with 95% band", line("solid", ink, 2), "smoothed level" in names),
        (panel_marks.PERSONAL, line("dashdot", ink), panel_marks.PERSONAL in names),
        (
            panel_marks.LEVEL_CHANGE,
            {**line("solid", ink), **mark("triangle-down"), "mode": "lines+markers"},
            panel_marks.LEVEL_CHANGE in names,
        ),
        (others.SIGN, line("solid", paint.ink_faint, 1.4), others.OTHERS in names),
        ("procedure", line("dot", paint.line_strong, 1), any(s["line"]["dash"] == "dot" for s in shapes)),
        ("start of a line", line("dash", paint.accent, 1), "line" in names),
        ("data cut-off", line("solid", paint.guide, 1), True),
    ]
    return [frame.sign(name, axes, **look) for name, look, occurs in signs if occurs]


def _listed(symbol: str | list[str]) -> list[str]:
    return [symbol] if isinstance(symbol, str) else symbol


FIGURE = Figure(
    "chart",
    "Course",
    "patient",
    0,
    draw,
    tab=False,
    needs=("tests", "scale", "axis", "clock", "view", "smooth", "fold", "band"),
)
