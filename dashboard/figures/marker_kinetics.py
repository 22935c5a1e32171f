"""How fast do the tumour markers rise or fall, segment by segment, and may they be read at that time?

A straight line on the logarithmic axis is a constant rate. CA 19-9 rises with cholestasis whatever its cause: the days
with a bilirubin at or above the setting are marked on its panel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import MARKERS
from analytics.panel import in_prose
from analytics.rules._words import with_minus
from analytics.tables import VERDICTS
from analytics.trends.now_words import now_short
from dashboard.figures import frame, lab_panels, rows
from dashboard.figures._figure import Figure
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock, clock_of
from dashboard.figures.tracks import Track, tracks_of
from dashboard.figures.words import rounded


def draw(analysis: Analysis, choice: Choice) -> dict[str, Any]:
    """Draw each marker in its unit with the fitted line of each segment."""
    clock = clock_of(analysis, choice)
    tracks = tracks_of(analysis)
    markers = [tracks[c] for c in MARKERS if c in tracks]
    panels = [lab_panels.panel_of(t, choice.on("absolute"), i) for i, t in enumerate(markers, start=1)]
    _, domains = rows.domains(len(panels))
    layout = rows.layout(analysis, choice, "Tumour markers and their rates", "measured unit", len(panels))
    layout |= {"xaxis": rows.time_axis(analysis, choice, clock, len(panels)), "annotations": [], "shapes": []}
    data: list[dict[str, Any]] = []
    for panel, domain in zip(panels, domains, strict=True):
        series = series_of(analysis, panel.track.analyte.code)
        drawn = lab_panels.traces(panel, clock, choice.on("absolute"))
        drawn += [dict(t, yaxis=f"y{panel.axis}") for t in _fits(panel, series, clock, choice)]
        data += [t | {"yaxis": t["yaxis"].removesuffix("1") if t["yaxis"] == "y1" else t["yaxis"]} for t in drawn]
        layout[f"yaxis{panel.axis if panel.axis > 1 else ''}"] = lab_panels.axis_of(panel, domain, choice)
        layout["annotations"] += [
            rows.label(panel.name, panel.unit, "log" if panel.log else "linear", domain, choice),
            rows.remark(says(series, clock.kind), domain, choice),
        ]
        if panel.track.analyte.code == "CA19_9AG":
            layout["shapes"] += _jaundice(analysis, tracks.get("BILI"), panel, clock, choice)
    if not panels:
        layout |= {"yaxis": {"range": [0, 1], "ticktext": [], "tickvals": []}}
        layout["annotations"] = [frame.note("no tumour marker results", xref="paper", yref="paper", x=0.5, y=0.5)]
    return {"data": data + _legend(choice), "layout": layout}


def series_of(analysis: Analysis, code: str) -> list[dict[str, Any]]:
    """Rows of table SERIES of one test, in time order."""
    table = analysis.series
    found: list[Any] = table[table["analyte"] == code].to_dict("records")
    return found


def says(series: list[dict[str, Any]], clock: str) -> str:
    """The last period's rate in words."""
    if not series:
        return ""
    last = series[-1]
    words = [
        in_prose(now_short(last, clock)),
        f"last period: {VERDICTS[last['verdict']]}, n = {last['n']} on {last['n_days']} days",
    ]
    slope, low, high = last["slope_pct_per_week"], last["slope_low"], last["slope_high"]
    if slope == slope:
        inside = f" ({low:+.1f} to {high:+.1f})" if low == low else " (no interval below 5 days)"
        words.append(with_minus(f"{slope:+.1f}% a week{inside}"))
    days = last["doubling_days"]
    if days == days and last["verdict"] in ("rising", "falling"):
        words.append(f"{'doubles' if days > 0 else 'halves'} in {abs(days):.0f} days")
    if last["still_needed"]:
        words.append(f"{last['still_needed']} more days with results needed for a trend")
    return " · ".join(words)


def _fits(panel: lab_panels.Panel, series: list[dict[str, Any]], clock: Clock, choice: Choice) -> list[dict[str, Any]]:
    """The fitted line of each segment that has a slope, through the middle of its results."""
    drawn = []
    for row in series:
        slope = row["slope_per_day"]
        piece = panel.track.between(*(np.datetime64(pd.Timestamp(row[c]), "us") for c in ("first", "last")))
        if slope != slope or not len(piece):
            continue
        day = (piece.when - piece.when[0]).astype("int64") / 86_400_000_000
        is_log = panel.track.analyte.scale == "log"
        level = np.log(np.maximum(piece.value, 1e-9)) if is_log else piece.value
        middle = float(np.median(level - slope * day))
        ends = middle + slope * day[[0, -1]]
        drawn.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "fitted rate",
                "showlegend": False,
                "x": clock.at(piece.when[[0, -1]]),
                "y": rounded((np.exp(ends) if is_log else ends).tolist()),
                "line": {"width": 2, "dash": "longdash", "color": choice.paint.ink},
                "hoverinfo": "skip",
            }
        )
    return drawn


def _jaundice(
    analysis: Analysis, bilirubin: Track | None, panel: lab_panels.Panel, clock: Clock, choice: Choice
) -> list[dict[str, Any]]:
    """Stretches between results with a bilirubin at or above the setting, on the panel of CA 19-9."""
    if bilirubin is None:
        return []
    high = np.flatnonzero(bilirubin.value >= analysis.settings.tumour.jaundice)
    runs = np.split(high, np.flatnonzero(np.diff(high) > 1) + 1) if len(high) else []
    axis = "" if panel.axis == 1 else str(panel.axis)
    return [
        {
            "type": "rect",
            "name": "bilirubin high",
            "x0": clock.at(bilirubin.when[[run[0]]])[0],
            "x1": clock.at(bilirubin.when[[run[-1]]])[0],
            "yref": f"y{axis} domain",
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "fillcolor": choice.paint.sunken,
            "line": {"width": 1, "dash": "dot", "color": choice.paint.line_strong},
        }
        for run in runs
    ]


def _legend(choice: Choice) -> list[dict[str, Any]]:
    ink, paint = choice.paint.ink, choice.paint
    return [
        frame.sign("result", mode="markers", marker={"symbol": "circle", "size": 8, "color": ink}),
        frame.sign("below limit", mode="markers", marker={"symbol": "triangle-down-open", "size": 8, "color": ink}),
        frame.sign("fitted rate of a period", mode="lines", line={"width": 2, "dash": "longdash", "color": ink}),
        frame.sign("baseline of the line", mode="lines", line={"dash": "dash", "width": 1.2, "color": paint.ink_soft}),
        frame.sign(
            "reference range", mode="markers", marker={"symbol": "square", "size": 12, "color": paint.line_strong}
        ),
        frame.sign(
            "CA 19-9 excluded (jaundice)",
            mode="markers",
            marker={"symbol": "square-open", "size": 11, "color": paint.line_strong},
        ),
    ]


FIGURE = Figure("markers", "Tumour markers", "patient", 20, draw)
