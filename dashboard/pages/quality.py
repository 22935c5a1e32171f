"""Data quality: what came in, what was held back and why, and what became of it."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import Dash, Input, Output, State, dcc, html, no_update
from flask import Flask, Response
from flask import request as http

from analytics.tables import REASONS
from dashboard import ids
from dashboard.components import held
from dashboard.components.downloads import csv_response
from dashboard.components.notices import card, empty, heading
from dashboard.components.values import count_of, text
from dashboard.context import Context, Request
from dashboard.ids import ids_of
from dashboard.security import trail
from dashboard.security.who import needs

PATH = "/quality"
TITLE = "Data quality"
NEEDS = "quality"
NAVIGATION = (40, "Data quality")
ID = ids_of("quality")
DOWNLOAD = "/download/held-back.csv"


def layout(request: Request) -> Any:
    """Sums, results held back by reason and file, their rows, and the ledger of imports."""
    imports, rows = request.store.imports(), request.store.quarantine()
    if imports.empty:
        return [heading(TITLE), empty("Nothing was imported yet.", dcc.Link("Import files", href="/imports"))]
    reason, file = request.query.get("reason"), request.query.get("file")
    return [
        heading(
            TITLE,
            "Every result of every file is accounted for once: stored, held back, duplicate, superseded or ignored.",
            dcc.Link("Import files", href="/imports", className="button") if request.user.may("import") else None,
        ),
        held.sums(imports),
        card(_overview(rows), title="Held back, by reason and file"),
        card(_desk(request, rows, reason, file), title="Results held back", identity="held-rows"),
        card(held.ledger_table(imports), title="Imports"),
    ]


def _overview(rows: pd.DataFrame) -> Any:
    if rows.empty:
        return empty("Nothing is held back.")
    return held.by_reason(rows)


def _desk(request: Request, rows: pd.DataFrame, reason: str | None, file: str | None) -> Any:
    """Filters, what can be done with the filtered rows, and the rows."""
    reasons = [{"value": code, "label": f"{code} — {REASONS[code]}"} for code in sorted(rows["reason_code"].unique())]
    files = sorted(rows["file"].unique())
    href = held.address(DOWNLOAD, {"reason": reason or "", "file": file or ""})
    return [
        html.Div(
            [
                dmc.Select(
                    id=ID("reason"), label="Reason", data=reasons, value=reason if reason in REASONS else None,
                    clearable=True, placeholder="any", size="sm", w=420,
                ),
                dmc.Select(
                    id=ID("file"), label="File", data=files, value=file if file in files else None,
                    clearable=True, placeholder="any", size="sm", w=240,
                ),
                html.A("Download as CSV", href=href, id=ID("download"), className="button"),
            ],
            className="filters",
        ),
        _dismissal(request),
        _acceptance(request, rows),
        _again(request),
        html.Div(id=ID("said"), role="status"),
        dcc.Store(id=ID("changed")),
        html.Div(held.rows_table(_narrowed(rows, reason, file)), id=ID("rows")),
    ]  # fmt: skip


def _narrowed(rows: pd.DataFrame, reason: str | None, file: str | None) -> pd.DataFrame:
    for column, value in (("reason_code", reason), ("file", file)):
        rows = rows[rows[column] == value] if value else rows
    return rows


def _again(request: Request) -> Any:
    if not request.user.may("import"):
        return None
    return html.P(
        [
            "Where the source was clear and only its form was not: ",
            dcc.Link("read the same file again", href="/imports"),
            " with a profile that declares it (date form, decimal sign, unit, name of a test). Rows that can then be "
            "read are closed here and keep their trace.",
        ],
        className="soft",
    )


def _dismissal(request: Request) -> Any:
    if not request.user.may("curate"):
        return None
    return html.Details(
        [
            html.Summary("Dismiss the rows that are listed"),
            html.P(
                "They stay in the store with who, when and why, and count as held back no longer.", className="soft"
            ),
            html.Div(
                [
                    dmc.TextInput(id=ID("why"), label="Why", size="sm", w=420, placeholder="needed"),
                    html.Button("Dismiss", id=ID("dismiss"), className="button"),
                ],
                className="filters",
            ),
        ],
        className="rule",
    )


def _acceptance(request: Request, rows: pd.DataFrame) -> Any:
    """For stored results that are kept out of view: a person may say that they are right."""
    if not request.user.may("curate") or not rows["result_id"].notna().any():
        return None
    return html.Details(
        [
            html.Summary("Accept stored results whose unit is in doubt"),
            html.P(
                "A result that differs from the one before by the factor between two units is stored and kept out of "
                "view (UNIT_SUSPECT, stored). Where the value is right, accept it: the stored results that are listed "
                "are shown again; who, when and why stay on record.",
                className="soft",
            ),
            html.Div(
                [
                    dmc.TextInput(id=ID("why-right"), label="Why", size="sm", w=420, placeholder="needed"),
                    html.Button("Accept as right", id=ID("accept"), className="button"),
                ],
                className="filters",
            ),
        ],
        className="rule",
    )


def connect(app: Dash, context: Context) -> None:
    """Filters redraw the rows; dismissing asks for a reason."""

    @app.callback(
        Output(ID("rows"), "children"),
        Output(ID("download"), "href"),
        Output(ids.ADDRESS, "data", allow_duplicate=True),
        Input(ID("reason"), "value"),
        Input(ID("file"), "value"),
        Input(ID("changed"), "data"),
        prevent_initial_call=True,
    )
    @needs("quality")
    def _rows(reason: str | None, file: str | None, changed: Any) -> tuple[Any, str, dict[str, str]]:
        rows = context.store.quarantine(reason=reason, file=file)
        query = {"reason": reason or "", "file": file or ""}
        return held.rows_table(rows), held.address(DOWNLOAD, query), query

    @app.callback(
        Output(ID("said"), "children"),
        Output(ID("changed"), "data"),
        Output(ID("why"), "value"),
        Input(ID("dismiss"), "n_clicks"),
        State(ID("why"), "value"),
        State(ID("reason"), "value"),
        State(ID("file"), "value"),
        prevent_initial_call=True,
    )
    @needs("curate")
    def _dismiss(clicks: int | None, why: str | None, reason: str | None, file: str | None) -> tuple[Any, Any, Any]:
        if not clicks:
            return no_update, no_update, no_update
        if not (why or "").strip():
            return html.P("Say why first."), no_update, no_update
        rows = context.store.quarantine(reason=reason, file=file)
        numbers = rows["quarantine_id"].astype("int64").tolist()
        context.store.dismiss(numbers, by=context.user.name, why=text(why))
        trail.record(context, "resolve", reason or "any reason", rows=len(numbers), detail="dismissed")
        return html.P(f"{count_of(len(numbers), 'row')} dismissed."), clicks, ""

    @app.callback(
        Output(ID("said"), "children", allow_duplicate=True),
        Output(ID("changed"), "data", allow_duplicate=True),
        Output(ID("why-right"), "value"),
        Input(ID("accept"), "n_clicks"),
        State(ID("why-right"), "value"),
        State(ID("reason"), "value"),
        State(ID("file"), "value"),
        prevent_initial_call=True,
    )
    @needs("curate")
    def _accept(clicks: int | None, why: str | None, reason: str | None, file: str | None) -> tuple[Any, Any, Any]:
        if not clicks:
            return no_update, no_update, no_update
        if not (why or "").strip():
            return html.P("Say why first."), no_update, no_update
        rows = context.store.quarantine(reason=reason, file=file)
        numbers = rows["quarantine_id"][rows["result_id"].notna()].astype("int64").tolist()
        if not numbers:
            return html.P("None of the rows that are listed is a stored result."), no_update, no_update
        done = context.store.accept(numbers, by=context.user.name, why=text(why))
        trail.record(context, "resolve", reason or "any reason", rows=done, detail="accepted")
        return html.P(f"{count_of(done, 'result')} shown again."), f"accepted {clicks}", ""


def routes(server: Flask, context: Context) -> None:
    """The rows held back as CSV with their reasons."""

    @server.route(DOWNLOAD, endpoint="download_held")
    @needs("quality")
    def _download() -> Response:
        reason, file = http.args.get("reason") or None, http.args.get("file") or None
        rows = context.store.quarantine(reason=reason, file=file)
        trail.record(context, "export", "quarantine", rows=len(rows))
        return csv_response(rows, "held-back")
