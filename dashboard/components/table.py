"""A plain accessible table: caption, column heads with scope, sortable heads as links, cells as given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from dashboard.web.attributes import wild
from dashboard.wording import ABSENT


@dataclass(frozen=True)
class Head:
    """One column of a table.

    Args:
        label: text of the head, or its parts.
        numeric: right-aligned, tabular figures.
        href: address that sorts by this column; none where it cannot be sorted.
        sorted_by: ascending or descending where the table is sorted by it.
        title: longer text on hover.
        wide: may wrap; other cells stay on one line.
        folds: on a small screen may take two lines, so that the table need not scroll.
    """

    label: Any
    numeric: bool = False
    href: str | None = None
    sorted_by: str | None = None
    title: str | None = None
    wide: bool = False
    folds: bool = False


def table(
    heads: Sequence[Head],
    rows: Iterable[Sequence[Any]],
    *,
    caption: str,
    identity: Any = None,
    first_is_head: bool = True,
    class_name: str = "",
) -> html.Div:
    """A table in a region that scrolls sideways by itself and by keyboard.

    Args:
        heads: the columns.
        rows: cells, text or components; None and "" show as an en dash.
        caption: what the table is; visible to screen readers.
        identity: id of the table.
        first_is_head: the first cell of each row names the row.
        class_name: further classes of the table; ``fitted`` breaks lines rather than scroll, and is a card a row on a
            small screen; ``stacked`` is that only on a small screen.
    """
    cards = bool({"fitted", "stacked"} & set(class_name.split()))
    body = [
        html.Tr([_cell(c, h, i, first_is_head, named=cards) for i, (c, h) in enumerate(zip(row, heads, strict=True))])
        for row in rows
    ]
    optional = {"id": identity} if identity is not None else {}
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="sr-only"),
                html.Thead(html.Tr([_head(h) for h in heads])),
                html.Tbody(body),
            ],
            className=f"table {class_name}".strip(),
            **optional,
        ),
        className="table-region",
        role="region",
        tabIndex=0,
        **wild({"aria-label": caption}),
    )


def _head(head: Head) -> html.Th:
    label: Any = head.label or html.Span("actions", className="sr-only")
    if head.href:
        arrow = {"ascending": " ↑", "descending": " ↓"}.get(head.sorted_by or "", "")
        label = dcc.Link(
            [head.label, html.Span(arrow, className="sort-arrow", **wild({"aria-hidden": "true"}))], href=head.href
        )
    more = wild({"aria-sort": head.sorted_by} if head.sorted_by else {})
    return html.Th(label, scope="col", className="num" if head.numeric else "", title=head.title or "", **more)


def _cell(cell: Any, head: Head, place: int, first_is_head: bool, *, named: bool = False) -> html.Th | html.Td:
    shown = ABSENT if cell is None or cell == "" else cell
    classes = " ".join(name for name, on in (("num", head.numeric), ("wide", head.wide), ("folds", head.folds)) if on)
    if first_is_head and place == 0:
        return html.Th(shown, scope="row", className=classes)
    return html.Td(shown, className=classes, **(wild({"data-label": head.label}) if named else {}))
