"""What lies under the chart of a patient: events, markers, the path, scores, two lines, tables; drawn when opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, MARKERS, shown
from dashboard import theme
from dashboard.components import patient_events, patient_exports, patient_grid, patient_results
from dashboard.components.numbers import numbers_of
from dashboard.components.patient_state import State
from dashboard.figures import edish_path, event_course, line_compare, marker_kinetics, score_timeline
from dashboard.figures._figure import figures
from dashboard.figures.choice import Choice
from dashboard.figures.tracks import tracks_of
from dashboard.web.attributes import wild
from dashboard.web.ids import ids_of

ID = ids_of("patient")


def height(figure: dict[str, Any]) -> dict[str, str]:
    """Style that keeps the place of a figure, so that nothing jumps when it comes."""
    return {"height": f"{figure['layout']['height']}px"}


def _graph(figure: dict[str, Any], name: str) -> dcc.Graph:
    return dcc.Graph(
        id=ID("small", name), figure=figure, config=theme.graph_config(), responsive=True, style=height(figure)
    )


def _events(analysis: Analysis, choice: Choice, state: State) -> list[Any]:
    places = patient_events.events_with_responses(analysis)
    if not places:
        return [html.P("No event with results before and after it.", className="soft")]
    chosen = int(state.event) if state.event and int(state.event) in places else places[0]
    data = [{"value": str(i), "label": patient_events.label_of(analysis, i)} for i in places]
    return [
        dmc.Select(
            id=ID("event-choice", "one"),
            label="Event",
            data=data,
            value=str(chosen),
            allowDeselect=False,
            size="xs",
            w=320,
        ),
        *_wide_and_narrow(event_course.draw(analysis, choice, chosen)),
        patient_events.event_table(analysis, chosen),
    ]


def _wide_and_narrow(figure: dict[str, Any]) -> list[Any]:
    """The panels side by side, and one below the other for a narrow screen; the style sheet shows one of them."""
    return [
        html.Div(_graph(figure, "event"), className="on-wide"),
        html.Div(_graph(event_course.stacked(figure), "event-narrow"), className="on-narrow"),
    ]


def _markers(analysis: Analysis, choice: Choice, _state: State) -> list[Any]:
    return [_graph(marker_kinetics.draw(analysis, choice), "markers"), patient_results.rates(analysis, MARKERS)]


def _path(analysis: Analysis, choice: Choice, _state: State) -> list[Any]:
    figure = html.Div(_graph(edish_path.draw(analysis, choice), "path"))
    return [html.Div([figure, patient_results.path_table(analysis, choice)], className="figure-and-table")]


def _scores(analysis: Analysis, choice: Choice, _state: State) -> list[Any]:
    return [
        _graph(score_timeline.draw(analysis, choice), "scores"),
        patient_grid.scores(ID("grid", "scores"), analysis),
    ]


def _cycles(analysis: Analysis, _choice: Choice, _state: State) -> list[Any]:
    known = [c for c in ("ALT", "AST", "BILI", "ALP", "PLAT") if c in tracks_of(analysis) and ANALYTES[c].bad == "high"]
    parts: list[Any] = []
    for code in known:
        parts += [html.H3(shown(code)), patient_events.rounds_table(analysis, code)]
    return parts or [html.P("No results of liver enzymes or bilirubin.", className="soft")]


def _lines(analysis: Analysis, choice: Choice, state: State) -> list[Any]:
    lines = line_compare.numbers_of(analysis)
    rates = patient_results.rates(analysis, choice.analytes)
    if len(lines) < 2:
        return [html.P(f"{len(lines) or 'No'} line of therapy recorded: nothing to compare.", className="soft"), rates]
    pair = line_compare.pair_of(lines, state.pair)
    figure = _graph(line_compare.draw(analysis, choice, pair), "lines")
    return [_line_choice(lines, pair), figure, rates]


def _line_choice(lines: list[int], pair: tuple[int, int]) -> html.Div:
    """Two fields, any line in each; a line is never compared with itself."""
    fields = [
        dmc.Select(
            id=ID("line-choice", name),
            label=label,
            data=[{"value": str(n), "label": f"line {n}", "disabled": n == other} for n in lines],
            value=str(chosen),
            allowDeselect=False,
            size="xs",
            w=120,
        )
        for name, label, chosen, other in zip(("one", "other"), ("Compare", "with"), pair, reversed(pair), strict=True)
    ]
    return html.Div(fields, className="row")


def _tables(analysis: Analysis, choice: Choice, _state: State) -> list[Any]:
    links = [
        html.A(f"{words} as CSV", href="#", className="button small", **wild({"data-download": name}))
        for name, words in patient_exports.WORDS.items()
    ]
    return [
        html.Div(links, className="row downloads"),
        html.H3("Results"),
        patient_grid.results(ID("grid", "results"), analysis, choice.analytes),
        html.H3("Events and imaging"),
        patient_grid.all_events(ID("grid", "events"), analysis),
        html.P("Rates of every segment stand under Two lines, and in the CSV.", className="faint"),
    ]


_OWN: Mapping[str, Callable[[Analysis, Choice, State], list[Any]]] = {
    "events": _events,
    "markers": _markers,
    "path": _path,
    "scores": _scores,
    "cycles": _cycles,
    "lines": _lines,
    "results": _tables,
}
"""Tabs with controls or tables of their own; any other shows its figure and the numbers of it."""


def inside(state: State, analysis: Analysis, choice: Choice) -> list[Any]:
    """What is open under the chart; drawn only when it is opened."""
    if state.tab in _OWN:
        return _OWN[state.tab](analysis, choice, state)
    figure = figures("patient")[state.tab]
    under = figure.table(analysis, choice) if figure.table else None
    return [
        _graph(figure.draw(analysis, choice), figure.code),
        *([] if under is None else [numbers_of(under)]),
    ]
