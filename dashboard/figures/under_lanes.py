"""Panels under the lanes of treatments and imaging, on one clock: what figures of one patient's course share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analytics.analysis import Analysis
from dashboard.figures import rows as stacked
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock
from dashboard.figures.lanes import Lanes
from dashboard.figures.words import plain, short

ROW = 21
"""Pixels of a lane."""


def domains(lanes: int, panels: Sequence[int], gap: int) -> tuple[int, list[tuple[float, float]]]:
    """Pixels of the axes together, and where each lies in them, lanes first, as shares from the bottom.

    Args:
        lanes: number of lanes.
        panels: height of each panel under them, in pixels.
        gap: pixels between two of them.
    """
    sizes = [max(lanes, 1) * ROW + 6, *panels]
    inner = sum(sizes) + gap * len(panels)
    found, top = [], float(inner)
    for size in sizes:
        found.append(((top - size) / inner, top / inner))
        top -= size + gap
    return inner, found


def lane_axis(lanes: Lanes, domain: tuple[float, float], choice: Choice) -> dict[str, Any]:
    """The axis that names the lanes."""
    names = lanes.rows or ["no events recorded"]
    return {
        "domain": [round(d, 4) for d in domain],
        "anchor": "x",
        "range": [len(names) - 0.4, -0.6],
        "tickvals": list(range(len(names))),
        "ticktext": [short(plain(name), 20) for name in names],
        "tickfont": {"size": 11},
        "title": {"text": ""},
        "fixedrange": True,
        "zeroline": False,
        "showgrid": True,
        "gridcolor": choice.paint.line,
    }


def time_axis(analysis: Analysis, choice: Choice, clock: Clock, panels: int) -> dict[str, Any]:
    """The one horizontal axis, under the last of so many panels."""
    return stacked.time_axis(analysis, choice, clock, panels + 1)


def uprights(analysis: Analysis, lanes: Lanes, clock: Clock, choice: Choice) -> list[dict[str, Any]]:
    """Lines through every panel: procedures dotted, starts of lines dashed, data cut-off solid."""

    def upright(when: Any, dash: str, name: str, colour: str) -> dict[str, Any]:
        x = clock.one(pd.Timestamp(when))
        line = {"width": 1, "dash": dash, "color": colour}
        return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line, "name": name}

    paint = choice.paint
    shapes = [upright(when, "dot", name, paint.line_strong) for when, name in lanes.breaks]
    shapes += [upright(when, "dash", name, paint.accent) for when, name in lanes.line_starts]
    return [*shapes, upright(analysis.panel.as_of, "solid", "data cut-off", paint.guide)]


def stretch(first: Any, last: Any, name: str, choice: Choice) -> dict[str, Any]:
    """A stretch of time that stands out through every panel; its ends are coordinates of the axis."""
    return {
        "type": "rect",
        "name": name,
        "x0": first,
        "x1": last,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "fillcolor": choice.paint.accent_soft,
        "line": {"width": 1, "color": choice.paint.guide},
    }
