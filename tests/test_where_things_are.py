"""Rows of "Where things are" (docs/architecture.md), each done in a copy of the tree: one place is touched, and what
the table promises follows by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
RULE_FROM, SCORE_FROM = "isolated_bilirubin", "albi"
ANALYTE = """    Analyte(
        "CYSC",
        "Cystatin C",
        "renal",
        "mg/L",
        0,
        100,
        loinc=("33863-2",),
        aliases=("Cystatine",),
    ),
"""
FORMAT = '''"""Long files that call their columns by letters."""

from __future__ import annotations

from analytics.ingest.formats import Columns, Format
from analytics.ingest.formats.long import Long
from analytics.ingest.profile import Profile

LETTERS = ("p", "t", "d", "v", "u")


def fits(columns: Columns, profile: Profile) -> bool:
    """Whether the header is of letters."""
    return tuple(columns.names) == LETTERS


FORMATS = (Format("letters", "labs", "columns by letters", 1, fits, Long),)
'''

FIGURE = '''"""How many results has each test?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.analysis import Analysis
from dashboard.figures import frame
from dashboard.figures._figure import Figure, Numbers
from dashboard.figures.choice import Choice

MARGIN = {"l": 64, "r": 24, "t": 44, "b": 60}


def draw(analysis: Analysis, choice: Choice) -> dict[str, Any]:
    """A bar a test."""
    counts = analysis.points["analyte"].value_counts()
    layout = frame.layout(analysis, choice, "Results of each test", "n", height=300, margin=MARGIN)
    return {"data": [{"type": "bar", "x": list(counts.index), "y": counts.tolist(), "name": "n"}], "layout": layout}


def numbers(analysis: Analysis, choice: Choice) -> Numbers:
    """The counts."""
    counts = analysis.points["analyte"].value_counts()
    return Numbers("Results of each test", ["Test", "Results"], pd.DataFrame({"t": counts.index, "c": counts.tolist()}))


FIGURE = Figure("counted", "Counted results", "patient", 35, draw, table=numbers, report=True)
'''


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, in which anything may be changed."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("analytics", "dashboard", "hepatrend"):
        shutil.copytree(HERE / name, folder / name)  # compiled as it is: only what is changed is compiled anew
    return folder


def said(copy: Path, program: str) -> object:
    """What a program in the copy prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json\n{program}"],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def renamed(copy: Path, folder: str, former: str, name: str, *changes: tuple[str, str]) -> None:
    """A new file made of a present one."""
    text = (copy / folder / f"{former}.py").read_text("utf-8")
    for old, new in changes:
        assert old in text, f"{former}.py has no {old!r}"
        text = text.replace(old, new)
    (copy / folder / f"{name}.py").write_text(text, "utf-8")


def test_a_figure_with_its_tab_and_its_section_is_one_file(copy: Path) -> None:
    (copy / "dashboard/figures/counted_results.py").write_text(FIGURE, "utf-8")
    program = """
from analytics.analysis import analyse
from analytics.synthetic import make
from dashboard.components.patient_state import State
from dashboard.components.patient_tab_list import tabs
from dashboard.components.patient_tabs import inside
from dashboard.figures.choice import Choice
from dashboard.reports._figures import sections_of
one = analyse(make(1, seed=4)[0])
state = State.of({"tab": "counted"})
shown = str(inside(state, one, Choice(key="K")))
sections = [(s.title, [type(b).__name__ for b in s.blocks]) for s in sections_of("patient", one, Choice(key="K"))]
print(json.dumps([list(tabs()), tabs()["counted"], "The numbers of this figure" in shown, sections]))
"""
    places, words, numbers, sections = said(copy, program)  # type: ignore[misc]
    assert places.index("path") < places.index("counted") < places.index("scores"), "its order is followed"
    assert (words, numbers) == ("Counted results", True)
    assert sections == [["Counted results", ["Picture", "Table"]]]


def test_a_rule_is_one_file(copy: Path) -> None:
    renamed(copy, "analytics/rules", RULE_FROM, "lone_bilirubin", (f'"{RULE_FROM}"', '"lone_bilirubin"'))
    program = """
from analytics.analysis import analyse
from analytics.rules import rules
from analytics.synthetic import make
found = analyse(make(60, seed=4)[0])
told = [set(t["rule"]) for t in (found.findings, found.near)]
print(json.dumps(["lone_bilirubin" in rules(), "lone_bilirubin" in told[0] | told[1]]))
"""
    assert said(copy, program) == [True, True]


def test_a_score_is_one_file(copy: Path) -> None:
    renamed(copy, "analytics/scores", SCORE_FROM, "albi_again", (f'"{SCORE_FROM}"', '"albi_again"'))
    program = """
from analytics.analysis import analyse
from analytics.synthetic import make
scores = analyse(make(20, seed=4)[0]).scores
both = [scores.loc[scores["score"] == name, "value"].round(9).tolist() for name in ("albi", "albi_again")]
print(json.dumps([both[0] == both[1], len(both[0]) > 0]))
"""
    assert said(copy, program) == [True, True]


def test_an_analyte_is_one_row(copy: Path) -> None:
    place = copy / "analytics/analytes.py"
    text = place.read_text("utf-8")
    first = text.index('    Analyte(\n        "ALT",')
    place.write_text(text[:first] + ANALYTE + text[first:], "utf-8")
    (copy / "cystatin.csv").write_text(
        "patient_id,analyte,collected_at,value,unit\nP1,Cystatine,2024-01-01 08:00,0.9,mg/L\n", "utf-8"
    )
    program = """
import hepatrend
found = hepatrend.analyse(hepatrend.read("cystatin.csv"))
print(json.dumps(found.points[["analyte", "value"]].values.tolist()))
"""
    assert said(copy, program) == [["CYSC", 0.9]]


def test_a_file_format_is_one_file(copy: Path) -> None:
    (copy / "analytics/ingest/formats/letters.py").write_text(FORMAT, "utf-8")
    program = """
from analytics.ingest.formats import formats
print(json.dumps([f.name for f in formats() if f.name == "letters"]))
"""
    assert said(copy, program) == ["letters"]
