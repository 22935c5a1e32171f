"""Did the tests behave differently under two lines of therapy? Both from the day that the line began."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.analysis import Analysis
from analytics.analytes import PANEL
from analytics.derive.lines import lines_of
from dashboard import theme
from dashboard.figures import frame, lab_panels, rows
from dashboard.figures._figure import Figure
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock
from dashboard.figures.tracks import Track, tracks_of
from dashboard.figures.words import hover, plain_all, rounded

_LOOKS = (("circle", "solid"), ("square-open", "dash"))


def numbers_of(analysis: Analysis) -> list[int]:
    """Lines of therapy of the patient that have a start."""
    return [int(n) for n in lines_of(analysis.case)["line"].tolist()]


def pair_of(lines: list[int], wanted: str) -> tuple[int, int]:
    """The two lines to compare: those wanted ("1.3") where the patient has both, else the last two."""
    chosen = tuple(int(n) for n in wanted.split(".") if n)
    if len(chosen) == 2 and chosen[0] != chosen[1] and set(chosen) <= set(lines):
        return chosen[0], chosen[1]
    return lines[-2], lines[-1]


def draw(analysis: Analysis, choice: Choice, pair: tuple[int, int]) -> dict[str, Any]:
    """Draw the chosen tests of two lines over each other, in days since each line began."""
    starts = {int(n): day for n, day in lines_of(analysis.case)[["line", "start"]].itertuples(index=False)}
    tracks = tracks_of(analysis)
    wanted = choice.analytes or (*PANEL, "CEA", "CA19_9AG")
    both = [tracks[c] for c in wanted if c in tracks and all(len(_under(tracks[c], n)) for n in pair)]
    panels = [lab_panels.panel_of(t, choice, i) for i, t in enumerate(both, start=1)]
    _, domains = rows.domains(len(panels))
    what = f"Line {pair[0]} and line {pair[1]} over each other"
    layout = rows.layout(analysis, choice, what, "days since each line began", len(panels))
    kind = str(analysis.panel.patients["clock"].iloc[0])
    data: list[dict[str, Any]] = []
    longest = 1.0
    for panel, domain in zip(panels, domains, strict=True):
        for line, look in zip(pair, _LOOKS, strict=True):
            trace = _trace(panel, line, starts[line], look, Clock(kind), choice)
            longest = max(longest, trace["x"][-1])
            data.append(trace)
        layout[f"yaxis{panel.axis if panel.axis > 1 else ''}"] = lab_panels.axis_of(panel, domain, choice)
        label = rows.label(panel.name, panel.unit, "log" if panel.log else "linear", domain, choice)
        layout.setdefault("annotations", []).append(label)
        data += [_limit(panel, longest, choice)]
    layout["xaxis"] = _axis(longest, len(panels), choice)
    if not panels:
        words = "no test has results under both lines"
        layout["annotations"] = [frame.note(words, xref="paper", yref="paper", x=0.5, y=0.5)]
        layout["yaxis"] = {"range": [0, 1], "ticktext": [], "tickvals": []}
    return {"data": [t for t in data if t] + _legend(pair, choice), "layout": layout}


def _under(track: Track, line: int) -> Any:
    return np.flatnonzero(track.numbers["line"] == line)


def _trace(
    panel: lab_panels.Panel, line: int, start: float, look: tuple[str, str], clock: Clock, choice: Choice
) -> dict[str, Any]:
    track, at = panel.track, _under(panel.track, line)
    days = track.when[at].astype("datetime64[us]").astype("int64") / 86_400_000_000 - start
    colour = theme.colour_of(track.analyte.code, choice.scheme)
    fields = {"_value": plain_all(track.shown[i] for i in at), "date": clock.shown(track.when[at])}
    template, data = hover(fields, first=f"<b>{panel.name}</b>, line {line}, day %{{x:.0f}}")
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"{panel.name}, line {line}",
        "meta": track.analyte.code,
        "showlegend": False,
        "x": [round(d, 1) for d in days.tolist()],
        "y": rounded(track.y(panel.scale)[at].tolist()),
        "yaxis": "y" if panel.axis == 1 else f"y{panel.axis}",
        "line": {"width": 1.2, "dash": look[1], "color": colour},
        "marker": {"size": 7, "symbol": look[0], "color": colour},
        "customdata": data,
        "hovertemplate": template,
    }


def _limit(panel: lab_panels.Panel, longest: float, choice: Choice) -> dict[str, Any]:
    """The last known limit as the edge of the reference range; nothing where none was given."""
    low, high = panel.limits
    limit = (low if panel.track.analyte.bad == "low" else high)[-1]
    if not np.isfinite(limit):
        return {}
    bottom, top = lab_panels.y_range(panel)
    edge = top if panel.track.analyte.bad == "low" else bottom
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "reference range",
        "showlegend": False,
        "x": [0, longest, longest, 0],
        "y": rounded([limit, limit, edge, edge]),
        "yaxis": "y" if panel.axis == 1 else f"y{panel.axis}",
        "fill": "toself",
        "fillcolor": choice.paint.band,
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _axis(longest: float, count: int, choice: Choice) -> dict[str, Any]:
    return theme.axis(choice.scheme) | {
        "type": "linear",
        "range": [0, round(longest * 1.03, 1)],
        "anchor": "y" if count < 2 else f"y{count}",
        "title": {"text": "Days since the line began", "font": {"size": 12, "color": choice.paint.ink_soft}},
    }


def _legend(pair: tuple[int, int], choice: Choice) -> list[dict[str, Any]]:
    ink = choice.paint.ink
    signs = [
        frame.sign(
            f"line {line}",
            mode="lines+markers",
            line={"dash": dash, "width": 1.2, "color": ink},
            marker={"symbol": symbol, "size": 8, "color": ink},
        )
        for line, (symbol, dash) in zip(pair, _LOOKS, strict=True)
    ]
    square = {"symbol": "square", "size": 12, "color": choice.paint.line_strong}
    return [*signs, frame.sign("reference range (last known)", mode="markers", marker=square)]


FIGURE = Figure("lines", "Two lines", "patient", 60, draw, needs=("tests", "scale"))
