"""The report of a cohort: picture and table agree, who the patients are, and no small count can be had."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analytics.analysis import analyse
from analytics.cohort.edish import QUADRANTS
from analytics.store import Store
from analytics.synthetic import make
from dashboard.cli import group
from dashboard.figures import cohort_curves, cohort_waterfall
from dashboard.figures.cohort_view import CohortView
from dashboard.reporting.report_input import Order, report_input
from dashboard.reports import Content, report
from dashboard.reports._blocks import Picture, Table
from dashboard.reports._cohort_people import steps
from dashboard.reports.cohort import _quadrants
from tests.dashboard.reports.making import NAMES, NOON


def cohort(store: Store, *, identified: bool = True) -> Content:
    order = Order(store.patient_ids, "clinic", identified, pseudonyms=None if identified else NAMES)
    return report("cohort").build(report_input(store, order, NOON, since=False))


@pytest.fixture(scope="module")
def whole(sample_store: Store) -> Content:
    return cohort(sample_store)


@pytest.fixture(scope="module")
def hidden(sample_store: Store) -> Content:
    return cohort(sample_store, identified=False)


def test_the_table_of_a_curve_has_the_windows_of_its_picture(whole: Content):
    section = next(s for s in whole.sections if s.ident == "curves")
    pictures = [b for b in section.blocks if isinstance(b, Picture)]
    tables = [b for b in section.blocks if isinstance(b, Table)]
    assert len(pictures) == len(tables) == 3
    for picture, table in zip(pictures, tables, strict=True):
        median = next(t for t in picture.figure["data"] if t.get("mode") == "lines+markers")
        rows = [r[1:] for r in table.rows if r[4] != "–"]
        middles = [sum(map(int, re.findall(r"-?\d+", str(r[0]).replace("day ", "")))) / 2 for r in rows]
        assert middles == [float(x) for x in median["x"]]
        assert [float(str(r[3])) for r in rows] == pytest.approx(median["y"], abs=0.006)


def test_every_picture_has_a_table_beside_it(whole: Content):
    for section in whole.sections:
        if any(isinstance(b, Picture) for b in section.blocks):
            assert any(isinstance(b, Table) and b.rows for b in section.blocks), section.title


def test_who_the_patients_are_adds_up_for_each_trait(whole: Content, sample_store: Store):
    table = next(t for t in whole.tables() if t.name == "people")
    by: dict[str, int] = {}
    for trait, _, n in table.rows:
        by[str(trait)] = by.get(str(trait), 0) + int(str(n))
    traits = ("Age", "Sex", "Primary", "First regimen", "Lines of therapy")
    assert by == dict.fromkeys(traits, len(sample_store.patient_ids))
    assert ["First regimen", "FOLFOX", "28"] in [list(r) for r in table.rows]


def test_who_may_not_identify_sees_no_picture_whose_marks_are_patients(whole: Content, hidden: Content):
    for ident in ("peaks", "waterfall", "time_to"):
        mine, theirs = (next(s for s in c.sections if s.ident == ident) for c in (whole, hidden))
        assert any(isinstance(b, Picture) for b in mine.blocks)
        assert not any(isinstance(b, Picture) for b in theirs.blocks)
        assert any(isinstance(b, Table) and b.rows for b in theirs.blocks)


def test_small_counts_are_hidden_with_a_partner_so_that_the_sum_gives_nothing_back(hidden: Content):
    least = 5
    for table in hidden.tables():
        if table.name in ("waterfall", "people", "attrition", "quadrants", "time_to"):
            for row in table.rows:
                for cell in row[1:]:
                    assert not (str(cell).isdigit() and 0 < int(str(cell)) < least and table.name != "time_to"), row
    by: dict[str, list[str]] = {}
    for trait, _, n in next(t for t in hidden.tables() if t.name == "people").rows:
        by.setdefault(str(trait), []).append(str(n))
    for cells in by.values():
        assert sum(not c.isdigit() for c in cells) != 1, "one hidden count alone is the sum less the others"


def test_a_quadrant_that_is_hidden_is_hidden_in_the_sentence_too():
    frame = pd.DataFrame({"at": [9.0] * 2 + [1.0] * 40 + [9.0] * 20, "bili": [9.0] * 2 + [1.0] * 60})
    told = _quadrants(frame, 3.0, 2.0, 5)
    assert set(told) == set(QUADRANTS)
    assert sum(not v.isdigit() for v in told.values()) >= 2


def test_steps_that_lose_a_few_tell_a_range():
    rows = steps([("on the list", 63), ("with results", 61), ("treated", 40), ("rare", 3)], 5).rows
    assert [r[1] for r in rows] == ["63", "59 to 63", "40", "<5"]
    assert [r[1] for r in steps([("a", 63), ("b", 61)], 1).rows] == ["63", "61"]


def test_a_waterfall_of_more_patients_than_bars_says_so():
    panel, _ = make(cohort_waterfall.MOST_BARS + 30, seed=3)
    everybody = np.ones(len(panel), dtype=bool)
    keys = {p: p for p in panel.patient_ids}
    view = CohortView(analyse(panel), members=everybody, selected=~everybody, keys=keys, name="x")
    layout = cohort_waterfall.draw(view)["layout"]
    drawn = len(cohort_waterfall.numbers(view).rows)
    assert drawn > cohort_waterfall.MOST_BARS
    assert f"curve through 400 of {drawn}" in layout["title"]["text"]
    assert f"400 of {drawn} drawn" in layout["xaxis"]["title"]["text"]
    assert layout["xaxis"]["range"][1] > drawn


def test_a_window_of_fewer_patients_than_may_be_told_is_not_drawn_either(hidden: Content):
    section = next(s for s in hidden.sections if s.ident == "curves")
    least = max(5, cohort_curves.LEAST)
    for picture, table in zip(section.blocks[::2], section.blocks[1::2], strict=True):
        median = next(t for t in picture.figure["data"] if t.get("mode") == "lines+markers")
        shown = [r for r in table.rows if str(r[2]).isdigit() and int(str(r[2])) >= least]
        assert len(median["x"]) == len(shown)


def test_the_command_reports_the_patients_of_a_question_in_its_groups(sample_store: Store, tmp_path: Path):
    asked, out = tmp_path / "q.txt", tmp_path / "c.html"
    asked.write_text("name: two kinds\nwhere primary site is colorectal or breast\ngroup by primary_site\n")
    words = ("report", "cohort", "--question", str(asked), "--store", str(sample_store.place.folder), "--out", str(out))
    done = CliRunner().invoke(group, words)
    assert done.exit_code == 0, done.output
    page = out.read_text("utf-8")
    assert "39 patients" in page
    assert "two kinds: where primary site is colorectal or breast; group by primary_site" in page
    assert "Groups: colorectal, breast. Day 0: the first dose." in page
    refused = CliRunner().invoke(group, ("report", "digest", *words[2:]))
    assert refused.exit_code != 0
    assert "--question is for the report cohort" in refused.output + str(refused.exception)
