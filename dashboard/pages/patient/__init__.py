"""One patient in two minutes: who, the last panel, what changed, and the course under treatment and imaging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
import orjson
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from flask import Flask, Response

from analytics.analysis import Analysis
from analytics.tables import CLOSED_STATES
from dashboard import theme
from dashboard.cohorts.service import hide_below
from dashboard.components import answers, patient_band, patient_exports, patient_state, patient_tabs
from dashboard.components.notices import card
from dashboard.components.patient_controls import controls, page_keys
from dashboard.components.patient_episodes import episodes_of
from dashboard.components.patient_head import head, merged, name_of, neighbours, notes, print_foot
from dashboard.components.patient_last import flow_table, last_rows, last_table, why_grades_differ
from dashboard.components.patient_tab_list import changed_by, tabs
from dashboard.figures import lab_timeline
from dashboard.figures.behind import Behind
from dashboard.figures.choice import Choice
from dashboard.figures.clock import bounds, clock_of
from dashboard.figures.curves import smooth_of
from dashboard.figures.doubts import SAYS as DOUBT_SAYS
from dashboard.figures.doubts import without_results
from dashboard.figures.tracks import CONFLICTED_SAYS, CONFLICTED_WHERE, tracks_of
from dashboard.pages.patient.findings import (
    ID,
    analysis_of,
    clock_name,
    connect_marks,
    connect_notes,
    findings_of,
    notes_state,
)
from dashboard.security import trail
from dashboard.security.columns import leaves
from dashboard.security.who import Sent, needs
from dashboard.web import ids
from dashboard.web.attributes import wild
from dashboard.web.component_json import Finished, serialised
from dashboard.web.context import Context, Request
from dashboard.web.static_html import Fixed

PATH = "/patient/<key>"
TITLE = "Patient"
NEEDS = "patients"
NAVIGATION = None
STILL = True

MADE_AHEAD = 200
"""Patients from the top of the worklist; all are kept at once (dashboard.web.context.KEEP_FINISHED)."""
_PARTS = ("points", "series", "findings", "near", "readings", "answers")
"""What the page is made of, of the parts of an analysis."""
_FIRST_ROWS = 12
_MANY_CARDS = 2
_MANY_FINDINGS = 3
"""From so many open episodes, or open findings in one, on the findings are higher than the latest results."""


def layout(request: Request) -> Any:
    """Content of the page of one patient; most of it is written once for all who see the same of the same data."""
    return _page(request)


def soon(context: Context) -> Iterator[tuple[tuple[str, str], ...]]:
    """The first patients of the worklist."""
    for key in context.store.worklist()["key"].head(MADE_AHEAD).tolist():
        yield (("key", key),)


def make_ahead(request: Request) -> Iterator[None]:
    """Write the page and what stands in its tab, before anybody asks; each step is a few hundredths of a second."""
    context, key = request.context, request.params["key"]
    analysis = analysis_of(context, key)
    for part in _PARTS:
        getattr(analysis, part)
    yield
    for derive in (tracks_of, smooth_of):
        derive(analysis)
    yield
    kept = _top(request, key)
    yield
    kept += _kept(request, key, patient_state.State())
    yield
    for written in kept:
        _ = written.text
    yield
    _tab(context, key, patient_state.State())


def _page(request: Request) -> Any:
    store, key = request.store, request.params["key"]
    parts: list[Any] = [*_top(request, key), *_kept(request, key, patient_state.State.of(request.query))]
    return html.Div(
        parts,
        key=f"{key}-{store.content_of(store.patient_of(key))}",
        className="patient-page",
    )


def _top(request: Request, key: str) -> tuple[Finished, ...]:
    """The head, which tells of other patients too: the neighbours in the worklist, and who is merged."""
    store, context = request.store, request.context
    beside = neighbours(store.worklist(), key)
    told = tuple(store.merges().get(store.patient_of(key), ()))

    def make() -> tuple[Finished, ...]:
        analysis = analysis_of(context, key)
        record = context.config.record_url if context.user.sees == "identified" else ""
        first = head(analysis, key, beside, record_url=record, may_export=context.user.may("export"))
        return tuple(Finished(part) for part in (first, *merged(told)))

    return context.finished.get(("head", *_seen_now(context, key), beside, told), make)


def _kept(request: Request, key: str, state: patient_state.State) -> tuple[Finished, ...]:
    """All under the head: written once while the patient's data are the same, for everyone who sees the same."""
    context = request.context
    others = (context.store.generation, context.store.opening()) if state.band else ()
    return context.finished.get(
        ("patient", *_seen_now(context, key), state, others, notes_state(context, key)),
        lambda: tuple(Finished(part) for part in _body(request, key, state)),
    )


def _tab(context: Context, key: str, state: patient_state.State) -> orjson.Fragment:
    """What is open under the chart, as finished JSON."""
    if not changed_by(state.tab, "tests"):
        state = replace(state, tests="")

    def make() -> orjson.Fragment:
        analysis, choice = _choice_now(context, key, state)
        return serialised(patient_tabs.inside(state, analysis, choice))

    return context.finished.get(("tab", *_seen_now(context, key), state), make)


def _seen_now(context: Context, key: str) -> tuple[Any, ...]:
    """What a page follows from besides the rest of its address: who sees what, and of which data of the patient. An
    import that brings nothing of this patient, and no later cut-off, leaves the page as it is."""
    store, user = context.store, context.user
    viewer = (user.sees, user.may("export"), user.may("mark"), context.scheme)
    return viewer, key, store.content_of(store.patient_of(key)), context.settings.digest, store.seen_state()


def _body(request: Request, key: str, state: patient_state.State) -> list[Any]:
    analysis = analysis_of(request.context, key)
    choice = patient_state.choice_of(analysis, state, name_of(analysis), request.scheme)
    return [
        *notes(analysis),
        answers.summary(analysis, clock_name(analysis)),
        html.Div(
            [_last(analysis, choice), _changed(analysis, request), _chart(analysis, request.context, state, choice)],
            className="patient-fold beside" if _is_long(analysis) else "patient-fold",
        ),
        print_foot(analysis),
        _below(state),
        *_memory(key, state),
        page_keys(),
    ]


def _last(analysis: Analysis, choice: Choice) -> Any:
    rows, alone = last_rows(analysis), [html.P(says, className="soft") for says in without_results(analysis)]
    if not rows:
        said = html.P("No number result of this patient is stored.", className="soft")
        return card(said, *alone, title="Latest results")
    parts: list[Any] = [Fixed(last_table(analysis, rows[:_FIRST_ROWS], choice, clock_name(analysis)))]
    if len(rows) > _FIRST_ROWS:
        rest = last_table(analysis, rows[_FIRST_ROWS:], choice, clock_name(analysis))
        folded = html.Details([html.Summary(f"{len(rows) - _FIRST_ROWS} more tests"), rest], className="folded")
        parts.append(Fixed(folded))
    if flow := flow_table(analysis, choice, clock_name(analysis)):
        parts.append(Fixed(flow))
    if any(row.conflicted for row in rows):
        parts.append(html.P(f"{CONFLICTED_SAYS}: {CONFLICTED_WHERE}", className="soft"))
    if alone or any(row.doubt for row in rows):
        parts += [*alone, html.P(DOUBT_SAYS, className="soft")]
    if why := why_grades_differ(analysis, rows):
        parts.append(Fixed(why))
    return card(*parts, title="Latest results", class_name="last-card")


def _is_long(analysis: Analysis) -> bool:
    """Whether the findings are higher than the latest results: the chart then stands beside them."""
    is_open = [e for e in episodes_of(analysis.findings, {}) if e.is_open]
    findings = sum(row["state"] not in CLOSED_STATES for e in is_open for row in e.members)
    return len(is_open) >= _MANY_CARDS or findings >= _MANY_FINDINGS


def _changed(analysis: Analysis, request: Request) -> Any:
    inside = html.Div(findings_of(analysis, request.context), id=ID("findings"), className="findings")
    return card(inside, title="Findings", class_name="changed-card")


def _chart(analysis: Analysis, context: Context, state: patient_state.State, choice: Choice) -> Any:
    behind, said = _others(analysis, context, state, choice)
    figure = _figure(analysis, choice, behind)
    style, usual = patient_tabs.height(figure), patient_state.usual_tests(analysis)
    graph = dcc.Graph(id=ID("chart"), figure=figure, config=theme.graph_config(), responsive=True, style=style)
    return card(
        controls(ID, analysis, state),
        html.Div(said, id=ID("band-said"), className="band-said", **wild({"aria-live": "polite"})),
        html.Div(graph, className="chart", id=ID("chart-frame"), **wild({"data-usual": ".".join(usual)})),
        class_name="chart-card",
    )


def _others(
    analysis: Analysis, context: Context, state: patient_state.State, choice: Choice
) -> tuple[Behind | None, list[Any]]:
    """The band of other patients behind one test, and what is said of it; nobody else is read unless it is chosen."""
    store, user, settings = context.store, context.user, context.settings
    if not state.band or not user.may("cohorts"):
        return None, []
    if store.opening():
        return None, [html.P(patient_band.BEING_READ, className="soft")]
    of = ("band", user.sees, store.generation, settings.digest, name_of(analysis), state.band)
    behind = patient_band.behind_of(
        store, analysis, state, choice, lambda scale, make: context.finished.get((*of, scale), make),
        least=hide_below(context),
    )  # fmt: skip
    return behind, patient_band.band_said(behind, settings.cohort.band_window_days)


def _figure(analysis: Analysis, choice: Choice, behind: Behind | None = None) -> dict[str, Any]:
    """The chart, with what the browser needs to change its looks alone: ranges of the presets, the usual tests."""
    figure = lab_timeline.draw(analysis, choice, behind)
    clock = clock_of(analysis, choice)
    views = {"all": bounds(analysis), **patient_state.windows(analysis)}
    figure["layout"]["meta"] |= {
        "views": {name: [clock.one(first), clock.one(last)] for name, (first, last) in views.items()},
    }
    return figure


def _below(state: patient_state.State) -> Any:
    """The tabs; what is in them comes by a second request, so that the rest is seen sooner."""
    row = dmc.Tabs(
        [
            dmc.TabsList([dmc.TabsTab(words, value=name) for name, words in tabs().items()]),
            *[dmc.TabsPanel([], value=name) for name in tabs()],  # what a tab's aria-controls points to
        ],
        id=ID("tab"),
        value=state.tab,
    )
    return card(row, html.Div(id=ID("inside"), className="tab-inside"), class_name="below-card")


def _memory(key: str, state: patient_state.State) -> list[Any]:
    """Small things that the browser needs: the opaque key, the finding that stands out, the zoom."""
    zoom = state.view if "~" in state.view else ""
    return [
        dcc.Store(id=ID("key"), data=key),
        dcc.Store(id=ID("show"), data=state.show),
        dcc.Store(id=ID("zoom"), data=zoom),
        dcc.Store(id=ID("event"), data=state.event),
        dcc.Store(id=ID("pair"), data=state.pair),
    ]


def _choice_now(context: Context, key: str, state: patient_state.State) -> tuple[Analysis, Choice]:
    analysis = analysis_of(context, key)
    return analysis, patient_state.choice_of(analysis, state, name_of(analysis), context.scheme)


def connect(app: Dash, context: Context) -> None:
    """Redraw the chart and what is under it, mark findings; the looks are done in the browser."""
    _redraws(app, context)
    _opens(app, context)
    connect_marks(app, context)
    connect_notes(app, context)
    _looks(app)


class Chosen(Sent):
    """Controls that have the chart drawn anew by the server."""

    scale: str
    axis: str
    clock: str
    tests: list[str]
    band: str


class Looks(Sent):
    """Controls that the browser follows by itself."""

    view: str
    smooth: bool
    fold: bool


def _redraws(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ID("chart"), "figure"),
        Output(ID("chart"), "style"),
        Output(f"{ID('tests')}-summary", "children"),
        Output(ID("band-said"), "children"),
        inputs={
            "chosen": {name: Input(ID(name), "value") for name in Chosen.model_fields},
            "looks": {
                "view": State(ID("view"), "value"),
                "smooth": State(ID("smooth"), "checked"),
                "fold": State(ID("fold"), "checked"),
            },
            "key": State(ID("key"), "data"),
            "show": State(ID("show"), "data"),
        },
        prevent_initial_call=True,
    )
    @needs("patients")
    def _redraw(chosen: Chosen, looks: Looks, key: str, show: str | None) -> Any:
        analysis, choice = _choice_now(context, key, state := _state_of(chosen, looks, show))
        behind, said = _others(analysis, context, state, choice)
        figure = _figure(analysis, choice, behind)
        words = f"Tests: {len(choice.analytes)} of {analysis.points['analyte'].nunique()}"
        return figure, patient_tabs.height(figure), words, said


def _state_of(chosen: Chosen, looks: Looks, show: str | None) -> patient_state.State:
    """What the controls say."""
    query = chosen.model_dump() | {"tests": ".".join(chosen.tests), "show": show or "", "view": looks.view}
    query |= {name: "on" if getattr(looks, name) else "off" for name in ("smooth", "fold")}
    return patient_state.State.of(query)


def _opens(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ID("inside"), "children"),
        Input(ID("tab"), "value"),
        Input(ID("event"), "data"),
        Input(ID("pair"), "data"),
        Input(ID("scale"), "value"),
        Input(ID("tests"), "value"),
        State(ID("key"), "data"),
    )
    @needs("patients")
    def _open(tab: str, event: str | None, pair: str | None, scale: str, tests: list[str], key: str) -> Any:
        query = {"tab": tab, "event": event or "", "pair": pair or "", "scale": scale, "tests": ".".join(tests)}
        state = patient_state.State.of(query)
        if ctx.triggered_id == ID("tests") and not changed_by(state.tab, "tests"):
            return no_update
        context.store.patient_of(key)
        trail.looked_at(context, key)
        return _tab(context, key, state)


def _looks(app: Dash) -> None:
    """What changes only the look, done by assets/patient.js."""

    def browser(function: str, output: Output, *inputs: Any, **more: Any) -> None:
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction("patient", function), output, *inputs, prevent_initial_call=True, **more
        )

    browser("view", Output(ID("zoom"), "data"), Input(ID("view"), "value"), State(ID("clock"), "value"))
    browser("smooth", Output(ID("smooth"), "indeterminate"), Input(ID("smooth"), "checked"))
    browser("fold", Output(ID("fold"), "indeterminate"), Input(ID("fold"), "checked"))
    browser("zoomed", Output(ID("zoom"), "data", allow_duplicate=True), Input(ID("chart"), "relayoutData"))
    browser(
        "event",
        Output(ID("event"), "data"),
        Input(ID("event-choice", ALL), "value"),
        State(ID("event-choice", ALL), "data"),
        State(ID("event"), "data"),
    )
    browser(
        "pair",
        Output(ID("pair"), "data"),
        Input(ID("line-choice", ALL), "value"),
        State(ID("line-choice", ALL), "data"),
        State(ID("pair"), "data"),
    )
    names = ("tests", "scale", "axis", "clock", "view", "band")
    browser(
        "address",
        Output(ids.ADDRESS, "data", allow_duplicate=True),
        *[Input(ID(name), "value") for name in names],
        Input(ID("smooth"), "checked"),
        Input(ID("fold"), "checked"),
        Input(ID("show"), "data"),
        Input(ID("zoom"), "data"),
        Input(ID("tab"), "value"),
        Input(ID("event"), "data"),
        Input(ID("pair"), "data"),
    )


def routes(server: Flask, context: Context) -> None:
    """Downloads: the tables of a patient as CSV with provenance; the report is dashboard.reporting.download."""

    @server.route("/patient/<key>/<name>.csv")
    @needs("export")
    def _csv(key: str, name: str) -> Response:
        sees = context.user.sees
        made = patient_exports.csv_of(analysis_of(context, key), key, name, lambda frame: leaves(frame, sees))
        trail.record(context, "export", key, detail=name)  # a patient and a table that there are, before it leaves
        return made
