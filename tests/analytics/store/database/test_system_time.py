"""A clock that went back is noticed against the last import and the last run of a schedule."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.store import open_store
from analytics.store.admin import doctor
from analytics.store.database.clock import utc_now
from analytics.store.database.system_time import set_back
from analytics.store.working_state.schedules import Schedule, Schedules
from dashboard.reporting import schedule_commands
from tests.stores import small_store_now

MINUTES = pd.Timedelta(minutes=1)


@pytest.fixture
def store(tmp_path):
    return small_store_now(tmp_path / "store")


def test_an_empty_store_has_nothing_to_compare_with(tmp_path):
    assert set_back(open_store(str(tmp_path / "s")).place, pd.Timestamp("1990-01-01")) == ""


@pytest.mark.parametrize(("minutes", "told"), [(-4, False), (0, False), (60, False), (-6, True), (-60 * 24 * 40, True)])
def test_more_than_five_minutes_before_the_last_import_are_told(store, minutes, told):
    said = set_back(store.place, utc_now() + minutes * MINUTES)
    assert bool(said) is told
    if told:
        assert "before the last change of the data" in said


def test_a_run_of_a_schedule_counts_too(store):
    schedules = Schedules(store.working_state)
    schedules.add(Schedule("monday", "digest", "all", "Mon 06:00", "UTC", ()))
    ahead = utc_now() + 90 * MINUTES
    assert schedules.claim("monday", ahead, "worker", now=ahead)
    assert "before the last run of a schedule" in set_back(store.place)
    check = next(c for c in doctor.checks(store.place) if c.name == "clock")
    assert (check.state, "it went back" in check.says) == ("note", True)


def test_run_due_says_it_and_ends_with_3(store, monkeypatch):
    heard = []

    def echo(said, err=False):
        heard.append((said, err))

    url = str(store.place.folder)
    assert schedule_commands.run_all_due(url, echo) == schedule_commands.DONE
    assert heard == []
    monkeypatch.setattr("analytics.store.database.system_time.utc_now", lambda: utc_now() - 10 * MINUTES)
    assert schedule_commands.run_all_due(url, echo) == schedule_commands.WARNED
    assert [(said.startswith("hepatrend: the clock of this machine says"), err) for said, err in heard] == [
        (True, True)
    ]


def test_doctor_is_content_with_a_clock_that_is_right(store):
    check = next(c for c in doctor.checks(store.place) if c.name == "clock")
    assert (check.state, check.says) == ("ok", "not before the last import or report")
