"""Audit: who looked at what, and whether the chain of entries still holds."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import Dash, Input, Output, html
from flask import Flask, Response

from analytics.errors import DamagedStore
from analytics.store.admin.audit import ACTIONS
from dashboard.components.downloads import csv_response
from dashboard.components.notices import banner, empty, heading
from dashboard.components.table import Head, table
from dashboard.security import trail
from dashboard.security.who import needs
from dashboard.web import ids
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of
from dashboard.wording import count_of, text, whole

PATH = "/audit"
TITLE = "Audit"
NEEDS = "audit"
NAVIGATION = (95, "Audit")
ID = ids_of("audit")
DOWNLOAD = "/download/audit.csv"
SHOWN, MOST = 200, 100_000


def layout(request: Request) -> Any:
    """The newest entries, narrowed by action, user or key; patients appear by opaque key only."""
    query = request.query
    action = query.get("action") if query.get("action") in ACTIONS else None
    return [
        heading(
            TITLE,
            "Entries are on the disk before what they speak of is shown. Patients appear by opaque key.",
            html.Button("Verify the chain", id=ID("verify"), className="button"),
            html.A("Download as CSV", href=DOWNLOAD, className="button"),
        ),
        html.Div(id=ID("verified"), role="status"),
        html.Div(
            [
                dmc.Select(
                    id=ID("action"), label="Action", data=list(ACTIONS), value=action, clearable=True,
                    placeholder="any", size="sm", w=200, searchable=True,
                ),
                dmc.TextInput(id=ID("user"), label="User", value=query.get("user", ""), debounce=300, size="sm", w=180),
                dmc.TextInput(id=ID("key"), label="Key", value=query.get("key", ""), debounce=300, size="sm", w=180),
            ],
            className="filters",
        ),
        html.Div(_entries(request.context, action, query.get("user", ""), query.get("key", "")), id=ID("entries")),
    ]  # fmt: skip


def _entries(context: Context, action: str | None, user: str, key: str) -> list[Any]:
    frame = context.whole_store.log.entries(SHOWN, action or "", user.strip(), key.strip())
    if frame.empty:
        return [empty("No entry fits.")]
    heads = [
        Head("No.", numeric=True),
        *[Head(label) for label in ("When (UTC)", "User", "Role", "Action", "Key")],
        Head("Rows", numeric=True),
        Head("From"),
        Head("Detail", wide=True),
    ]
    rows = [
        [
            whole(r["seq"]),
            str(r["utc"])[:19].replace("T", " "),
            text(r["user"]),
            text(r["role"]),
            text(r["action"]).replace("_", " "),
            html.Code(text(r["key"])),
            whole(r["rows"]),
            text(r["ip"]),
            text(r["detail"]),
        ]
        for r in frame.to_dict("records")
    ]
    note = f"The newest {SHOWN}; the download has more." if len(frame) == SHOWN else ""
    return [table(heads, rows, caption="Audit entries, newest first"), html.P(note, className="soft")]


def connect(app: Dash, context: Context) -> None:
    """Filters redraw; the chain is followed on request."""

    @app.callback(
        Output(ID("entries"), "children"),
        Output(ids.ADDRESS, "data", allow_duplicate=True),
        Input(ID("action"), "value"),
        Input(ID("user"), "value"),
        Input(ID("key"), "value"),
        prevent_initial_call=True,
    )
    @needs("audit")
    def _narrow(action: str | None, user: str | None, key: str | None) -> tuple[Any, dict[str, str]]:
        query = {"action": action or "", "user": user or "", "key": key or ""}
        return _entries(context, action, user or "", key or ""), query

    @app.callback(Output(ID("verified"), "children"), Input(ID("verify"), "n_clicks"), prevent_initial_call=True)
    @needs("audit")
    def _verify(clicks: int | None) -> Any:
        if not clicks:
            return ""
        try:
            return banner(
                f"The chain holds: {count_of(context.whole_store.log.verify(), 'entry', 'entries')}.", level="good"
            )
        except DamagedStore as error:
            return banner(str(error), level="attention")


def routes(server: Flask, context: Context) -> None:
    """The log as CSV; taking it is an entry too."""

    @server.route(DOWNLOAD, endpoint="download_audit")
    @needs("audit")
    def _download() -> Response:
        frame: pd.DataFrame = context.whole_store.log.entries(MOST)
        trail.record(context, "export", "audit", rows=len(frame))
        return csv_response(frame, "audit")
