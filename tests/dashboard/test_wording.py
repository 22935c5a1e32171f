"""Sentences are shown with dates as people write them; names of files and days of a study stay as they are."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.wording import day_in_prose, level_word, prose, state_word


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("ALT 80 U/L on 2026-05-28.", "ALT 80 U/L on 28 May 2026."),
        ("Latest (2026-06-08): ALT 38", "Latest (8 Jun 2026): ALT 38"),
        ("2026-01-02 to 2026-12-31", "2 Jan 2026 to 31 Dec 2026"),
        ("labs_2026-05-28.csv row 3", "labs_2026-05-28.csv row 3"),
        ("2026-05-28.csv row 3", "2026-05-28.csv row 3"),
        ("A-2026-05-28", "A-2026-05-28"),
        ("study day 192", "study day 192"),
        ("2026-13-01 and 2026-05", "2026-13-01 and 2026-05"),
    ],
)
def test_dates_of_a_sentence_are_written_out_and_nothing_else(said: str, shown: str):
    assert prose(said) == shown


def test_a_day_follows_the_clock_of_the_patient():
    assert day_in_prose(pd.Timestamp("2026-05-28 14:00"), "date") == "28 May 2026"
    assert day_in_prose(pd.Timestamp("2026-05-28"), "study_day").startswith("day ")
    assert day_in_prose(None) == "–"


def test_levels_and_states_have_words_that_cannot_be_misread():
    assert [level_word(x) for x in ("urgent", "attention", "information", "good")] == [
        "major", "moderate", "for information", "favourable",
    ]  # fmt: skip
    end = {"resolved_at": pd.Timestamp("2026-05-28")}
    words = [state_word({"state": s} | end) for s in ("new", "ongoing", "not_seen", "resolved", "window_over")]
    assert words == ["new", "open", "not measured since", "resolved", "window ended"]
    assert state_word({"state": "resolved", "resolved_at": None}) == "one-off"
