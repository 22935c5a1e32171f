"""What the page of schedules may do. Pages know no reports: the application puts this service into Flask's extensions.

From a browser a report can go to a mail address or stay in the store for download; folders, files and other places are
set on the command line only, so that no one reads or writes this machine's disk through a browser.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import pandas as pd

from analytics.errors import SettingsError
from analytics.store.database.clock import microseconds, utc_now
from analytics.store.working_state import saved_cohorts
from analytics.store.working_state.schedules import Schedule, Schedules
from dashboard.config import Config
from dashboard.deployment import signs
from dashboard.reporting.archive import Published
from dashboard.reporting.delivery import target_of
from dashboard.reporting.patient_lists import EVERYBODY, patients_of
from dashboard.reporting.recurrence import recurrence_of
from dashboard.reporting.schedule_runner import Runner
from dashboard.reports import reports
from dashboard.security.named import among
from dashboard.wording import prose

if TYPE_CHECKING:
    from analytics.store import Store

EXTENSION = "hepatrend_schedules"
LOOK_SECONDS = 900.0
"""A scheduler that has not looked for so long is away (house: three rounds of the timer of five minutes)."""


@dataclass(frozen=True)
class ScheduleService:
    """Schedules of one store, as far as a browser may reach them."""

    store: Store
    config: Config

    @property
    def kept(self) -> Schedules:
        """The schedules themselves."""
        return Schedules(self.store.working_state)

    def kinds(self) -> list[dict[str, str]]:
        """Choices of a report."""
        return [{"value": r.name, "label": f"{r.title}: {r.says}"} for r in reports().values()]

    def lists(self) -> list[dict[str, str]]:
        """Choices of patients."""
        sites = sorted(self.store.summary()["site"].dropna().unique())
        cohorts = [f"{s.owner}/{s.name}" for s in saved_cohorts.saved(self.store)]
        return [
            {"value": EVERYBODY, "label": "all patients"},
            *({"value": f"site:{s}", "label": s} for s in sites),
            *({"value": f"cohort:{name}", "label": f"cohort {name}"} for name in cohorts),
        ]

    def unwatched(self) -> str:
        """That no scheduler has looked for due reports lately, in words; empty where one has or nothing waits."""
        if all(s.paused for s in self.kept.all()):
            return ""
        last = signs.last_look(self.store.place.folder)
        if last is not None and (datetime.now(UTC) - last).total_seconds() <= LOOK_SECONDS:
            return ""
        since = f"since {last:%-d %b %Y %H:%M} UTC" if last else "yet"
        return (
            f"No scheduler on this machine has looked for due reports {since}. Reports run only while "
            "hepatrend schedule daemon runs or the system's timer calls hepatrend schedule run-due."
        )

    def next_run(self, schedule: Schedule) -> str:
        """When it runs next, on its own clock."""
        if schedule.paused:
            return "paused"
        scheduled_for = recurrence_of(schedule.every, schedule.zone).next(utc_now())
        return prose(f"{scheduled_for.tz_localize('UTC').tz_convert(schedule.zone):%a %Y-%m-%d %H:%M}")

    def add(self, form: Mapping[str, Any], by: str) -> str:
        """Keep the schedule of a form; returns its name.

        Raises:
            SettingsError: a field is empty or wrong.
        """
        text = {k: str(v or "").strip() for k, v in form.items()}
        if not text["name"]:
            raise SettingsError("a schedule needs a name")
        listed = among(text["list"] or EVERYBODY, [c["value"] for c in self.lists()], "list of patients", SettingsError)
        to = (target_of(f"mailto:{text['mail']}", self.config.smtp.domains).text,) if text["mail"] else ()
        kind = among(text["report"], reports(), "report", SettingsError)
        zone = among(text["zone"], available_timezones(), "time zone", SettingsError)
        patients_of(self.store, listed)
        recurrence_of(text["every"], zone)
        identified = form.get("identified") is True
        self.kept.add(Schedule(text["name"], kind, listed, text["every"], zone, to, identified=identified, by=by))
        return text["name"]

    def run(self, name: str) -> None:
        """Run a schedule in a thread of its own; its row in the history tells what became of it."""
        runner = Runner(self.store, self.config)
        threading.Thread(target=runner.run, args=(name,), name=f"report {name}", daemon=True).start()

    def key(self, name: str) -> str:
        """Opaque key of a schedule, for addresses."""
        return self.store.key_of(f"schedule {name}")

    def address(self, name: str, scheduled_for: pd.Timestamp) -> str:
        """Where the report of a scheduled run is downloaded."""
        return f"/schedules/{self.key(name)}/{microseconds(scheduled_for)}"

    def published(self, key: str, scheduled_for: int) -> tuple[str, Published] | None:
        """Name of the schedule and its report of this scheduled run; None where there is none."""
        for row in self.kept.history(most=10_000).to_dict("records"):
            if microseconds(row["slot_utc"]) == scheduled_for and self.key(row["schedule"]) == key and row["file"]:
                found = Runner(self.store, self.config).shelf(row["schedule"]).take(row["file"])
                return (row["schedule"], found) if found else None
        return None
