"""What the drawer holds without a browser: safe text, safe colours, ticks, gaps, and a word where it cannot draw."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from dashboard.svg import CannotDraw, to_svg
from dashboard.svg.frame import frame_of
from dashboard.svg.scale import Scale, date_ms
from dashboard.svg.ticks import ticks_of
from dashboard.svg.words import text_element
from tests.dashboard.svg.figures import ALL


def one(**trace: Any) -> dict[str, Any]:
    return {"data": [{"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], **trace}], "layout": {}}


@pytest.mark.parametrize("name", ALL)
def test_every_picture_is_well_formed_and_refers_to_nothing_outside(name: str) -> None:
    svg = to_svg(ALL[name]())
    ElementTree.fromstring(svg)  # raises where the markup is broken
    assert not re.search(r"(href|src|url\((?!#))", svg)
    assert "NaN" not in svg
    assert "None" not in svg


def test_text_of_the_data_is_never_markup() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>&amp;<b>bold</b>'
    figure = one(name=evil, mode="lines+text", text=[evil, evil], showlegend=True)
    figure["layout"] = {"title": {"text": evil}, "xaxis": {"title": {"text": evil}}, "showlegend": True}
    figure["layout"]["annotations"] = [{"text": evil, "x": 0, "y": 0}]
    svg = to_svg(figure, description=evil)
    root = ElementTree.fromstring(svg)
    assert not [e for e in root.iter() if e.tag.split("}")[1] in ("script", "img", "a", "foreignObject")]
    assert "onerror=" in "".join(root.itertext())


def test_tags_that_plotly_knows_become_spans_and_entities_are_read_once() -> None:
    element = text_element("a <b>b</b> &lt;i&gt;<br>next", 1, 2, size=12)
    assert '<tspan font-weight="bold">b</tspan>' in element
    assert "&lt;i&gt;" in element
    assert element.count("<tspan") == 2


@pytest.mark.parametrize("colour", ['red" onload="x', "url(#a)", "expression(1)", "javascript:1"])
def test_a_colour_that_is_none_is_refused(colour: str) -> None:
    with pytest.raises(CannotDraw, match="colour"):
        to_svg(one(line={"color": colour}))


@pytest.mark.parametrize(
    "figure",
    [
        {"data": [{"type": "pie", "values": [1]}], "layout": {}},
        one(fill="sideways"),
        one(mode="markers", marker={"symbol": "smiley"}),
        {"data": [], "layout": {"shapes": [{"type": "path", "path": "M 0,0 A 1,1 0 0 1 1,1"}]}},
        {"data": [], "layout": {"shapes": [{"type": "path", "path": "M 0,0 l 1,1"}]}},
        {"data": [], "layout": {"shapes": [{"type": "line", "xref": "x9", "x0": 0, "x1": 1, "y0": 0, "y1": 1}]}},
        {**one(), "layout": {"xaxis": {"type": "multicategory"}}},
    ],
)
def test_what_it_does_not_know_is_said_rather_than_drawn_wrong(figure: dict[str, Any]) -> None:
    with pytest.raises(CannotDraw):
        to_svg(figure)


def test_a_free_outline_goes_through_its_places_in_values_of_the_axes() -> None:
    whole = {"range": [0, 10]}
    outline = {"type": "path", "path": "M 0,0 C 5,0 5,10 10,10 L 10,0 Z", "opacity": 0.3, "fillcolor": "#123456"}
    layout = {
        "width": 200,
        "height": 120,
        "margin": {"l": 50, "r": 50, "t": 10, "b": 10},
        "xaxis": whole,
        "yaxis": whole,
    }
    drawn = to_svg({"data": [], "layout": {**layout, "shapes": [outline]}})
    assert 'd="M50,110C100,110,100,10,150,10L150,110Z" fill="#123456"' in drawn and 'opacity="0.3"' in drawn


def test_a_missing_value_breaks_the_line_unless_gaps_are_bridged() -> None:
    gap = {"x": [0, 1, 2, 3, 4], "y": [1, 2, None, 2, 1]}
    line = re.compile(r'<path class="l" d="([^"]+)"')
    assert line.search(to_svg(one(**gap))).group(1).count("M") == 2  # type: ignore[union-attr]
    assert line.search(to_svg(one(**gap, connectgaps=True))).group(1).count("M") == 1  # type: ignore[union-attr]


def test_a_single_point_between_gaps_gives_no_line() -> None:
    assert 'class="l"' not in to_svg(one(x=[0, 1, 2], y=[None, 2, None]))


def test_unequal_gaps_in_time_are_drawn_unequal() -> None:
    frame = frame_of(one(x=["2024-01-01", "2024-01-02", "2024-01-11"], y=[1, 2, 3]), None, None)
    a, b, c = (float(p or 0) for p in frame.axes["x"].scale.pixels(["2024-01-01", "2024-01-02", "2024-01-11"]))
    assert (c - b) / (b - a) == pytest.approx(9.0)


def test_colours_of_the_theme_become_variables_and_others_stay() -> None:
    svg = to_svg(one(line={"color": "#1F77B4"}, name="a"), palette={"#1f77b4": "var(--c-alt)"})
    assert "var(--c-alt)" in svg
    assert "#1f77b4" not in svg.lower()


def labels(kind: str, low: float, high: float, length: float = 680, **options: Any) -> list[str]:
    return [text for _, text in ticks_of(Scale(kind, low, high, 0, length), options, True)]


@pytest.mark.parametrize(
    ("kind", "low", "high", "expected"),
    [
        ("linear", 0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ("linear", -0.2, 0.21, ["−0.2", "−0.15", "−0.1", "−0.05", "0", "0.05", "0.1", "0.15", "0.2"]),
        ("linear", 0, 2_000_000, ["0", "500000", "1000000", "1500000", "2000000"]),
        ("log", -1, 3, ["0.1", "1", "10", "100", "1000"]),
    ],
)
def test_ticks_have_the_digits_they_need(kind: str, low: float, high: float, expected: list[str]) -> None:
    found = labels(kind, low, high)
    assert [t for t in expected if t in found] == expected
    assert all(len(t) < 9 for t in found)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2024-01-01", "2024-12-31", ["Jan 2024", "Mar 2024", "May 2024", "Jul 2024", "Sep 2024", "Nov 2024"]),
        ("2019-01-01", "2024-01-01", ["2019", "2020", "2021", "2022", "2023", "2024"]),
        ("2024-01-01", "2024-01-06", ["Jan 1<br>2024", "Jan 2", "Jan 3", "Jan 4", "Jan 5", "Jan 6"]),
        ("2024-02-27 00:00", "2024-03-01 12:00", ["00:00<br>Feb 27, 2024", "12:00", "00:00<br>Feb 29, 2024"]),
    ],
)
def test_date_ticks_fall_on_whole_dates(first: str, last: str, expected: list[str]) -> None:
    found = labels("date", date_ms(first), date_ms(last))
    assert found[0] == expected[0]
    assert set(expected) <= set(found)


def test_given_ticks_are_taken_as_given() -> None:
    assert labels("linear", 0, 10, tickvals=[0, 5, 20], ticktext=["none", "half", "beyond"]) == ["none", "half"]


def test_an_empty_figure_is_an_empty_picture() -> None:
    ElementTree.fromstring(to_svg({"data": [], "layout": {"title": {"text": "No results"}}}))


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert [to_svg(f()) for f in ALL.values()] == [to_svg(f()) for f in ALL.values()]
