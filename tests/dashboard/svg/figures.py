"""Dict figures that use everything that the drawer knows, each on one subject."""

from __future__ import annotations

import math
from typing import Any

Figure = dict[str, Any]

_BELOW = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
"""A legend above the plot takes no room from it."""
_MARGIN = {"l": 80, "r": 40, "t": 60, "b": 60}


def _layout(**more: Any) -> dict[str, Any]:
    return {"width": 800, "height": 400, "margin": _MARGIN, "legend": _BELOW, **more}


def lines_and_gaps() -> Figure:
    """Linear axes of their own choosing, a gap, steps, dashes."""
    return {
        "data": [
            {"type": "scatter", "mode": "lines", "x": [0, 1, 2, 3, 4], "y": [1, 3, None, 2, 5], "name": "gap"},
            {
                "type": "scatter", "mode": "lines+markers", "x": [0, 2, 4], "y": [-1, 2, 4], "name": "steps",
                "line": {"shape": "hv", "dash": "dash", "color": "#2266aa", "width": 3}, "marker": {"size": 10},
            },
        ],
        "layout": _layout(title={"text": "P1 <b>bold</b> & plain"}),
    }  # fmt: skip


def dates_and_bands() -> Figure:
    """A date axis, a range band as filled lines, a band as shape, an event line and its label."""
    days = ["2024-01-03", "2024-02-14", "2024-03-01", "2024-05-20"]
    return {
        "data": [
            {"type": "scatter", "mode": "lines", "x": days, "y": [10, 10, 10, 10], "line": {"width": 0}},
            {
                "type": "scatter", "mode": "lines", "x": days, "y": [40, 40, 40, 40], "fill": "tonexty",
                "fillcolor": "rgba(0,128,0,0.15)", "line": {"width": 0}, "name": "range",
            },
            {
                "type": "scatter", "mode": "lines+markers", "x": days, "y": [22, 61, 150, 48], "name": "ALT",
                "marker": {"symbol": ["circle", "triangle-up", "diamond", "square-open"], "size": [6, 9, 9, 8]},
            },
        ],
        "layout": _layout(
            xaxis={"title": {"text": "date"}},
            yaxis={"title": {"text": "ALT (U/L)"}, "zeroline": False},
            shapes=[
                {"type": "line", "xref": "x", "yref": "paper", "x0": "2024-02-20", "x1": "2024-02-20", "y0": 0, "y1": 1,
                 "line": {"color": "#444", "width": 1, "dash": "dot"}},
                {"type": "rect", "xref": "x", "yref": "y domain", "x0": "2024-03-05", "x1": "2024-04-05", "y0": 0,
                 "y1": 1, "fillcolor": "#dddddd", "opacity": 0.4, "line": {"width": 0}, "layer": "below"},
            ],
            annotations=[
                {"text": "stent", "x": "2024-02-20", "xref": "x", "y": 1, "yref": "paper", "showarrow": False,
                 "yanchor": "bottom"}
            ],
        ),
    }  # fmt: skip


def logarithms() -> Figure:
    """A logarithmic axis with a shape (data value) and an annotation (logarithm)."""
    return {
        "data": [{"type": "scatter", "mode": "markers", "x": [0.1, 1, 30], "y": [0.5, 8, 60], "marker": {"size": 12}}],
        "layout": _layout(
            xaxis={"type": "log", "range": [-1.3, 2]},
            yaxis={"type": "log"},
            shapes=[{"type": "line", "x0": 2, "x1": 2, "y0": 1, "y1": 10, "xref": "x", "yref": "y"}],
            annotations=[{"text": "here", "x": math.log10(2), "y": 1, "showarrow": False}],
        ),
    }


def panels() -> Figure:
    """Three panels under each other, one shared date axis, a given range and an axis upside down."""
    days = [f"2024-{m:02d}-15" for m in range(1, 10)]
    data = [
        {"type": "scatter", "mode": "lines+markers", "x": days, "y": [1 + k * m % 5 for m in range(9)],
         "xaxis": "x", "yaxis": f"y{k}" if k > 1 else "y", "name": f"panel {k}"}
        for k in (1, 2, 3)
    ]  # fmt: skip
    return {
        "data": data,
        "layout": _layout(
            height=600,
            xaxis={"domain": [0, 1], "anchor": "y3", "range": ["2024-01-01", "2024-10-01"]},
            yaxis={"domain": [0.7, 1], "range": [0, 6]},
            yaxis2={"domain": [0.36, 0.64], "rangemode": "tozero"},
            yaxis3={"domain": [0, 0.3], "autorange": "reversed"},
            showlegend=False,
        ),
    }


def bars() -> Figure:
    """Upright bars on categories, sideways bars on a date axis with a base (lanes of treatment)."""
    return {
        "data": [
            {"type": "bar", "x": ["a", "b", "c"], "y": [3, 5, 2], "name": "one"},
            {"type": "bar", "x": ["a", "b", "c"], "y": [1, 2, 4], "name": "two"},
        ],
        "layout": _layout(barmode="stack"),
    }


def legend_beside() -> Figure:
    """A legend on the right makes the plot narrower; only roughly so here, since no font is asked."""
    figure = bars()
    figure["layout"] = _layout(legend={})
    return figure


def sideways() -> Figure:
    """Waterfall and lanes: bars from left to right."""
    return {
        "data": [
            {"type": "bar", "orientation": "h", "y": ["lane", "road", "way"], "x": [10, 25, 5], "base": [0, 5, 40],
             "width": [0.5, 0.5, 0.5], "marker": {"color": ["#aa3377", "#228833", "#4477aa"]}},
        ],
        "layout": _layout(xaxis={"range": [0, 50]}),
    }  # fmt: skip


def errors() -> Figure:
    """Markers with intervals."""
    return {
        "data": [
            {"type": "scatter", "mode": "markers", "x": [1, 2, 3], "y": [4.0, 5.5, 3.0],
             "error_y": {"type": "data", "array": [1, 0.5, 2], "arrayminus": [0.5, 0.5, 1]}},
        ],
        "layout": _layout(xaxis={"range": [0, 4]}),
    }  # fmt: skip


ALL = {
    f.__name__: f for f in (lines_and_gaps, dates_and_bands, logarithms, panels, bars, legend_beside, sideways, errors)
}
