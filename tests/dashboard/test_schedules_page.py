"""The page of schedules and the download of what they made, as HTTP sees them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import SettingsError
from analytics.store import Store
from analytics.store.clock import microseconds
from analytics.store.schedules import Schedule, Schedules
from dashboard.app import create_app
from dashboard.config import Config
from dashboard.pages import schedules as page
from dashboard.schedule import Runner


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
    assert b"MRN-1" not in good.data, "opaque keys unless the schedule says otherwise"
    assert own_store.key_of("MRN-1").encode() in good.data
    for wrong in (f"/schedules/{key}/{slot + 1}", f"/schedules/nobody/{slot}", f"/schedules/../{slot}"):
        assert client.get(wrong).status_code in (404, 308)


def test_from_a_browser_nothing_but_mail_and_download_can_be_set(own_store: Store, config: Config):
    context = type("C", (), {"whole_store": own_store, "user": type("U", (), {"name": "ann"})()})()
    made = page._wish(context, " mon ", "digest", "all", "Mon 06:00", "UTC", "a@b.example", True)
    assert made.to == ("mailto:a@b.example",)
    assert made.identified
    assert made.name == "mon"
    for wrong in (
        ("", "digest", "all", "Mon 06:00", "UTC", ""),
        ("x", "nothing", "all", "Mon 06:00", "UTC", ""),
        ("x", "digest", "file:/etc/passwd", "Mon 06:00", "UTC", ""),
        ("x", "digest", "site:Nowhere-at-all", "sometimes", "UTC", ""),
        ("x", "digest", "all", "Mon 06:00", "Nowhere/Zone", ""),
        ("x", "digest", "all", "Mon 06:00", "UTC", "folder:out"),
    ):
        with pytest.raises(SettingsError):
            page._wish(context, *wrong, False)


def test_the_history_shows_status_size_time_and_what_was_new(own_store: Store, config: Config, tmp_path: Path):
    kept = Schedules(own_store.desk)
    kept.add(Schedule("mon", "digest", "all", "Mon 06:00", "UTC", (f"folder:{tmp_path / 'o'}",)))
    Runner(own_store, config).run("mon")
    kept.missed("mon", pd.Timestamp("2026-01-05 06:00"), "no scheduler ran at that time")
    context = type("C", (), {"whole_store": own_store})()
    text = str(page._history(context))
    for word in ("published, asked for", "missed", "no scheduler ran", "Download", " s", "KB"):
        assert word in text
    for word in ("NaT", "NaN", "None,"):
        assert word not in text.replace("children=None", "")
