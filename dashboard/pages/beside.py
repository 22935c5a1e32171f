"""Two patients side by side, for a board that compares courses: the same parts in the same order, each named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import Dash, Input, Output, State, dcc, html, no_update

from analytics.analysis import Analysis
from analytics.answer_states import QUESTIONS
from analytics.derive.lines import lines_of
from dashboard import theme
from dashboard.answers_text import answers_of, headline_of
from dashboard.components import patient_state, patient_tabs
from dashboard.components.answers import state_of
from dashboard.components.frame import beside_href, patient_href
from dashboard.components.notices import card, heading
from dashboard.components.patient_head import facts, name_of, notes, who_words
from dashboard.components.patient_last import last_rows, last_table
from dashboard.figures import lab_timeline
from dashboard.figures.choice import Choice
from dashboard.security.who import needs
from dashboard.web import ids
from dashboard.web.attributes import wild
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of
from dashboard.web.static_html import Fixed
from dashboard.wording import prose

PATH = ("/beside/<key>", "/beside/<key>/<other>")
TITLE = "Two patients"
NEEDS = "patients"
NAVIGATION = None
ID = ids_of("beside")

_LINE = "line"
"""Value of ``clock`` in the address where days count from the start of the last line of therapy."""


def layout(request: Request) -> Any:
    """The chosen patient, a list to choose the other one from, and both where both are chosen."""
    key, other = request.params["key"], request.params.get("other", "")
    clock = _LINE if request.query.get("clock") == _LINE else ""
    shown = list(dict.fromkeys([key, other] if other else [key]))
    return [
        heading("Two patients", "Each by its own limits, dates and baseline; heights of both charts are × ULN."),
        _choice(request, key, other, clock),
        html.Div([_patient(request, one, place, clock) for place, one in enumerate(shown)], className="beside-two"),
        dcc.Store(id=ID("key"), data=key),
        dcc.Store(id=ID("here"), data=beside_href(key, other, clock=clock)),
    ]


def _choice(request: Request, key: str, other: str, clock: str) -> html.Div:
    known = request.store.worklist()[["key", "patient_id"]].sort_values("patient_id")
    data = [
        {"value": str(k), "label": str(name)} for k, name in known.itertuples(index=False, name=None) if str(k) != key
    ]
    return html.Div(
        [
            dmc.Select(
                id=ID("other"), label="Beside", data=data, value=other or None, searchable=True, limit=50, size="sm",
                w=240, placeholder="another patient", nothingFoundMessage="No patients match.",
            ),
            dmc.Switch(
                id=ID("clock"), label="Days since the start of the last line of therapy", checked=clock == _LINE,
                size="sm",
            ),
        ],
        className="filters no-print",
    )  # fmt: skip


def _patient(request: Request, key: str, place: int, clock: str) -> html.Section:
    analysis: Analysis = request.store.analysis([request.store.patient_of(key)])
    name = name_of(analysis)
    choice = patient_state.choice_of(analysis, patient_state.State(), name, request.scheme)
    figure = lab_timeline.draw(analysis, _since_line(analysis, choice) if clock == _LINE else choice)
    title = figure["layout"]["title"]
    title["text"] = title["text"].partition(" · ")[2]  # half a page is too narrow for what both charts are
    graph = dcc.Graph(
        id=ID("chart", str(place)), figure=figure, config=theme.graph_config(), responsive=True,
        style=patient_tabs.height(figure),
    )  # fmt: skip
    rows = last_rows(analysis)
    own = str(analysis.panel.patients["clock"].iloc[0])
    last: Any = html.P("No number result of this patient is stored.", className="soft")
    if rows:
        last = Fixed(last_table(analysis, rows, choice, own, is_small=True))
    return html.Section(
        [
            html.Div(
                [
                    html.H2(dcc.Link(name, href=patient_href(key))),
                    html.Span(who_words(analysis), className="patient-who"),
                ],
                className="patient-name",
            ),
            html.Dl([html.Div([html.Dt(n), html.Dd(says)]) for n, says in facts(analysis)], className="patient-facts"),
            *notes(analysis),
            *_answers(analysis),
            card(last, title="Latest results", class_name="last-card"),
            card(*_without_line(analysis, clock), html.Div(graph, className="chart"), class_name="chart-card"),
        ],
        className="beside-one",
        **wild({"aria-label": name}),
    )


def _answers(analysis: Analysis) -> list[Any]:
    rows = answers_of(analysis)
    if not rows:
        return []
    told = [
        html.Div(
            [
                html.Dt(QUESTIONS[question]),
                html.Dd([state_of(question, str(rows[question]["state"])), html.P(prose(rows[question]["says"]))]),
            ]
        )
        for question in QUESTIONS
        if question in rows
    ]
    return [html.P(prose(headline_of(analysis)), className="headline"), html.Dl(told, className="beside-answers")]


def _without_line(analysis: Analysis, clock: str) -> list[Any]:
    """What to say where days are to count from a line of therapy and there is none."""
    if clock != _LINE or len(lines_of(analysis.case)):
        return []
    return [html.P("No line of therapy on record: the chart is on calendar dates.", className="soft")]


def _since_line(analysis: Analysis, choice: Choice) -> Choice:
    """The same, with days since the start of the last line; as it is for a patient without one."""
    lines = lines_of(analysis.case)
    if not len(lines):
        return choice
    last = lines.iloc[-1]
    return replace(
        choice, since=pd.Timestamp(float(last["start"]), unit="D"), since_name=f"start of line {int(last['line'])}"
    )


def connect(app: Dash, context: Context) -> None:
    """The choice goes into the address."""

    @app.callback(
        Output(ids.ADDRESS, "data", allow_duplicate=True),
        Input(ID("other"), "value"),
        Input(ID("clock"), "checked"),
        State(ID("key"), "data"),
        State(ID("here"), "data"),
        prevent_initial_call=True,
    )
    @needs("patients")
    def _go(other: str | None, is_line: bool | None, key: str, here: str) -> Any:
        store = context.store
        store.patient_of(key)
        if other:
            store.patient_of(other)
        there = beside_href(key, other or "", clock=_LINE if is_line else "")
        return {"go": there} if there != here else no_update
