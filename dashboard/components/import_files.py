"""The files that wait on the import page, by shape, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import html

from dashboard.components.notices import card
from dashboard.components.table import Head, table
from dashboard.importing.batch import Batch, Said
from dashboard.web.attributes import wild
from dashboard.wording import bytes_of, count_of

_NAMES = 4


def shapes(batch: Batch, identify: Callable[..., Any]) -> Any:
    """A row for each shape: its files, how far they were understood, and whether they may be imported.

    Args:
        batch: what waits.
        identify: id maker of the page; buttons are ``identify("open", key)`` and ``identify("leave", key)``.
    """
    if not batch.files:
        return []
    rows = [_row(batch, key, n, identify) for n, key in enumerate(batch.keys, start=1)]
    heads = [Head("Shape"), Head("State"), Head("Files", wide=True), Head("Understood", wide=True), Head("")]
    return card(
        table(heads, rows, caption="Files that wait, by shape", class_name="stacked"),
        title=f"{count_of(len(batch.files), 'file')} to import",
    )


def _row(batch: Batch, key: str, n: int, identify: Callable[..., Any]) -> list[Any]:
    files, said = batch.of(key), batch.said(key)
    names = ", ".join(f.name for f in files[:_NAMES])
    more = f" and {len(files) - _NAMES} more" if len(files) > _NAMES else ""
    in_sight = key == batch.current
    return [
        f"{n}",
        html.Span(state_of(said), className=f"chip level-{_LEVELS[state_of(said)]}"),
        f"{names}{more} · {bytes_of(sum(f.size for f in files))}",
        said.refused or said.note,
        html.Div(
            [
                html.Button(
                    "In sight" if in_sight else "Look at",
                    id=identify("open", key), className="button small", disabled=in_sight,
                    **wild({"aria-label": f"Look at shape {n}"}),
                ),
                html.Button(
                    "Remove", id=identify("leave", key), className="button small",
                    **wild({"aria-label": f"Remove the files of shape {n}"}),
                ),
            ],
            className="row-actions",
        ),
    ]  # fmt: skip


READY, TO_CONFIRM, NOT_READABLE = "ready", "to confirm", "cannot be imported"
_LEVELS = {READY: "good", TO_CONFIRM: "attention", NOT_READABLE: "information"}


def state_of(said: Said) -> str:
    """One word on a shape."""
    if said.ready:
        return READY
    return NOT_READABLE if said.refused else TO_CONFIRM


def button_says(batch: Batch) -> str:
    """The word on the button that imports."""
    ready = batch.ready
    return "Import this file" if len(ready) == len(batch.files) == 1 else f"Import {count_of(len(ready), 'file')}"


def waiting_for(batch: Batch) -> str:
    """What an import would leave behind, and why."""
    states = [state_of(batch.said(f.shape)) for f in batch.files]
    parts = [f"{count_of(n, 'file')} {state}" for state in (TO_CONFIRM, NOT_READABLE) if (n := states.count(state))]
    return f"Not imported yet: {', '.join(parts)}." if parts else ""


def questions(said: Said) -> list[Any]:
    """What is to be confirmed of a shape; what a column is read as is told beside the column."""
    if not said.questions:
        return []
    lead = "Proposed from the files, columns below included. Confirm or change:"
    return [html.P(lead, className="soft"), html.Ul([html.Li(q) for q in said.questions], className="reasons")]
