"""Looking: the views follow the question, the controls and the selection; selecting in one is selecting in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from analytics.cohort.edish import CUTS, QUADRANTS, counts
from analytics.cohort.query.definition import parse as parse_definition
from analytics.cohort.small_cells import is_small
from analytics.errors import NotRead, QuestionError
from dashboard.cohorts.service import Cohorts, hide_below, says
from dashboard.components import cohort_builder as build
from dashboard.components import cohort_tables as tables
from dashboard.components.notices import empty
from dashboard.components.numbers import numbers_of
from dashboard.figures import cohort_composite, cohort_edish
from dashboard.figures._figure import figures
from dashboard.figures.cohort_view import CohortView
from dashboard.pages.cohort.asking import asked_again
from dashboard.pages.cohort.choice import (
    ID,
    START,
    USED,
    VIEWS,
    Number,
    chosen_of,
    inputs,
    named_groups,
    not_ready,
    view_of,
)
from dashboard.security.who import needs
from dashboard.web import ids
from dashboard.web.context import Context
from dashboard.web.static_html import settled
from dashboard.wording import count_of

_QUANTILES = ("10%", "25%", "50%", "75%", "90%")


def connect_views(app: Dash, context: Context, state: Cohorts) -> None:
    @app.callback(
        Output(ID("view"), "data"),
        Input(ID("show", ALL), "n_clicks"),
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _turn(clicks: list[int | None]) -> Any:
        item = ctx.triggered_id["item"] if ctx.triggered_id and any(clicks) else None
        return item if item in VIEWS else no_update

    @app.callback(
        Output(ID("at_cut"), "value"),
        Output(ID("bili_cut"), "value"),
        Output(ID("scale"), "value"),
        Input(ID("cuts"), "value"),
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _limits(code: str | None) -> Any:
        cut = CUTS.get(code or "")
        return (cut.at, cut.bili, cut.scale) if cut else (no_update, no_update, no_update)

    @app.callback(
        Output(ID("graph"), "figure"),
        Output(ID("picture"), "style"),
        Output(ID("under"), "children"),
        Output(ID("steps"), "children"),
        Output(ID("chosen"), "children"),
        Output(ID("show", ALL), "aria-pressed"),
        Output(ids.ADDRESS, "data", allow_duplicate=True),
        Input(ID("asked"), "data"),
        Input(ID("view"), "data"),
        Input(ID("selection"), "data"),
        *inputs(),
        prevent_initial_call="initial_duplicate",
    )
    @needs("cohorts")
    def _draw(
        text: str, view: str, selection: dict[str, Any] | None, analyte: str | None, scale: str | None, by: str | None,
        at_cut: Number, bili_cut: Number, lines: bool | None,
    ) -> Any:  # fmt: skip
        chosen = chosen_of((analyte, scale, by, at_cut, bili_cut), lines)
        pressed = ["true" if code == view else "false" for code in VIEWS]
        try:
            result = state.result(text)
            make = partial(_drawn, context, state, (text, chosen), view, selection)
            figure, under, of_selection = state.drawn((text, view, chosen, selection), make)
        except QuestionError as error:
            said = not_ready(str(error), "view") if isinstance(error, NotRead) else build.refusal(error)
            return {}, {"display": "none"}, said, None, None, pressed, no_update
        return (
            figure,
            {} if figure else {"display": "none"},
            under,
            settled(build.steps_table(result.steps, state.hide_below)),
            of_selection,
            pressed,
            _address(text, view, chosen),
        )


def _drawn(
    context: Context, state: Cohorts, asked: tuple[str, dict[str, Any]], view: str, selection: Mapping[str, Any] | None
) -> tuple[dict[str, Any], Any, list[Any]]:
    """The figure of a view, what stands under it, and what is said of the selection."""
    text, chosen = asked
    seen = view_of(context, state, text, chosen, selection)
    figure = figures("cohort")[view].draw(seen) if view in figures("cohort") else {}
    return figure, settled(_under(context, seen, view)), _said(seen, selection)


def connect_again(app: Dash, context: Context, state: Cohorts) -> None:
    """A page that waits for all patients to be read asks its question again when that is done."""

    @app.callback(
        Output(ID("asked"), "data", allow_duplicate=True),
        Output(ID("said"), "children", allow_duplicate=True),
        Output(ID("job-said"), "children", allow_duplicate=True),
        Input(ID("again", ALL), "n_intervals"),
        State(ID("asked"), "data"),
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _again(ticks: list[int | None], text: str) -> Any:
        if not any(ticks) or context.store.opening() or state.busy():
            return no_update, no_update, no_update
        return *asked_again(context, state, text), None


def connect_controls(app: Dash) -> None:
    """A view shows the controls that change it, and the groups are those that the question names."""

    @app.callback(
        Output(ID("by"), "value"),
        Input(ID("asked"), "data"),
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _groups(text: str) -> Any:
        return named_groups(text) or no_update

    @app.callback(
        Output(ID("with", ALL), "hidden"),
        Input(ID("view"), "data"),
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _controls(view: str) -> list[bool]:
        return [name not in USED.get(view, ()) for name in build.CONTROLS]


def _address(text: str, view: str, chosen: Mapping[str, Any]) -> dict[str, str]:
    """What the address keeps; never a question that names patients."""
    query = {"view": view, **{k: str(chosen[k]) for k in ("analyte", "scale", "by")}}
    names = any(f.text.startswith("id is") for f in parse_definition(text).filters)
    return query if names or text == START else {"q": text.strip(), **query}


def _said(view: CohortView, selection: Mapping[str, Any] | None) -> list[Any]:
    n = int(view.selected.sum())
    hidden = bool(view.hide_below) and not n
    told = f"no patients, or fewer than {view.hide_below} patients" if hidden else count_of(n, "patient")
    words: list[Any] = [f"{says(selection)}: {told}" if selection else "No patients selected."]
    if selection:
        words.append(html.Button("Clear the selection", id=ID("clear", "all"), className="button small", n_clicks=0))
    return words


def _under(context: Context, view: CohortView, view_name: str) -> Any:
    """What stands under the figure: its numbers, or the table that is the view."""
    drawn = figures("cohort").get(view_name)
    if view.withheld:  # the figure says why; a table would show nobody where there is somebody
        return None if drawn else empty(view.nobody)
    hide = bool(hide_below(context))
    if view_name == "edish":
        return _quadrant_buttons(view)
    if drawn is not None and drawn.table is not None:
        return numbers_of(drawn.table(view), hide_below(context))
    made: dict[str, Callable[[], Any]] = {
        "survival": lambda: tables.survival_table(view),
        "migration": lambda: tables.migration_table(view, ID),
        "shift": lambda: tables.shift_tables(view, ID, hide=hide),
        "responses": lambda: tables.response_table(view),
        "compare": lambda: tables.compare_table(view),
        "follow": lambda: tables.follow_tables(view),
        "limits": lambda: tables.limit_table(view),
        "board": lambda: tables.board_table(view),
    }
    return made[view_name]() if view_name in made else None


def _quadrant_buttons(view: CohortView) -> Any:
    """Ways to select a quadrant; none where too few are in it to be told."""
    frame = cohort_edish.frame_of(view)
    if view.few(len(frame)):
        return None
    found = counts(frame, view.at_cut, view.bili_cut)
    return html.Div(
        [
            html.Button(
                view.beside(QUADRANTS[name], n),
                id=ID("cell", f"quadrant|{name}"),
                className="button small",
                n_clicks=0,
                disabled=is_small(n, view.hide_below),
            )
            for name, n in found.items()
        ],
        className="row",
    )


def connect_selection(app: Dash, context: Context, state: Cohorts) -> None:
    @app.callback(
        Output(ID("selection"), "data"),
        Output(ID("place"), "data"),
        Input(ID("graph"), "selectedData"),
        Input(ID("graph"), "clickData"),
        Input(ID("cell", ALL), "n_clicks"),
        Input(ID("clear", ALL), "n_clicks"),
        Input(ID("tick"), "n_clicks"),
        State(ID("view"), "data"),
        State(ID("grid", ALL), "selectedRows"),
        *inputs(State),
        prevent_initial_call=True,
    )
    @needs("cohorts")
    def _select(  # noqa: PLR0913  one parameter a way to select
        box: dict[str, Any] | None, click: dict[str, Any] | None, cells: list[int | None], clears: list[int | None],
        tick: int | None, view: str, rows: list[list[dict[str, Any]] | None],
        analyte: str | None, scale: str | None, by: str | None, at_cut: Number, bili_cut: Number, lines: bool | None,
    ) -> Any:  # fmt: skip
        asked = ctx.triggered_id
        made_with = chosen_of((analyte, scale, by, at_cut, bili_cut), lines)
        if isinstance(asked, dict) and asked.get("part") == "clear":
            return (None, 0) if any(clears) else (no_update, no_update)
        if isinstance(asked, dict):
            found = _of_cell(str(asked["item"]))
            return (found | {"with": made_with}, 0) if found and any(cells) else (no_update, no_update)
        if asked == ID("tick"):
            keys = [str(row["key"]) for row in (rows[0] if rows else None) or []]
            return ({"kind": "keys", "keys": keys}, 0) if keys else (no_update, no_update)
        found = _of_graph(box, view) if ctx.triggered_prop_ids.get(f"{ID('graph')}.selectedData") else _of_click(click)
        return (found | {"with": made_with}, 0) if found else (no_update, no_update)


def _of_cell(item: str) -> dict[str, Any] | None:
    """A button's item as a selection."""
    kind, *parts = item.split("|")
    if kind == "quadrant" and len(parts) == 1:
        return {"kind": kind, "name": parts[0]}
    if kind == "migration" and len(parts) == 2:
        return {"kind": kind, "before": parts[0], "peak": parts[1]}
    if kind == "shift" and len(parts) == 4:
        return {
            "kind": kind,
            "analyte": parts[0],
            "version": parts[1],
            "baseline": int(parts[2]),
            "worst": int(parts[3]),
        }
    return None


def _of_graph(box: Mapping[str, Any] | None, view: str) -> dict[str, Any] | None:
    """A box in the peaks, in one panel of the composite plot, or in the waterfall."""
    ranges = (box or {}).get("range") or {}
    if view == "composite":
        hit = [peak for peak, (x, y) in cohort_composite.PLACES.items() if {x, y} <= set(ranges)]
        places = cohort_composite.PLACES[hit[0]] if hit else ("", "")
        found = {name: list(ranges[place]) for name, place in zip("xy", places, strict=True)} if hit else {}
        return {"kind": "composite", "peak": hit[0], **found} if hit else None
    if not {"x", "y"} <= set(ranges):
        return None
    if view == "edish":
        return {"kind": "box", "x": list(ranges["x"]), "y": list(ranges["y"])}
    return {"kind": "ranks", "x": list(ranges["x"])} if view == "waterfall" else None


def _of_click(click: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A click on the mark of one patient, or of one move between quadrants."""
    points = (click or {}).get("points") or []
    key = points[0].get("customdata") if points else None
    if isinstance(key, str) and "|" in key:
        return _of_cell(key)
    return {"kind": "keys", "keys": [key]} if isinstance(key, str) and len(key) < 32 else None
