"""How does one analyte run in the cohort, counted from an event, and do the groups run apart?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.cohort.aligned import Aligned, align, banded, windows
from dashboard.figures._figure import Figure, Numbers
from dashboard.figures.cohort_view import EVERY_HORIZON, FEW, CohortView
from dashboard.figures.words import plain, rounded

WIDTH = 14
"""Days of one window."""
LEAST = FEW
"""Windows of fewer patients have a number under the axis, and no quantile."""
MOST_LINES = 2_000
"""Single patients that are drawn as lines; beyond, the bands speak alone."""


def draw(view: CohortView) -> dict[str, Any]:
    """Median, quartiles and 10-90% band by group, with the number of patients under the axis."""
    found = align(view.case, view.analyte, view.anchor, view.scale, view.members)
    table = banded(found, view.groups, windows(EVERY_HORIZON[0], EVERY_HORIZON[1] - 1, WIDTH))
    what = f"{view.analyte_words.split(' [')[0]} since {view.anchor_words()}"
    if table.empty:
        return view.nothing(what, view.unaligned())
    traces = [t for number in range(len(view.groups.names)) for t in _group(view, table, number)]
    traces += _lines(view, found)
    traces += _counts(view, table)
    foot, more = view.foot(len(view.groups.names))
    layout = view.layout(
        what,
        f"median, quartiles, 10-90% of {max(LEAST, view.hide_below)} or more",
        height=460 + more,
        xaxis=view.axis(f"days since {view.anchor_words()}", anchor="y2", range=list(EVERY_HORIZON)),
        yaxis=view.axis(view.analyte_words, type="log", domain=[foot + 0.08, 1.0]),
        yaxis2=view.count_axis(),
        shapes=_shapes(view),
    )
    return {"data": traces, "layout": layout}


def _group(view: CohortView, table: pd.DataFrame, number: int) -> list[dict[str, Any]]:
    name = view.groups.names[number]
    mine = table[(table["group"] == name) & (table["n"] >= max(LEAST, view.hide_below))]
    if mine.empty:
        return []
    colour, dash, symbol = view.group_look(number)
    x = ((mine["low"] + mine["high"]) / 2).tolist()
    common = {"type": "scatter", "x": x, "legendgroup": str(number), "hoverinfo": "skip", "showlegend": False}
    low, high = rounded(mine["q25"]), rounded(mine["q75"])
    bands = [
        {**common, "mode": "lines", "y": rounded(mine[q]), "line": {"width": 0.75, "color": colour, "dash": "dot"}}
        for q in ("q10", "q90")
    ]
    inside = [
        {**common, "mode": "lines", "y": low, "line": {"width": 0, "color": colour}},
        {
            **common,
            "mode": "lines",
            "y": high,
            "line": {"width": 0, "color": colour},
            "fill": "tonexty",
            "opacity": 0.5,
        },
    ]
    inside[1]["fillcolor"] = _soft(colour)
    hover = [
        f"{a:g} to {b:g}; n = {view.count(n)}" for a, b, n in zip(mine["q25"], mine["q75"], mine["n"], strict=True)
    ]
    median = {
        **common,
        "mode": "lines+markers",
        "y": rounded(mine["q50"]),
        "name": plain(name),
        "showlegend": True,
        "line": {"color": colour, "width": 2.25, "dash": dash},
        "marker": {"symbol": symbol, "size": 6, "color": colour},
        "hoverinfo": "all",
        "customdata": hover,
        "hovertemplate": f"{plain(name)}, day %{{x}}: median %{{y:.3g}}<br>quartiles %{{customdata}}<extra></extra>",
    }
    return [*inside, *bands, median]


def _soft(colour: str) -> str:
    """The colour as a see-through fill."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _lines(view: CohortView, found: Aligned) -> list[dict[str, Any]]:
    """Single patients in one trace, a gap between them: the selected ones, or all where asked for and few enough."""
    wanted = view.selected.copy()
    if view.lines and np.count_nonzero(view.members) <= MOST_LINES:
        wanted |= view.members
    use = np.flatnonzero(
        wanted[found.patient] & (found.day >= EVERY_HORIZON[0]) & (found.day <= EVERY_HORIZON[1]) & (found.value > 0)
    )
    if not len(use) or len(np.unique(found.patient[use])) > MOST_LINES:
        return []
    ends = np.flatnonzero(np.diff(found.patient[use])) + 1
    x = np.insert(found.day[use], ends, np.nan)
    y = np.insert(found.value[use], ends, np.nan)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": rounded(x),
            "y": rounded(y, 3),
            "name": "selected patients" if not view.lines else "single patients",
            "line": {"width": 1, "color": view.paint.ink_faint},
            "opacity": 0.55,
            "hoverinfo": "skip",
        }
    ]


def _counts(view: CohortView, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Number of patients in every second window, a row a group."""
    every = [(name, table[table["group"] == name].iloc[::2]) for name in view.groups.names]
    return [view.count_row(name, ((rows["low"] + rows["high"]) / 2).tolist(), rows["n"]) for name, rows in every]


def _shapes(view: CohortView) -> list[dict[str, Any]]:
    """The event, and 1 x where the scale is a multiple."""
    line = {"color": view.paint.guide, "width": 1}
    shapes = [
        {
            "type": "line",
            "name": view.anchor_words(),
            "x0": 0,
            "x1": 0,
            "y0": view.foot(len(view.groups.names))[0] + 0.08,
            "y1": 1,
            "yref": "paper",
            "line": line,
        }
    ]
    if view.scale != "absolute":
        one = {"color": view.paint.guide, "width": 1, "dash": "dot"}
        shapes.append({"type": "line", "name": "1", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1, "line": one})
    return shapes


def numbers(view: CohortView) -> Numbers:
    """Quantiles of each window of the curves."""
    found = align(view.case, view.analyte, view.anchor, view.scale, view.members)
    frame = banded(found, view.groups, windows(EVERY_HORIZON[0], EVERY_HORIZON[1] - 1, WIDTH))
    return Numbers("Curves", ["Group", "From day", "to", "n", "10%", "25%", "50%", "75%", "90%"], frame)


FIGURE = Figure(
    "curves", "Aligned curves", "cohort", 10, draw, needs=("analyte", "scale", "by", "lines"), table=numbers
)
