"""When schedules are due, over changes of the clock and in every form that a user may write."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import SettingsError
from dashboard.reporting.recurrence import recurrence_of


def scheduled_times(every: str, zone: str, after: str, until: str) -> list[str]:
    found = recurrence_of(every, zone).between(pd.Timestamp(after), pd.Timestamp(until))
    return [f"{s:%Y-%m-%d %H:%M}" for s in found]


def test_monday_six_in_zurich_moves_in_utc_when_summer_time_begins():
    assert scheduled_times("Mon 06:00", "Europe/Zurich", "2026-03-20", "2026-04-08") == [
        "2026-03-23 05:00",
        "2026-03-30 04:00",
        "2026-04-06 04:00",
    ]


def test_a_time_that_does_not_exist_falls_as_far_after_midnight():
    assert scheduled_times("daily 02:30", "Europe/Zurich", "2026-03-28 12:00", "2026-03-30 12:00") == [
        "2026-03-29 01:30",  # 03:30 summer time
        "2026-03-30 00:30",
    ]


def test_a_time_that_comes_twice_counts_once():
    assert scheduled_times("daily 02:30", "Europe/Zurich", "2026-10-24 12:00", "2026-10-26 12:00") == [
        "2026-10-25 00:30",  # the first of the two, still summer time
        "2026-10-26 01:30",
    ]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("Mon,Thu 06:00,18:00", ["2026-06-01 06:00", "2026-06-01 18:00", "2026-06-04 06:00", "2026-06-04 18:00"]),
        ("weekdays 07:30", [f"2026-06-0{d} 07:30" for d in (1, 2, 3, 4, 5)]),
        ("Mon-Fri 07:30", [f"2026-06-0{d} 07:30" for d in (1, 2, 3, 4, 5)]),
        ("Sat-Sun 06:00", ["2026-06-06 06:00", "2026-06-07 06:00"]),
        ("Sun-Mon,Wed 06:00", ["2026-06-01 06:00", "2026-06-03 06:00", "2026-06-07 06:00"]),
        ("monthly 1 06:00", ["2026-06-01 06:00"]),
        ("Saturday 23:59", ["2026-06-06 23:59"]),
    ],
)
def test_every_form_of_a_rhythm(every: str, expected: list[str]):
    assert scheduled_times(every, "UTC", "2026-06-01", "2026-06-07 12:00") == expected


def test_a_slot_is_after_the_start_and_up_to_the_end():
    assert scheduled_times("daily 06:00", "UTC", "2026-06-01 06:00", "2026-06-02 06:00") == ["2026-06-02 06:00"]


@pytest.mark.parametrize(
    "every",
    [
        "",
        "Mon",
        "06:00",
        "Mon 6",
        "Mon 24:00",
        "Funday 06:00",
        "Monkey 06:00",
        "Sunny 06:00",
        "Mon- 06:00",
        "Mon-Fry 06:00",
        "monthly 31 06:00",
        "Mon 06:00 x",
        "monthly 1",
    ],
)
def test_what_is_no_rhythm_is_refused_with_the_forms(every: str):
    with pytest.raises(SettingsError, match="Mon 06:00"):
        recurrence_of(every, "UTC")


def test_a_zone_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="no time zone"):
        recurrence_of("Mon 06:00", "Europe/Nowhere")


@given(
    st.sampled_from(["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 364),
)
def test_every_day_has_exactly_one_slot_in_any_zone(zone: str, hour: int, minute: int, day: int):
    start = pd.Timestamp("2026-01-01") + pd.Timedelta(days=day)
    found = list(recurrence_of(f"daily {hour:02d}:{minute:02d}", zone).between(start, start + pd.Timedelta(days=30)))
    local = [s.tz_localize("UTC").tz_convert(zone).date() for s in found]
    assert len(set(local)) == len(local)
    assert all((b - a).days == 1 for a, b in pairwise(local))


@given(st.datetimes(pd.Timestamp("2025-01-01"), pd.Timestamp("2027-12-31")))
def test_slots_do_not_depend_on_where_one_starts_to_count(cut: pd.Timestamp):
    recurrence = recurrence_of("Mon,Thu 02:30", "Europe/Zurich")
    a, b = pd.Timestamp(cut) - pd.Timedelta(days=20), pd.Timestamp(cut) + pd.Timedelta(days=20)
    whole = list(recurrence.between(a, b))
    assert whole == [*recurrence.between(a, pd.Timestamp(cut)), *recurrence.between(pd.Timestamp(cut), b)]
