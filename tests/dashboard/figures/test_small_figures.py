"""The figures beside the timeline: each meets the same criteria and prints nothing absent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from analytics.analysis import Analysis, analyse
from analytics.panel import Panel, in_prose
from dashboard.figures import (
    all_tests,
    edish_path,
    event_course,
    line_compare,
    marker_imaging,
    marker_kinetics,
    score_timeline,
)
from dashboard.figures.choice import Choice
from tests.builders import panel_of
from tests.dashboard.figures.criteria import missing_criteria, texts_of
from tests.dashboard.figures.patients import AWKWARD, stented
from tests.golden_text import same_as_golden
from tests.outline import outline

ABSENT_WORDS = ("nan", "NaN", "NaT", "None", "<NA>")
CHOICE = Choice(key="K-7")
STENT = 2

FIGURES: Mapping[str, Callable[[Analysis], dict[str, Any]]] = MappingProxyType(
    {
        "edish_path": lambda a: edish_path.draw(a, CHOICE),
        "edish_path_baseline": lambda a: edish_path.draw(a, CHOICE.on("x_baseline")),
        "event_course": lambda a: event_course.draw(a, CHOICE, STENT),
        "marker_kinetics": lambda a: marker_kinetics.draw(a, CHOICE),
        "all_tests": lambda a: all_tests.draw(a, CHOICE),
        "marker_imaging": lambda a: marker_imaging.draw(a, CHOICE),
        "score_timeline": lambda a: score_timeline.draw(a, CHOICE),
        "line_compare": lambda a: line_compare.draw(a, CHOICE, (1, 2)),
    }
)


def drawn(name: str, panel: Panel) -> dict[str, Any]:
    return FIGURES[name](analyse(panel))


@pytest.mark.parametrize("name", [n for n in FIGURES if n != "score_timeline"])
def test_a_figure_reads_as_reviewed(name: str) -> None:
    same_as_golden(f"{name}_stented.txt", outline(drawn(name, stented())))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_meets_all_eleven_criteria(name: str) -> None:
    missing = missing_criteria(drawn(name, stented()), "K-7")
    assert missing == []


@pytest.mark.parametrize("panel", AWKWARD, ids=lambda p: p.__name__)
@pytest.mark.parametrize("name", [n for n in FIGURES if n not in ("event_course", "line_compare")])
def test_an_awkward_patient_is_drawn_without_words_for_nothing(name: str, panel: Callable[[], Panel]) -> None:
    figure = drawn(name, panel())
    assert json.loads(orjson.dumps(figure)) == figure
    for text in texts_of(figure):
        assert not any(word in text for word in ABSENT_WORDS), text


def test_the_path_pairs_days_and_not_positions() -> None:
    panel = panel_of([("2024-01-01", "ALT", 40), ("2024-01-05", "ALT", 400), ("2024-01-05", "BILI", 3.6)])
    path = edish_path.draw(analyse(panel), CHOICE)["data"][0]
    assert (path["x"], path["y"]) == ([10.0], [3.0])


def test_the_path_takes_the_highest_of_a_day() -> None:
    labs = [("2024-01-05 08:00", "ALT", 400), ("2024-01-05 16:00", "ALT", 200), ("2024-01-05 09:00", "BILI", 1.2)]
    assert edish_path.draw(analyse(panel_of(labs)), CHOICE)["data"][0]["x"] == [10.0]


def test_both_published_lines_are_drawn_with_their_numbers() -> None:
    names = [t["name"] for t in edish_path.draw(analyse(stented()), CHOICE)["data"]]
    assert "general form: ALT 3, bilirubin 2" in names
    assert "with liver metastases: ALT 5.5, bilirubin 3" in names


def test_a_patient_without_markers_is_told_so() -> None:
    figure = marker_kinetics.draw(analyse(panel_of([("2024-01-01", "ALT", 40)])), CHOICE)
    assert [n["text"] for n in figure["layout"]["annotations"]] == ["no tumour marker results"]


def test_days_around_an_event_count_from_its_day() -> None:
    figure = event_course.draw(analyse(stented()), CHOICE, STENT)
    bilirubin = next(t for t in figure["data"] if t.get("meta") == "BILI")
    assert bilirubin["x"] == [-29.0, -15.0, -1.0, 13.0, 27.0, 41.0, 55.0, 69.0, 83.0]


def test_two_lines_start_on_day_nought_each() -> None:
    figure = line_compare.draw(analyse(stented()), CHOICE, (1, 2))
    first, second = (t for t in figure["data"] if t.get("meta") == "BILI")
    assert first["x"][0] == 12.0  # 2024-01-22, line 1 from 2024-01-10
    assert second["x"][0] == 7.0  # 2024-05-13, line 2 from 2024-05-06
    assert first["marker"]["symbol"] != second["marker"]["symbol"]


def test_any_two_lines_can_be_compared_and_none_with_itself() -> None:
    lines = [1, 2, 3, 4]
    assert line_compare.pair_of(lines, "1.3") == (1, 3)
    assert line_compare.pair_of(lines, "4.2") == (4, 2)
    assert line_compare.pair_of(lines, "") == (3, 4)
    assert line_compare.pair_of(lines, "2.2") == (3, 4)
    assert line_compare.pair_of(lines, "1.9") == (3, 4)  # no line 9
    drawn_pair = line_compare.draw(analyse(stented()), CHOICE, (2, 1))
    assert "Line 2 and line 1 over each other" in drawn_pair["layout"]["title"]["text"]


def test_on_a_narrow_screen_the_panels_stand_one_below_the_other():
    analysis = analyse(stented())
    at = int(np.flatnonzero(analysis.panel.events["kind"] == "biliary_stent")[0])
    wide = event_course.draw(analysis, Choice(key="K-7"), at)
    narrow = event_course.stacked(wide)["layout"]
    names = [n for n in narrow if n.startswith("xaxis")]
    assert len(names) > 1
    assert all(narrow[n]["domain"] == [0, 1] for n in names)
    spans = sorted(narrow[n]["domain"] for n in narrow if n.startswith("yaxis"))
    assert all(below[1] < above[0] for below, above in pairwise(spans)), "no panel covers another"
    assert narrow["height"] > wide["layout"]["height"]
    assert {s["yref"] for s in narrow["shapes"]} == {f"y{n.removeprefix('xaxis')} domain" for n in names}
    assert wide["layout"]["xaxis"]["domain"] != [0, 1], "the other picture is as it was"


def test_grades_of_albi_stand_as_bands_behind_its_values():
    days = pd.date_range("2024-01-01", periods=5, freq="28D")
    albumin, bilirubin = (4.6, 4.0, 3.4, 2.4, 1.8), (0.5, 0.8, 1.5, 4.0, 9.0)
    labs = [(d, "ALB", v) for d, v in zip(days, albumin, strict=True)]
    labs += [(d, "BILI", v) for d, v in zip(days, bilirubin, strict=True)]
    analysis = analyse(panel_of(labs))
    figure = score_timeline.draw(analysis, Choice(key="K-7"))
    layout, traces = figure["layout"], {t["name"]: t for t in figure["data"]}
    axis = traces["ALBI"]["yaxis"]
    bands = [s for s in layout["shapes"] if s["yref"] == axis]
    assert [(s["name"], s["y0"], s["y1"]) for s in bands] == [("ALBI grade 2", -2.6, -1.39)]
    words = {a["text"]: a["y"] for a in layout["annotations"] if a.get("yref") == axis}
    assert words["grade 1"] < -2.6 < words["grade 2"] < -1.39 < words["grade 3"]
    low, high = layout[f"yaxis{axis.removeprefix('y')}"]["range"]
    assert all(low <= at <= high for at in words.values()), "no band is named where it is not seen"


def test_all_tests_are_multiples_of_the_limit_of_their_own_day_and_low_tests_are_named_as_left_out():
    labs = [("2024-01-01", "ALT", 40), ("2024-02-01", "ALT", 400), ("2024-02-01", "ALB", 2.1), ("2024-02-01", "CEA", 5)]
    analysis = analyse(panel_of(labs))
    figure = all_tests.draw(analysis, CHOICE)
    lines = {t["meta"]: t for t in figure["data"] if "meta" in t}
    points = analysis.points
    assert "ALB" not in lines
    assert lines["ALT"]["y"] == points[points["analyte"] == "ALT"]["x_uln"].round(3).tolist()
    looks = {(t["line"]["dash"], t["line"]["color"]) for t in lines.values()}
    assert len(looks) == len(lines), "told apart by family and dash"
    texts = [n["text"] for n in figure["layout"]["annotations"]]
    assert any("not drawn: Albumin" in t for t in texts)
    table = all_tests.numbers(analysis, CHOICE)
    assert table.rows.iloc[0].tolist() == ["ALT, U/L", *("10", "400", "1 Feb 2024") * 2]


def test_names_at_the_right_of_all_tests_do_not_cover_each_other():
    days = pd.date_range("2024-01-01", periods=3, freq="28D")
    labs = [(d, code, 1.0) for d in days for code in ("CEA", "BILI")]
    labs += [(d, code, 20 + i) for d in days for i, code in enumerate(("ALT", "AST", "GGT"))]
    layout = all_tests.draw(analyse(panel_of(labs)), CHOICE)["layout"]
    low, high = layout["yaxis2"]["range"]
    heights = sorted((n["y"] - low) / (high - low) for n in layout["annotations"] if n.get("yref") == "y2")
    assert len(heights) == 5
    assert all(b - a > 0.04 for a, b in pairwise(heights))


def test_marker_and_target_lesions_stand_on_one_time_axis_with_the_words_of_the_rule():
    days = pd.date_range("2024-01-10", periods=6, freq="21D")
    labs = [(d, "CEA", v) for d, v in zip(days, (10, 10, 5, 20, 45, 90), strict=True)]
    events = [("2024-01-12", "systemic", "FOLFOX", None, 1)]
    imaging = [("2024-01-05", "CT", None, 60), ("2024-04-24", "CT", "PR", 40)]
    analysis = analyse(panel_of(labs, events, imaging))
    figure = marker_imaging.draw(analysis, CHOICE)
    size, marker = (next(t for t in figure["data"] if t["name"] == n) for n in ("sum of target lesions", "CEA"))
    assert (size["y"], [t.strip() for t in size["text"]]) == ([60, 40], ["", "PR"])
    assert size["yaxis"] != marker["yaxis"]
    assert figure["layout"]["yaxis3"]["anchor"] == figure["layout"]["yaxis2"]["anchor"] == "x"
    says = analysis.findings.loc[analysis.findings["rule"] == "marker_discordance", "says"].tolist()
    assert len(says) == 1
    told = " ".join(n["text"].replace("<br>", " ") for n in figure["layout"]["annotations"])
    assert in_prose(says[0]) in told
    answer = analysis.answers.set_index("question").loc["tumour"]
    assert answer["state"] == "discordant"
    assert f"Marker and imaging differ: {in_prose(answer['says'])}" in told
    assert sum(s["name"] == marker_imaging.DIFFERS for s in figure["layout"]["shapes"]) == 2
    rows = marker_imaging.numbers(analysis, CHOICE).rows
    assert rows.iloc[-1].tolist() == ["24 Apr 2024", "CT", "PR", "40", "90.0 (same day)"]


def test_without_markers_and_sizes_the_figure_says_so_and_has_no_numbers():
    analysis = analyse(panel_of([("2024-01-01", "ALT", 40)]))
    figure = marker_imaging.draw(analysis, CHOICE)
    assert [n["text"] for n in figure["layout"]["annotations"]] == [
        "no tumour marker and no sum of target lesions on record"
    ]
    assert marker_imaging.numbers(analysis, CHOICE).rows.empty


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_writes_its_dates_as_people_do(name: str):
    layout = (figure := drawn(name, stented()))["layout"]
    words = [layout["title"]["text"], *(n["text"] for n in layout["annotations"])]
    words += [part for t in figure["data"] for part in (t.get("name"), t.get("hovertemplate")) if part]
    words += [text for t in figure["data"] for row in t.get("customdata", ()) for text in row if isinstance(text, str)]
    assert [w for w in words if re.search(r"\d{4}-\d\d-\d\d", w)] == []


def test_a_report_of_progression_against_a_smaller_sum_is_no_difference_of_a_marker():
    labs = [(d, "CEA", 10) for d in pd.date_range("2024-01-10", periods=6, freq="21D")]
    events = [("2024-01-12", "systemic", "FOLFOX", None, 1)]
    analysis = analyse(panel_of(labs, events, [("2024-01-05", "CT", None, 60), ("2024-04-24", "CT", "PD", 50)]))
    assert analysis.answers.set_index("question").loc["tumour", "state"] == "discordant"
    assert marker_imaging.differs(analysis) == []
