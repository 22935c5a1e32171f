"""What did the tests do before and after one event, and how does that compare with the published course?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.event_kinds import EVENT_KINDS
from analytics.trends.expected import band
from dashboard import theme
from dashboard.figures import frame, lab_panels
from dashboard.figures._figure import Figure
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock
from dashboard.figures.tracks import READING_ORDER, Track, tracks_of, unit_of
from dashboard.figures.words import plain, rounded

_MOST, _HEIGHT, _STACKED = 4, 292, 190
_BEFORE, _AFTER = 42, 120
_FIRST_BY_LANE = {"stent": ("BILI", "ALP", "GGT", "ALT"), "surgery": ("BILI", "INR", "ALT", "ALB")}
_MARKS = (
    ("nadir", "day_nadir", "triangle-down", "lowest"),
    ("peak", "day_peak", "triangle-up", "highest"),
    ("half", "day_half", "hourglass", "half"),
    ("target", "day_target", "star", "target"),
    ("rebound", "rebound_day", "cross", "rising again"),
)
_HIGHEST = ("peak", "rebound")
"""Marks that stand at the highest result of their day, the others at the lowest."""


def draw(analysis: Analysis, choice: Choice, event: int) -> dict[str, Any]:
    """Draw up to four tests around one event.

    Args:
        analysis: of a panel of one patient.
        choice: what the viewer chose; its scale is not used, these panels are in measured units.
        event: position in ``analysis.panel.events``.
    """
    happened = analysis.panel.events.iloc[event]
    start = pd.Timestamp(happened["start_date"])
    name = str(happened["name"]) if isinstance(happened["name"], str) else EVENT_KINDS[happened["kind"]].label
    clock = Clock(str(analysis.panel.patients["clock"].iloc[0]), start, name)
    rows = responses_to(analysis, event)
    tracks = _chosen(tracks_of(analysis), rows, str(happened["kind"]), start)
    axes = [lab_panels.panel_of(t, choice.on("absolute"), i) for i, t in enumerate(tracks, start=1)]
    title = f"Before and after {plain(name)}, {clock.title.split('(')[-1].rstrip(')')}"
    margin = {"l": 62, "r": 16, "t": 58, "b": 92}
    layout = frame.layout(analysis, choice, title, "measured unit", height=_HEIGHT, margin=margin)
    data: list[dict[str, Any]] = []
    for panel in axes:
        row = rows.get(panel.track.analyte.code)
        data += _panel(panel, row, clock, choice)
        if row is not None:
            data += _expected(panel, row, str(happened["kind"]), analysis, choice)
        layout |= _axes(panel, len(axes), choice)
    layout["shapes"] = [_event_line(p, choice) for p in axes]
    layout["annotations"] = [] if axes else [frame.note("no results around this event", x=0.5, y=0.5)]
    if not axes:
        layout |= {
            "xaxis": {"title": {"text": clock.title}, "range": [0, 1]},
            "yaxis": {"range": [0, 1], "ticktext": []},
        }
    return {"data": data + _legend(choice), "layout": layout}


def stacked(figure: dict[str, Any]) -> dict[str, Any]:
    """The same figure with its panels one below the other, for a narrow screen."""
    layout = figure["layout"]
    names = sorted(
        (n for n in layout if n.startswith("xaxis") and "domain" in layout[n]), key=lambda n: int(n[5:] or 1)
    )
    if not names:
        return figure
    share, gap = 1 / len(names), 0.07
    changed: dict[str, Any] = {}
    for i, name in enumerate(names):
        top = 1 - i * share
        changed[name] = layout[name] | {"domain": [0, 1]}
        upright = f"yaxis{name[5:]}"
        changed[upright] = layout[upright] | {"domain": [round(top - share + gap, 4), round(top, 4)]}
    shapes = [
        dict(s, yref=f"{s['xref'].replace('x', 'y')} domain") if s.get("name") == "event" else s
        for s in layout["shapes"]
    ]
    words = layout["title"]["text"].replace(" · ", "<br>", 1)
    title = layout["title"] | {"text": words, "font": layout["title"]["font"] | {"size": 11}}
    height = _HEIGHT + (len(names) - 1) * _STACKED
    margin = layout["margin"] | {"t": layout["margin"]["t"] + 12, "b": layout["margin"]["b"] + 110, "r": 8}
    around = {"height": height + 122, "margin": margin, "title": title, "shapes": shapes}
    return figure | {"layout": layout | changed | around}


def responses_to(analysis: Analysis, event: int) -> dict[str, dict[str, Any]]:
    """Rows of table RESPONSES of one event, by analyte."""
    happened = analysis.panel.events.iloc[event]
    table = analysis.responses
    same = table[(table["kind"] == happened["kind"]) & (table["start_date"] == happened["start_date"])]
    if isinstance(happened["name"], str) and (same["name"] == happened["name"]).any():
        same = same[same["name"] == happened["name"]]
    return {row["analyte"]: row for row in same.to_dict("records")}


def _chosen(tracks: dict[str, Track], rows: dict[str, Any], kind: str, start: pd.Timestamp) -> list[Track]:
    """At most four tests that have results around the event: those that matter for its kind first."""
    wanted = _FIRST_BY_LANE.get(EVENT_KINDS[kind].lane, ("ALT", "BILI", "ALP", "GGT"))
    order = [*wanted, *[c for c in READING_ORDER if c not in wanted]]
    low = np.datetime64(start - pd.Timedelta(days=_BEFORE), "us")
    high = np.datetime64(start + pd.Timedelta(days=_AFTER), "us")
    near = [tracks[c].between(low, high) for c in order if c in tracks and (c in rows or not rows)]
    return [t for t in near if len(t)][:_MOST]


def _panel(panel: lab_panels.Panel, row: dict[str, Any] | None, clock: Clock, choice: Choice) -> list[dict[str, Any]]:
    axis = "x" if panel.axis == 1 else f"x{panel.axis}"
    data = [dict(t, xaxis=axis) for t in lab_panels.traces(panel, clock, choice)]
    data = [t for t in data if t["name"] != "baseline"]
    if row is not None:
        data += [dict(t, xaxis=axis, yaxis=f"y{panel.axis}", showlegend=False) for t in _levels(row, choice)]
        data += [dict(t, xaxis=axis, yaxis=f"y{panel.axis}", showlegend=False) for t in _marks(panel, row, choice)]
    for t in data:
        t["yaxis"] = "y" if panel.axis == 1 else t["yaxis"]
    return data


def _levels(row: dict[str, Any], choice: Choice) -> list[dict[str, Any]]:
    """The value before, and the target where one is published, as levels."""
    levels = []
    for name, dash in (("before", "dash"), ("target", "dot")):
        if row[name] == row[name]:
            levels.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": name,
                    "x": [-_BEFORE, _AFTER] if name == "before" else [0, _AFTER],
                    "y": rounded([row[name], row[name]]),
                    "line": {"width": 1.2, "dash": dash, "color": choice.paint.ink_soft},
                    "hoverinfo": "skip",
                }
            )
    return levels


def _expected(
    panel: lab_panels.Panel, row: dict[str, Any], kind: str, analysis: Analysis, choice: Choice
) -> list[dict[str, Any]]:
    """The published course after this kind of event: its bound up to the day it is due, and the typical course."""
    limits = panel.track.numbers["lln" if panel.track.analyte.bad == "low" else "uln"]
    after = np.flatnonzero(np.array(clock_days(panel.track, row)) > 0)
    limit = float(limits[after[0] if len(after) else -1])
    before = float("nan") if row["before_comparator"] else float(row["before"])  # a limit has no course of its own
    course = band(kind, panel.track.analyte.code, before, limit, analysis.settings)
    if course is None:
        return []
    number_of = "" if panel.axis == 1 else str(panel.axis)
    says = f"{plain(course.says)}<br>{plain(course.source)}"
    drawn = []
    for name, level, dash in (
        ("published bound", np.where(np.isfinite(course.high), course.high, course.low), "longdash"),
        ("published typical course", course.typical, "dashdot"),
    ):
        known = np.flatnonzero(np.isfinite(level))
        if not len(known):
            continue
        keep = known if len(known) < 3 else known[np.unique(np.linspace(0, len(known) - 1, 12).round().astype(int))]
        drawn.append(
            {
                "type": "scatter",
                "mode": "lines" if len(keep) > 1 else "markers",
                "name": name,
                "showlegend": False,
                "x": course.day[keep].tolist(),
                "y": rounded(level[keep].tolist()),
                "xaxis": f"x{number_of}",
                "yaxis": f"y{number_of}",
                "line": {"width": 2, "dash": dash, "color": choice.paint.accent},
                "marker": {"symbol": "line-ew-open", "size": 14, "line": {"width": 2, "color": choice.paint.accent}},
                "hovertemplate": f"{says}<br>day %{{x:.0f}}: %{{y:.3~g}}<extra></extra>",
            }
        )
    return drawn


def _marks(panel: lab_panels.Panel, row: dict[str, Any], choice: Choice) -> list[dict[str, Any]]:
    """Signs at the days that the response table names."""
    day, value = np.array(clock_days(panel.track, row)), panel.track.value
    own = panel.track.when.astype("datetime64[D]") - np.datetime64(pd.Timestamp(row["start_date"]), "D")
    x, y, symbols, words = [], [], [], []
    for name, column, symbol, word in _MARKS:
        of_day = np.flatnonzero(own.astype(np.int64) == row[column])
        if not len(of_day):
            continue
        at = int(of_day[value[of_day].argmax() if name in _HIGHEST else value[of_day].argmin()])
        x.append(round(float(day[at]), 1))
        y.append(float(value[at]))
        symbols.append(symbol)
        words.append(f"{word}: day {row[column]:.0f}, {panel.track.shown[at]}")
    if not x:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "marks",
            "x": x,
            "y": rounded(y),
            "marker": {
                "symbol": symbols,
                "size": 12,
                "color": choice.paint.surface,
                "line": {"width": 1.6, "color": choice.paint.ink},
            },
            "customdata": [[w] for w in words],
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        }
    ]


def clock_days(track: Track, row: dict[str, Any]) -> list[float]:
    """Days of the results since the event of this response row."""
    start = np.datetime64(pd.Timestamp(row["start_date"]), "us")
    days: list[float] = ((track.when - start).astype("int64") / 86_400_000_000).tolist()
    return days


def _axes(panel: lab_panels.Panel, count: int, choice: Choice) -> dict[str, Any]:
    width, gap = 1 / count, 0.055
    left = (panel.axis - 1) * width
    number_of = "" if panel.axis == 1 else str(panel.axis)
    vertical = lab_panels.axis_of(panel, (0, 1), choice) | {"anchor": f"x{number_of}"}
    unit = unit_of(panel.track.analyte)
    kind = "log" if panel.log else "linear"
    vertical["title"] = {
        "text": f"{shown(panel.track.analyte.code)}, {unit} ({kind})",
        "standoff": 4,
        "font": {"size": 11, "color": choice.paint.ink},
    }
    horizontal = theme.axis(choice.scheme) | {
        "type": "linear",
        "domain": [round(left + (gap if panel.axis > 1 else 0) / 2, 4), round(left + width - gap / 2, 4)],
        "anchor": f"y{number_of}",
        "range": [-_BEFORE, _AFTER],
        "dtick": 28,
        "tick0": 0,
        "title": {
            "text": "Days since the event",
            "font": {"size": 11, "color": choice.paint.ink_soft},
        },
    }
    return {f"xaxis{number_of}": horizontal, f"yaxis{number_of}": vertical}


def _event_line(panel: lab_panels.Panel, choice: Choice) -> dict[str, Any]:
    number_of = "" if panel.axis == 1 else str(panel.axis)
    return {
        "type": "line",
        "name": "event",
        "xref": f"x{number_of}",
        "x0": 0,
        "x1": 0,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"width": 1.2, "dash": "dot", "color": choice.paint.line_strong},
    }


def _legend(choice: Choice) -> list[dict[str, Any]]:
    ink = choice.paint.ink
    signs = [
        frame.sign(
            word,
            mode="markers",
            marker={"symbol": symbol, "size": 9, "color": choice.paint.surface, "line": {"width": 1.5, "color": ink}},
        )
        for _, _, symbol, word in _MARKS
    ]
    soft = choice.paint.ink_soft
    signs.append(frame.sign("level before", mode="lines", line={"dash": "dash", "width": 1.2, "color": soft}))
    signs.append(frame.sign("target", mode="lines", line={"dash": "dot", "width": 1.2, "color": soft}))
    accent = choice.paint.accent
    signs.append(frame.sign("published bound", mode="lines", line={"dash": "longdash", "width": 2, "color": accent}))
    signs.append(frame.sign("typical course", mode="lines", line={"dash": "dashdot", "width": 2, "color": accent}))
    square = {"symbol": "square", "size": 12, "color": choice.paint.line_strong}
    signs.append(frame.sign("reference range of that day", mode="markers", marker=square))
    return signs


FIGURE = Figure("events", "Before and after events", "patient", 10, draw, needs=("scale",))
