"""Figures are found by folder: what draws offers FIGURE, and one list of tabs follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard import figures as folder
from dashboard.components.patient_tab_list import changed_by, tabs
from dashboard.components.patient_tabs import _OWN
from dashboard.figures._figure import figures

IN_A_CELL = {"sparkline"}
"""A picture in a cell of a table has no place of its own."""


def test_every_module_that_draws_offers_its_figure() -> None:
    files = {p.stem: p.read_text("utf-8") for p in Path(folder.__file__).parent.glob("[!_]*.py")}
    drawing = {name for name, text in files.items() if "\ndef draw(" in text}
    assert drawing - IN_A_CELL == {name for name, text in files.items() if "\nFIGURE = Figure(" in text}
    assert len(drawing - IN_A_CELL) == sum(len(figures(page)) for page in ("patient", "cohort"))


@pytest.mark.parametrize("page", ["patient", "cohort"])
def test_no_two_figures_of_a_page_have_one_place(page: str) -> None:
    places = [f.order for f in figures(page).values()]
    assert places == sorted(set(places))


def test_a_tab_with_contents_of_its_own_is_a_tab() -> None:
    assert set(_OWN) <= set(tabs())


def test_the_tests_that_are_chosen_change_two_lines_and_tables() -> None:
    assert [code for code in tabs() if changed_by(code, "tests")] == ["lines", "results"]
