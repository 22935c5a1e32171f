"""Worklist: what the data say of each patient, in the order of the answers; for ten patients or ten thousand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from analytics.trends.now_words import NOW_COLUMNS, now_sentence
from dashboard.components.frame import patient_href
from dashboard.components.notices import banner, heading
from dashboard.components.patient_head import name_of
from dashboard.components.worklist import (
    COLUMNS,
    LISTS,
    ORDERS,
    PAGE_SIZE,
    SHOWN,
    answers_table,
    pager,
    peek,
    rows_table,
    single_hit,
    worklist_rows,
)
from dashboard.figures.choice import Choice
from dashboard.security import trail
from dashboard.security.who import needs
from dashboard.web import ids
from dashboard.web.attributes import wild
from dashboard.web.component_json import serialised
from dashboard.web.context import Context, Request
from dashboard.web.ids import ids_of
from dashboard.wording import count_of

PATH = "/"
TITLE = "Worklist"
NEEDS = "patients"
NAVIGATION = (10, "Worklist")
STILL = True
ID = ids_of("home")


@dataclass(frozen=True)
class _Choice:
    """What narrows and orders the list."""

    list: str
    primary_site: str | None
    site: str | None
    search: str
    order: str
    shown: str = "answers"

    def query(self, page: int) -> dict[str, str]:
        """For the address: never what was searched for, which can be a name."""
        return {
            "list": "" if self.list == "all" else self.list,
            "primary_site": self.primary_site or "",
            "site": self.site or "",
            "order": self.order,
            "shown": "" if self.shown == "answers" else self.shown,
            "page": "" if page == 1 else str(page),
        }


def layout(request: Request) -> Any:
    """Filters, and the table that they narrow."""
    frame, query = request.store.worklist(), request.query
    chosen = query.get("list", "all") if query.get("list", "all") in LISTS else "all"
    order = query.get("order", "") if query.get("order", "").lstrip("-") in ORDERS else ""
    page = _whole(query.get("page", "1"))
    shown = query.get("shown", "") if query.get("shown", "") in SHOWN else "answers"
    choice = _Choice(chosen, query.get("primary_site"), query.get("site"), "", order, shown)
    return [
        heading("Worklist", _lead(frame)),
        _behind(request.context),
        html.Div(
            [
                dmc.SegmentedControl(
                    id=ID("list"),
                    value=chosen,
                    data=[{"value": code, "label": label} for code, label in LISTS.items()],
                    size="sm",
                ),
                dmc.SegmentedControl(
                    id=ID("shown"),
                    value=shown,
                    data=[{"value": code, "label": label} for code, label in SHOWN.items()],
                    size="sm",
                ),
                _choice(frame, "primary_site", "Primary", query),
                _choice(frame, "site", "Site", query),
                dmc.TextInput(
                    id=ID("search"),
                    label="Search patient ID",
                    placeholder="id",
                    debounce=250,
                    size="sm",
                    w=140,
                    value="",
                ),
            ],
            className="filters no-print",
        ),
        dcc.Store(id=ID("order"), data=order),
        dcc.Store(id=ID("page"), data=page),
        html.Div(
            _table(request.context, frame, choice, page),
            id=ID("table"),
            className="worklist",
        ),
        dcc.Store(id=ID("peek")),
        html.Div(id=ID("peek-table"), className="peek no-print", **wild({"aria-live": "polite"})),
    ]


def _behind(context: Context) -> Any:
    """Says so where findings are still being computed, and how far that is."""
    left = context.whole_store.left_to_jobs()
    if not left:
        return None
    whole = len(context.whole_store.manifest.buckets)
    return banner(
        f"Analysis running ({whole - left} of {whole}). Some patients show no findings yet.",
        level="attention",
    )


def _lead(frame: pd.DataFrame) -> str:
    new, opened = int((frame["n_new"] > 0).sum()), int((frame["n_open"] > 0).sum())
    return f"{count_of(len(frame), 'patient')} · {new} with new findings · {opened} with open ones"


def _choice(frame: pd.DataFrame, column: str, label: str, query: Mapping[str, str]) -> dmc.Select:
    """A filter by one column; it stays away from eyes where no patient has a value."""
    known = sorted(str(v) for v in frame[column].dropna().unique() if v)
    value = query.get(column)
    return dmc.Select(
        id=ID(column),
        label=label,
        data=known,
        value=value if value in known else None,
        clearable=True,
        placeholder="any",
        size="sm",
        w=140,
        searchable=len(known) > 8,
        display="block" if known else "none",
    )


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 else 1


def connect(app: Dash, context: Context) -> None:
    """Filters, order and page redraw the table; the address keeps them, never what was searched for."""

    @app.callback(
        Output(ID("table"), "children"),
        Output(ids.ADDRESS, "data", allow_duplicate=True),
        Input(ID("list"), "value"),
        Input(ID("primary_site"), "value"),
        Input(ID("site"), "value"),
        Input(ID("search"), "value"),
        Input(ID("order"), "data"),
        Input(ID("page"), "data"),
        Input(ID("shown"), "value"),
        prevent_initial_call=True,
    )
    @needs("patients")
    def _draw(
        chosen: str,
        primary: str | None,
        site: str | None,
        search: str | None,
        order: str | None,
        page: int | None,
        shown: str | None,
    ) -> tuple[Any, Any]:
        turned = ID("page") in {t.split(".")[0] for t in ctx.triggered_prop_ids}
        choice = _Choice(
            chosen, primary, site, search or "", order or "", shown if shown and shown in SHOWN else "answers"
        )
        number = (page or 1) if turned else 1
        return serialised(_table(context, context.store.worklist(), choice, number)), choice.query(number)

    @app.callback(
        Output(ids.ADDRESS, "data", allow_duplicate=True),
        Input(ID("search"), "n_submit"),
        State(ID("search"), "value"),
        prevent_initial_call=True,
    )
    @needs("patients")
    def _enter(pressed: int | None, search: str | None) -> Any:
        key = single_hit(context.store.worklist(), search or "") if pressed else ""
        return {"go": patient_href(key)} if key else no_update

    @app.callback(Output(ID("peek-table"), "children"), Input(ID("peek"), "data"), prevent_initial_call=True)
    @needs("patients")
    def _peek(key: str | None) -> Any:
        if not key:
            return no_update
        analysis = context.store.analysis([context.store.patient_of(key)])
        trail.looked_at(context, key)
        return serialised(peek(analysis, key, Choice(key=name_of(analysis), scheme=context.scheme)))

    @app.callback(
        Output(ID("order"), "data"),
        Input(ID("sort", ALL), "n_clicks"),
        State(ID("order"), "data"),
        prevent_initial_call=True,
    )
    @needs("patients")
    def _sort(clicks: list[int | None], order: str | None) -> Any:
        asked = ctx.triggered_id["item"] if ctx.triggered_id and any(clicks) else None
        if asked not in ORDERS:
            return no_update
        return f"-{asked}" if order == asked else asked

    @app.callback(
        Output(ID("page"), "data"),
        Input(ID("step", ALL), "n_clicks"),
        State(ID("page"), "data"),
        prevent_initial_call=True,
    )
    @needs("patients")
    def _turn(clicks: list[int | None], page: int | None) -> Any:
        asked = ctx.triggered_id["item"] if ctx.triggered_id and any(clicks) else None
        return asked if isinstance(asked, int) and asked > 0 else no_update


def _table(context: Context, frame: pd.DataFrame, choice: _Choice, page: int) -> list[Any]:
    """One page of the rows that the choice leaves, and the buttons to the others."""
    equals = {"primary_site": choice.primary_site, "site": choice.site}
    found = worklist_rows(frame, choice.list, equals, choice.search, choice.order)
    page = _within(page, len(found))
    rows = found.iloc[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    if choice.shown == "answers":
        return [answers_table(rows, choice.order, ID), pager(page, len(found), ID)]
    return [rows_table(rows, _verdicts(context, rows), choice.order, ID), pager(page, len(found), ID)]


def _within(page: int, n: int) -> int:
    return min(max(page, 1), max(1, -(-n // PAGE_SIZE)))


def _verdicts(context: Context, shown: pd.DataFrame) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """What the last results do, the sentence about it and the lower limit, by patient and analyte."""
    if shown.empty:
        return {}
    clock_of = dict(zip(shown["patient_id"], shown["clock"], strict=True))

    def clocks(row: Mapping[Any, Any]) -> str:
        return str(clock_of[row["patient_id"]])

    analysis = context.store.analysis(shown["patient_id"].tolist())
    series = analysis.series
    points = analysis.points.drop_duplicates(["patient_id", "analyte"], keep="last")
    low = dict(zip(zip(points["patient_id"], points["analyte"], strict=True), points["lln"].tolist(), strict=True))
    last = series[series["is_last"].fillna(False).astype(bool) & series["analyte"].isin([c.analyte for c in COLUMNS])]
    return {
        (str(row["patient_id"]), str(row["analyte"])): {
            "now": str(row["now"]),
            "says": now_sentence({str(k): v for k, v in row.items()}, clocks(row)),
            "lln": low.get((row["patient_id"], row["analyte"])),
        }
        for row in last[["patient_id", *NOW_COLUMNS]].to_dict("records")
    }
