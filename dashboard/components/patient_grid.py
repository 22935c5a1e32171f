"""Large tables of one patient as a grid that renders only what is in sight: results by moment, events and imaging,
scores.

A column's field holds what it is sorted by (a number, a moment in microseconds, a text), ``<field>_s`` what is shown,
``<field>_t`` the longer words on hover; so the grid sorts values and never their spelling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import numpy as np
import pandas as pd
from dash import html

from analytics.analysis import Analysis
from analytics.analytes import shown
from analytics.event_kinds import EVENT_KINDS
from dashboard.components.patient_state import event_name
from dashboard.figures.score_timeline import name_of
from dashboard.figures.tracks import CONFLICTED_SAYS, CONFLICTED_WHERE, Track, tracks_of, unit_of
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, is_absent, number, when

_ROW, _HEAD, _MOST = 27, 34, 420
_DEFAULTS = {
    "sortable": True,
    "cellDataType": False,  # what a guessed type would write stands in <field>_s already
    "resizable": True,
    "valueFormatter": {"function": "params.data ? params.data[params.colDef.field + '_s'] : ''"},
    "tooltipValueGetter": {"function": "params.data ? params.data[params.colDef.field + '_t'] : ''"},
}


def grid(identity: Any, columns: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]], name: str) -> html.Div:
    """A grid of the house; ``name`` is what a screen reader calls it."""
    height = min(_HEAD + _ROW * len(rows) + 18, _MOST)
    inside = dag.AgGrid(
        id=identity,
        columnDefs=list(columns),
        rowData=list(rows),
        getRowId="params.data.id",
        defaultColDef=_DEFAULTS,
        dashGridOptions={
            "theme": "themeQuartz",
            "ensureDomOrder": True,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
            "rowHeight": _ROW,
            "headerHeight": _HEAD,
            "suppressDragLeaveHidesColumns": True,
        },
        style={"height": f"{height}px"},
        className="house-grid",
    )
    return html.Div(inside, role="region", className="grid-region", **wild({"aria-label": name}))


def results(identity: Any, analysis: Analysis, codes: Sequence[str]) -> Any:
    """One row a moment of collection, latest first; one column a test; H and L beside what is outside the range."""
    clock = str(analysis.panel.patients["clock"].iloc[0])
    tracks = {c: t for c, t in tracks_of(analysis).items() if c in codes}
    if not tracks:
        return html.P("No results.", className="soft")
    moments = np.unique(np.concatenate([t.when for t in tracks.values()]))[::-1]
    days = moments.astype("datetime64[D]")
    precision = "minute" if clock == "date" and len(np.unique(days)) < len(days) else "day"
    rows = {
        int(moment.astype("int64")): {
            "id": str(i),
            "at": int(moment.astype("int64")),
            "at_s": when(pd.Timestamp(moment), clock, precision),
        }
        for i, moment in enumerate(moments)
    }
    for code, track in tracks.items():
        for row in rows.values():
            row[f"{code}_s"] = ABSENT
        for moment, cell in _cells(code, track):
            _put(rows[moment], code, cell)
    first = {"field": "at", "headerName": "Collected", "pinned": "left", "width": 150 if precision == "minute" else 112}
    columns = [first] + [
        {
            "field": code,
            "headerName": f"{shown(code)} {unit_of(track.analyte)}",
            "headerTooltip": track.analyte.label,
            "type": "rightAligned",
            "width": 132,
        }
        for code, track in tracks.items()
    ]
    table = grid(identity, columns, list(rows.values()), "Results by day of collection, latest first")
    if not any(track.conflicted for track in tracks.values()):
        return table
    return html.Div([html.P(f"{CONFLICTED_SAYS}: {CONFLICTED_WHERE}", className="soft"), table])


def _cells(code: str, track: Track) -> Iterator[tuple[int, dict[str, Any]]]:
    """Moment and cell of each result."""
    values = track.value.tolist()
    for i, moment in enumerate(track.when.astype("int64").tolist()):
        mark, text = f"{track.outside[i]} ".lstrip(), track.shown[i]
        says = f"range {track.ranges[i]}; × ULN {track.multiples['x_uln'][i]}"
        says += f"; {track.texts['source_file'][i]} row {track.source_line[i]}"
        if track.texts["replaced"][i]:
            says += f"; corrected, before {track.texts['replaced'][i]}"
        if track.texts["held_instead"][i]:
            says += f"; quarantined: {track.texts['held_instead'][i]}"
        yield moment, {code: values[i], f"{code}_s": mark + text, f"{code}_t": says}


def _put(row: dict[str, Any], code: str, cell: dict[str, Any]) -> None:
    """Two results of one moment share a cell; it is sorted by the first."""
    if code in row:
        cell = {
            code: row[code],
            f"{code}_s": f"{row[f'{code}_s']}; {cell[f'{code}_s']}",
            f"{code}_t": f"{row[f'{code}_t']} | {cell[f'{code}_t']}",
        }
    row.update(cell)


_SCORE_COLUMNS = (
    ("score", "Score", 170),
    ("date", "Date", 112),
    ("value", "Value", 96),
    ("band", "Class", 240),
    ("note", "Note", 560),
)


def scores(identity: Any, analysis: Analysis) -> Any:
    """Every score with its day, class and what limits it, latest first."""
    clock = str(analysis.panel.patients["clock"].iloc[0])
    known = analysis.scores[analysis.scores["value"].notna()].sort_values("date", ascending=False, kind="stable")
    if known.empty:
        return html.P("No score: inputs not measured within the days that it asks for.", className="soft")
    rows = []
    for i, row in enumerate(known.to_dict("records")):
        texts = {name: row[name] if isinstance(row[name], str) else "" for name in ("band", "note")}
        values = {"score": name_of(row["score"]), "date": pd.Timestamp(row["date"]).value // 1000, **texts}
        told = {f"{name}_s": value or ABSENT for name, value in values.items()}
        told |= {"date_s": when(row["date"], clock), "value_s": number(row["value"], 2), "note_t": texts["note"]}
        rows.append({"id": str(i), **values, "value": float(row["value"]), **told})
    columns: list[dict[str, Any]] = [{"field": f, "headerName": label, "width": w} for f, label, w in _SCORE_COLUMNS]
    columns[2]["type"] = "rightAligned"
    return grid(identity, columns, rows, "Scores, latest first")


_EVENT_COLUMNS = (
    ("start", "Start", 112),
    ("end", "End", 112),
    ("what", "What", 164),
    ("name", "Name", 180),
    ("line", "Line", 76),
    ("dose", "Dose or sum", 118),
    ("grade", "Grade, response", 134),
    ("detail", "Detail", 300),
    ("source", "Source", 170),
)


def all_events(identity: Any, analysis: Analysis) -> Any:
    """Every event and scan, latest first: the table twin of the lanes."""
    clock = str(analysis.panel.patients["clock"].iloc[0])
    told = [*_events(analysis), *_scans(analysis)]
    if not told:
        return html.P("No events and no imaging recorded.", className="soft")
    told.sort(key=lambda row: pd.Timestamp(row["start"]), reverse=True)
    rows: list[dict[str, Any]] = []
    for i, row in enumerate(told):
        out: dict[str, Any] = {"id": str(i)}
        for name, value in row.items():
            moment = name in ("start", "end")
            none = is_absent(value) or value == ""
            out[name] = None if none else pd.Timestamp(value).value // 1000 if moment else value
            out[f"{name}_s"] = ABSENT if none else when(value, clock) if moment else _words(name, value, row)
        rows.append(out)
    columns = [{"field": field, "headerName": label, "width": width} for field, label, width in _EVENT_COLUMNS]
    columns[-2]["tooltipField"] = "detail"
    return grid(identity, columns, rows, "Events and imaging, latest first")


def _words(name: str, value: Any, row: dict[str, Any]) -> str:
    return f"{value:g} {row['unit']}".strip() if name == "dose" else str(value)


def _events(analysis: Analysis) -> Iterator[dict[str, Any]]:
    for e in analysis.panel.events.to_dict("records"):
        yield {
            "start": e["start_date"],
            "end": e["end_date"],
            "what": EVENT_KINDS[e["kind"]].label,
            "name": event_name(e),
            "line": None if is_absent(e["line"]) else int(e["line"]),
            "dose": None if is_absent(e["dose"]) else float(e["dose"]),
            "unit": e["unit"] if isinstance(e["unit"], str) else "",
            "grade": "" if is_absent(e["grade"]) else f"grade {e['grade']}",
            "detail": e["detail"] if isinstance(e["detail"], str) else "",
            "source": _source(e),
        }


def _scans(analysis: Analysis) -> Iterator[dict[str, Any]]:
    for s in analysis.panel.imaging.to_dict("records"):
        detail = s["detail"] if isinstance(s["detail"], str) else ""
        fresh = not is_absent(s["new_lesion"]) and bool(s["new_lesion"])
        yield {
            "start": s["date"],
            "end": None,
            "what": "Imaging",
            "name": str(s["modality"]),
            "line": None,
            "dose": None if is_absent(s["target_sum_mm"]) else float(s["target_sum_mm"]),
            "unit": "mm",
            "grade": s["response"] if isinstance(s["response"], str) else "",
            "detail": "; ".join(p for p in ("new lesion" if fresh else "", detail) if p),
            "source": _source(s),
        }


def _source(row: Mapping[Any, Any]) -> str:
    file, line = row["source_file"], row["source_line"]
    return f"{file} row {line}" if isinstance(file, str) and not is_absent(line) else ""
