"""What is written beside a panel: its test, unit and scale at the left, the last result at the right."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard import theme
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock
from dashboard.figures.lab_panels import Panel, y_range
from dashboard.figures.tracks import unit_of
from dashboard.figures.words import number, plain, rounded


def label(panel: Panel, domain: tuple[float, float], choice: Choice) -> dict[str, Any]:
    """Name and unit of the axis, written level at its left, with the scale in words."""
    kind = f"{'log' if panel.log else 'linear'} scale"
    if not np.isfinite(np.concatenate(panel.limits)).any():
        kind += "<br>no limit given"
    return {
        "text": f"<b>{panel.name}</b><br>{panel.unit}<br><span style='font-size:10px'>{kind}</span>",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "xanchor": "right",
        "xshift": -38,
        "y": round(sum(domain) / 2, 4),
        "yanchor": "middle",
        "align": "right",
        "showarrow": False,
        "font": {"size": 12, "color": choice.paint.ink},
    }


def last_value(panel: Panel, clock: Clock, choice: Choice) -> dict[str, Any]:
    """The last result written out at the right edge."""
    track = panel.track
    value = plain(track.texts["comparator"][-1]) + number(float(track.value[-1]), track.analyte.decimals)
    bottom, _ = y_range(panel)
    height = float(track.y(panel.scale)[-1])
    if not np.isfinite(height):
        height = bottom
    return {
        "text": f"<b>{value}</b> {unit_of(track.analyte)}",
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "xshift": 6,
        "yref": f"y{panel.axis}",
        "y": rounded([np.log10(height) if panel.log else height])[0],
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 11, "color": theme.colour_of(track.analyte.code, choice.scheme)},
    }
