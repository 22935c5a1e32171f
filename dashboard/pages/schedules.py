"""Reports that arrive by themselves: which, when, to whom; what was run, with what result; run again, download."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from flask import Flask, Response, abort, current_app

from analytics.errors import HepatrendError
from analytics.store.working_state.schedules import STATES, Schedule
from dashboard.components.notices import banner, card, empty, heading
from dashboard.components.table import Head, table
from dashboard.security import trail
from dashboard.security.who import needs
from dashboard.web.attributes import wild
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of
from dashboard.wording import ABSENT, bytes_of, is_absent, whole

PATH = "/schedules"
TITLE = "Scheduled reports"
NEEDS = "schedule"
NAVIGATION = (50, "Reports")
ID = ids_of("schedules")
FILE = "/schedules/<key>/<int:scheduled_for>"
_MEDIA = {"html": "text/html", "txt": "text/plain", "pdf": "application/pdf"}
_LEAD = "A report is made once for each date, is delivered, and says at its top what is new since the last one."


def layout(request: Request) -> Any:
    """Schedules, a form for a new one, and the history."""
    return [
        heading(TITLE, _LEAD),
        html.Div(_unwatched(), id=ID("unwatched")),
        html.Div(id=ID("said"), role="status"),
        card(html.Div(_schedules(), id=ID("list")), title="Schedules"),
        card(_form(), title="New schedule"),
        card(html.Div(html.Button("Refresh", id=ID("refresh"), className="button"), className="filters"),
             html.Div(_history(), id=ID("history")), title="History"),
    ]  # fmt: skip


def _service() -> Any:
    """dashboard.reporting.schedule_service.ScheduleService, put there by the application: pages know no reports."""
    return current_app.extensions["hepatrend_schedules"]


def _unwatched() -> Any:
    """That reports do not run by themselves, where no scheduler has looked lately."""
    said = _service().unwatched()
    return [banner(said, level="attention")] if said else []


def _schedules() -> Any:
    kept = _service().kept.all()
    if not kept:
        return empty("No report is scheduled yet.")
    heads = [
        Head("Name"),
        Head("Report"),
        Head("Patients"),
        Head("When"),
        Head("To"),
        Head("Next"),
        Head("Change"),
    ]
    return table(heads, [_row(s) for s in kept], caption="Schedules", class_name="fitted")


def _row(s: Schedule) -> list[Any]:
    change = ("resume", "Resume") if s.paused else ("pause", "Pause")
    buttons = [
        html.Button(label, id=ID(verb, s.name), className="button", **wild({"aria-label": f"{label} {s.name}"}))
        for verb, label in (("run", "Run now"), change, ("remove", "Remove"))
    ]
    shown = f"{s.report}{', identified' if s.identified else ''}"
    to = ", ".join(s.to) or "kept for download"
    return [
        s.name,
        shown,
        s.list,
        f"{s.every} ({s.zone})",
        to,
        _service().next_run(s),
        html.Div(buttons, className="actions"),
    ]


def _form() -> Any:
    return html.Div(
        [
            dmc.TextInput(id=ID("name"), label="Name", size="sm", w=180),
            dmc.Select(id=ID("report"), label="Report", data=_service().kinds(), value="digest", size="sm", w=430),
            dmc.Select(id=ID("patients"), label="Patients", data=_service().lists(), value="all", size="sm", w=180),
            dmc.TextInput(id=ID("every"), label="When: Mon 06:00, Mon-Fri 06:00, monthly 1 06:00",
                          value="Mon 06:00", size="sm", w=330),
            dmc.TextInput(id=ID("zone"), label="Time zone", value="Europe/Zurich", size="sm", w=160),
            dmc.TextInput(id=ID("mail"), label="Email (leave empty to download)", size="sm", w=260),
            dmc.Checkbox(id=ID("identified"), label="Patient ids and true dates (else pseudonyms, shifted dates)",
                         checked=False, size="sm"),
            html.Button("Add", id=ID("add"), className="button"),
        ],
        className="filters",
    )  # fmt: skip


def _history() -> Any:
    runs = _service().kept.history()
    if runs.empty:
        return empty("No runs yet.")
    heads = [
        Head("Scheduled for (UTC)"), Head("Schedule"), Head("Status"), Head("Duration", numeric=True),
        Head("Findings"), Head("Message"), Head("File"),
    ]  # fmt: skip
    rows = [_run_row(r) for r in runs.to_dict("records")]
    return table(heads, rows, caption="Runs, the newest first", class_name="fitted")


def _run_row(r: dict[str, Any]) -> list[Any]:
    counts = r["counts"]
    taken = ABSENT
    if not is_absent(r["finished_utc"]) and r["state"] != "missed":
        taken = f"{(r['finished_utc'] - r['started_utc']).total_seconds():.1f} s"
    size = f" ({bytes_of(r['size'])})" if r["size"] else ""
    file: Any = ABSENT
    if r["state"] == "done" and r["file"]:
        file = html.A(f"Download{size}", href=_service().address(r["schedule"], r["slot_utc"]))
    findings = ", ".join(f"{whole(counts[k])} {k}" for k in ("new", "worse", "resolved") if k in counts)
    state = f"{STATES[r['state']]}{', asked for' if r['asked'] else ''}"
    when = f"{r['slot_utc']:%Y-%m-%d %H:%M}"
    return [when, r["schedule"], state, taken, findings or ABSENT, r["message"] or ABSENT, file]


def connect(app: Dash, context: Context) -> None:
    """Add, run, pause, resume, remove; the history redraws itself on demand."""

    @app.callback(
        Output(ID("said"), "children"),
        Output(ID("list"), "children"),
        Output(ID("history"), "children", allow_duplicate=True),
        Input(ID("run", ALL), "n_clicks"),
        Input(ID("pause", ALL), "n_clicks"),
        Input(ID("resume", ALL), "n_clicks"),
        Input(ID("remove", ALL), "n_clicks"),
        Input(ID("confirm", ALL), "n_clicks"),
        Input(ID("keep", ALL), "n_clicks"),
        prevent_initial_call=True,
    )
    @needs("schedule")
    def _change(*clicks: list[int | None]) -> tuple[Any, Any, Any]:
        asked = ctx.triggered_id
        if not asked or not any(n for one in clicks for n in one):
            return no_update, no_update, no_update
        verb, name = str(asked["part"]), str(asked["item"])
        if verb == "remove":
            return _sure(name), no_update, no_update
        return banner(_do(context, verb, name)), _schedules(), _history()

    @app.callback(
        Output(ID("said"), "children", allow_duplicate=True),
        Output(ID("list"), "children", allow_duplicate=True),
        Input(ID("add"), "n_clicks"),
        State(ID("name"), "value"),
        State(ID("report"), "value"),
        State(ID("patients"), "value"),
        State(ID("every"), "value"),
        State(ID("zone"), "value"),
        State(ID("mail"), "value"),
        State(ID("identified"), "checked"),
        prevent_initial_call=True,
    )
    @needs("schedule")
    def _add(
        clicks: int | None,
        name: str | None,
        kind: str | None,
        patients: str | None,
        every: str | None,
        zone: str | None,
        mail: str | None,
        identified: bool | None,
    ) -> tuple[Any, Any]:
        form = {"name": name, "report": kind, "list": patients, "every": every, "zone": zone, "mail": mail}
        try:
            added = _service().add(form | {"identified": identified}, context.user.name)
        except HepatrendError as error:
            return banner(str(error), level="attention"), no_update
        trail.record(context, "settings", added, detail="schedule added")
        return banner(f"{added} was added."), _schedules()

    @app.callback(Output(ID("history"), "children"), Input(ID("refresh"), "n_clicks"), prevent_initial_call=True)
    @needs("schedule")
    def _refresh(clicks: int | None) -> Any:
        return _history()


def _sure(name: str) -> Any:
    """Asks before a schedule is removed."""
    if name not in [s.name for s in _service().kept.all()]:
        return banner("Unknown schedule.")
    return banner(
        html.Span(f"Remove schedule {name}? It will not run again; its history and reports stay."),
        html.Button("Remove", id=ID("confirm", name), className="button", **wild({"aria-label": f"Remove {name} now"})),
        html.Button("Keep", id=ID("keep", name), className="button", **wild({"aria-label": f"Keep {name}"})),
        level="attention",
    )


def _do(context: Context, verb: str, name: str) -> str:
    """Change or run a schedule; says what was done."""
    kept = _service().kept
    if name not in [s.name for s in kept.all()]:
        return "Unknown schedule."
    if verb == "keep":
        return f"{name} was kept."
    verb = {"confirm": "remove"}.get(verb, verb)
    trail.record(context, "settings" if verb != "run" else "report", name, detail=f"schedule {verb}")
    if verb == "run":
        _service().run(name)
        return f"{name} is running; refresh the history to see its result."
    if verb == "remove":
        kept.remove(name)
        return f"{name} was removed; its history stays."
    kept.pause(name, paused=verb == "pause")
    return f"{name} is paused." if verb == "pause" else f"{name} is resumed."


def routes(server: Flask, context: Context) -> None:
    """The published report of one scheduled run, by opaque key and time; never by a name."""

    @server.route(FILE)
    @needs("schedule")
    def _scheduled_report(key: str, scheduled_for: int) -> Response:
        found = _service().published(key, scheduled_for)
        if found is None:
            abort(404)
        schedule, published = found
        trail.record(context, "view_report", schedule, detail=published.name)
        name = published.name.replace("/", "-")
        media = _MEDIA.get(name.rpartition(".")[2], "application/octet-stream")
        return Response(
            published.files[published.name],
            mimetype=media,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
