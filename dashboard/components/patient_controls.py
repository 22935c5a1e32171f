"""The controls above the chart, and the keys that do the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import html

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, FAMILIES, shown
from dashboard.components.patient_band import band_choice
from dashboard.components.patient_state import State, event_name, usual_tests, windows
from dashboard.figures.clock import long_gaps
from dashboard.figures.records import records
from dashboard.figures.tracks import tracks_of
from dashboard.web.attributes import wild
from dashboard.wording import day_in_prose

SCALE_NAMES = (("x_uln", "× ULN"), ("x_baseline", "× baseline"), ("absolute", "unit"))
VIEW_NAMES = (("all", "all"), ("3m", "3 months"), ("line", "this line"), ("stent", "since stent"))

KEYS = (
    ("1 2 3", "scale: × ULN, × baseline, measured unit"),
    ("l", "logarithmic or linear"),
    ("a", "all of the time"),
    ("w", "last 3 months"),
    ("i", "this line of therapy"),
    ("s", "since the last stent"),
    ("f", "next finding in the chart"),
    ("b", "smoothed level on or off"),
    ("x", "results as a table"),
    ("o", "report of this patient"),
    ("p", "print one page"),
)
"""Keys of this page; assets/patient.js does them."""


def controls(ID: Callable[..., Any], analysis: Analysis, state: State) -> html.Div:  # noqa: N803  the page's id maker
    """Scale, axis, clock, time, tests, smoothing and folding."""
    has = {"all", *windows(analysis)}
    views = [{"value": v, "label": label} for v, label in VIEW_NAMES if v in has]
    return html.Div(
        [
            _segments(ID("scale"), "Scale", state.scale, [{"value": v, "label": w} for v, w in SCALE_NAMES]),
            _segments(ID("axis"), "Axis", state.axis, [{"value": v, "label": v} for v in ("log", "linear")]),
            _segments(ID("view"), "Time", state.view if state.view in has else "all", views),
            _clock(ID("clock"), analysis, state),
            _tests(ID("tests"), analysis, state),
            band_choice(ID("band"), analysis, state),
            dmc.Checkbox(id=ID("smooth"), label="smoothed line", checked=state.smooth == "on", size="xs"),
            html.Div(
                dmc.Checkbox(id=ID("fold"), label="compress gaps", checked=state.fold == "on", size="xs"),
                hidden=not _has_gaps(analysis),
            ),
        ],
        className="chart-controls",
        role="group",
        **wild({"aria-label": "Chart"}),
    )


def _has_gaps(analysis: Analysis) -> bool:
    if analysis.panel.patients["clock"].iloc[0] != "date":
        return False
    return bool(long_gaps(analysis.panel.labs["collected_at"].to_numpy("datetime64[us]")))


def _segments(identity: str, label: str, value: str, data: list[dict[str, str]]) -> html.Div:
    return html.Div(
        [
            html.Span(label, className="control-label", id=f"{identity}-label"),
            dmc.SegmentedControl(
                id=identity, value=value, data=data, size="xs", **wild({"aria-labelledby": f"{identity}-label"})
            ),
        ],
        className="control",
    )


def _clock(identity: str, analysis: Analysis, state: State) -> html.Div:
    kind = str(analysis.panel.patients["clock"].iloc[0])
    own = {"date": "calendar date", "study_day": "study day", "minutes": "minutes"}[kind]
    data = [{"value": "date", "label": own}]
    told = set()
    for i, event in enumerate(records(analysis.panel.events, ("kind", "name", "start_date"))):
        label = f"days since {event_name(event)}, {day_in_prose(event['start_date'], kind)}"
        if label not in told:
            told.add(label)
            data.append({"value": f"e{i}", "label": label})
    known = {d["value"] for d in data}
    return html.Div(
        [
            html.Label("Time axis", className="control-label", htmlFor=identity),
            dmc.Select(
                id=identity,
                value=state.clock if state.clock in known else "date",
                data=data,
                size="xs",
                allowDeselect=False,
                w=168,
                comboboxProps={"width": 320, "position": "bottom-start"},
            ),
        ],
        className="control",
    )


def _tests(identity: str, analysis: Analysis, state: State) -> html.Details:
    """Tests by family behind one button; the same order as the panels."""
    known = list(tracks_of(analysis))
    chosen = [c for c in state.codes if c in known] or usual_tests(analysis)
    families = []
    for family, words in FAMILIES.items():
        codes = [c for c in known if ANALYTES[c].family == family]
        if codes:
            boxes = [dmc.Checkbox(label=shown(c), value=c, size="xs") for c in codes]
            families.append(html.Div([html.H3(words), *boxes], className="test-family"))
    return html.Details(
        [
            html.Summary(f"Tests: {len(chosen)} of {len(known)}", className="button small", id=f"{identity}-summary"),
            html.Div(
                dmc.CheckboxGroup(html.Div(families, className="test-families"), id=identity, value=chosen),
                className="popover",
            ),
        ],
        className="tests-menu",
    )


def page_keys() -> html.Div:
    """What ``?`` shows for this page; hidden until then."""
    rows = [html.Div([html.Dt([html.Kbd(k) for k in keys.split()]), html.Dd(does)]) for keys, does in KEYS]
    return html.Div(html.Div([html.H3("This page"), html.Dl(rows, className="keys")], id="page-keys"), hidden=True)
