"""Cohort figures: what every picture must say, that its numbers are the library's, and that it stays small."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from analytics.analysis import analyse
from analytics.cohort.aligned import align, banded, windows
from analytics.cohort.change import changes
from analytics.cohort.composite import composite
from analytics.cohort.edish import CUTS, QUADRANTS, counts, migration, peaks, quadrant_name
from analytics.cohort.outcome import outcome
from analytics.cohort.query.parser import parse_question
from analytics.synthetic import make
from dashboard import figures
from dashboard.figures import (
    cohort_composite,
    cohort_curves,
    cohort_distribution,
    cohort_edish,
    cohort_migration,
    cohort_survival,
    cohort_swimmer,
    cohort_waterfall,
)
from dashboard.figures.cohort_view import EVERY_HORIZON, CohortView
from dashboard.figures.words import rounded
from tests.builders import panel_of
from tests.dashboard.figures.criteria import missing_criteria
from tests.dashboard.figures.test_small_figures import FIGURES

Draw = Callable[[CohortView], dict[str, Any]]
ALL: dict[str, Draw] = {
    m.__name__.rpartition("_")[2]: m.draw
    for m in (
        cohort_composite,
        cohort_curves,
        cohort_distribution,
        cohort_edish,
        cohort_migration,
        cohort_survival,
        cohort_swimmer,
        cohort_waterfall,
    )
}


@pytest.fixture(scope="module")
def view() -> CohortView:
    analysis = analyse(make(120, seed=4)[0])
    everyone = np.ones(120, dtype=bool)
    some = np.arange(120) < 3
    question = parse_question("ALT above 3 x ULN after first dose")
    keys = {p: f"k{p[-3:]}" for p in analysis.panel.patient_ids}
    return CohortView(analysis, everyone, some, "drug injury", keys, by="primary_site", question=question)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_says_what_it_is_of_whom_up_to_when_with_axes_and_units(
    view: CohortView, name: str, scheme: str
) -> None:
    figure = ALL[name](replace(view, scheme=scheme))
    layout = figure["layout"]
    title = layout["title"]["text"]
    assert "drug injury, 120 patients" in title
    assert re.search(r"data cut-off \d{1,2} [A-Z][a-z]{2} 20\d\d", title)
    for axis in ("xaxis", "yaxis"):
        assert layout[axis]["title"]["text"], axis
    for trace in figure["data"]:
        assert (trace["type"] in ("scatter", "bar") and trace.get("name")) or trace.get("showlegend") is False
        assert all(isinstance(trace[k], list) for k in ("x", "y"))
    text = orjson.dumps(figure).decode()
    assert "NaN" not in text and "S0000" not in text, "an id instead of a key"


BY_PLOTLY = {
    "curves": ("yaxis",),
    "distribution": ("yaxis",),
    "edish": ("xaxis", "yaxis"),
    "swimmer": ("xaxis", "yaxis"),
}
"""Axes of which plotly finds the ends: what is left out in the legend then no longer takes room."""


@pytest.mark.parametrize("name", ALL)
def test_a_picture_meets_all_eleven_criteria(view: CohortView, name: str) -> None:
    figure = ALL[name](view)
    # Bands of the migration have no ticks: each says how many it is of.
    said = ["y scale"] if name == "migration" else []
    by_plotly = BY_PLOTLY.get(name, ())
    assert missing_criteria(figure, "drug injury, 120 patients", by_plotly) == said
    assert all("range" not in figure["layout"][axis] for axis in by_plotly)
    if said:
        told = [n["text"] for n in figure["layout"]["annotations"]]
        assert len([t for t in told if re.search(r"\d", t)]) >= 2


def test_no_figure_that_is_emitted_escapes_the_criteria() -> None:
    emitted = {
        path.stem for path in Path(figures.__file__).parent.glob("*.py") if "\ndef draw(" in path.read_text("utf-8")
    }
    in_a_cell = {"sparkline"}  # a picture in a cell of a table; its words are tested with it
    of_a_patient = {"lab_timeline", *(name.removesuffix("_baseline") for name in FIGURES)}
    assert emitted == {f"cohort_{name}" for name in ALL} | of_a_patient | in_a_cell


@pytest.mark.parametrize("name", ALL)
def test_a_cohort_of_nobody_is_said_and_not_drawn(view: CohortView, name: str) -> None:
    nobody = np.zeros(120, dtype=bool)
    figure = ALL[name](CohortView(view.analysis, nobody, nobody, question=view.question, asked=nobody))
    assert figure["data"] == [] and "No patient" in figure["layout"]["annotations"][0]["text"]


def test_curves_draw_the_librarys_medians_and_print_every_second_n(view: CohortView) -> None:
    found = align(view.case, "ALT", view.anchor, "x_uln")
    table = banded(found, view.groups, windows(EVERY_HORIZON[0], EVERY_HORIZON[1] - 1, cohort_curves.WIDTH))
    mine = table[(table["group"] == "breast") & (table["n"] >= cohort_curves.LEAST)]
    trace = next(t for t in ALL["curves"](view)["data"] if t.get("name") == "breast")
    assert trace["y"] == rounded(mine["q50"])
    below = next(t for t in ALL["curves"](view)["data"] if t.get("name") == "n, breast")
    assert below["text"] == [str(n) for n in table[table["group"] == "breast"]["n"].iloc[::2]]


def test_peaks_are_counted_by_the_limits_that_are_drawn(view: CohortView) -> None:
    figure = ALL["edish"](view)
    found = counts(peaks(view.case), view.at_cut, view.bili_cut)
    texts = " ".join(a["text"] for a in figure["layout"]["annotations"])
    assert all(f"<b>{n}</b>" in texts for n in found.values())
    assert sum(len(t["x"]) for t in figure["data"] if t["name"] != "selected") == 120 - 3
    assert [s["name"] for s in figure["layout"]["shapes"]] == ["ALT 3", "bilirubin 2"]


def test_bars_of_the_waterfall_are_the_librarys_changes(view: CohortView) -> None:
    bars = ALL["waterfall"](view)["data"][0]
    expected = np.log2(1 + changes(view.case, "ALT")["change_pct"] / 100)
    assert bars["y"] == rounded(expected)


def test_time_to_event_is_of_all_who_were_asked(view: CohortView) -> None:
    hit = outcome(view.case, view.question, view.anchor, view.groups)
    only = np.zeros(120, dtype=bool)
    only[hit.rows.loc[hit.rows["happened"], "patient"]] = True
    figure = ALL["survival"](CohortView(view.analysis, only, ~only & only, by="primary_site", question=view.question,
                                        asked=np.ones(120, dtype=bool)))  # fmt: skip
    assert "120 patients" in figure["layout"]["title"]["text"]
    names = [t["name"] for t in figure["data"] if t.get("showlegend") is None]
    assert [n.split(" of ")[1].split(",")[0] for n in names] == ["40", "40", "40"]


def test_many_patients_are_binned_and_the_worst_stay_single() -> None:
    n = 4_000
    everyone = np.ones(n, dtype=bool)
    big = CohortView(analyse(make(n, seed=2)[0]), everyone, ~everyone, by="primary_site", lines=True)
    for name, draw in ALL.items():
        if name != "survival":
            assert len(orjson.dumps(draw(big))) < 400 * 1024, name
    traces = {t["name"]: t for t in ALL["edish"](big)["data"]}
    binned = traces["other patients, binned"]["text"]
    single = sum(len(t["x"]) for name, t in traces.items() if name != "other patients, binned")
    assert single + sum(int(t.split()[0]) for t in binned) == n


def test_study_days_are_never_dates_in_a_title() -> None:
    panel = panel_of([("2000-01-15", "ALT", 200), ("2000-01-15", "BILI", 1.0)], clock="study_day")
    one = np.ones(1, dtype=bool)
    title = ALL["edish"](CohortView(analyse(panel), one, ~one))["layout"]["title"]["text"]
    assert "data cut-off day 14" in title and "2000" not in title


def test_the_composite_plot_draws_every_patient_in_the_panel_of_its_peaks(view: CohortView) -> None:
    frame = composite(view.case, CUTS["edish"])
    figure = ALL["composite"](view)
    for peak, (x, _) in cohort_composite.PLACES.items():
        mine = frame[frame["peak"] == peak]
        marks = [t for t in figure["data"] if t["xaxis"] == x]
        assert sorted(v for t in marks for v in t["x"]) == pytest.approx(sorted(rounded(mine["at_xbln"])))
        assert sorted(k for t in marks for k in t["customdata"]) == sorted(view.key(p) for p in mine["patient_id"])
        name = quadrant_name(list(QUADRANTS)[peak])
        assert any(f"peaks: {name}, n = <b>{len(mine)}</b>" == a["text"] for a in figure["layout"]["annotations"])
    legend = [t["name"] for t in figure["data"] if t["showlegend"]]
    assert len(legend) == len(set(legend)) and "selected" in legend


def test_bands_of_the_migration_are_the_librarys_moves_whatever_the_scale(view: CohortView) -> None:
    moved = migration(peaks(view.case), CUTS["edish"])
    moved = moved[moved["n"] > 0]
    for scale in ("x_uln", "x_baseline"):
        figure = ALL["migration"](replace(view, scale=scale))
        found = {c: t for trace in figure["data"] for c, t in zip(trace["customdata"], trace["text"], strict=True)}
        assert {c: int(t.split()[0]) for c, t in found.items()} == {
            f"migration|{b}|{p}": n for b, p, n in zip(moved["before"], moved["peak"], moved["n"], strict=True)
        }
    assert sum(int(t.split("(")[1].split()[0]) for t in found.values() if "selected" in t) == 3
    assert len([s for s in figure["layout"]["shapes"] if s["type"] == "path"]) == len(moved)


def test_a_band_whose_number_may_not_be_told_is_not_drawn(view: CohortView) -> None:
    few = np.arange(120) < 17
    figure = ALL["migration"](replace(view, moved=True, members=few))
    told = [int(t.split()[0]) for trace in figure["data"] for t in trace["text"]]
    assert all(n >= 5 for n in told)
    every = migration(peaks(view.case, members=few), CUTS["edish"])["n"]
    assert 0 < len(told) < (every > 0).sum()
    alone = ALL["migration"](replace(view, moved=True, members=np.arange(120) < 3))
    assert alone["data"] == [] and "<5 patients" in alone["layout"]["title"]["text"]
