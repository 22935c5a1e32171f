"""Rows of the worklist: choosing, ordering, and drawing them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from dash import dcc, html

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, MARKERS, PANEL, shown
from analytics.answer_states import QUESTIONS
from analytics.answers.glance import STATE
from analytics.tables import LEVELS, NOWS
from dashboard.components.answers import state_of
from dashboard.components.findings import level_chip
from dashboard.components.frame import patient_href
from dashboard.components.notices import empty
from dashboard.components.patient_last import last_rows, last_table
from dashboard.figures.choice import Choice
from dashboard.figures.doubts import MARK, SAYS, without_results
from dashboard.figures.tracks import outside as outside_range
from dashboard.theme import NOW_GLYPHS
from dashboard.web.attributes import wild
from dashboard.wording import (
    ABSENT,
    count_of,
    day_in_prose,
    is_absent,
    multiple,
    prose,
    result,
    text,
    unit,
    when,
    whole,
)

PAGE_SIZE = 25
PEEK_ROWS = 12
"""Tests in the small table beside a row."""

LISTS: Mapping[str, str] = {
    "all": "All",
    "new": "New findings",
    "unseen": "Not reviewed",
    "open": "Open findings",
    "held": "Quarantined results",
}
"""Lists of the worklist by code."""

_LIST_COLUMN = {"new": "n_new", "unseen": "n_unseen", "open": "n_open", "held": "n_held"}


@dataclass(frozen=True)
class ValueColumn:
    """One column of last values: an analyte, or the tumour marker that is highest against its limit."""

    label: str
    analyte: str


COLUMNS: tuple[ValueColumn, ...] = tuple(ValueColumn(shown(code), code) for code in (*PANEL, *MARKERS))
_MARKER = "marker"
_SIGNS = re.compile(r"[\s._/-]+")
"""Signs and blanks of an id that a search may leave out."""
_SHORT = {"BILI": "Bili", "ALB": "Alb", "PLAT": "Plat"}
"""Heads of narrow columns; the cells say the full name."""

ORDERS: Mapping[str, str] = {
    "patient_id": "patient_id",
    "rank": "rank",
    "worst": "worst",
    "last": "last",
    **{code: f"last_{code}_x_uln" for code in (*PANEL, _MARKER)},
    "ALB": "last_ALB",
    "PLAT": "last_PLAT",
}
"""What the table can be ordered by, to the column of the worklist."""


def worklist_rows(
    frame: pd.DataFrame, chosen: str, equals: Mapping[str, str | None], search: str, order: str
) -> pd.DataFrame:
    """The rows of a list, narrowed and ordered; without an order: that of the answers.

    Args:
        frame: the worklist of the store; not changed.
        chosen: code of LISTS.
        equals: column to the value it must have; None for any.
        search: part of a patient's id or key, any case.
        order: key of ORDERS, with ``-`` before it for descending; empty for the worklist's own order.
    """
    keep = pd.Series(True, index=frame.index)
    if chosen in _LIST_COLUMN:
        keep &= frame[_LIST_COLUMN[chosen]] > 0
    for column, value in equals.items():
        if value and column in frame.columns:
            keep &= frame[column].fillna("") == value
    if wanted := search.strip().casefold():
        keep &= found(frame, wanted)
    return _ordered(frame[keep], order)


def found(frame: pd.DataFrame, wanted: str) -> pd.Series[bool]:
    """Rows whose id holds the words, signs and blanks between letters and digits set aside: HT026 finds HT-026."""
    ids = frame["patient_id"].str.casefold()
    plain = _SIGNS.sub("", wanted.casefold())
    hit = ids.str.contains(wanted.casefold(), regex=False) | (frame["key"] == wanted)
    return hit | ids.str.replace(_SIGNS, "", regex=True).str.contains(plain, regex=False) if plain else hit


def single_hit(frame: pd.DataFrame, search: str) -> str:
    """Key of the patient that a search finds alone, or whose id it is; empty where there is none or several."""
    wanted = search.strip().casefold()
    if not wanted:
        return ""
    hits = frame[found(frame, wanted)]
    exact = hits[hits["patient_id"].str.casefold() == wanted]
    hits = exact if len(exact) == 1 else hits
    return str(hits["key"].iloc[0]) if len(hits) == 1 else ""


def _ordered(frame: pd.DataFrame, order: str) -> pd.DataFrame:
    name = order.lstrip("-")
    if name not in ORDERS:
        return frame
    values = frame["worst"].map(LEVELS) if name == "worst" else _value_of(frame, name)
    ranked = values.sort_values(ascending=not order.startswith("-"), kind="stable", na_position="last")
    return frame.loc[ranked.index]


def _value_of(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name == _MARKER:
        columns = [f"last_{code}_x_uln" for code in MARKERS if f"last_{code}_x_uln" in frame.columns]
        return frame[columns].max(axis=1)
    return frame[ORDERS[name]]


SHOWN: Mapping[str, str] = {"answers": "Answers", "values": "Latest values"}
"""What the columns of the worklist show, by code."""


def answers_table(rows: pd.DataFrame, order: str, identify: Callable[..., Any]) -> Any:
    """One page of rows with the headline and the answers of each patient."""
    if rows.empty:
        return empty("No patients match.", "Clear filters or choose another list.")
    heads = [
        _head("Patient", "patient_id", order, identify),
        _head("In one sentence", "rank", order, identify),
        *[html.Th(label, scope="col") for label in QUESTIONS.values()],
        _head("Newest", "last", order, identify),
    ]
    return html.Div(
        html.Table(
            [
                html.Caption("Patients with what their data say at the last contact", className="sr-only"),
                html.Thead(html.Tr(heads)),
                html.Tbody([_answers_row(r) for r in rows.to_dict("records")]),
            ],
            className="table worklist-table worklist-answers",
        ),
        className="table-region",
        role="region",
        tabIndex=0,
        **wild({"aria-label": "Worklist"}),
    )


def _answers_row(r: Mapping[Any, Any]) -> html.Tr:
    said = prose(r["headline"]) if r["headline"] else "Not analysed yet."
    cells = [
        _who(r),
        html.Td([html.Span(said, className="in-one-sentence"), html.Small(_open_words(r))], className="wide"),
        *[
            html.Td(
                ABSENT if is_absent(r[f"{STATE}{q}"]) else state_of(q, str(r[f"{STATE}{q}"]), class_name="answer-word"),
                **wild({"data-label": label}),
            )
            for q, label in QUESTIONS.items()
        ],
        html.Td([day_in_prose(r["last"], r["clock"]), *[html.Small(line) for line in _counts(r)]]),
    ]
    return html.Tr(cells)


def _open_words(r: Mapping[str, Any]) -> str:
    """How many findings are open and new, and whether what leads was reviewed."""
    if not r["n_open"]:
        return "no open findings"
    new = f", {whole(r['n_new'])} new" if r["n_new"] else ""
    latest = f", latest {day_in_prose(r['newest_onset'], r['clock'])}"
    seen = " · reviewed" if r["reviewed"] else ""
    return f"{whole(r['n_open'])} open{new}{latest}{seen}"


def rows_table(
    rows: pd.DataFrame,
    verdicts: Mapping[tuple[str, str], Mapping[str, Any]],
    order: str,
    identify: Callable[..., Any],
) -> Any:
    """The table of one page of rows."""
    if rows.empty:
        return empty("No patients match.", "Clear filters or choose another list.")
    records = rows.to_dict("records")
    heads = [
        _head("Patient", "patient_id", order, identify),
        _head("Findings", "worst", order, identify),
        *[_head(_labelled(code), code, order, identify, numeric=True) for code in PANEL],
        _head("Marker", _MARKER, order, identify, numeric=True),
        _head("Last result", "last", order, identify),
    ]
    return html.Div(
        html.Table(
            [
                html.Caption("Patients with their findings and last values", className="sr-only"),
                html.Thead(html.Tr(heads)),
                html.Tbody([_row(r, verdicts) for r in records]),
            ],
            className="table worklist-table",
        ),
        className="table-region",
        role="region",
        tabIndex=0,
        **wild({"aria-label": "Worklist"}),
    )


def _labelled(code: str) -> list[Any]:
    """Short name and unit of a test."""
    return [_SHORT.get(code, shown(code)), html.Small(unit(ANALYTES[code].unit))]


def _head(label: Any, name: str, order: str, identify: Callable[..., Any], *, numeric: bool = False) -> html.Th:
    sorted_by = {name: "ascending", f"-{name}": "descending"}.get(order)
    arrow = {"ascending": "↑", "descending": "↓"}.get(sorted_by or "", "")
    button = html.Button(
        [
            *(label if isinstance(label, list) else [label]),
            html.Span(arrow, className="sort-arrow", **wild({"aria-hidden": "true"})),
        ],
        id=identify("sort", name),
        className="sort",
    )
    more = wild({"aria-sort": sorted_by} if sorted_by else {})
    return html.Th(button, scope="col", className="num" if numeric else "", **more)


def _row(r: Mapping[Any, Any], verdicts: Mapping[tuple[str, str], Mapping[str, Any]]) -> html.Tr:
    cells = [
        _who(r),
        html.Td(_findings(r), className="wide"),
        *[html.Td(_value(r, code, verdicts), className="num") for code in PANEL],
        html.Td(_marker(r, verdicts), className="num"),
        html.Td([day_in_prose(r["last"], r["clock"]), *[html.Small(line) for line in _counts(r)]]),
    ]
    return html.Tr(cells)


def _who(r: Mapping[str, Any]) -> html.Th:
    person = " ".join(p for p in (text(r["sex"]), whole(r["age"])) if p != ABSENT)
    known = [part for part in (person, "" if is_absent(r["primary_site"]) else r["primary_site"]) if part]
    site = [] if is_absent(r["site"]) else [html.Small(r["site"])]
    name = str(r["patient_id"])
    button = html.Button(
        "Latest results",
        className="peek-button no-print",
        type="button",
        **wild({"aria-label": f"Latest results of {name}"}),
    )
    return html.Th(
        [dcc.Link(name, href=patient_href(r["key"])), html.Small(" · ".join(known)), *site, button],
        scope="row",
        **wild({"data-peek": str(r["key"])}),
    )


def peek(analysis: Analysis, key: str, choice: Choice) -> html.Div:
    """What stands beside a row of the worklist: the first latest results of one patient, and of whom they are.

    Args:
        analysis: of a panel of that one patient.
        key: opaque key of the patient; the browser shows the rest only beside the row of the same key.
        choice: carries the name as the viewer may see it, and the scheme.
    """
    clock = str(analysis.panel.patients["clock"].iloc[0])
    rows = last_rows(analysis)
    alone = [html.P(says, className="soft") for says in without_results(analysis)]
    if rows:
        body: list[Any] = [last_table(analysis, rows[:PEEK_ROWS], choice, clock, is_small=True)]
        more = len(rows) - PEEK_ROWS
        body += [html.P(f"{count_of(more, 'more test')} on the page of the patient.", className="soft")] * (more > 0)
    else:
        body = [html.P("No number result of this patient is stored.", className="soft")]
    return html.Div(
        [html.H2(f"{choice.key}: latest results"), *body, *alone], className="peek-of", **wild({"data-of": key})
    )


def _counts(r: Mapping[str, Any]) -> list[str]:
    held = [f"{whole(r['n_held'])} quarantined"] if r["n_held"] else []
    return [count_of(r["n_results"], "result"), *held]


def _findings(r: Mapping[str, Any]) -> Sequence[Any]:
    if not r["n_open"]:
        return [html.Span("no open finding", className="faint")]
    new, n = int(r["n_new"]), int(r["n_open"])
    said = f"{whole(n)} open" if not new else f"{whole(new)} new" if n == new else f"{whole(new)} new of {whole(n)}"
    return [
        level_chip(r["worst"]),
        html.Small(f"{said} · latest {day_in_prose(r['newest_onset'], r['clock'])}"),
        html.Span(prose(r["newest_says"]), className="says", title=prose(r["newest_says"])),
    ]


def _value(r: Mapping[str, Any], code: str, verdicts: Mapping[tuple[str, str], Mapping[str, Any]]) -> Any:
    value, doubt = r.get(f"last_{code}"), prose(r.get(f"doubt_{code}") or "")
    doubtful = (
        html.Small(f"{MARK} {doubt}", title=f"{shown(code)} {doubt}: {SAYS}", className="doubt") if doubt else None
    )
    if is_absent(value):
        return html.Span([html.Span(ABSENT, className="faint"), doubtful])
    ratio = r.get(f"last_{code}_x_uln")
    told = verdicts.get((r["patient_id"], code), {})
    now = str(told.get("now", "one_result"))
    sign = r.get(f"last_{code}_sign")
    at = when(r[f"last_{code}_at"], r["clock"])
    outside = _outside(r, code, told.get("lln"))
    limit = f", {multiple(ratio, sign)} ULN" if ANALYTES[code].bad == "high" and not is_absent(ratio) else ""
    beyond = f" ({OUTSIDE_WORDS[outside]})" if outside else ""
    said = f"{result(code, value, sign)} {unit(ANALYTES[code].unit)}{beyond}{limit}, {at}"
    return html.Span(
        [
            html.Span(result(code, value, sign), className="last above" if outside else "last"),
            *([html.Span(f" {outside}", className="range-mark", title=OUTSIDE_WORDS[outside])] if outside else []),
            html.Small(_short(now)),
            doubtful,
        ],
        title=prose(f"{shown(code)}: {said}; {told.get('says', NOWS[now])}"),
        className="last-value",
    )


OUTSIDE_WORDS = {"H": "above the reference range", "L": "below the reference range"}
"""What the sign beside a value means."""


def _outside(r: Mapping[str, Any], code: str, low: Any) -> str:
    """H above the upper limit of that very result, L below the lower one."""
    high, sign = r.get(f"last_{code}_x_uln"), r.get(f"last_{code}_sign")
    comparator = "" if is_absent(sign) else str(sign)
    above = "" if high is None or is_absent(high) else outside_range(float(high), 0.0, 1.0, comparator)
    below = "" if is_absent(low) else outside_range(float(r[f"last_{code}"]), float(low), float("inf"), comparator)
    return above or below


def _short(now: str) -> list[Any]:
    """A word of what the last results do, with its glyph; nothing where there is one result or no clear change."""
    if now in ("one_result", "unclear"):
        return [html.Span(NOWS[now], className="sr-only")]
    return [html.Span(NOW_GLYPHS[now], className="glyph", **wild({"aria-hidden": "true"})), now]


def _marker(r: Mapping[str, Any], verdicts: Mapping[tuple[str, str], Mapping[str, Any]]) -> Any:
    known: list[tuple[Any, str]] = [
        (r.get(f"last_{code}_x_uln"), code) for code in MARKERS if not is_absent(r.get(f"last_{code}"))
    ]
    if not known:
        return html.Span(ABSENT, className="faint")
    code = max(known, key=lambda pair: -1.0 if is_absent(pair[0]) else float(pair[0]))[1]
    return [html.Span(shown(code), className="marker-name"), _value(r, code, verdicts)]


def pager(page: int, n: int, identify: Callable[..., Any]) -> html.Div:
    """Which rows are shown, and buttons to the others."""
    last = max(1, -(-n // PAGE_SIZE))
    first_row, last_row = min(n, (page - 1) * PAGE_SIZE + 1), min(n, page * PAGE_SIZE)
    buttons = [
        html.Button(label, id=identify("step", to), className="button small", disabled=not 1 <= to <= last)
        for label, to in (("Previous", page - 1), ("Next", page + 1))
    ]
    return html.Div(
        [
            html.Span(f"{whole(first_row)}\u2013{whole(last_row)} of {count_of(n, 'patient')}", role="status"),
            html.Nav(buttons if last > 1 else [], **wild({"aria-label": "Pages of the worklist"})),
        ],
        className="pager",
    )
