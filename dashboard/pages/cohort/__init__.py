"""Cohorts: a question of many patients, its answer step by step, and linked views of whom it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from dash import Dash, Input, Output, State, dcc, html, no_update
from flask import Flask

from analytics.cohort.query.definition import GROUPINGS
from analytics.cohort.scattered import is_scattered
from dashboard import theme
from dashboard.cohorts.completion import completions, standing
from dashboard.cohorts.service import Cohorts
from dashboard.components import cohort_builder as build
from dashboard.components.notices import card, empty, heading
from dashboard.figures.cohort_view import SCALE_WORDS
from dashboard.pages.cohort.asking import clock_of, connect_asking, connect_writing, saved_names
from dashboard.pages.cohort.choice import GROUPS, ID, START, USED, VIEWS, WAIT_MS, named_groups
from dashboard.pages.cohort.looking import connect_again, connect_controls, connect_selection, connect_views
from dashboard.pages.cohort.notes import connect_notes, notes_of_one
from dashboard.pages.cohort.people import connect_exports, connect_files, connect_patients, connect_stepping, stepper
from dashboard.security.who import needs
from dashboard.web import ids
from dashboard.web.attributes import wild
from dashboard.web.context import Context, Request
from dashboard.wording import count_of, whole

PATH = "/cohort"
TITLE = "Cohort"
NEEDS = "cohorts"
NAVIGATION = (20, "Cohort")


def layout(request: Request) -> Any:
    """The page, or what it waits for while all patients are being read; an empty store leads to Import."""
    if not request.store.patient_ids:
        return _no_data(request)
    return html.Div(_now(request), id=ID("whole"))


def _no_data(request: Request) -> list[Any]:
    """What stands here before the first import, with the way there for who may import."""
    way = dcc.Link("Import files", href="/imports") if request.user.may("import") else None
    return [heading(TITLE), empty("No patients yet. A cohort needs imported results.", way)]


def _now(request: Request) -> list[Any]:
    if not request.store.opening():
        return [_asking(request)]
    people = request.store.summary()
    n, results = count_of(len(people), "patient"), whole(int(people["n_results"].sum()))
    return [
        heading("Cohort"),
        card(
            html.P(
                f"Reading {results} results of {n}, so that questions are answered at once. This is done once after a "
                "start or an import, and can take a minute or more. The page continues by itself; every other page can "
                "be used meanwhile.",
                role="status",
            ),
            title="Not ready yet",
        ),
        dcc.Interval(id=ID("reading"), interval=WAIT_MS),
    ]


def _asking(request: Request) -> Any:
    """Builder, steps, views and patients table; the address holds the question and what is looked at."""
    query = request.query
    text = query.get("q") or START
    view = query["view"] if query.get("view") in VIEWS else "curves"
    chosen = {
        "analyte": query.get("analyte") if query.get("analyte") in build.CODES_SHOWN else "ALT",
        "scale": query.get("scale") if query.get("scale") in SCALE_WORDS else "x_uln",
        "by": query.get("by") if query.get("by") in GROUPINGS else named_groups(text) or "none",
    }
    names = saved_names(request.context)
    return html.Div(
        [
            heading("Cohort"),
            build.question(ID, "" if text == START else text, _completions(request)),
            dcc.Store(id=ID("asked"), data=text),
            dcc.Store(id=ID("selection")),
            dcc.Store(id=ID("view"), data=view),
            dcc.Store(id=ID("place"), data=0),
            html.Div([_who(), _what(view, chosen), _patients()], className="first-screen"),
            card(*build.tools(ID, names, clock_of(text)), title="Write a question by choices, keep it, compare"),
        ],
        className="cohort",
    )


def _completions(request: Request) -> Any:
    """Words that the field offers; of a store that is asked part by part those that every store has."""
    all_patients = request.store.all_patients()
    return standing() if is_scattered(all_patients) else completions(all_patients)


def _who() -> Any:
    """How many are left after each step."""
    return card(html.Div(id=ID("steps")), title="Definition")


def _what(view: str, chosen: Mapping[str, Any]) -> Any:
    """The views with their controls."""
    return card(
        html.Div(
            [_group(name, found) for name, found in GROUPS.items()],
            className="views",
            role="group",
            **wild({"aria-label": "Views"}),
        ),
        build.controls(ID, chosen, USED[view]),
        html.Div(id=ID("chosen"), className="chosen", role="status", **wild({"aria-live": "polite"})),
        html.Div(
            dcc.Graph(id=ID("graph"), config=_config(), figure={}),
            id=ID("picture"),
            style={"visibility": "hidden"},
        ),
        html.Div(id=ID("under")),
        title="Results",
    )


def _group(name: str, found: Mapping[str, str]) -> html.Div:
    """The buttons of the views of one group, under its name."""
    buttons = [
        html.Button(label, id=ID("show", code), className="button small", n_clicks=0) for code, label in found.items()
    ]
    label = html.Span(name, className="soft", **wild({"aria-hidden": "true"}))
    return html.Div([label, *buttons], className="group", role="group", **wild({"aria-label": name}))


def _patients() -> Any:
    """The table with what is done with it."""
    return card(
        html.Div(id=ID("grid-box")),
        stepper(),
        notes_of_one(),
        html.Div(id=ID("job-said"), role="status", **wild({"aria-live": "polite"})),
        html.Div(
            [
                html.Button("Select checked rows", id=ID("tick"), className="button small", n_clicks=0),
                html.Button("Make a report", id=ID("report"), className="button small", n_clicks=0),
            ],
            className="row",
        ),
        html.Div(
            [
                html.Button("Export the list", id=ID("list"), className="button small", n_clicks=0),
                html.Button(
                    "Export a data set (pseudonymised)", id=ID("dataset"), className="button small", n_clicks=0
                ),
                html.Span(["as ", build.export_form(ID)], className="export-as"),
                build.extras_choice(ID),
            ],
            className="row exports",
            role="group",
            **wild({"aria-label": "Exports"}),
        ),
        build.columns(ID),
        dcc.Store(id=ID("job")),
        dcc.Interval(id=ID("waiting"), interval=1500, disabled=True),
        build.download(ID),
        title="Patients",
    )


def _config() -> Any:
    """Selecting in a figure is wanted here."""
    return theme.graph_config() | {"modeBarButtonsToRemove": ["autoScale2d", "lasso2d"]}


def _connect_reading(app: Dash, context: Context) -> None:
    """The page takes its place when all patients have been read."""

    @app.callback(
        Output(ID("whole"), "children"),
        Input(ID("reading"), "n_intervals"),
        State(ids.URL, "search"),
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _look(ticks: int | None, search: str | None) -> Any:
        query = dict(parse_qsl((search or "").lstrip("?"), keep_blank_values=True))
        if context.store.opening():
            return no_update
        return _now(Request(context, PATH, {}, query))


def connect(app: Dash, context: Context) -> None:
    """Ask, save, look, select, step, export."""
    state = Cohorts(context)
    _connect_reading(app, context)
    connect_writing(app, context)
    connect_asking(app, context, state)
    connect_views(app, context, state)
    connect_again(app, context, state)
    connect_controls(app)
    connect_selection(app, context, state)
    connect_patients(app, context, state)
    connect_stepping(app, context, state)
    connect_notes(app, context, state)
    connect_exports(app, context, state)


def routes(server: Flask, context: Context) -> None:
    """Files of finished jobs."""
    connect_files(server, context)
