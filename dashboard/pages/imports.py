"""Import: choose files, see how they would be understood, say what they do not say, take them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from flask import Flask, jsonify
from flask import request as http

from analytics.errors import HepatrendError
from analytics.ingest.profile_draft import suggest
from dashboard.components import import_files, import_forms, import_summary, import_words, importing, redrawn
from dashboard.components.notices import banner, card, heading
from dashboard.importing import choices, progress, service, shapes, sorting
from dashboard.importing.batch import PAGE, Batch, batch_of, profile_of, waiting_of
from dashboard.importing.profiles import Profiles
from dashboard.importing.uploads import MOST, Uploads
from dashboard.security.named import is_among
from dashboard.security.who import needs
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of, set_off_by
from dashboard.web.static_html import settled

PATH = "/imports"
TITLE = "Import"
NEEDS = "import"
NAVIGATION = (45, "Import")
ID = ids_of("imports")
UPLOAD = "/upload"
Rows = list[dict[str, Any]] | None
Shown = dict[str, Any] | None

Sight = dict[str, Any]
"""What the page has, as it was sent: its files, what was said of their shapes, the shape and the text in sight."""


def _sight(kind: type[Input] | type[State]) -> dict[str, Input | State]:
    """Sight as the fields of a callback, which runs when they change, or only reads them."""
    return {
        "files": kind(ID("files"), "data"),
        "told": kind(ID("shapes"), "data"),
        "current": kind(ID("current"), "data"),
        "text": kind(ID("text"), "value"),
    }


def layout(request: Request) -> Any:
    """Choosing files and a profile; the rest appears when a file is there. Imports that go on are shown at once."""
    offered = Uploads(request.config).offered()
    chosen = is_among(request.query.get("file"), offered)
    return [
        heading(TITLE, "Nothing is guessed. What neither the file nor its profile states is quarantined."),
        html.Div(
            [
                card(import_forms.files(offered, [chosen] if chosen else [], ID), title="1 · Files"),
                card(import_forms.profile(Profiles(request.config).names(), ID), title="2 · What the files do not say"),
            ],
            className="columns",
        ),
        dcc.Store(id=ID("upload")),
        dcc.Store(id=ID("files"), data=[]),
        dcc.Store(id=ID("shapes"), data={}),
        dcc.Store(id=ID("current"), data=""),
        dcc.Store(id=ID("shown"), data={}),
        dcc.Store(id=ID("drawn"), data={}),
        dcc.Store(id=ID("job"), data=[]),
        dcc.Interval(id=ID("timer"), interval=700, max_intervals=1),
        html.Div(id=ID("list"), className="spaced"),
        html.Div(id=ID("preview"), className="stack spaced"),
        html.Div(
            [
                html.Button("Use for all files of this shape", id=ID("use"), className="button"),
                html.Button("Import", id=ID("start"), className="button primary"),
                html.P(id=ID("waits"), role="status", className="soft"),
            ],
            id=ID("take"),
            className="bar",
            hidden=True,
        ),
        html.Div(id=ID("progress"), role="status", className="stack spaced"),
    ]


def connect(app: Dash, context: Context) -> None:
    """Each step answers at once; the import itself runs beside."""
    uploads, profiles = Uploads(context.config), Profiles(context.config)
    _connect_files(app, uploads, profiles)
    _connect_shapes(app)
    _connect_use(app, uploads, profiles)
    _connect_list(app)
    _connect_profile(app, profiles, uploads)
    _connect_corrections(app)
    _connect_saving(app, profiles)
    _connect_preview(app, uploads)
    _connect_import(app, context, uploads)


def _in_sight(first: bool = False) -> list[Output]:
    """What changes when another shape, or more of one, comes into sight."""
    parts = (("files", "data"), ("shapes", "data"), ("current", "data"), ("text", "value"), ("said", "children"))
    return [Output(ID(part), prop, allow_duplicate=not first) for part, prop in parts]


def _shown(batch: Batch) -> tuple[Any, ...]:
    said = batch.said(batch.current)
    return batch.files_out(), batch.shapes_out(), batch.current, said.text, import_files.questions(said)


def _connect_files(app: Dash, uploads: Uploads, profiles: Profiles) -> None:
    """Files that come are sorted by shape; for a new shape what the files do not say is proposed.

    A profile that was chosen, or written, before there were files is what is proposed where it suits them.
    """

    @app.callback(
        _in_sight(first=True),
        inputs={
            "upload": Input(ID("upload"), "data"),
            "offered": Input(ID("offered"), "value"),
            "sight": _sight(State),
            "profile": State(ID("profile"), "value"),
        },
    )
    @needs("import")
    def _gather(upload: Shown, offered: list[str] | None, sight: Sight, profile: str | None) -> Any:
        batch, text = _live(sight), _text(sight)
        rows = (upload or {}).get("files") if set_off_by(ID("upload")) else None
        new = [w for row in _rows(rows) if (w := waiting_of(row)) is not None]
        chosen = sorting.offered(uploads, offered or [], batch)
        kept = [f for f in batch.files if "/" in f.id]
        grown = replace(batch, files=tuple({f.id: f for f in (*kept, *new, *chosen)}.values())[:MOST])
        if grown.files == batch.files:
            return (no_update,) * 5
        name = is_among(profile, profiles.names())
        given = text if not batch.files and text.strip() else profiles.text(name or "")
        for key in grown.keys:
            if key not in (batch.shapes or {}):
                grown = sorting.propose(uploads, grown, key, given)
            elif len(grown.of(key)) > len(batch.of(key)):
                grown = sorting.judge_again(uploads, grown, key)
        return _shown(grown.turned("" if grown.said(grown.current).refused else grown.current))


def _rows(rows: object) -> list[dict[str, Any]]:
    return [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []


def _live(sight: Sight) -> Batch:
    """What the page has, with the text that is in sight."""
    batch = batch_of(sight["files"], sight["told"], sight["current"])
    return batch.put(batch.current, text=_text(sight)) if batch.current in batch.keys else batch


def _text(sight: Sight) -> str:
    """The text in sight."""
    return sight["text"] if isinstance(sight["text"], str) else ""


def _connect_shapes(app: Dash) -> None:
    @app.callback(
        [*_in_sight(), Output(ID("offered"), "value")],
        inputs={
            "opened": Input(ID("open", ALL), "n_clicks"),
            "left": Input(ID("leave", ALL), "n_clicks"),
            "sight": _sight(State),
        },
        prevent_initial_call=True,
    )
    @needs("import")
    def _turn(opened: list[int | None], left: list[int | None], sight: Sight) -> Any:
        """Another shape comes into sight, or its files go."""
        asked = ctx.triggered_id
        if not isinstance(asked, dict) or not any(t["value"] for t in ctx.triggered):
            return (no_update,) * 6
        batch, key = _live(sight), str(asked["item"])
        if asked["part"] == "open":
            return *_shown(batch.turned(key)), no_update
        rest = batch.without(batch.of(key))
        return *_shown(rest.turned(batch.current)), [f.id for f in rest.files if "/" not in f.id]


def _connect_use(app: Dash, uploads: Uploads, profiles: Profiles) -> None:
    @app.callback(
        _in_sight(),
        inputs={
            "clicks": Input(ID("use"), "n_clicks"),
            "sight": _sight(State),
            "chosen": State(ID("profile"), "value"),
        },
        prevent_initial_call=True,
    )
    @needs("import")
    def _use(clicks: int | None, sight: Sight, chosen: str | None) -> Any:
        """What is in sight holds for all files of this shape; the next one that waits comes into sight."""
        batch, text = _live(sight), _text(sight)
        key = batch.current
        if not clicks or key not in batch.keys:
            return (no_update,) * 5
        try:
            profile = profile_of(text)
            shapes.check_persons(len(batch.of(key)), profile)
            name = is_among(chosen, profiles.names())
            named = name if name and profiles.text(name) == text else PAGE
            done = shapes.checked(sorting.paths(uploads, batch, key), profile)
        except HepatrendError as error:
            return *(no_update,) * 4, banner(str(error), level="attention")
        batch = sorting.judged(batch, key, done, used=text, name=named)
        return _shown(batch.turned(next(iter(batch.waits), key)))


def _connect_list(app: Dash) -> None:
    @app.callback(
        [
            Output(ID("list"), "children"),
            Output(ID("take"), "hidden"),
            Output(ID("use"), "disabled"),
            Output(ID("start"), "disabled"),
            Output(ID("start"), "children"),
            Output(ID("waits"), "children"),
        ],
        inputs={"sight": _sight(Input)},
    )
    @needs("import")
    def _list(sight: Sight) -> Any:
        batch = _live(sight)
        return (
            settled(import_files.shapes(batch, ID)),
            not batch.files,
            batch.said(batch.current).ready,
            not batch.ready,
            import_files.button_says(batch),
            import_files.waiting_for(batch),
        )


def _connect_profile(app: Dash, profiles: Profiles, uploads: Uploads) -> None:
    """The text of the profile is the one truth: a profile that is chosen or drafted writes it whole.

    Apart from :func:`_connect_corrections`: a preview that arrives in between runs that callback, and an answer under
    way of the same callback would be dropped.
    """

    @app.callback(
        Output(ID("text"), "value", allow_duplicate=True),
        Output(ID("said"), "children", allow_duplicate=True),
        Input(ID("profile"), "value"),
        Input(ID("draft"), "n_clicks"),
        State(ID("files"), "data"),
        State(ID("current"), "data"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _write(chosen: str | None, draft: int | None, files: Rows, current: str | None) -> tuple[Any, Any]:
        try:
            if set_off_by(ID("profile")) and chosen:
                return profiles.text(chosen), ""
            batch = batch_of(files, {}, current)
            if set_off_by(ID("draft")) and draft and batch.of(batch.current):
                first, *also = sorting.paths(uploads, batch, batch.current)
                made = suggest(first, also=also[: shapes.MOST])
                asked = [html.Li(question) for question in made.questions.of_the_file]
                return made.text, html.Ul(asked, className="reasons")
        except HepatrendError as error:
            return no_update, banner(str(error), level="attention")
        return no_update, no_update


def _connect_corrections(app: Dash) -> None:
    @app.callback(
        Output(ID("text"), "value", allow_duplicate=True),
        Output(ID("said"), "children", allow_duplicate=True),
        Input(ID("set", ALL), "value"),
        State(ID("set", ALL), "id"),
        State(ID("shown"), "data"),
        State(ID("text"), "value"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _edit(values: list[Any], controls: list[dict[str, Any]], shown: dict[str, str], text: str | None) -> Any:
        """The controls write into the text."""
        asked = ctx.triggered_id
        if not isinstance(asked, dict):
            return no_update, no_update
        key = str(asked["item"])
        value = next((v for control, v in zip(controls, values, strict=False) if control == asked), None)
        said = "" if value is None else str(value)
        if key not in shown or said == shown[key]:
            return no_update, no_update
        kind, _, of = key.partition("|")
        try:
            return choices.changed(text or "", kind, of, said), no_update
        except HepatrendError as error:
            return no_update, banner(str(error), level="attention")


def _connect_saving(app: Dash, profiles: Profiles) -> None:
    @app.callback(
        Output(ID("saved"), "children"),
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
        return html.P(f"Saved as {path.stem}: next week's files go in with it."), profiles.names()


def _connect_preview(app: Dash, uploads: Uploads) -> None:
    """What is made of the file in sight; only what changed is drawn anew, so that no open list closes."""

    @app.callback(
        [
            Output(ID("preview"), "children"),
            Output(ID("options"), "children"),
            Output(ID(redrawn.BOX, ALL), "children"),
            Output(ID("shown"), "data"),
            Output(ID("drawn"), "data"),
        ],
        inputs={
            "sight": _sight(Input),
            "drawn": State(ID("drawn"), "data"),
            "controls": State(ID(redrawn.CONTROL, ALL), "id"),
            "values": State(ID(redrawn.CONTROL, ALL), "value"),
        },
        prevent_initial_call=True,
    )
    @needs("import")
    def _preview(sight: Sight, drawn: Shown, controls: list[dict[str, Any]], values: list[Any]) -> Any:
        boxes = [str(one["id"]["item"]) for one in ctx.outputs_list[2]]
        batch = _live(sight)
        said: dict[str, str] = {}
        known = import_words.drawn_of(drawn).of(batch.current)
        frames: dict[str, Any] = {"preview": [], "options": []}
        try:
            if mine := batch.of(batch.current):
                profile, sure = profile_of(batch.said(batch.current).text), batch.said(batch.current).ready
                looked = shapes.look(uploads.path(mine[0].id), profile)
                frames, said, known = importing.frames(looked, profile, known, files=len(mine), sure=sure, identify=ID)
        except HepatrendError as error:
            frames = {"preview": banner(str(error), level="attention")}
        live = {str(c.get("item")): v for c, v in zip(controls, values, strict=False)}
        made = redrawn.anew(frames, known.marks, boxes, live)
        return (
            settled(made.frames["preview"]),
            settled(made.frames.get("options", no_update)),
            settled(made.parts),
            no_update if "options" not in frames else said,
            known.out(made.drawn),
        )


def _connect_import(app: Dash, context: Context, uploads: Uploads) -> None:
    @app.callback(
        [
            *_followed(),
            Output(ID("offered"), "value", allow_duplicate=True),
            *_in_sight(),
        ],
        inputs={"clicks": Input(ID("start"), "n_clicks"), "sight": _sight(State)},
        prevent_initial_call=True,
    )
    @needs("import")
    def _take(clicks: int | None, sight: Sight) -> Any:
        """Start the imports; a callback of its own, since an answer is dropped where the same one is asked again."""
        if not clicks:
            return (no_update,) * 10
        batch = _live(sight)
        try:
            started = sorting.take_in(context, uploads, batch)
        except HepatrendError as error:
            return no_update, True, no_update, banner(str(error), level="attention"), *(no_update,) * 6
        left = batch.without(batch.ready)
        offered = [f.id for f in left.files if "/" not in f.id]
        return started, False, -1, _told(context, started)[0], offered, *_shown(left.turned(batch.current))

    @app.callback(
        _followed(),
        Input(ID("timer"), "n_intervals"),
        State(ID("job"), "data"),
        prevent_initial_call=True,
    )
    @needs("import")
    def _follow(ticks: int | None, job: list[str] | None) -> Any:
        """Say how far the imports are; a page that is opened anew finds those that go on, by one look."""
        known = job or progress.going_on(context.whole_store, context.user.name)
        if not known:
            return (no_update,) * 4
        said, over = _told(context, known)
        return known, over, -1, said


def _followed() -> list[Output]:
    """The imports under way, the timer that asks how far they are, and what is said of them."""
    timer = ID("timer")
    return [
        Output(ID("job"), "data", allow_duplicate=True),
        Output(timer, "disabled", allow_duplicate=True),
        Output(timer, "max_intervals", allow_duplicate=True),
        Output(ID("progress"), "children", allow_duplicate=True),
    ]


def _told(context: Context, identities: Sequence[str]) -> tuple[Any, bool]:
    """How far imports are, and whether nothing more will happen."""
    found = progress.found_all(context.whole_store, identities, context.user.name)
    left = service.analysis_after(context, found)
    over = all(job.over for job in found) and (left is None or left.over)
    return settled(import_summary.progress_of(found, left)), over


def routes(server: Flask, context: Context) -> None:
    """The upload: the bytes themselves as body, so that a large file never sits in a page's memory."""
    uploads = Uploads(context.config)

    @server.route(UPLOAD, methods=["POST"], endpoint="upload")
    @needs("import")
    def _upload() -> Any:
        http.max_content_length = context.config.max_upload_mb << 20
        try:
            identity = uploads.keep(http.args.get("name", "upload.csv"), http.stream, http.args.get("batch", ""))
            kept, left = uploads.unpacked(identity)
            files = [sorting.waiting(uploads, one) for one in kept]
        except HepatrendError as error:
            return jsonify(error=str(error)), 400
        return jsonify(batch=identity.partition("/")[0], files=Batch(tuple(files)).files_out(), left=left)
