"""The page of schedules and the download of what they made, as HTTP sees them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analytics.errors import SettingsError
from analytics.store import Store
from analytics.store.database.clock import microseconds
from analytics.store.working_state.schedules import Schedule, Schedules
from dashboard.application.app import create_app
from dashboard.cli import group
from dashboard.config import Config
from dashboard.deployment import signs
from dashboard.pages import schedules as page
from dashboard.reporting.build import name_of
from dashboard.reporting.schedule_runner import Runner
from dashboard.reporting.schedule_service import ScheduleService
from dashboard.security.keys import pseudonyms_of


@pytest.fixture
def config(own_store: Store) -> Config:
    return Config(store=str(own_store.place.folder))


def test_a_published_report_is_downloaded_by_key_and_time(own_store: Store, config: Config):
    Schedules(own_store.working_state).add(Schedule("mon", "digest", "all", "Mon 06:00", "UTC", (), assets="none"))
    outcome = Runner(own_store, config).run("mon")
    assert outcome.state == "done", outcome.message
    client = create_app(own_store, config).server.test_client()
    scheduled_for = microseconds(outcome.scheduled_for)
    key = own_store.key_of("schedule mon")
    good = client.get(f"/schedules/{key}/{scheduled_for}")
    assert good.status_code == 200
    assert good.headers["Content-Disposition"] == f'attachment; filename="{outcome.file}"'
    assert b"MRN-1" not in good.data, "pseudonyms unless the schedule says otherwise"
    assert pseudonyms_of(config).name("MRN-1").encode() in good.data
    for wrong in (
        f"/schedules/{key}/{scheduled_for + 1}",
        f"/schedules/nobody/{scheduled_for}",
        f"/schedules/../{scheduled_for}",
    ):
        assert client.get(wrong).status_code in (404, 308)


def test_from_a_browser_nothing_but_mail_and_download_can_be_set(own_store: Store, config: Config):
    service = ScheduleService(own_store, config)
    good = {"name": " mon ", "report": "digest", "list": "all", "every": "Mon 06:00", "zone": "UTC", "mail": ""}
    assert service.add(good | {"mail": "a@b.example", "identified": True}, "ann") == "mon"
    kept = service.kept.get("mon")
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
            service.add(good | {"name": "x"} | wrong, "ann")


def test_the_history_shows_status_size_time_and_what_was_new(own_store: Store, config: Config, tmp_path: Path):
    kept = Schedules(own_store.working_state)
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


def test_remove_asks_first_and_says_what_stays(own_store: Store, config: Config):
    Schedules(own_store.working_state).add(Schedule("mon", "digest", "all", "Mon 06:00", "UTC", ()))
    server = create_app(own_store, config).server
    with server.app_context():
        asked = str(page._sure("mon"))
        assert "Unknown schedule" in str(page._sure("tue"))
    assert "Remove schedule mon? It will not run again; its history and reports stay." in asked
    assert all(f"'part': '{verb}'" in asked for verb in ("confirm", "keep"))
    assert [s.name for s in Schedules(own_store.working_state).all()] == ["mon"]


def test_the_page_says_when_no_scheduler_has_looked_lately(own_store: Store, config: Config):
    service, folder = ScheduleService(own_store, config), own_store.place.folder
    assert service.unwatched() == "", "nothing waits for a scheduler"
    Schedules(own_store.working_state).add(Schedule("mon", "digest", "all", "Mon 06:00", "UTC", ()))
    assert service.unwatched().startswith("No scheduler on this machine has looked for due reports yet.")
    assert CliRunner().invoke(group, ["schedule", "run-due", "--store", str(folder)]).exit_code == 0
    assert service.unwatched() == ""
    looked = folder / signs.FOLDER / signs.LOOKED
    os.utime(looked, (0, pd.Timestamp("2026-05-04 06:10", tz="UTC").timestamp()))
    assert "has looked for due reports since 4 May 2026 06:10 UTC." in service.unwatched()
    Schedules(own_store.working_state).pause("mon", paused=True)
    assert service.unwatched() == ""


def test_files_carry_the_name_of_their_schedule_and_alike_names_do_not_meet(own_store: Store, config: Config):
    scheduled_for = pd.Timestamp("2026-06-01 06:00")
    names = ["Tumour board, Monday", "tumour board / Monday", "Zürich", "../../etc", "月曜日", "x" * 200]
    files = [name_of(own_store, Schedule(n, "digest", "all", "Mon 06:00", "UTC", ()), scheduled_for) for n in names]
    assert files[0].startswith("digest-Tumour-board-Monday-")
    assert files[2].startswith("digest-Zurich-")
    assert len(set(files)) == len(files)
    assert all(re.fullmatch(r"digest-[A-Za-z0-9.-]+Z\.html", f) and len(f) < 100 for f in files)
    index = name_of(own_store, Schedule("mon", "patient", "all", "Mon 06:00", "UTC", ()), scheduled_for)
    assert re.fullmatch(r"patient-mon-[a-z2-7]+-20260601T060000Z/index\.html", index)
