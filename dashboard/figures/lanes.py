"""Treatments, imaging and symptoms as lanes: one row an agent or kind of event, on the clock of the labs.

Intervals are horizontal bars (``base`` and length), moments are symbols; a bar's height is its dose as a share of the
agent's highest dose, and each lane has its own hatching, so that the lanes are told apart without colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.derive.contact import last_contact_of
from analytics.derive.lines import lines_of
from analytics.derive.treatments import treatment_key, without_cycle
from analytics.event_kinds import EVENT_KINDS, LANES, RESPONSES
from analytics.once import give, once
from analytics.panel import Panel
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock
from dashboard.figures.words import ABSENT, hover, in_full, number, plain

SYMBOLS: Mapping[str, str] = {
    "systemic": "line-ns-open",
    "radiation": "hourglass",
    "surgery": "diamond",
    "local": "cross",
    "stent": "triangle-up",
    "imaging": "square",
    "symptom": "circle",
    "other": "pentagon",
}
_HATCH = {"radiation": "/", "stent": "x", "local": "-"}
_MOST_ROWS = 14
_FULL, _TOLD = 0.72, 0.92
"""Share of its row that a bar fills; more where it carries words, which are drawn small otherwise."""

_NO_ROOM = 6
"""Percent of the time shown, at its end."""
_NEVER = np.datetime64("NaT", "us")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """One event or scan in a lane; ``end`` equals ``start`` for a moment."""

    row: int
    start: np.datetime64
    end: np.datetime64
    height: float
    label: str
    says: str
    when: str
    goes_on: bool = False


@dataclass
class Lanes:
    """Rows from top to bottom, and what lies in them by lane."""

    rows: list[str] = field(default_factory=list)
    items: dict[str, list[Item]] = field(default_factory=dict)
    breaks: list[tuple[np.datetime64, str]] = field(default_factory=list)
    line_starts: list[tuple[np.datetime64, str]] = field(default_factory=list)


@once
def lanes_of(analysis: Analysis) -> Lanes:
    """Sort one patient's events and scans into lanes."""
    lanes = Lanes()
    panel = analysis.panel
    clock = Clock(str(panel.patients["clock"].iloc[0]))
    cut = np.datetime64(last_contact_of(analysis.case), "us")
    events, scans = _events_and_scans(analysis)
    _add_lines(lanes, analysis, clock, cut)
    for lane in LANES:
        here = [e for e in events if EVENT_KINDS[e["kind"]].lane == lane]
        for label, rows in _rows_of(lane, here):
            _add_row(lanes, lane, label, rows, clock, cut)
        if lane == "stent":
            _add_imaging(lanes, scans, clock)
    return lanes


def _add_lines(lanes: Lanes, analysis: Analysis, clock: Clock, cut: np.datetime64) -> None:
    """Treatment lines as the top row, each until the next begins."""
    lines = lines_of(analysis.case)
    if lines.empty:
        return
    lanes.rows.append("Line of therapy")
    starts = np.array([round(day * 86_400) for day in lines["start"].tolist()], "datetime64[s]").astype(
        "datetime64[us]"
    )
    ends = np.append(starts[1:], max(cut, starts[-1] + np.timedelta64(1, "D")))
    for line, start, end, shown in zip(lines["line"].tolist(), starts, ends, clock.shown(starts), strict=True):
        lanes.line_starts.append((start, f"line {line}"))
        item = Item(0, start, end, _TOLD, f"line {line}", f"<b>line {line}</b> of systemic therapy", f"from {shown}")
        lanes.items.setdefault("line", []).append(item)


Records = list[dict[str, Any]]


@once
def _events_and_scans(analysis: Analysis) -> tuple[Records, Records]:
    """Events and scans of one patient."""
    return next(iter(events_by_patient(analysis.panel).values()))


def give_events(analysis: Analysis, events: Records, scans: Records) -> None:
    """Take the events and scans of one patient from those that were read for many."""
    give(_events_and_scans, analysis, (events, scans))


def events_by_patient(panel: Panel) -> dict[str, tuple[Records, Records]]:
    """Events and scans of every patient as records."""
    found: dict[str, tuple[Records, Records]] = {str(p): ([], []) for p in panel.patient_ids}
    for which, records in enumerate(
        (_records(panel.events, ("start_date", "end_date")), _records(panel.imaging, ("date",)))
    ):
        for record in records:
            found[record["patient_id"]][which].append(record)
    return found


def _records(frame: pd.DataFrame, times: tuple[str, ...]) -> Records:
    """Rows as dicts; missing text and numbers are None, times stay numpy with NaT."""
    columns: dict[str, list[Any]] = {}
    for name in frame.columns:
        if name in times:
            columns[name] = list(frame[name].to_numpy("datetime64[us]"))
        else:
            raw = frame[name].to_numpy(object)
            columns[name] = [None if v is pd.NA or v != v else v for v in raw.tolist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _rows_of(lane: str, events: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Systemic therapy has one row a treatment, symptoms one row a name, the other lanes one row a kind of event."""
    rows: dict[Any, list[dict[str, Any]]] = {}
    for event in events:
        kind = EVENT_KINDS[event["kind"]].label
        name = (event["name"] or kind) if lane in ("systemic", "symptom") else kind
        rows.setdefault(treatment_key(name) if lane == "systemic" else name, []).append(event)
    listed = [(_name_of(lane, many), many) for many in rows.values()]
    if len(listed) > _MOST_ROWS:
        rest = listed[_MOST_ROWS - 1 :]
        listed = [*listed[: _MOST_ROWS - 1], (f"{len(rest)} more", [e for _, many in rest for e in many])]
    return listed


def _name_of(lane: str, events: list[dict[str, Any]]) -> str:
    """What a row is called; a treatment whose names differ by their cycles goes without them."""
    kind = EVENT_KINDS[events[0]["kind"]].label
    if lane not in ("systemic", "symptom"):
        return kind
    names = {event["name"] for event in events}
    return str(events[0]["name"] or kind) if len(names) == 1 else without_cycle(str(events[0]["name"] or kind))


def _add_row(
    lanes: Lanes, lane: str, label: str, events: list[dict[str, Any]], clock: Clock, cut: np.datetime64
) -> None:
    row = len(lanes.rows)
    lanes.rows.append(label)
    starts = np.array([e["start_date"] for e in events], dtype="datetime64[us]")
    most = max((e["dose"] for e in events if e["dose"]), default=0.0)
    doses = {e["dose"] for e in events}
    for event, start in zip(events, starts, strict=True):
        kind = EVENT_KINDS[event["kind"]]
        end, goes_on, replaced = _end(event, starts, max(cut, starts.max()), lasts=kind.lasts)
        item = Item(
            row=row,
            start=start,
            end=end,
            height=_FULL * (0.5 + 0.5 * event["dose"] / most) if event["dose"] and most else _FULL,
            label=_label(event, varied=len(doses) > 1),
            says=_says(event, kind.label),
            when=_when(clock, event, end if replaced else None, goes_on=goes_on),
            goes_on=goes_on,
        )
        lanes.items.setdefault(lane, []).append(item)
        if kind.breaks:
            lanes.breaks.append((start, kind.label))


def _end(event: Record, starts: Any, cut: np.datetime64, *, lasts: bool) -> tuple[Any, bool, bool]:
    """Where an event is drawn to; whether it goes on; whether the next one of its row replaced it.

    An interval without an end is drawn to the next start in its row (a stent until its exchange), else to the last
    contact.
    """
    start, end = event["start_date"], event["end_date"]
    if not np.isnat(end):
        return end, False, False
    if not lasts:
        return start, False, False
    later = starts[starts > start]
    return (later.min(), False, True) if len(later) else (cut, cut > start, False)


def _when(clock: Clock, event: Record, drawn_to: Any, *, goes_on: bool) -> str:
    start, end = clock.shown(np.array([event["start_date"], event["end_date"]], dtype="datetime64[us]"))
    if drawn_to is not None:
        return f"{start}, no end recorded; drawn to the next one, {clock.shown(np.array([drawn_to]))[0]}"
    if goes_on:
        return f"{start}, no end recorded"
    return start if end in (ABSENT, start) else f"{start} to {end}"


def _label(event: Record, *, varied: bool) -> str:
    if event["grade"] is not None:
        return f"G{event['grade']}"
    return f"{event['dose']:g}" if event["dose"] and varied else ""


def _says(event: Record, kind: str) -> str:
    name = plain(event["name"])
    parts = [
        f"<b>{name or kind}</b>",
        kind if name and name.casefold() != kind.casefold() else "",
        "" if event["line"] is None else f"line {event['line']}",
        "" if event["dose"] is None else f"{event['dose']:g} {plain(event['unit'])}".strip(),
        "" if event["grade"] is None else f"grade {event['grade']}",
        in_full(event["detail"]),
        _source(event),
    ]
    return "<br>".join(p for p in parts if p)


def _source(event: Record) -> str:
    file, line = plain(event["source_file"]), event["source_line"]
    return f"{file} row {line}" if file and line is not None else file


def _add_imaging(lanes: Lanes, scans: list[dict[str, Any]], clock: Clock) -> None:
    if not scans:
        return
    row = len(lanes.rows)
    lanes.rows.append("Imaging")
    when = np.array([s["date"] for s in scans], dtype="datetime64[us]")
    for scan, moment, shown in zip(scans, when, clock.shown(when), strict=True):
        response, size = scan["response"] or "", scan["target_sum_mm"]
        says = [
            f"<b>{plain(scan['modality'])}</b>",
            RESPONSES.get(response, "no response given"),
            f"sum of target lesions {ABSENT if size is None else number(size) + ' mm'}",
            "new lesion" if scan["new_lesion"] else "",
            in_full(scan["detail"]),
            _source(scan),
        ]
        label = (response or plain(scan["modality"])) + ("" if size is None else f" {number(size)}")
        item = Item(row, moment, moment, _FULL, label, "<br>".join(s for s in says if s), shown)
        lanes.items.setdefault("imaging", []).append(item)


def traces(lanes: Lanes, clock: Clock, choice: Choice) -> list[dict[str, Any]]:
    """Bars for intervals, symbols for moments, arrow heads where something goes on; at most three traces a lane."""
    drawn: list[dict[str, Any]] = []
    late = _late(lanes)
    for lane, items in lanes.items.items():
        bars = [i for i in items if i.end > i.start]
        moments = [i for i in items if i.end <= i.start]
        if bars:
            drawn.append(_bars(lane, bars, clock, choice))
        if going := [i for i in bars if i.goes_on]:
            drawn.append(_arrows(lane, going, clock, choice))
        if moments:
            drawn.append(_moments(lane, moments, late, clock, choice))
    return drawn


def _late(lanes: Lanes) -> np.datetime64:
    """From when on a label has no room at the right of its symbol."""
    every = [item for items in lanes.items.values() for item in items]
    first, last = min((i.start for i in every), default=_NEVER), max((i.end for i in every), default=_NEVER)
    return last - (last - first) * _NO_ROOM // 100


def _beside(label: str, at_left: bool) -> str:
    return "" if not label else f"{label} " if at_left else f" {label}"


def _array(moments: list[Any]) -> Any:
    return np.array(moments, dtype="datetime64[us]")


def _bars(lane: str, items: list[Item], clock: Clock, choice: Choice) -> dict[str, Any]:
    template, data = hover({"_what": [i.says for i in items], "_when": [i.when for i in items]})
    starts, ends = _array([i.start for i in items]), _array([i.end for i in items])
    surface, is_line = choice.paint.surface, lane == "line"
    return {
        "type": "bar",
        "orientation": "h",
        "name": "Line of therapy" if is_line else LANES[lane],
        "showlegend": False,
        "base": clock.at(starts),
        "x": clock.span(starts, ends),
        "y": [i.row for i in items],
        "width": [round(i.height, 2) for i in items],
        "text": [i.label for i in items],
        "textposition": "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "constraintext": "inside",
        "textfont": {"size": 10, "color": choice.paint.ink if is_line else surface},
        "marker": {
            "color": choice.paint.sunken if is_line else choice.paint.lane[lane],
            "line": {"width": 1.5, "color": surface},
            "pattern": {
                "shape": _HATCH.get(lane, ""),
                "fillmode": "overlay",
                "fgcolor": surface,
                "fgopacity": 0.55,
                "size": 6,
                "solidity": 0.2,
            },
        },
        "customdata": data,
        "hovertemplate": template,
    }


def _arrows(lane: str, items: list[Item], clock: Clock, choice: Choice) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{LANES[lane]}, ongoing",
        "showlegend": False,
        "x": clock.at(_array([i.end for i in items])),
        "y": [i.row for i in items],
        "marker": {"symbol": "triangle-right", "size": 11, "color": choice.paint.lane[lane]},
        "cliponaxis": False,
        "hovertemplate": "ongoing: no end recorded up to the last contact<extra></extra>",
    }


def _moments(lane: str, items: list[Item], late: np.datetime64, clock: Clock, choice: Choice) -> dict[str, Any]:
    at_left = {i for i, item in enumerate(items) if item.start > late}
    template, data = hover({"_what": [i.says for i in items], "_when": [i.when for i in items]})
    colour = choice.paint.lane[lane]
    return {
        "type": "scatter",
        "mode": "markers+text" if any(i.label for i in items) else "markers",
        "name": LANES[lane],
        "showlegend": False,
        "x": clock.at(_array([i.start for i in items])),
        "y": [i.row for i in items],
        "text": [_beside(item.label, n in at_left) for n, item in enumerate(items)],
        "textposition": ["middle left" if n in at_left else "middle right" for n in range(len(items))]
        if at_left
        else "middle right",
        "textfont": {"size": 10, "color": choice.paint.ink},
        "cliponaxis": False,
        "marker": {
            "symbol": SYMBOLS[lane],
            "size": 9,
            "color": colour,
            "line": {"width": 2 if lane == "systemic" else 0, "color": colour},
        },
        "customdata": data,
        "hovertemplate": template,
    }
