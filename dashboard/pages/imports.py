"""Import: choose a file, see how it would be understood, correct that, save it as a profile, take it in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from flask import Flask, jsonify
from flask import request as http

from analytics.errors import HepatrendError, InputError, ProfileError
from analytics.ingest.preview import preview
from analytics.ingest.profile import Profile, from_toml
from analytics.ingest.profile_draft import suggest
from analytics.ingest.reading import csv_exact
from dashboard.components import importing
from dashboard.components.notices import banner, card, heading
from dashboard.importing import progress, service
from dashboard.importing.profiles import OPTIONS, Profiles, with_column, with_option
from dashboard.importing.uploads import Uploads
from dashboard.security import trail
from dashboard.security.named import among
from dashboard.security.who import needs
from dashboard.web.attributes import wild
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of

PATH = "/imports"
TITLE = "Import"
NEEDS = "import"
NAVIGATION = (45, "Import")
ID = ids_of("imports")
UPLOAD = "/upload"
_HEAD = 64 << 10
_LABELS = {"dates": "Dates are written", "decimal": "Decimal sign", "clock": "Times are"}


def layout(request: Request) -> Any:
    """Choosing a file and a profile; the rest appears when a file is there."""
    offered = Uploads(request.config).offered()
    chosen = request.query.get("file")
    return [
        heading(TITLE, "Nothing is guessed: what a file does not say, its profile must, or it is quarantined."),
        html.Div(
            [
                card(_choose(offered, chosen if chosen in offered else None), title="1 · File"),
                card(_profile(Profiles(request.config).names()), title="2 · Profile of its source"),
            ],
            className="columns",
        ),
        dcc.Store(id=ID("upload")),
        dcc.Store(id=ID("shown"), data={}),
        dcc.Store(id=ID("job")),
        dcc.Interval(id=ID("timer"), interval=700, disabled=True),
        html.Div(id=ID("preview"), className="stack spaced"),
        html.Div(
            [
                html.Button("Import this file", id=ID("start"), className="button primary"),
                html.Div(id=ID("progress"), role="status", className="stack"),
            ],
            id=ID("take"),
            className="stack spaced",
            hidden=True,
        ),
    ]


def _choose(offered: list[str], chosen: str | None) -> list[Any]:
    drop = html.Div(
        [
            html.Button("Choose a file", id="upload-choose", className="button"),
            html.Span(" or drop it here", className="soft"),
            html.Progress(id="upload-progress", max="100", value="0", hidden=True, **wild({"aria-label": "Upload"})),
            html.P(id="upload-said", role="status", className="soft"),
        ],
        id="upload-drop",
        className="drop",
    )
    folder = dmc.Select(
        id=ID("offered"), label="Or a file of the server's import folder", data=offered, value=chosen,
        clearable=True, searchable=True, size="sm", placeholder="none" if offered else "no folder is configured",
        disabled=not offered,
    )  # fmt: skip
    return [drop, folder]


def _profile(names: list[str]) -> list[Any]:
    return [
        html.Div(
            [
                dmc.Select(
                    id=ID("profile"), label="Profile", data=names, clearable=True, size="sm", w=220,
                    placeholder="none: the file says all",
                ),
                html.Button("Draft one from the file", id=ID("draft"), className="button"),
            ],
            className="filters",
        ),
        html.Div(
            [
                dmc.Select(
                    id=ID("option", key), label=_LABELS[key], size="sm", w=180, placeholder="as in the text",
                    data=[{"value": value or "-", "label": label} for value, label in choices.items()],
                )
                for key, choices in OPTIONS.items()
            ],
            className="filters",
        ),
        dmc.Textarea(
            id=ID("text"), label="Its text (TOML)", autosize=True, minRows=3, maxRows=18, debounce=600, value="",
            className="code", placeholder="empty: ISO dates, decimal point, units in the file",
        ),
        html.Div(
            [
                dmc.TextInput(id=ID("name"), label="Save as", size="sm", w=220, placeholder="northgate_lab"),
                html.Button("Save the profile", id=ID("save"), className="button"),
            ],
            className="filters",
        ),
        html.Div(id=ID("said"), role="status"),
    ]  # fmt: skip


def connect(app: Dash, context: Context) -> None:
    """Each step answers at once; the import itself runs beside."""
    uploads, profiles = Uploads(context.config), Profiles(context.config)
    _connect_profile(app, profiles, uploads)
    _connect_corrections(app)
    _connect_saving(app, profiles)
    _connect_preview(app, uploads)
    _connect_import(app, context, uploads, profiles)


def _connect_profile(app: Dash, profiles: Profiles, uploads: Uploads) -> None:
    """The text of the profile is the one truth: a profile that is chosen or drafted writes it whole.

    Apart from :func:`_connect_corrections`: a preview that arrives in between runs that callback, and an answer under
    way of the same callback would be dropped.
    """

    @app.callback(
        Output(ID("text"), "value"),
        Output(ID("said"), "children"),
        Input(ID("profile"), "value"),
        Input(ID("draft"), "n_clicks"),
        State(ID("upload"), "data"),
        State(ID("offered"), "value"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _write(
        chosen: str | None, draft: int | None, upload: dict[str, Any] | None, offered: str | None
    ) -> tuple[Any, Any]:
        try:
            if ctx.triggered_id == ID("profile") and chosen:
                return profiles.text(chosen), ""
            if ctx.triggered_id == ID("draft") and draft:
                made = suggest(_file(uploads, upload, offered))
                return made.text, html.Ul([html.Li(question) for question in made.questions], className="reasons")
        except HepatrendError as error:
            return no_update, banner(str(error), level="attention")
        return no_update, no_update


def _connect_corrections(app: Dash) -> None:
    @app.callback(
        Output(ID("text"), "value", allow_duplicate=True),
        Output(ID("said"), "children", allow_duplicate=True),
        Input(ID("option", ALL), "value"),
        Input(ID("role", ALL), "value"),
        State(ID("role", ALL), "id"),
        State(ID("shown"), "data"),
        State(ID("text"), "value"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _edit(
        options: list[str | None],
        roles: list[str | None],
        columns: list[dict[str, Any]],
        shown: dict[str, str],
        text: str | None,
    ) -> tuple[Any, Any]:
        """The selects of options and of columns write into the text."""
        asked = ctx.triggered_id
        try:
            if isinstance(asked, dict) and asked["part"] == "option":
                value = dict(zip(OPTIONS, options, strict=False)).get(str(asked["item"]))
                return with_option(text or "", str(asked["item"]), (value or "").strip("-")), no_update
            if isinstance(asked, dict):
                role = _changed(asked, columns, roles, shown)
                return (with_column(text or "", str(asked["item"]), role) if role is not None else no_update), no_update
        except HepatrendError as error:
            return no_update, banner(str(error), level="attention")
        return no_update, no_update


def _changed(
    asked: dict[str, Any], columns: list[dict[str, Any]], roles: list[str | None], shown: dict[str, str]
) -> str | None:
    """The role that somebody chose for a column; None where the select only came onto the page."""
    chosen = next((role for column, role in zip(columns, roles, strict=False) if column == asked), None)
    return None if chosen in (None, shown.get(str(asked["item"]))) else importing.role_of(chosen)


def _connect_saving(app: Dash, profiles: Profiles) -> None:
    @app.callback(
        Output(ID("said"), "children", allow_duplicate=True),
        Output(ID("profile"), "data"),
        Input(ID("save"), "n_clicks"),
        State(ID("name"), "value"),
        State(ID("text"), "value"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _save(clicks: int | None, name: str | None, text: str | None) -> tuple[Any, Any]:
        if not clicks:
            return no_update, no_update
        try:
            path = profiles.save((name or "").strip(), text or "")
        except HepatrendError as error:
            return banner(str(error), level="attention"), no_update
        return html.P(f"Saved as {path.stem}: next week's file goes in with it."), profiles.names()


def _connect_preview(app: Dash, uploads: Uploads) -> None:
    @app.callback(
        Output(ID("preview"), "children"),
        Output(ID("take"), "hidden"),
        Output(ID("shown"), "data"),
        Input(ID("upload"), "data"),
        Input(ID("offered"), "value"),
        Input(ID("text"), "value"),
    )
    @needs("import")
    def _preview(upload: dict[str, Any] | None, offered: str | None, text: str | None) -> tuple[Any, bool, Any]:
        if not upload and not offered:
            return [], True, {}
        try:
            path, profile = _file(uploads, upload, offered), _said(text)
            said = preview(path, profile)
            names = [c.name for c in said.columns] or header_of(path, profile)
        except (InputError, ProfileError) as error:
            return banner(str(error), level="attention"), True, no_update
        roles = importing.roles_of(said, names, profile)
        return importing.seen(said, roles, ID), bool(said.refused), roles


def _connect_import(app: Dash, context: Context, uploads: Uploads, profiles: Profiles) -> None:
    @app.callback(
        Output(ID("job"), "data"),
        Output(ID("timer"), "disabled"),
        Output(ID("progress"), "children"),
        Input(ID("start"), "n_clicks"),
        Input(ID("timer"), "n_intervals"),
        State(ID("job"), "data"),
        State(ID("upload"), "data"),
        State(ID("offered"), "value"),
        State(ID("profile"), "value"),
        State(ID("text"), "value"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _take(
        clicks: int | None,
        ticks: int | None,
        job: str | None,
        upload: dict[str, Any] | None,
        offered: str | None,
        chosen: str | None,
        text: str | None,
    ) -> tuple[Any, Any, Any]:
        """Start the import, or say how far it is."""
        if ctx.triggered_id == ID("start") and clicks:
            try:
                path = _file(uploads, upload, offered)
                name = among(chosen, profiles.names(), "profile") if chosen else "page"
                profile = service.keep_profile(context.config, name, text)
            except HepatrendError as error:
                return no_update, True, banner(str(error), level="attention")
            trail.record(context, "import", path.name)
            job = service.ask(context, path, profile, context.user.name)
            return job, False, importing.progress_of(progress.found(context.whole_store, job, context.user.name))
        found = progress.found(context.whole_store, job or "", context.user.name)
        left = service.analysis_after(context, found)
        over = found is None or (found.over and (left is None or left.over))
        return no_update, over, importing.progress_of(found, left)


def _file(uploads: Uploads, upload: dict[str, Any] | None, offered: str | None) -> Path:
    """The file that was chosen last: a folder's file wins over an upload only where it is the one that is set."""
    return uploads.path(str(offered or (upload or {}).get("id", "")))


def _said(text: str | None) -> Profile | None:
    return from_toml(text, "page") if text is not None and text.strip() else None


def header_of(path: Path, profile: Profile | None) -> list[str]:
    """Names of the columns of a file that is refused as it is; empty where it has none."""
    said = profile or Profile()
    try:
        lines = path.read_bytes()[:_HEAD].decode(said.encoding or "utf-8", "replace").split("\n")
        return list(csv_exact.find_header(lines, said.skip_lines, said.delimiter, path.name).names)
    except (HepatrendError, LookupError):
        return []


def routes(server: Flask, context: Context) -> None:
    """The upload: the bytes themselves as body, so that a large file never sits in a page's memory."""
    uploads = Uploads(context.config)

    @server.route(UPLOAD, methods=["POST"], endpoint="upload")
    @needs("import")
    def _upload() -> Any:
        http.max_content_length = context.config.max_upload_mb << 20
        name = http.args.get("name", "upload.csv")
        identity = uploads.keep(name, http.stream)
        path = uploads.path(identity)
        return jsonify(id=identity, name=path.name, size=path.stat().st_size)
