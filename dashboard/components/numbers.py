"""The numbers of a figure, under it."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.components.table import Head, table
from dashboard.figures._figure import Numbers
from dashboard.wording import number, text

MOST_ROWS = 200
"""Rows of a list on a page; the export has all of them."""


def numbers_of(numbers: Numbers, least: int = 0) -> Any:
    """A table that opens under its figure; nothing under a figure that says why it is empty.

    Args:
        numbers: of the figure.
        least: rows whose ``n`` is below are left out, so that nobody in them could be known.
    """
    frame = numbers.rows
    if least and "n" in frame.columns:
        frame = frame[frame["n"] >= least]
    if frame.empty:
        return None
    rows = [
        [number(v, 2) if isinstance(v, float) else text(v) for v in row]
        for row in frame.head(MOST_ROWS).to_numpy(object)
    ]
    heads = [Head(label, numeric=i > 0) for i, label in enumerate(numbers.heads)]
    return html.Details([html.Summary("The numbers of this figure"), table(heads, rows, caption=numbers.caption)])
