"""Sections that follow from the figures themselves: the picture, and its numbers as the table twin."""

from __future__ import annotations

from typing import Any

from dashboard.figures._figure import figures
from dashboard.reports._blocks import Block, Column, Picture, Section, Table
from dashboard.wording import number, text


def sections_of(page: str, *drawn_from: Any, least: int = 1, live: bool = True) -> list[Section]:
    """A section for each figure of a page that asks for one (``FIGURE = Figure(..., report=True)``), in its order; one
    whose numbers are none has no section.

    Args:
        page: ``patient`` or ``cohort``.
        drawn_from: what a figure of that page is drawn from.
        least: rows of numbers whose ``n`` is smaller are left out.
        live: whether scripts may make the pictures interactive.
    """
    made = []
    for figure in (f for f in figures(page).values() if f.report):
        numbers = figure.table(*drawn_from) if figure.table is not None else None
        if numbers is not None and numbers.rows.empty:
            continue
        blocks: list[Block] = [Picture(figure.draw(*drawn_from), f"{figure.title}.", figure.code, live=live)]
        if numbers is not None:
            frame = numbers.rows[numbers.rows["n"] >= least] if "n" in numbers.rows.columns else numbers.rows
            rows = [[number(v, 2) if isinstance(v, float) else text(v) for v in row] for row in frame.to_numpy(object)]
            columns = [Column(head, numeric=i > 0) for i, head in enumerate(numbers.heads)]
            blocks.append(Table(numbers.caption, columns, rows, figure.code))
        made.append(Section(figure.title, blocks, figure.code, page=2))
    return made
