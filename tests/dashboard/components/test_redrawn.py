"""What of a page is drawn anew: only what changed, and no control that shows by itself what was chosen."""

from __future__ import annotations

from typing import Any

import pytest
from dash import dcc, html, no_update

from dashboard.components.import_words import Drawn, Homes, drawn_of
from dashboard.components.redrawn import Anew, anew, part
from dashboard.importing.choices import Choice
from dashboard.web.ids import ids_of

ID = ids_of("imports")


def page(unit: str = "-", says: str = "2 wait", title: str = "labs.csv") -> list[Any]:
    control = dcc.Dropdown(id=ID("set", "unit"), value=unit, options=["-", "U/L"])
    return [html.H2(title), part("unit", control, ID), part("rows|unit", says, ID)]


def again(drawn: Anew, live: str, **now: str) -> Anew:
    return anew({"preview": page(**now)}, drawn.drawn, ["rows|unit", "unit"], {"unit": live})


FIRST = anew({"preview": page()}, {}, [], {})


def test_all_is_drawn_the_first_time():
    assert FIRST.frames["preview"] is not no_update


def test_nothing_is_drawn_where_nothing_changed():
    same = again(FIRST, "-")
    assert same.frames["preview"] is no_update
    assert same.parts == [no_update, no_update]


def test_a_control_that_a_person_set_stays_and_what_stands_beside_it_changes():
    answered = again(FIRST, "U/L", unit="U/L", says="decided")
    assert answered.frames["preview"] is no_update
    assert answered.parts == ["decided", no_update]


@pytest.mark.parametrize(("live", "unit"), [("-", "U/L"), ("U/L", "-")])
def test_a_control_that_shows_something_else_than_holds_is_drawn_anew(live, unit):
    written = again(FIRST, live, unit=unit)
    assert written.frames["preview"] is no_update
    assert written.parts[1] is not no_update


def test_another_frame_brings_its_parts_with_it():
    other = again(FIRST, "-", title="other.csv")
    assert other.frames["preview"] is not no_update
    assert other.parts == [no_update, no_update]


def word(kind: str, rows: int) -> Choice:
    return Choice(kind, "x", kind, "-", rows=rows)


def test_a_question_stays_in_its_place_when_it_is_answered_and_new_ones_come_below():
    first = Homes().settled([word("units", 2), word("test", 1), word("statuses", 0)])
    assert first == Homes((("units|x", "test|x"),), ("statuses|x",))
    second = first.settled([word("units", 0), word("comparators", 4), word("statuses", 0)])
    assert second == Homes((("units|x",), ("comparators|x",)), ("statuses|x",))


@pytest.mark.parametrize(
    "sent", [None, [], {"marks": 1, "asked": [1], "folded": {}}, {"shape": "s", "asked": [["a", 2]]}]
)
def test_what_the_page_sends_of_itself_is_read_as_far_as_it_is_of_the_form(sent):
    found = drawn_of(sent)
    assert isinstance(found, Drawn)
    assert all(isinstance(key, str) for keys in found.homes.asked for key in keys)
    assert found.of("other") == Drawn("other")
