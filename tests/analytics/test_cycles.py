"""Cycle by cycle: back before the next dose, both sides of the edge."""

from __future__ import annotations

import pytest

from analytics.analysis import analyse
from analytics.cycles import rounds_frame
from tests.builders import panel_of, together

CYCLES = [("2024-01-10", "systemic", "A"), ("2024-01-31", "systemic", "A"), ("2024-02-21", "systemic", "A")]


def rounds(labs: list[tuple[object, ...]]) -> list[dict[str, float]]:
    return rounds_frame(analyse(panel_of(labs, CYCLES)).case, "ALT").to_dict("records")  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("last", "back", "in_time"),
    [
        (("2024-01-30", 59.9), 20, 1.0),  # just below 1.5 x 40
        (("2024-01-31", 59.9), 21, 1.0),  # the day of the next dose still counts
        (("2024-01-30", 60.0), None, 0.0),  # at 1.5 times is not below
        (("2024-02-01", 50.0), None, 0.0),  # a day too late
    ],
)
def test_a_value_is_back_only_below_the_limit_and_before_the_next_dose(last, back, in_time):
    labs = [("2024-01-09", "ALT", 40), ("2024-01-17", "ALT", 200), (last[0], "ALT", last[1])]
    first = rounds(labs)[0]
    assert (first["before"], first["peak"], first["day_peak"]) == (40, 200, 7)
    assert first["is_back_in_time"] == in_time
    assert first["day_back"] == back or (back is None and first["day_back"] != first["day_back"])


def test_a_result_of_the_day_of_the_dose_belongs_to_the_time_before_it():
    assert rounds([("2024-01-10 07:00", "ALT", 40), ("2024-01-20", "ALT", 50)])[0]["before"] == 40


def test_a_result_more_than_four_weeks_old_is_no_value_before():
    before = rounds([("2023-12-12", "ALT", 40), ("2024-01-20", "ALT", 50)])[0]["before"]
    assert before != before
    assert rounds([("2023-12-13", "ALT", 40), ("2024-01-20", "ALT", 50)])[0]["before"] == 40


def test_a_rise_that_never_reached_the_limit_is_day_nought():
    first = rounds([("2024-01-09", "ALT", 40), ("2024-01-17", "ALT", 59)])[0]
    assert (first["day_back"], first["is_back_in_time"]) == (0, 1)


def test_people_do_not_mix():
    one = panel_of([("2024-01-09", "ALT", 40), ("2024-01-17", "ALT", 200)], CYCLES)
    other = panel_of([("2024-01-09", "ALT", 30), ("2024-01-17", "ALT", 90)], CYCLES[:2])
    frame = rounds_frame(analyse(together(one, other)).case, "ALT")
    assert frame["patient"].tolist() == [0, 0, 0, 1, 1]
    assert frame["peak"].iloc[[0, 3]].tolist() == [200, 90]


def test_a_single_start_date_of_an_agent_is_no_cycle():
    panel = panel_of([("2024-01-09", "ALT", 30), ("2024-01-17", "ALT", 90)], CYCLES[:1])
    assert rounds_frame(analyse(panel).case, "ALT").empty
