"""Which tests are raised, how far, and in which order did they rise and fall: all on one axis of multiples of ULN.

Only tests of which high alone is bad, each against the upper limit of its own day. A result without a limit has no
height and is left out; the figure says of how many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.panel import in_prose, show_time
from dashboard import theme
from dashboard.figures import frame, lab_panels, lanes, under_lanes
from dashboard.figures._figure import Figure, Numbers
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock, clock_of
from dashboard.figures.lab_panels import Panel
from dashboard.figures.rows import label, remark
from dashboard.figures.tracks import Track, tracks_of, unit_of
from dashboard.figures.words import hover, rounded, times

_PANEL, _GAP, _TOP, _AXIS, _SIGNS = 330, 26, 62, 56, 19
_LEFT, _RIGHT = 148, 132
_TICKS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
_APART = 0.042
"""Share of the panel that two names at its right are apart at least."""
UP_TO_ULN = "up to the upper limit of normal"


def draw(analysis: Analysis, choice: Choice) -> dict[str, Any]:
    """Lanes of treatments and imaging, and under them one line a test on a common logarithmic axis."""
    clock, found = clock_of(analysis, choice), lanes.lanes_of(analysis)
    drawn = [Panel(t, "x_uln", log=True, axis=2) for t in comparable(analysis)]
    inner, domains = under_lanes.domains(len(found.rows), [_PANEL], _GAP)
    data = lanes.traces(found, clock, choice)
    signs = _signs(choice)
    margin = {"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _AXIS + _SIGNS * -(-(len(drawn) + len(signs)) // 3)}
    height = inner + margin["t"] + margin["b"]
    layout = frame.layout(analysis, choice, "All tests as multiples of ULN", "× ULN", height=height, margin=margin)
    bottom, top = _range(drawn)
    layout |= {
        "bargap": 0,
        "barmode": "overlay",
        "xaxis": under_lanes.time_axis(analysis, choice, clock, 1),
        "yaxis": under_lanes.lane_axis(found, domains[0], choice),
        "yaxis2": _axis(bottom, top, domains[1], choice),
        "shapes": under_lanes.uprights(analysis, found, clock, choice),
        "annotations": [
            label("All tests", "× ULN", "log", domains[1], choice),
            remark(_left_out(analysis, drawn), domains[1], choice),
            *_names(drawn, bottom, top, choice),
        ],
    }
    if drawn:
        first, last = layout["xaxis"]["range"]
        data += [_normal(first, last, bottom, choice), *(_trace(p, clock, choice) for p in drawn)]
    else:
        words = "no result with an upper limit of normal"
        layout["annotations"].append(frame.note(words, xref="paper", yref="paper", x=0.5, y=0.3))
    return {"data": data + signs, "layout": layout}


def comparable(analysis: Analysis) -> list[Track]:
    """Tests of which high alone is bad and that have an upper limit, in reading order."""
    tracks = tracks_of(analysis).values()
    return [t for t in tracks if t.analyte.bad == "high" and np.isfinite(t.numbers["x_uln"]).any()]


def _range(drawn: list[Panel]) -> tuple[float, float]:
    """Lowest and highest height in sight, 0.5 and 2 at least."""
    heights = [h[np.isfinite(h) & (h > 0)] for h in (p.track.numbers["x_uln"] for p in drawn)]
    all_ = np.concatenate([*heights, [0.5, 2.0]])
    return float(all_.min()) / 1.15, float(all_.max()) * 1.25


def _axis(bottom: float, top: float, domain: tuple[float, float], choice: Choice) -> dict[str, Any]:
    ticks = [t for t in _TICKS if bottom <= t <= top]
    return {
        "domain": [round(d, 4) for d in domain],
        "anchor": "x",
        "type": "log",
        "range": rounded([np.log10(bottom), np.log10(top)]),
        "tickvals": ticks,
        "ticktext": [f"{t:g}" for t in ticks],
        "tickfont": {"size": 10},
        "title": {"text": ""},
        "zeroline": False,
        "fixedrange": True,
        "gridcolor": choice.paint.line,
    }


def _normal(first: Any, last: Any, bottom: float, choice: Choice) -> dict[str, Any]:
    """The ground below 1 × ULN; each test has its own lower limit, which is not drawn."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "reference range",
        "showlegend": False,
        "x": [first, last, last, first],
        "y": rounded([1.0, 1.0, bottom, bottom]),
        "yaxis": "y2",
        "fill": "toself",
        "fillcolor": choice.paint.band,
        "line": {"width": 1, "color": choice.paint.line_strong},
        "hoverinfo": "skip",
    }


def _trace(panel: Panel, clock: Clock, choice: Choice) -> dict[str, Any]:
    track, code = panel.track, panel.track.analyte.code
    colour = theme.colour_of(code, choice.scheme)
    template, data = hover(
        lab_panels.hover_fields(panel, clock), first=f"<b>{panel.name}, {unit_of(track.analyte)}</b><br>{clock.hover}"
    )
    own = [lab_panels.symbol_of(c, "") for c in track.texts["comparator"]]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": panel.name,
        "showlegend": True,
        "meta": code,
        "x": clock.at(track.when),
        "y": rounded(track.numbers["x_uln"].tolist()),
        "yaxis": "y2",
        "line": {"width": 1.2, "dash": theme.dash_of(code), "color": colour},
        "marker": {"symbol": own if len(set(own)) > 1 else own[0], "size": 5, "color": colour},
        "customdata": data,
        "hovertemplate": template,
    }


def _names(drawn: list[Panel], bottom: float, top: float, choice: Choice) -> list[dict[str, Any]]:
    """Name and latest multiple of each test at the right, as near to its last height as the others allow."""
    ends = []
    for panel in drawn:
        heights = panel.track.numbers["x_uln"]
        last = float(heights[np.flatnonzero(np.isfinite(heights))[-1]])
        ends.append((np.log(max(last, bottom) / bottom) / np.log(top / bottom), panel, last))
    ends.sort(key=lambda end: end[0])
    places = _apart([place for place, _, _ in ends])
    low, high = np.log10(bottom), np.log10(top)
    return [
        {
            "text": f"<b>{panel.name}</b> {times(last)}",
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 6,
            "yref": "y2",
            "y": rounded([low + place * (high - low)])[0],
            "yanchor": "middle",
            "showarrow": False,
            "font": {"size": 10, "color": theme.colour_of(panel.track.analyte.code, choice.scheme)},
        }
        for place, (_, panel, last) in zip(places, ends, strict=True)
    ]


def _apart(places: list[float]) -> list[float]:
    """Rising places pushed apart to _APART, those at the top downwards, so that none leaves the panel at either end
    while there is room."""
    up: list[float] = []
    for place in places:
        up.append(max(place, up[-1] + _APART) if up else place)
    ceiling = 1.0
    for i in range(len(up) - 1, -1, -1):
        up[i] = min(up[i], ceiling)
        ceiling = up[i] - _APART
    return up


def _left_out(analysis: Analysis, drawn: list[Panel]) -> str:
    """What is not drawn here, and why."""
    mine = {p.track.analyte.code for p in drawn}
    tracks = tracks_of(analysis)
    low = [shown(c) for c, t in tracks.items() if t.analyte.bad != "high"]
    bare = [shown(c) for c, t in tracks.items() if t.analyte.bad == "high" and c not in mine]
    missing = sum(int((~np.isfinite(p.track.numbers["x_uln"])).sum()) for p in drawn)
    says = [f"not drawn: {', '.join(low)} (low counts too)" if low else ""]
    says.append(f"without an upper limit: {', '.join(bare)}" if bare else "")
    says.append(f"{missing} results without an upper limit have no height" if missing else "")
    return " · ".join(part for part in says if part)


def _signs(choice: Choice) -> list[dict[str, Any]]:
    paint, axes = choice.paint, ("x", "y2")
    return [
        frame.sign(
            UP_TO_ULN, axes, mode="markers", marker={"symbol": "square", "size": 12, "color": paint.line_strong}
        ),
        frame.sign("procedure", axes, mode="lines", line={"dash": "dot", "width": 1, "color": paint.line_strong}),
        frame.sign("start of a line", axes, mode="lines", line={"dash": "dash", "width": 1, "color": paint.accent}),
        frame.sign("data cut-off", axes, mode="lines", line={"width": 1, "color": paint.guide}),
    ]


def numbers(analysis: Analysis, choice: Choice) -> Numbers:
    """Highest and latest multiple of each test, with value and date."""
    clock = str(analysis.panel.patients["clock"].iloc[0])
    heads = ["Test", "Highest × ULN", "Value", "On", "Latest × ULN", "Value", "On"]
    lines = []
    for track in comparable(analysis):
        known = np.flatnonzero(np.isfinite(track.numbers["x_uln"]))
        peak = known[int(np.argmax(track.numbers["x_uln"][known]))]
        told = [f"{shown(track.analyte.code)}, {unit_of(track.analyte)}"]
        for at in (peak, known[-1]):
            day = in_prose(show_time(pd.Timestamp(track.when[at]), clock))
            told += [track.multiples["x_uln"][at], track.shown[at], day]
        lines.append(told)
    return Numbers(f"Highest and latest multiple of ULN of patient {choice.key}", heads, pd.DataFrame(lines))


FIGURE = Figure("all_tests", "All tests × ULN", "patient", 15, draw, table=numbers)
