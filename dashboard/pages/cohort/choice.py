"""What the parts of the cohort page share: ids, views, and how controls become a view of the cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from dash import Input, State, dcc

from analytics.cohort.query.definition import GROUPINGS, parse
from analytics.errors import QuestionError
from dashboard.cohorts.service import Cohorts, selected
from dashboard.components import cohort_builder as build
from dashboard.components.notices import banner
from dashboard.figures._figure import figures
from dashboard.figures.cohort_view import SCALE_WORDS, CohortView
from dashboard.security.who import Sent
from dashboard.web.context import Context
from dashboard.web.ids import ids_of

ID = ids_of("cohort")
Number: TypeAlias = float | int | str | None
"""What a number field sends."""

WAIT_MS = 1_000
"""Between two looks whether all patients have been read."""

START = "# all patients; add lines that begin with where or find\n"

TABLES: Mapping[str, str] = {
    "shift": "Shift of grades",
    "responses": "Responses",
    "compare": "Compare groups",
    "follow": "Missing and overdue",
    "limits": "Limit changes",
    "board": "Sites",
}
_TITLES: Mapping[str, str] = {**{code: f.title for code, f in figures("cohort").items()}, **TABLES}
_PLACED: Mapping[str, tuple[str, ...]] = {
    "Course": ("curves", "weeks", "waterfall", "responses"),
    "Peaks": ("edish", "composite", "migration"),
    "Grades": ("shift",),
    "Time": ("survival",),
    "Treatment": ("swimmer", "compare"),
    "Quality": ("follow", "limits", "board"),
}


def grouped(titles: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Views by what they are about: group, then code and title. One without a place comes last, under Other."""
    groups = {group: {c: titles[c] for c in codes if c in titles} for group, codes in _PLACED.items()}
    placed = {code for codes in _PLACED.values() for code in codes}
    groups["Other"] = {code: title for code, title in titles.items() if code not in placed}
    return {group: found for group, found in groups.items() if found}


GROUPS: Mapping[str, Mapping[str, str]] = grouped(_TITLES)
VIEWS: Mapping[str, str] = {code: title for found in GROUPS.values() for code, title in found.items()}
"""In the order of the buttons on the page."""

USED: Mapping[str, tuple[str, ...]] = {
    **{code: f.needs for code, f in figures("cohort").items()},
    "shift": ("analyte",),
    "responses": ("analyte",),
    "compare": ("by",),
    "follow": (),
    "limits": ("analyte",),
    "board": (),
}
"""Controls that change what a view shows; the others are hidden there."""


def not_ready(why: str, where: str) -> list[Any]:
    """What is shown until all patients have been read or asked; the page looks again by itself."""
    tick = dcc.Interval(id=ID("again", where), interval=WAIT_MS)
    return [banner(f"{why} This page continues by itself."), tick]


class Listed(Sent):
    """Which patients the list is of: the definition's text, and what is selected of them."""

    text: str
    selection: dict[str, Any] | None


def listed(kind: type[Any] = State) -> dict[str, Any]:
    """The parts of the page that :class:`Listed` is read from."""
    return {"text": kind(ID("asked"), "data"), "selection": kind(ID("selection"), "data")}


class Composed(Sent):
    """The choices that one line of a question is written from."""

    what: str | None
    op: str | None
    limit: Number
    of: str | None
    days: Number
    anchor: str | None

    @property
    def line(self) -> str:
        """The line."""
        return f"find {self.what} {self.op} {self.limit} {self.of} within {self.days} days after {self.anchor}"


def composed() -> dict[str, Any]:
    """The parts of the page that :class:`Composed` is read from."""
    return {name: State(ID(name), "value") for name in Composed.model_fields}


class Keeping(Sent):
    """How a cohort is kept: its name, its columns, and whether the team sees it; and the saved one that is chosen."""

    name: str | None
    old: str | None
    columns: list[str] | None
    share: bool | None


def keeping() -> dict[str, Any]:
    """The parts of the page that :class:`Keeping` is read from."""
    return {
        "name": State(ID("name"), "value"),
        "old": State(ID("saved"), "value"),
        "columns": State(ID("columns"), "value"),
        "share": State(ID("share"), "checked"),
    }


def named_groups(text: str | None) -> str:
    """What a text says under "group by"; empty where it names none or cannot be read."""
    try:
        named = parse(text or "").group_by
    except QuestionError:
        return ""
    return "" if named == "none" else named


def view_of(context: Context, state: Cohorts, text: str, chosen: Mapping[str, Any], selection: Any) -> CohortView:
    """The cohort as this viewer chose to see it."""
    result = state.result(text)
    nobody = np.zeros(len(result.members), dtype=bool)
    view = CohortView(
        analysis=result.analysis,
        members=result.members,
        selected=nobody,
        asked=result.asked,
        moved=context.user.sees == "pseudonymised",
        withheld=result.withheld,
        name=result.definition.name,
        keys=state.keys(),
        anchor=result.definition.align,
        question=result.definition.question,
        scheme=context.scheme,
        **chosen,
    )
    return replace(view, selected=selected(view, selection))


_CONTROLS = ("analyte", "scale", "by", "at_cut", "bili_cut")


def chosen_of(values: tuple[Any, ...], lines: bool | None) -> dict[str, Any]:
    """Controls as arguments of a view; an empty one falls back."""
    found = dict(zip(_CONTROLS, values, strict=True))
    for name, fallback in (("at_cut", 3.0), ("bili_cut", 2.0)):
        value = found[name]
        found[name] = float(value) if isinstance(value, (int, float)) and value > 0 else fallback
    found["analyte"] = found["analyte"] if found["analyte"] in build.CODES_SHOWN else "ALT"
    found["scale"] = found["scale"] if found["scale"] in SCALE_WORDS else "x_uln"
    found["by"] = found["by"] if found["by"] in GROUPINGS else "none"
    return found | {"lines": bool(lines)}


def inputs(kind: type[Any] = Input) -> list[Any]:
    return [*[kind(ID(name), "value") for name in _CONTROLS], kind(ID("lines"), "checked")]
