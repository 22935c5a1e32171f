"""The patients table: AG Grid that asks the server for a hundred rows at a time; sorting and filtering happen there."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any

import dash_ag_grid as dag
import numpy as np
import pandas as pd

from analytics.analytes import shown
from analytics.case import Case
from analytics.cohort.patient_table import FIELDS
from analytics.derive.points import points_of
from analytics.panel import show_time
from dashboard.wording import ABSENT

BLOCK = 100
_ANSWER = {
    "anchor_at": ("Event", False),
    "before_1": ("Value before", True),
    "value_1": ("Value", True),
    "multiple_1": ("×", True),
    "at_1": ("On", False),
    "day_1": ("Day", True),
}
_TIMES = ("last", "anchor_at", "at_1")
_SHOWN = ("peak_ALT", "peak_BILI", "peak_ALP", "last_ALT", "last_BILI", "last_ALP", "last_ALB", "last_PLAT")


SPARKS = ("ALT", "BILI")
_BLOCKS = "▁▂▃▄▅▆▇█"
_STEPS = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
_LAST = 12


def sparks(case: Case, patient: np.ndarray, code: str) -> list[str]:
    """The last results of each patient as signs on one fixed scale of multiples of ULN, so that noise stays flat.

    Args:
        case: all patients.
        patient: codes of the patients to show, shape (n,).
        code: analyte.
    """
    points = points_of(case)
    at = points.of(code)
    at = at[np.isfinite(points.x_uln[at])]
    level = np.searchsorted(_STEPS, points.x_uln[at], side="right")
    first = np.searchsorted(points.patient[at], patient, side="left")
    last = np.searchsorted(points.patient[at], patient, side="right")
    return ["".join(_BLOCKS[k] for k in level[max(a, b - _LAST) : b]) for a, b in zip(first, last, strict=True)]


def column_choices() -> list[dict[str, str]]:
    """Every column but the patient, as choices of a list."""
    every = [_column(c) for c in ("reviewed", *_ANSWER)] + [_spark_column(c) for c in SPARKS]
    every += [_column(c) for c in _wanted() if c not in ("reviewed", *_ANSWER)]
    return [{"value": c["field"], "label": c["headerName"]} for c in every]


def known_columns(chosen: Sequence[str] | None) -> list[str]:
    """The chosen columns that there are, in the order of the table; none means all."""
    wanted = set(chosen or ())
    return [c["value"] for c in column_choices() if c["value"] in wanted]


_HEADS = {"wrapHeaderText": True, "autoHeaderHeight": True}


def grid(
    identity: Any,
    columns: pd.Index,
    scheme: str,
    chosen: Sequence[str] = (),
    first: Mapping[str, Sequence[str]] = MappingProxyType({}),
    view: str = "",
) -> dag.AgGrid:
    """An empty grid that will ask for its rows; another view puts its columns into another order in the browser.

    Args:
        identity: id of the grid.
        columns: that the rows will have.
        scheme: light or dark.
        chosen: columns that are shown; all where none is chosen.
        first: columns that come before the others, by view.
        view: the one beside which it stands now.
    """
    defs = [
        *[_column(c) for c in ("reviewed", *_ANSWER) if c in columns],
        *[_spark_column(c) for c in SPARKS],
        *[_column(c) for c in _wanted() if c in columns and c not in ("reviewed", *_ANSWER)],
    ]
    defs = [_key_column(), *[c for c in defs if not chosen or c["field"] in chosen]]
    order = {"usual": [c["field"] for c in defs], "first": {name: list(fields) for name, fields in first.items()}}
    place = {name: i for i, name in enumerate(["patient", *first.get(view, ())])}
    return dag.AgGrid(
        id=identity,
        columnDefs=sorted(defs, key=lambda column: place.get(column["field"], len(place))),
        rowModelType="infinite",
        getRowId="params.data.key",
        defaultColDef={"sortable": True, "resizable": True, "filter": True, "minWidth": 80} | _HEADS,
        dashGridOptions={
            "theme": "themeQuartz",
            "context": order,
            "rowSelection": {"mode": "multiRow", "checkboxes": True, "headerCheckbox": False},
            "selectionColumnDef": {"headerName": "Select", "width": 64},
            "rowBuffer": 0,
            "suppressColumnVirtualisation": True,
            "maxBlocksInCache": 10,
            "cacheBlockSize": BLOCK,
            "cacheOverflowSize": 2,
            "maxConcurrentDatasourceRequests": 1,
            "infiniteInitialRowCount": 1,
        },
        style={"height": "22rem"},
        className=f"patients patients-{scheme}",
    )


def _wanted() -> list[str]:
    fixed = [c for c in FIELDS if not c.startswith(("last_", "peak_", "answer_")) and c != "patient_id"]
    answers = [c for c in FIELDS if c.startswith("answer_")]
    return ["reviewed", *_ANSWER, *answers, *_SHOWN[:3], *fixed, *_SHOWN[3:]]


FIRST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "edish": ("peak_ALT", "peak_BILI", "worst"),
        "composite": ("peak_ALT", "peak_BILI", "worst"),
        "migration": ("peak_ALT", "peak_BILI", "worst"),
        "waterfall": ("peak_ALT", "last_ALT", "worst"),
        "shift": ("peak_ALT", "peak_BILI", "worst"),
        "swimmer": ("regimen", "answer_tumour", "last"),
        "compare": ("regimen", "primary_site", "sex"),
        "responses": ("answer_tumour", "peak_ALT", "peak_BILI"),
        "follow": ("last", "answer_follow_up", "n_results"),
        "limits": ("last", "n_results", "worst"),
        "board": ("site", "n_results", "last"),
    }
)
"""Columns that matter most beside a view; beside the others those of the answer, else the sparklines."""
_OF_AN_ANSWER = ("before_1", "value_1", "day_1", "multiple_1", "at_1")
"""The first three of them that say something of this answer."""
_OF_A_COURSE = (*(f"spark_{code}" for code in SPARKS), "worst")


def first_columns(view: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """The three columns that matter for a view of a cohort with these rows; none that is empty for all."""
    found = tuple(c for c in _OF_AN_ANSWER if c in frame and frame[c].notna().any())[:3]
    return FIRST.get(view) or found or _OF_A_COURSE


def _spark_column(code: str) -> dict[str, Any]:
    steps = ", ".join(f"{s:g}" for s in _STEPS)
    return {
        "field": f"spark_{code}",
        "headerName": f"{shown(code)}, last {_LAST}",
        "headerTooltip": f"last {_LAST} results, oldest first; a sign higher at {steps} x ULN",
        "width": 130,
        "cellRenderer": "CohortSpark",
        "sortable": False,
        "filter": False,
    }


def _key_column() -> dict[str, Any]:
    return {
        "field": "patient",
        "headerName": "Patient",
        "pinned": "left",
        "width": 116,
        "filter": False,
        "sortable": False,
    }


def _column(name: str) -> dict[str, Any]:
    if name == "reviewed":
        return {"field": name, "headerName": "Reviewed", "width": 130, "filter": "agTextColumnFilter"}
    label, numeric = _ANSWER.get(name) or (FIELDS[name].label, FIELDS[name].numeric)
    column: dict[str, Any] = {"field": name, "headerName": label, "width": 104}
    column["filter"] = "agNumberColumnFilter" if numeric else "agTextColumnFilter"
    if name in _TIMES:
        column["filter"] = False
    if numeric:
        column["type"] = "rightAligned"
    if name.startswith(("last_", "peak_")):
        column["headerClass"] = "of-uln"  # the sheet writes the unit behind the name
    if name in FIELDS:
        column["headerTooltip"] = FIELDS[name].says
    return column


def rows_of(frame: pd.DataFrame, clocks: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every row as the grid shows it."""
    return [_row(r, clocks) for r in frame.to_dict("records")]


def page_of(
    frame: pd.DataFrame, request: Mapping[str, Any], clocks: Mapping[str, str], case: Case | None = None
) -> dict[str, Any]:
    """The rows that the grid asks for: filtered and sorted here, times and absences as text.

    Column names of the request are looked up among the frame's own; others are ignored.
    """
    chosen: pd.DataFrame = frame
    for name, model in dict(request.get("filterModel") or {}).items():
        if name in frame.columns:
            column: Any = chosen[name]
            chosen = chosen[_passes(column, model)]
    sorts = [s for s in (request.get("sortModel") or []) if s.get("colId") in frame.columns]
    if sorts:
        chosen = chosen.sort_values(
            [s["colId"] for s in sorts],
            ascending=[s.get("sort") != "desc" for s in sorts],
            kind="stable",
            na_position="last",
        )
    low = max(int(request.get("startRow") or 0), 0)
    high = min(max(int(request.get("endRow") or BLOCK), low), low + 5 * BLOCK)
    block = chosen.iloc[low:high]
    rows = rows_of(block, clocks)
    if case is not None:
        codes = case.panel.codes_of(block["patient_id"])
        for code in SPARKS:
            for row, signs in zip(rows, sparks(case, codes, code), strict=True):
                row[f"spark_{code}"] = signs or ABSENT
    return {"rowData": rows, "rowCount": len(chosen)}


def _row(row: Mapping[Any, Any], clocks: Mapping[str, str]) -> dict[str, Any]:
    clock = clocks.get(row["patient_id"], "date")
    out: dict[str, Any] = {"key": row["key"], "patient": row["patient_id"]}  # as this viewer may know the patient
    for name in (*_wanted(),):
        if name not in row:
            continue
        value = row[name]
        if name in _TIMES:
            out[name] = show_time(value, clock)
        elif value is None or value != value or value is pd.NA:
            out[name] = ABSENT
        elif isinstance(value, (float, np.floating)):
            out[name] = float(f"{value:.3g}")
        else:
            out[name] = value.item() if isinstance(value, np.generic) else value
    return out


def _passes(column: pd.Series, model: Mapping[str, Any]) -> pd.Series:
    """One column's filter of AG Grid, two conditions at most."""
    parts = model.get("conditions")
    if parts:
        found = [_passes(column, part) for part in parts[:4]]
        either = model.get("operator") == "OR"
        return reduce(operator.or_ if either else operator.and_, found)
    kind, wanted = str(model.get("type", "")), model.get("filter")
    if kind == "blank":
        return column.isna() | (column == "")
    if kind == "notBlank":
        return ~(column.isna() | (column == ""))
    if model.get("filterType") == "number" and pd.api.types.is_numeric_dtype(column.dtype):
        return _number(column, kind, wanted, model.get("filterTo"))
    return _text(column.fillna("").astype(str).str.casefold(), kind, str(wanted or "").casefold())


def _number(column: pd.Series, kind: str, wanted: Any, to: Any) -> pd.Series:
    value = float(wanted)
    signs = {
        "equals": column == value,
        "notEqual": column != value,
        "greaterThan": column > value,
        "greaterThanOrEqual": column >= value,
        "lessThan": column < value,
        "lessThanOrEqual": column <= value,
    }
    if kind == "inRange":
        return column.between(value, float(to))
    return signs.get(kind, column == column).fillna(False)


def _text(column: pd.Series, kind: str, wanted: str) -> pd.Series:
    if kind in ("equals", "notEqual"):
        return (column == wanted) == (kind == "equals")
    if kind == "startsWith":
        return column.str.startswith(wanted)
    if kind == "endsWith":
        return column.str.endswith(wanted)
    has = column.str.contains(wanted, regex=False)
    return ~has if kind == "notContains" else has
