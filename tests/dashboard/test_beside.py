"""Days since the last line of therapy, by the line's own number; without one the calendar, and that it is so."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analytics.analysis import Analysis, analyse
from dashboard.figures.choice import Choice
from dashboard.pages import beside
from tests.builders import panel_of

DAY = pd.Timestamp("2026-01-05")
LABS = [(DAY, "ALT", 30.0), (DAY + pd.Timedelta(days=14), "ALT", 31.0)]


def of_line(number: int | None) -> Analysis:
    panel = panel_of(LABS, [(DAY, "systemic", "FOLFOX")])
    return analyse(replace(panel, events=panel.events.assign(line=number)) if number else panel)


def test_the_line_has_the_number_that_the_source_gives_it():
    assert beside._since_line(of_line(3), Choice()).since_name == "start of line 3"
    told = beside._since_line(of_line(None), Choice())
    assert (told.since_name, told.since) == ("start of line 1", DAY)
    assert beside._without_line(of_line(None), "line") == []


def test_without_a_line_the_chart_stays_on_the_calendar_and_says_so():
    analysis = analyse(panel_of(LABS))
    assert beside._since_line(analysis, Choice()) == Choice()
    assert "calendar dates" in str(beside._without_line(analysis, "line"))
    assert beside._without_line(analysis, "") == []
