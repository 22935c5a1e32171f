"""A stack of panels under each other on one clock: what markers, scores and lines of therapy share."""

from __future__ import annotations

from typing import Any

from analytics.analysis import Analysis
from dashboard import theme
from dashboard.figures import frame
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock, bounds

PANEL, GAP, TOP, FOOT = 104, 22, 44, 96
LEFT, RIGHT = 148, 24


def domains(count: int) -> tuple[int, list[tuple[float, float]]]:
    """Height of the figure in pixels, and the share of each panel from the bottom, the first on top."""
    inner = max(count * PANEL + (count - 1) * GAP, PANEL)
    tops = [inner - i * (PANEL + GAP) for i in range(count)]
    return inner + TOP + FOOT, [((top - PANEL) / inner, top / inner) for top in tops]


def layout(analysis: Analysis, choice: Choice, what: str, scale: str, count: int) -> dict[str, Any]:
    """Frame of a stack of so many panels; an empty stack says why."""
    height, _ = domains(count)
    margin = {"l": LEFT, "r": RIGHT, "t": TOP, "b": FOOT}
    around: dict[str, Any] = frame.layout(analysis, choice, what, scale, height=height, margin=margin)
    return around


def time_axis(analysis: Analysis, choice: Choice, clock: Clock, count: int) -> dict[str, Any]:
    """The one horizontal axis, under the last panel."""
    first, last = choice.window or bounds(analysis)
    return theme.axis(choice.scheme) | {
        "type": "date" if clock.is_dates else "linear",
        "range": [clock.one(first), clock.one(last)],
        "anchor": "y" if count < 2 else f"y{count}",
        "title": {"text": clock.title, "standoff": 6, "font": {"size": 12, "color": choice.paint.ink_soft}},
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": choice.paint.guide,
    }


def label(name: str, unit: str, kind: str, domain: tuple[float, float], choice: Choice) -> dict[str, Any]:
    """Name, unit and scale of a panel, level at its left."""
    return {
        "text": f"<b>{name}</b><br>{unit}<br><span style='font-size:10px'>{kind} scale</span>",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "xanchor": "right",
        "xshift": -40,
        "y": round(sum(domain) / 2, 4),
        "yanchor": "middle",
        "align": "right",
        "showarrow": False,
        "font": {"size": 12, "color": choice.paint.ink},
    }


def remark(text: str, domain: tuple[float, float], choice: Choice) -> dict[str, Any]:
    """A line of numbers above a panel."""
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "xanchor": "left",
        "y": round(domain[1], 4),
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11, "color": choice.paint.ink_soft},
    }
