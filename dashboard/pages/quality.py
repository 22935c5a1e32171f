"""Data quality: what came in, what was quarantined and why, and what became of it."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import Dash, Input, Output, State, dcc, html, no_update
from flask import Flask, Response
from flask import request as http

from analytics.errors import HepatrendError, InputError
from analytics.tables import REASONS
from dashboard.components import held, import_summary
from dashboard.components.downloads import csv_response
from dashboard.components.notices import banner, card, empty, heading
from dashboard.importing import profile_rules, progress, service
from dashboard.importing.profiles import Profiles
from dashboard.importing.uploads import Uploads
from dashboard.security import trail
from dashboard.security.columns import leaves
from dashboard.security.named import is_among
from dashboard.security.who import needs
from dashboard.web import ids
from dashboard.web.component_json import serialised
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of, set_off_by
from dashboard.wording import count_of, text

PATH = "/quality"
TITLE = "Data quality"
NEEDS = "quality"
NAVIGATION = (40, "Data quality")
ID = ids_of("quality")
DOWNLOAD = "/download/held-back.csv"


def layout(request: Request) -> Any:
    """Sums, quarantined results by reason and file, their rows, and the ledger of imports."""
    imports, rows = request.store.imports(), request.store.quarantine()
    if imports.empty:
        return [heading(TITLE), empty("Nothing was imported yet.", dcc.Link("Import files", href="/imports"))]
    reason, file = request.query.get("reason"), request.query.get("file")
    return [
        heading(
            TITLE,
            "Every result is counted once: stored, quarantined, duplicate, superseded or ignored.",
            dcc.Link("Import files", href="/imports", className="button") if request.user.may("import") else None,
        ),
        html.Div(held.sums(imports), id=ID("sums")),
        card(html.Div(_overview(rows), id=ID("overview")), title="Quarantined, by reason and file"),
        card(_desk(request, rows, reason, file), title="Quarantined results", identity="held-rows"),
        *_agents(request),
        card(html.Div(held.ledger_table(imports), id=ID("ledger")), title="Imports"),
    ]


def _agents(request: Request) -> list[Any]:
    """Names of treatments that no rule can use; nothing where there are none."""
    names = request.store.unrecognised()
    return [card(held.agents_table(names), title="Agents not recognised", identity="agents")] if len(names) else []


def _overview(rows: pd.DataFrame) -> Any:
    if rows.empty:
        return empty("Nothing is quarantined.")
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
        *_rules(request, rows, reason, file),
        html.Div(id=ID("said"), role="status"),
        dcc.Store(id=ID("changed")),
        dmc.Switch(id=ID("closed"), label="Also those that were read again, dismissed or accepted", size="sm"),
        html.Div(held.rows_table(_narrowed(rows, reason, file)), id=ID("rows"), className="spaced"),
    ]  # fmt: skip


def _narrowed(rows: pd.DataFrame, reason: str | None, file: str | None) -> pd.DataFrame:
    for column, value in (("reason_code", reason), ("file", file)):
        rows = rows[rows[column] == value] if value else rows
    return rows


def _rules(request: Request, rows: pd.DataFrame, reason: str | None, file: str | None) -> list[Any]:
    """Rules for the profile of a source, and reading its file again with them."""
    if not request.user.may("import"):
        return []
    return [
        html.Details(
            [
                html.Summary("Add rules to the profile and read the file again"),
                html.P(
                    "Where the source was clear and only its form was not. The rules are added to the profile that the "
                    "file was read with; what can be read then is stored, and the rows that are listed are closed and "
                    "keep their trace. Next week's file goes in with the saved profile.",
                    className="soft",
                ),
                html.Div(
                    [
                        dmc.MultiSelect(
                            id=ID("rules"), label="Rules", data=_choices(_narrowed(rows, reason, file)),
                            searchable=True, size="sm", w=520, limit=200, placeholder="of the rows that are listed",
                        ),
                        dmc.TextInput(
                            id=ID("profile"), label="Save the profile as", size="sm", w=220, placeholder="northgate_lab"
                        ),
                        html.Button("Read again", id=ID("again"), className="button"),
                    ],
                    className="filters",
                ),
                html.Div(id=ID("progress"), role="status", className="stack"),
            ],
            className="rule",
        ),
        dcc.Store(id=ID("job")),
        dcc.Interval(id=ID("timer"), interval=700, disabled=True),
    ]  # fmt: skip


def _choices(rows: pd.DataFrame) -> list[dict[str, str]]:
    return [{"value": rule.name, "label": rule.says} for rule in profile_rules.offered(rows)]


def _dismissal(request: Request) -> Any:
    if not request.user.may("curate"):
        return None
    return html.Details(
        [
            html.Summary("Dismiss the rows that are listed"),
            html.P(
                "They stay in the store with who, when and why, and count as quarantined no longer.", className="soft"
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
    """For stored results that are quarantined: a person may say that they are right."""
    if not request.user.may("curate") or not rows["result_id"].notna().any():
        return None
    return html.Details(
        [
            html.Summary("Accept stored results whose unit is in doubt"),
            html.P(
                "A result that differs from the one before by the factor between two units is stored and quarantined "
                "(UNIT_SUSPECT, stored). Where the value is right, accept it: the stored results that are listed "
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
    """Filters redraw the rows; what changed is counted anew."""

    @app.callback(
        Output(ID("sums"), "children"),
        Output(ID("overview"), "children"),
        Output(ID("ledger"), "children"),
        Input(ID("changed"), "data"),
        prevent_initial_call=True,
    )
    @needs("quality")
    def _counts(changed: Any) -> tuple[Any, ...]:
        imports = context.store.imports()
        parts = (held.sums(imports), _overview(context.store.quarantine()), held.ledger_table(imports))
        return tuple(map(serialised, parts))

    @app.callback(
        Output(ID("rows"), "children"),
        Output(ID("download"), "href"),
        Output(ids.ADDRESS, "data", allow_duplicate=True),
        Input(ID("reason"), "value"),
        Input(ID("file"), "value"),
        Input(ID("changed"), "data"),
        Input(ID("closed"), "checked"),
        prevent_initial_call=True,
    )
    @needs("quality")
    def _rows(
        reason: str | None, file: str | None, changed: Any, closed: bool | None
    ) -> tuple[Any, str, dict[str, str]]:
        rows = context.store.quarantine(reason=reason, file=file, include_resolved=bool(closed))
        query = {"reason": reason or "", "file": file or ""}
        shown = held.address(DOWNLOAD, query | {"closed": "1" if closed else ""})
        return serialised(held.rows_table(rows)), shown, query

    _connect_decisions(app, context)
    _connect_rules(app, context)


def _connect_decisions(app: Dash, context: Context) -> None:
    """Dismissing and accepting, each with a reason."""

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
        trail.record(context, "resolve", _reason(reason), rows=len(numbers), detail="dismissed")
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
        trail.record(context, "resolve", _reason(reason), rows=done, detail="accepted")
        return html.P(f"{count_of(done, 'result')} shown again."), f"accepted {clicks}", ""


def _reason(said: str | None) -> str:
    """As we have it, for the audit log: what a browser sends could be anything."""
    return (is_among(said, REASONS) or "an unknown reason") if said else "any reason"


def _connect_rules(app: Dash, context: Context) -> None:
    """Rules follow from the rows that are listed; reading again runs beside the page."""

    @app.callback(
        Output(ID("rules"), "data"),
        Output(ID("rules"), "value"),
        Input(ID("reason"), "value"),
        Input(ID("file"), "value"),
        Input(ID("changed"), "data"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _offer(reason: str | None, file: str | None, changed: Any) -> tuple[list[dict[str, str]], list[str]]:
        return _choices(context.whole_store.quarantine(reason=reason, file=file)), []

    @app.callback(
        Output(ID("job"), "data"),
        Output(ID("timer"), "disabled"),
        Output(ID("progress"), "children"),
        Output(ID("changed"), "data", allow_duplicate=True),
        Input(ID("again"), "n_clicks"),
        Input(ID("timer"), "n_intervals"),
        State(ID("job"), "data"),
        State(ID("rules"), "value"),
        State(ID("profile"), "value"),
        State(ID("reason"), "value"),
        State(ID("file"), "value"),
        State(ID("changed"), "data"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _read(
        clicks: int | None,
        ticks: int | None,
        job: str | None,
        chosen: list[str] | None,
        name: str | None,
        reason: str | None,
        file: str | None,
        changed: Any,
    ) -> tuple[Any, Any, Any, Any]:
        """Start reading again, or say how far it is; rows are drawn anew once the file is in."""
        if set_off_by(ID("again")) and clicks:
            try:
                job = _start(context, chosen or [], (name or "").strip(), reason, file)
            except HepatrendError as error:
                return no_update, True, banner(str(error), level="attention"), no_update
        found = progress.found_all(context.whole_store, [job or ""], context.user.name)
        left = service.analysis_after(context, found)
        over = all(one.over for one in found) and (left is None or left.over)
        said = import_summary.progress_of(found, left)
        if set_off_by(ID("again")) and clicks:
            return job, False, said, no_update
        news = f"read {job}" if over_well(found) else no_update
        return no_update, over, said, no_update if news == changed else news


def _start(context: Context, chosen: list[str], name: str, reason: str | None, file: str | None) -> str:
    """Add the rules to the profile of the file that is listed, and read it again; gives the job's id.

    Raises:
        InputError: no rule, several files, or the file or its profile is not here any more.
    """
    rows = context.whole_store.quarantine(reason=reason, file=file)
    rules = [rule for rule in profile_rules.offered(rows) if rule.name in chosen]
    if not rules:
        raise InputError("choose a rule first")
    entry, profiles = profile_rules.one_file(rows, context.whole_store.imports()), Profiles(context.config)
    source, digest = str(entry["file"]), context.whole_store.profile_digest(int(entry["import_id"]))
    profiles.check_name(name)
    profile_rules.check_name(profiles, name, digest)
    made = profile_rules.added(profile_rules.base(profiles, str(entry["profile"]), digest), rules)
    path = profile_rules.found(Uploads(context.config), source, str(entry["sha256"]))
    kept = service.keep_profile(context.config, name, made)
    detail = f"read again with rules: {', '.join(sorted({rule.kind for rule in rules}))}"
    trail.record(context, "import", f"import {int(entry['import_id'])}", rows=len(rows), detail=detail)
    return service.ask(context, [service.Wanted(path, kept, save=name)], context.user.name)[0]


def over_well(jobs: list[progress.Job]) -> bool:
    """Whether imports are over and none failed."""
    return bool(jobs) and all(job.over and not job.failed for job in jobs)


def routes(server: Flask, context: Context) -> None:
    """The quarantined rows as CSV with their reasons."""

    @server.route(DOWNLOAD, endpoint="download_held")
    @needs("quality")
    def _download() -> Response:
        reason, file = http.args.get("reason") or None, http.args.get("file") or None
        closed = http.args.get("closed") == "1"
        rows = context.store.quarantine(reason=reason, file=file, include_resolved=closed)
        trail.record(context, "export", "quarantine", rows=len(rows))
        return csv_response(leaves(rows, context.user.sees), "held-back")
