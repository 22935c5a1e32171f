"""Who had which treatment when, and what did the scans say? A lane a patient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from analytics.analysis import Analysis
from analytics.analytes import CODES
from analytics.arrays import days_of
from analytics.cohort.monitoring_gaps import last_day
from analytics.cohort.query.anchors import moments_of
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.event_kinds import EVENT_KINDS, RESPONSES
from dashboard.figures._figure import Figure
from dashboard.figures.cohort_view import CohortView
from dashboard.figures.words import plain, rounded

MOST_LANES = 40
_MARKS = {"surgery": "square", "local": "diamond", "stent": "triangle-up", "radiation": "star"}


def draw(view: CohortView) -> dict[str, Any]:
    """Lines of therapy as bars, procedures and responses as marks; of the selected, else of the first patients."""
    zero = np.full(len(view.members), np.nan)
    moments = moments_of(view.case, view.anchor)
    first = np.append(True, np.diff(moments.patient) != 0) if len(moments) else np.zeros(0, dtype=bool)
    zero[moments.patient[first]] = np.floor(moments.start[first])
    picked = bool(view.selected.any())
    chosen = np.flatnonzero((view.selected if picked else view.members) & np.isfinite(zero))[:MOST_LANES]
    if not len(chosen) or (not picked and view.few(len(chosen))):
        return view.nothing("Treatments", f"No patient in this cohort has {view.anchor_words()}.", len(chosen))
    drawn = [str(view.analysis.panel.patient_ids[p]) for p in chosen]
    names = [plain(view.key(p)) for p in drawn]
    few = replace(view, analysis=Analysis(view.analysis.panel.select(drawn), view.analysis.settings))
    lane, zero = dict(enumerate(names)), zero[chosen]
    traces = [*_bars(few, lane, zero), *_procedures(few, lane, zero), *_scans(few, lane, zero)]
    layout = view.layout(
        "Treatments and responses",
        f"{len(chosen)} drawn",
        height=140 + 20 * len(chosen),
        xaxis=view.axis(f"days since {view.anchor_words()}"),
        yaxis=view.axis("patient", type="category", categoryorder="array", categoryarray=names[::-1], ticks=""),
    )
    layout["yaxis"]["title"]["standoff"] = 10  # beside the names, whatever their length
    return {"data": traces, "layout": layout}


def _bars(view: CohortView, lane: dict[int, str], zero: np.ndarray) -> list[dict[str, Any]]:
    """Lines of systemic therapy, numbered; the last one up to the data cut-off, or to the last result."""
    traces = []
    lines = lines_of(view.case)
    last = last_day(view.case, CODES)[lines["patient"].to_numpy()] if view.moved else view.case.as_of
    following = lines.groupby("patient")["start"].shift(-1)
    lines = lines.assign(until=following.where(following.notna(), last))
    for number, rows in lines[lines["patient"].isin(list(lane))].groupby("line"):
        colour, _, _ = view.group_look(int(str(number)) - 1)
        origin = zero[rows["patient"].to_numpy()]
        traces.append(
            _gapped(
                [lane[p] for p in rows["patient"]],
                np.floor(rows["start"].to_numpy()) - origin,
                np.floor(rows["until"].to_numpy()) - origin,
                {"color": colour, "width": 9},
                f"line {number}",
            )
        )
    return traces


def _gapped(lanes: list[str], start: np.ndarray, end: np.ndarray, line: dict[str, Any], name: str) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[str | None] = []
    said: list[str] = []
    for where, a, b in zip(lanes, start.tolist(), end.tolist(), strict=True):
        x += [a, b, None]
        y += [where, where, None]
        said += [f"{name}, day {a:.0f} to {b:.0f}"] * 2 + [""]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": line,
        "name": name,
        "opacity": 0.45,
        "text": said,
        "hovertemplate": "%{text}<extra>%{y}</extra>",
    }


def _procedures(view: CohortView, lane: dict[int, str], zero: np.ndarray) -> list[dict[str, Any]]:
    events = events_of(view.case)
    kinds = view.analysis.panel.events["kind"].to_numpy()[events.row]
    traces = []
    for code, kind in EVENT_KINDS.items():
        if kind.lane not in _MARKS:
            continue
        at = np.flatnonzero((kinds == code) & np.isin(events.patient, list(lane)))
        if len(at):
            who = events.patient[at]
            traces.append(
                _marks(
                    [lane[int(p)] for p in who],
                    np.floor(events.start[at]) - zero[who],
                    {"symbol": _MARKS[kind.lane], "size": 10, "color": view.paint.lane[kind.lane]},
                    kind.label,
                )
            )
    return traces


def _marks(lanes: list[str], x: np.ndarray, marker: dict[str, Any], name: str) -> dict[str, Any]:
    hover = f"{name}, day %{{x}}<extra>%{{y}}</extra>"
    common = {"type": "scatter", "mode": "markers", "marker": marker, "name": name, "hovertemplate": hover}
    return {**common, "x": rounded(x), "y": lanes}


def _scans(view: CohortView, lane: dict[int, str], zero: np.ndarray) -> list[dict[str, Any]]:
    images = view.analysis.panel.imaging
    code = view.analysis.panel.codes_of(images["patient_id"])
    day = days_of(images["date"])
    traces = []
    for response, label in RESPONSES.items():
        at = np.flatnonzero((images["response"].to_numpy(object) == response) & np.isin(code, list(lane)))
        if len(at):
            trace = _marks(
                [lane[int(p)] for p in code[at]],
                np.floor(day[at]) - zero[code[at]],
                {"symbol": "circle-open", "size": 7, "color": view.paint.response[response]},
                label,
            )
            trace |= {"mode": "markers+text", "text": [response] * len(at), "textposition": "middle right"}
            trace["textfont"] = {"size": 9, "color": view.paint.ink}
            traces.append(trace)
    return traces


FIGURE = Figure("swimmer", "Treatments", "cohort", 80, draw)
