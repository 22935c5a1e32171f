"""The page of schedules and the download of what they made, as HTTP sees them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import SettingsError
from analytics.store import Store
from analytics.store.database.clock import microseconds
from analytics.store.working_state.schedules import Schedule, Schedules
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.pages import schedules as page
from dashboard.reporting.schedule_runner import Runner
from dashboard.reporting.schedule_service import ScheduleDesk
from dashboard.security.keys import pseudonyms_of


@pytest.fixture
def config(own_store: Store) -> Config:
    return Config(store=str(own_store.place.folder))


def test_a_published_report_is_downloaded_by_key_and_time(own_store: Store, config: Config):
    Schedules(own_store.desk).add(Schedule("mon", "digest", "all", "Mon 06:00", "UTC", (), assets="none"))
    outcome = Runner(own_store, config).run("mon")
    assert outcome.state == "done", outcome.message
    client = create_app(own_store, config).server.test_client()
    slot = microseconds(outcome.slot)
    key = own_store.key_of("schedule mon")
    good = client.get(f"/schedules/{key}/{slot}")
    assert good.status_code == 200
    assert good.headers["Content-Disposition"] == f'attachment; filename="{outcome.file}"'
    assert b"MRN-1" not in good.data, "pseudonyms unless the schedule says otherwise"
    assert pseudonyms_of(config).name("MRN-1").encode() in good.data
    for wrong in (f"/schedules/{key}/{slot + 1}", f"/schedules/nobody/{slot}", f"/schedules/../{slot}"):
        assert client.get(wrong).status_code in (404, 308)


def test_from_a_browser_nothing_but_mail_and_download_can_be_set(own_store: Store, config: Config):
    desk = ScheduleDesk(own_store, config)
    good = {"name": " mon ", "report": "digest", "list": "all", "every": "Mon 06:00", "zone": "UTC", "mail": ""}
    assert desk.add(good | {"mail": "a@b.example", "identified": True}, "ann") == "mon"
    kept = desk.kept.get("mon")
    assert kept.to == ("mailto:a@b.example",)
    assert kept.identified
    assert kept.by == "ann"
    for wrong in (
        {"name": ""},
        {"report": "nothing"},
        {"list": "file:/etc/passwd"},
        {"list": "Nowhere-at-all"},
        {"every": "sometimes"},
        {"zone": "Nowhere/Zone"},
        {"mail": "folder:out"},
    ):
        with pytest.raises(SettingsError):
            desk.add(good | {"name": "x"} | wrong, "ann")


def test_the_history_shows_status_size_time_and_what_was_new(own_store: Store, config: Config, tmp_path: Path):
    kept = Schedules(own_store.desk)
    kept.add(Schedule("mon", "digest", "all", "Mon 06:00", "UTC", (f"folder:{tmp_path / 'o'}",)))
    Runner(own_store, config).run("mon")
    kept.missed("mon", pd.Timestamp("2026-01-05 06:00"), "no scheduler ran at that time")
    server = create_app(own_store, config).server
    with server.app_context():
        text = str(page._history())
    for word in ("published, asked for", "missed", "no scheduler ran", "Download", " s", "KB"):
        assert word in text
    for word in ("NaT", "NaN", "None,"):
        assert word not in text.replace("children=None", "")
