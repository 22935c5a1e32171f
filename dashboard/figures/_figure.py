"""What a figure offers under the name FIGURE, and the numbers that stand under it. Figures are found by folder."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from analytics.errors import SettingsError


@dataclass(frozen=True)
class Numbers:
    """The numbers behind a figure.

    Attributes:
        caption: what they are of.
        heads: name of each column of ``rows`` for people; the first names the row.
        rows: one row a line. Where there is a column ``n``, rows of few patients are hidden from those who see
            pseudonyms.
    """

    caption: str
    heads: Sequence[str]
    rows: pd.DataFrame


@dataclass(frozen=True)
class Figure:
    """A figure, and where it stands.

    Attributes:
        code: its name in an address and in code; unique on its page.
        title: its tab on the page, and its section in the report of that page.
        page: ``patient`` where it draws one analysis, ``cohort`` where it draws a view of a cohort.
        tab: False where it stands on the page itself or is drawn by a tab of another code.
        order: place among the tabs, smallest first.
        needs: controls of the page that change it; the others are hidden or need no new drawing.
        draw: the picture as a plain dict. Of a patient ``draw(analysis, choice)``, further arguments where its tab has
            controls of its own; of a cohort ``draw(view)``.
        table: its numbers, from what ``draw`` takes; None where the page has its own table of them.
        report: the report of its page has a section of it, made of ``draw`` and ``table`` alone.
    """

    code: str
    title: str
    page: Literal["patient", "cohort"]
    order: int
    draw: Callable[..., dict[str, Any]]
    tab: bool = True
    needs: tuple[str, ...] = ()
    table: Callable[..., Numbers] | None = None
    report: bool = False


@cache
def figures(page: str) -> Mapping[str, Figure]:
    """Figures of a page by code, in the order of its tabs: every module of this folder that offers FIGURE."""
    names = sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if not m.name.startswith("_"))
    offered = [getattr(import_module(f"dashboard.figures.{name}"), "FIGURE", None) for name in names]
    mine = sorted((f for f in offered if isinstance(f, Figure) and f.page == page), key=lambda f: (f.order, f.code))
    found = {f.code: f for f in mine}
    assert len(found) == len(mine), f"two figures of page {page} have one code"
    return found


def picture_of_patient(name: str) -> Callable[..., Any]:
    """``draw`` of a file of this folder that draws a patient: ``lab_timeline``, or one's own without ``FIGURE``.

    Raises:
        SettingsError: there is none; the message lists what there is.
    """
    known = {figure.draw.__module__.rpartition(".")[2]: figure.draw for figure in figures("patient").values()}
    if name in known:
        return known[name]
    files = {m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if not m.name.startswith("_")}
    module = import_module(f"dashboard.figures.{name}") if name in files else None
    draw = getattr(module, "draw", None)
    if draw is None or hasattr(module, "FIGURE") or [*signature(draw).parameters][:2] != ["analysis", "choice"]:
        raise SettingsError(f"unknown figure {name!r}. Available: {', '.join(sorted(known))}")
    made: Callable[..., Any] = draw
    return made
