"""Do tumour marker and imaging tell the same? The sum of target lesions and each marker under each other, on one time
axis; where the rule finds that they differ, its stretch stands out and its own words are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import MARKERS, shown
from analytics.event_kinds import RESPONSES
from analytics.panel import in_prose, show_time
from dashboard.figures import frame, lab_panels, lanes, rows, under_lanes
from dashboard.figures._figure import Figure, Numbers
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock, clock_of
from dashboard.figures.records import records
from dashboard.figures.tracks import Track, tracks_of, unit_of
from dashboard.figures.words import ABSENT, hover, in_full, number, plain, rounded

_PANEL, _GAP, _TOP, _AXIS, _SIGNS, _LINE = 110, 30, 62, 56, 19, 15
_LEFT, _RIGHT = 148, 40
_WIDTH = 130
"""Signs a line of the rule's words."""
_RULE = "marker_discordance"
_RISING = "marker_rise"
_SCAN = ("date", "modality", "response", "target_sum_mm", "new_lesion", "detail")
_FINDING = ("rule", "says", "onset", "last_seen")
_NOTHING = "no tumour marker and no sum of target lesions on record"
DIFFERS = "marker and imaging differ"


def draw(analysis: Analysis, choice: Choice) -> dict[str, Any]:
    """Lanes, then the sum of target lesions, then each marker in its unit."""
    clock, found, scans = clock_of(analysis, choice), lanes.lanes_of(analysis), scans_of(analysis)
    tracks = tracks_of(analysis)
    markers = [tracks[c] for c in MARKERS if c in tracks]
    sized = [s for s in scans if s["target_sum_mm"] == s["target_sum_mm"]]
    names = [*(["size"] if sized else []), *(t.analyte.code for t in markers)]
    told = [line for says in differs(analysis) for line in wrap(says["says"], _WIDTH)]
    inner, domains = under_lanes.domains(len(found.rows), [_PANEL] * max(len(names), 1), _GAP)
    signs = _signs(choice, markers=bool(markers), differ=bool(told))
    foot = _AXIS + _SIGNS * -(-len(signs) // 3)
    margin = {"l": _LEFT, "r": _RIGHT, "t": _TOP + _LINE * len(told), "b": foot}
    height = inner + margin["t"] + margin["b"]
    scale = "mm and measured units"
    layout = frame.layout(analysis, choice, "Tumour markers and target lesions", scale, height=height, margin=margin)
    layout |= {
        "bargap": 0,
        "barmode": "overlay",
        "xaxis": under_lanes.time_axis(analysis, choice, clock, max(len(names), 1)),
        "yaxis": under_lanes.lane_axis(found, domains[0], choice),
        "shapes": [*under_lanes.uprights(analysis, found, clock, choice), *_stretches(analysis, clock, choice)],
        "annotations": _told(told, choice),
    }
    data = lanes.traces(found, clock, choice)
    if sized:
        data.append(_sum(sized, clock, choice))
        layout["yaxis2"] = _size_axis(sized, domains[1], choice)
        layout["annotations"].append(rows.label("Target lesions", "sum, mm", "linear", domains[1], choice))
    for at, track in enumerate(markers, start=2 + bool(sized)):
        panel = lab_panels.panel_of(track, choice.on("absolute"), at)
        data += lab_panels.traces(panel, clock, choice.on("absolute"))
        layout[f"yaxis{at}"] = lab_panels.axis_of(panel, domains[at - 1], choice)
        kind = "log" if panel.log else "linear"
        layout["annotations"].append(rows.label(panel.name, panel.unit, kind, domains[at - 1], choice))
    if not names:
        layout["yaxis2"] = {"domain": list(domains[1]), "range": [0, 1], "ticktext": [], "tickvals": []}
        layout["annotations"].append(frame.note(_NOTHING, xref="paper", yref="paper", x=0.5, y=0.3))
    return {"data": data + signs, "layout": layout}


_STILL, _STILL_GAP, _STILL_TOP, _STILL_FOOT = 62, 16, 26, 44
_STILL_MARKERS = 2
SIGNS_SAID = (
    "Squares: sum of target lesions, response as reported; circles: marker results (triangles: beyond a limit of "
    "detection); shaded: reference range; uprights: line starts (dashed), procedures (dotted), data cut-off"
)
"""What the legend of :func:`draw` tells, for a caption: :func:`still` has none."""


def drawn_still(tracks: Mapping[str, Track]) -> list[Track]:
    """The markers of :func:`still`: the two with most results, in reading order."""
    markers = [tracks[c] for c in MARKERS if c in tracks]
    most = sorted(markers, key=lambda track: -len(track))[:_STILL_MARKERS]
    return [track for track in markers if track in most]


def still(analysis: Analysis, choice: Choice) -> dict[str, Any]:
    """The same for paper: lower panels without lanes, curves and legend, and the two markers with most results."""
    clock, choice = clock_of(analysis, choice), choice.on("absolute")
    sized = [s for s in scans_of(analysis) if s["target_sum_mm"] == s["target_sum_mm"]]
    markers = drawn_still(tracks_of(analysis))
    count = len(markers) + bool(sized)
    inner = count * (_STILL + _STILL_GAP) - _STILL_GAP
    places = [
        (1 - (i * (_STILL + _STILL_GAP) + _STILL) / inner, 1 - i * (_STILL + _STILL_GAP) / inner) for i in range(count)
    ]
    margin = {"l": _LEFT, "r": _RIGHT, "t": _STILL_TOP, "b": _STILL_FOOT}
    height = inner + _STILL_TOP + _STILL_FOOT
    layout = frame.layout(
        analysis, choice, "Tumour markers and target lesions", "mm and measured units", height=height, margin=margin
    )
    layout |= {
        "xaxis": rows.time_axis(analysis, choice, clock, count) | {"showgrid": False, "nticks": 6},
        "shapes": under_lanes.uprights(analysis, lanes.lanes_of(analysis), clock, choice),
        "annotations": [],
        "showlegend": False,
    }
    data: list[dict[str, Any]] = []
    if sized:
        data.append(_sum(sized, clock, choice) | {"yaxis": "y"})
        layout["yaxis"] = _size_axis(sized, places[0], choice) | {"nticks": 3}
        layout["annotations"].append(rows.label("Target lesions", "sum, mm", "linear", places[0], choice))
    for at, track in enumerate(markers, start=1 + bool(sized)):
        panel = lab_panels.panel_of(track, choice, at)
        name = f"y{at}" if at > 1 else "y"
        drawn = [t for t in lab_panels.traces(panel, clock, choice) if t["name"] != "baseline"]
        data += [t | {"yaxis": name} for t in drawn]
        layout[name.replace("y", "yaxis")] = lab_panels.axis_of(panel, places[at - 1], choice)
        kind = "log" if panel.log else "linear"
        layout["annotations"].append(rows.label(panel.name, panel.unit, kind, places[at - 1], choice))
    return {"data": data, "layout": layout}


def scans_of(analysis: Analysis) -> list[dict[str, Any]]:
    """Imaging reports in time order; missing sizes are NaN, missing texts empty."""
    table = analysis.panel.imaging.sort_values("date", kind="stable")
    read = records(table, _SCAN)
    for scan in read:
        size = scan["target_sum_mm"]
        scan["target_sum_mm"] = float("nan") if size is None or size != size else float(size)
        for name in ("modality", "response", "detail"):
            scan[name] = scan[name] if isinstance(scan[name], str) else ""
    return [s for s in read if not pd.isna(s["date"])]


def differs(analysis: Analysis) -> list[dict[str, Any]]:
    """Where marker and imaging differ, and the words for it: findings of the rule, then the answer of now."""
    table, answers = analysis.findings, analysis.answers
    mine = table[table["rule"] == _RULE].sort_values("onset", kind="stable")
    now = answers[(answers["question"] == "tumour") & (answers["state"] == "discordant")]
    rising = set(table.loc[table["rule"] == _RISING, "finding_id"])  # a report against its sum is no matter of a marker
    now = now[[not rising.isdisjoint(json.loads(basis)) for basis in now["basis"]]]
    told = records(mine, _FINDING)
    for row in records(now, ("says", "since", "as_of")):
        begin = row["as_of"] if pd.isna(row["since"]) else row["since"]
        says = f"{DIFFERS[0].upper()}{DIFFERS[1:]}: {row['says']}"
        told.append({"says": says, "onset": begin, "last_seen": row["as_of"]})
    return told


def _stretches(analysis: Analysis, clock: Clock, choice: Choice) -> list[dict[str, Any]]:
    found = []
    for row in differs(analysis):
        last = max(pd.Timestamp(row["last_seen"]), pd.Timestamp(row["onset"]) + pd.Timedelta(days=3))
        found.append(under_lanes.stretch(clock.one(pd.Timestamp(row["onset"])), clock.one(last), DIFFERS, choice))
    return found


def _told(lines: list[str], choice: Choice) -> list[dict[str, Any]]:
    """The rule's own words, in lines above the lanes."""
    if not lines:
        return []
    text = in_prose("<br>".join(plain(line) for line in lines))
    look = {"size": 12, "color": choice.paint.ink}
    where = {"xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "yshift": 6}
    return [frame.note(text, font=look, align="left", **where)]


def _sum(scans: list[dict[str, Any]], clock: Clock, choice: Choice) -> dict[str, Any]:
    when = np.array([s["date"] for s in scans], dtype="datetime64[us]")
    template, data = hover(
        {
            "_size": [f"{number(s['target_sum_mm'])} mm" for s in scans],
            "_reported": [RESPONSES.get(s["response"], "no response given") for s in scans],
            "_new": ["new lesion" if s["new_lesion"] is True else "" for s in scans],
            "_detail": [in_full(s["detail"]) for s in scans],
        },
        first=f"<b>Sum of target lesions</b><br>{clock.hover}",
    )
    return {
        "type": "scatter",
        "mode": "lines+markers+text",
        "name": "sum of target lesions",
        "showlegend": False,
        "x": clock.at(when),
        "y": rounded([s["target_sum_mm"] for s in scans]),
        "yaxis": "y2",
        "text": [plain(s["response"]) for s in scans],
        "textposition": "top center",
        "textfont": {"size": 10, "color": choice.paint.ink},
        "cliponaxis": False,
        "line": {"width": 1.6, "color": choice.paint.ink},
        "marker": {"symbol": "square", "size": 7, "color": choice.paint.ink},
        "customdata": data,
        "hovertemplate": template,
    }


def _size_axis(scans: list[dict[str, Any]], domain: tuple[float, float], choice: Choice) -> dict[str, Any]:
    """From nought, so that a height is a share of the largest."""
    return {
        "domain": [round(d, 4) for d in domain],
        "anchor": "x",
        "type": "linear",
        "range": [0, round(max(s["target_sum_mm"] for s in scans) * 1.35 + 1, 1)],
        "title": {"text": ""},
        "zeroline": False,
        "fixedrange": True,
        "nticks": 5,
        "gridcolor": choice.paint.line,
        "tickfont": {"size": 10},
    }


def _signs(choice: Choice, *, markers: bool, differ: bool) -> list[dict[str, Any]]:
    paint, axes = choice.paint, ("x", "y2")
    ink = paint.ink
    signs = [
        frame.sign("sum of target lesions", axes, mode="markers", marker={"symbol": "square", "size": 8, "color": ink}),
        frame.sign("marker result", axes, mode="markers", marker={"symbol": "circle", "size": 8, "color": ink}),
        frame.sign(
            "reference range", axes, mode="markers", marker={"symbol": "square", "size": 12, "color": paint.line_strong}
        ),
        frame.sign("baseline of the line", axes, mode="lines", line={"dash": "dash", "color": paint.ink_soft}),
    ]
    if differ:
        look = {"symbol": "square-open", "size": 11, "color": paint.guide}
        signs.append(frame.sign(DIFFERS, axes, mode="markers", marker=look))
    return signs if markers else signs[:1]


def numbers(analysis: Analysis, choice: Choice) -> Numbers:
    """Every imaging report with the result of each marker that is nearest to it in time, and how many days off."""
    clock = str(analysis.panel.patients["clock"].iloc[0])
    tracks = tracks_of(analysis)
    markers = [tracks[c] for c in MARKERS if c in tracks]
    heads = ["Imaging", "Modality", "Reported", "Sum of targets, mm"]
    heads += [f"Nearest {shown(t.analyte.code)}, {unit_of(t.analyte)}" for t in markers]
    lines = [
        [
            in_prose(show_time(pd.Timestamp(s["date"]), clock)),
            s["modality"] or ABSENT,
            (s["response"] or ABSENT) + (", new lesion" if s["new_lesion"] is True else ""),
            number(s["target_sum_mm"]),
            *[_nearest(t, s["date"]) for t in markers],
        ]
        for s in scans_of(analysis)
    ]
    return Numbers(f"Imaging and the nearest markers of patient {choice.key}", heads, pd.DataFrame(lines))


def _nearest(track: Track, when: Any) -> str:
    """The nearest result as ``34 (3 days before)``."""
    days = (track.when.astype("datetime64[D]") - np.datetime64(when, "D")).astype("int64")
    at = int(np.argmin(np.abs(days)))
    gap = int(days[at])
    off = f"{abs(gap)} day{'s' if abs(gap) != 1 else ''} {'after' if gap > 0 else 'before'}" if gap else "same day"
    return f"{track.shown[at]} ({off})"


FIGURE = Figure("imaging", "Markers and imaging", "patient", 25, draw, table=numbers)
