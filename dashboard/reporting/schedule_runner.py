"""Running schedules: which scheduled runs are due, exactly one report a scheduled run, retries, failures said aloud.

Two schedulers may run at once, be killed at any moment and be started again: a scheduled run belongs to who inserted
its row, for as long as the lease is renewed; a report that is on its shelf is never made a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from analytics.errors import BusyStore, HepatrendError, SettingsError
from analytics.store.database.clock import utc_now
from analytics.store.working_state.heartbeat import alive
from analytics.store.working_state.schedules import (
    BACK_OFF_SECONDS,
    LEASE_SECONDS,
    Claim,
    Schedule,
    Schedules,
    worker_name,
)
from dashboard.config import Config
from dashboard.reporting.archive import Published, Shelf
from dashboard.reporting.build import make, name_of, notice
from dashboard.reporting.delivery import deliver, recipients, target_of
from dashboard.reporting.recurrence import recurrence_of

if TYPE_CHECKING:
    from analytics.store import Store

ON_TIME = pd.Timedelta(hours=1)
_MOST_CAUGHT_UP = 10
_MOST_RECORDED = 100
_TRANSIENT = (BusyStore, OSError)
"""What may pass by itself; everything else fails at once."""

Clock = Callable[[], pd.Timestamp]


@dataclass(frozen=True)
class Outcome:
    """What became of one scheduled run."""

    schedule: str
    scheduled_for: pd.Timestamp
    state: Literal["done", "waiting", "failed", "lost"]
    message: str = ""
    warnings: tuple[str, ...] = ()
    file: str = ""


class Runner:
    """Runs the schedules of one store.

    Args:
        store: the store.
        config: folder of reports, mail server, thresholds.
        clock: UTC time; another one in tests.
        lease_seconds: how long a scheduled run belongs to a scheduler that says nothing.
    """

    def __init__(self, store: Store, config: Config, clock: Clock = utc_now, lease_seconds: float = LEASE_SECONDS):
        self._store, self._config, self._clock = store, config, clock
        self._lease = lease_seconds
        self._worker = worker_name()
        self.schedules = Schedules(store.working_state, lease_seconds)

    def run_due(self) -> list[Outcome]:
        """Run every scheduled run that is due, and take over what others left behind."""
        now = self._clock()
        out = []
        for name, scheduled_for, asked in self.schedules.unfinished(now):
            out += self._take(name, scheduled_for, asked=asked)
        for schedule in self.schedules.all():
            if not schedule.paused:
                for scheduled_for in self._due(schedule, now):
                    out += self._take(schedule.name, scheduled_for)
        return out

    def run(self, name: str) -> Outcome:
        """Run a schedule now, whatever its scheduled runs.

        Raises:
            SettingsError: no schedule of this name.
        """
        self.schedules.get(name)
        return self._take(name, self._clock(), asked=True)[0]

    # -- which scheduled runs -----------------------------------------------------------------------------------

    def _due(self, schedule: Schedule, now: pd.Timestamp) -> Sequence[pd.Timestamp]:
        """Scheduled runs to run now; those that are not are recorded as missed."""
        last = self.schedules.last_scheduled(schedule.name)
        after = schedule.since if last is None else max(last, schedule.since)
        scheduled_times = list(recurrence_of(schedule.every, schedule.zone).between(after, now))
        run = to_run(scheduled_times, now, schedule.catch_up)
        missed = [s for s in scheduled_times if s not in run][-_MOST_RECORDED:]
        for scheduled_for in missed:
            self.schedules.missed(schedule.name, scheduled_for, "no scheduler ran at that time", now)
        return run

    # -- one scheduled run ----------------------------------------------------------------------------------------

    def _take(self, name: str, scheduled_for: pd.Timestamp, *, asked: bool = False) -> list[Outcome]:
        claim = self.schedules.claim(name, scheduled_for, self._worker, asked=asked, now=self._clock())
        if claim is None:
            return []
        try:
            schedule = self.schedules.get(name)
        except SettingsError:
            self.schedules.failed(claim, "the schedule was removed", self._clock())
            return [Outcome(name, scheduled_for, "failed", "the schedule was removed")]
        # the lease is renewed three times in its length, until the work is over
        with alive(lambda: self.schedules.renew(claim, self._clock()), self._lease / 3):
            return [self._run(schedule, claim)]

    def _run(self, schedule: Schedule, claim: Claim) -> Outcome:
        try:
            published = self._publish(schedule, claim)
        except _TRANSIENT as error:
            return self._again(schedule, claim, _words(error))
        except Exception as error:  # the edge: whatever went wrong is recorded, delivered, and told by the exit status
            return self._fail(schedule, claim, _words(error))
        told = {
            "file": published.name,
            "size": published.size,
            "generation": published.generation,
            "counts": published.counts,
        }
        lost = self._deliver(schedule, claim, published)
        if lost:
            message = "; ".join(lost)
            if claim.attempt < schedule.tries:
                self.schedules.again(claim, message, pause_after(claim.attempt), self._clock(), **told)
                return Outcome(
                    schedule.name, claim.scheduled_for, "waiting", message, published.warnings, published.name
                )
            self.schedules.failed(claim, message, self._clock(), **told)
            return Outcome(schedule.name, claim.scheduled_for, "failed", message, published.warnings, published.name)
        message = " ".join(published.warnings)
        if not self.schedules.done(claim, published.memory, self._clock(), **told, message=message):
            return Outcome(schedule.name, claim.scheduled_for, "lost", "another scheduler took this scheduled run over")
        return Outcome(schedule.name, claim.scheduled_for, "done", message, published.warnings, published.name)

    def _publish(self, schedule: Schedule, claim: Claim) -> Published:
        """The report of the scheduled run: from its shelf if it is there, else made and put there."""
        shelf = self.shelf(schedule.name)
        there = shelf.take(name_of(self._store, schedule, claim.scheduled_for))
        if there is not None:
            return there
        published = make(self._store, schedule, claim.scheduled_for, self._clock(), self._config)
        if not self.schedules.renew(claim, self._clock()):
            raise HepatrendError("another scheduler took this scheduled run over")
        self._record(schedule, published)
        shelf.put(published)
        return published

    def shelf(self, name: str) -> Shelf:
        """Where the reports of a schedule lie."""
        return Shelf.of(self._store, self._config.beside_store(self._config.reports, "reports"), name)

    def _deliver(self, schedule: Schedule, claim: Claim, published: Published, mark: str = "") -> list[str]:
        """Bring the report to every target that it has not reached; what did not arrive, in words."""
        lost = []
        reached = self.schedules.delivered(claim)
        key = self._store.key_of(f"schedule {schedule.name}")
        message_id = f"<{mark}{key}.{claim.scheduled_for:%Y%m%dT%H%M%S%f}@hepatrend>"
        for text in schedule.to:
            if mark + text in reached:
                continue
            try:
                deliver(published, target_of(text), self._config.smtp, message_id=message_id, now=self._clock())
            except HepatrendError as error:
                lost.append(str(error))
                self._store.audit(
                    "delivery_failed", user=schedule.by or "scheduler", key=schedule.name,
                    detail=recipients("not delivered", [text]),
                )  # fmt: skip
            else:
                self.schedules.note_delivery(claim, mark + text, self._clock())
        return lost

    def _again(self, schedule: Schedule, claim: Claim, why: str) -> Outcome:
        if claim.attempt >= schedule.tries:
            return self._fail(schedule, claim, why)
        self.schedules.again(claim, why, pause_after(claim.attempt), self._clock())
        return Outcome(schedule.name, claim.scheduled_for, "waiting", why)

    def _fail(self, schedule: Schedule, claim: Claim, why: str) -> Outcome:
        """Record the failure and deliver it: never silence, never an old file under a new date."""
        if not self.schedules.renew(claim, self._clock()):
            return Outcome(schedule.name, claim.scheduled_for, "lost", "another scheduler took this scheduled run over")
        told = notice(self._store, schedule, claim.scheduled_for, self._clock(), why)
        lost = self._deliver(schedule, claim, told, mark="failure.")
        message = "; ".join([why, *lost])
        self.schedules.failed(claim, message, self._clock())
        return Outcome(schedule.name, claim.scheduled_for, "failed", message)

    def _record(self, schedule: Schedule, published: Published) -> None:
        detail = recipients(f"{schedule.report} {published.name}", schedule.to)
        self._store.audit(
            "report", user=schedule.by or "scheduler", key=schedule.name, rows=published.counts.get("patients"),
            detail=detail,
        )  # fmt: skip


def to_run(scheduled_times: Sequence[pd.Timestamp], now: pd.Timestamp, catch_up: str) -> list[pd.Timestamp]:
    """Which of the scheduled runs since the last run are run now; the others are recorded as missed."""
    if not scheduled_times:
        return []
    if catch_up == "all":
        return list(scheduled_times[-_MOST_CAUGHT_UP:])
    last = scheduled_times[-1]
    return [last] if catch_up == "latest" or now - last <= ON_TIME else []


def pause_after(attempt: int) -> float:
    """Seconds before the next try."""
    return BACK_OFF_SECONDS[min(attempt, len(BACK_OFF_SECONDS)) - 1]


def _words(error: Exception) -> str:
    """What went wrong, without values of the data: our own sentences, or the kind of a foreign error."""
    if isinstance(error, HepatrendError):
        return str(error)
    return f"the run failed ({error.__class__.__name__}); no report was made"
