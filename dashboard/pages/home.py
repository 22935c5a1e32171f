"""Worklist: who has new findings, worst and newest first."""

from __future__ import annotations

from typing import Any

from dash import Dash, dcc

from dashboard.components.frame import patient_href
from dashboard.components.notices import heading
from dashboard.components.table import Head, table
from dashboard.components.values import when, whole
from dashboard.context import Context, Request
from dashboard.ids import ids_of

PATH = "/"
TITLE = "Worklist"
NEEDS = "patients"
NAVIGATION = (10, "Worklist")
ID = ids_of("home")


def layout(request: Request) -> Any:
    """The worklist as a table."""
    frame = request.store.worklist()
    rows = [
        [dcc.Link(r["key"], href=patient_href(r["key"])), whole(r["n_results"]), when(r["last"], r["clock"])]
        for r in frame.head(100).to_dict("records")
    ]
    heads = [Head("Patient"), Head("Results", numeric=True), Head("Last result")]
    return [heading("Worklist", f"{len(frame)} patients"), table(heads, rows, caption="Patients")]


def connect(app: Dash, context: Context) -> None:
    """No callbacks yet."""
