"""Schedules of reports in the store: who makes which scheduled run, for how long, with what result."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import pandas as pd
import sqlalchemy as sa

from analytics.errors import SettingsError
from analytics.store.database.clock import microseconds, utc_now
from analytics.store.tables.schedules import DELIVERIES, MEMORIES, RUNS, SCHEDULES

STATES: Mapping[str, str] = {
    "claimed": "running",
    "waiting": "waiting for another try",
    "done": "published",
    "failed": "failed",
    "missed": "missed",
}
LEASE_SECONDS = 600.0
BACK_OFF_SECONDS = (60.0, 300.0, 900.0)
"""Pauses before the second, third and fourth try."""


@dataclass(frozen=True)
class Schedule:
    """One schedule.

    Attributes:
        name: unique.
        report: name of the report.
        list: which patients.
        every: when, as the user wrote it.
        zone: IANA time zone of ``every``.
        to: targets of delivery.
        form, assets: form of the report.
        identified: whether ids may leave the store with it.
        catch_up: latest, all or none: what to do with scheduled runs that were missed.
        tries: how often a scheduled run is tried.
        paused: not run until it is resumed.
        since: scheduled runs before this were never due.
        by: who made it.
    """

    name: str
    report: str
    list: str
    every: str
    zone: str
    to: tuple[str, ...]
    form: str = "html"
    assets: str = "inline"
    identified: bool = False
    catch_up: str = "latest"
    tries: int = 3
    paused: bool = False
    since: pd.Timestamp = field(default_factory=utc_now)
    by: str = ""


@dataclass(frozen=True)
class Claim:
    """The right to run one scheduled run, until the lease ends."""

    schedule: str
    scheduled_for: pd.Timestamp
    attempt: int
    worker: str


_IN_BODY = tuple(f.name for f in fields(Schedule) if f.name not in ("name", "paused", "since", "by"))
COLUMNS = tuple(c.name for c in RUNS.c)


def worker_name() -> str:
    """Names this process: host, process, and a random part."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class Schedules:
    """The schedules of one store. Every method is one short transaction; the clock can be given, for tests."""

    def __init__(self, working_state: sa.Engine, lease_seconds: float = LEASE_SECONDS):
        self._working_state = working_state
        self._lease = int(lease_seconds * 1e6)

    # -- schedules ---------------------------------------------------------------------------------------------

    def add(self, schedule: Schedule) -> None:
        """Keep a new schedule.

        Raises:
            SettingsError: there is one of this name.
        """
        body = {k: v for k, v in asdict(schedule).items() if k in _IN_BODY}
        row = {"name": schedule.name, "body": json.dumps(body, sort_keys=True), "paused": schedule.paused}
        try:
            with self._working_state.begin() as connection:
                connection.execute(
                    sa.insert(SCHEDULES).values(**row, since_utc=microseconds(schedule.since), by=schedule.by)
                )
        except sa.exc.IntegrityError as error:
            raise SettingsError(f"there is a schedule {schedule.name!r} already") from error

    def all(self) -> list[Schedule]:
        """Every schedule, by name."""
        with self._working_state.connect() as connection:
            rows = connection.execute(sa.select(SCHEDULES).order_by(SCHEDULES.c.name)).mappings().all()
        return [_schedule(dict(r)) for r in rows]

    def get(self, name: str) -> Schedule:
        """The schedule of this name.

        Raises:
            SettingsError: there is none.
        """
        found = [s for s in self.all() if s.name == name]
        if not found:
            raise SettingsError(f"no schedule {name!r}; known: {', '.join(s.name for s in self.all()) or 'none'}")
        return found[0]

    def pause(self, name: str, *, paused: bool, now: pd.Timestamp | None = None) -> None:
        """Stop or resume a schedule; scheduled runs that passed while it was paused were never due."""
        self.get(name)
        values: dict[str, Any] = {"paused": paused}
        if not paused:
            values["since_utc"] = microseconds(now or utc_now())
        with self._working_state.begin() as connection:
            connection.execute(sa.update(SCHEDULES).where(SCHEDULES.c.name == name).values(**values))

    def remove(self, name: str) -> None:
        """Forget a schedule and what its next report would compare with; the history of its runs stays."""
        self.get(name)
        with self._working_state.begin() as connection:
            connection.execute(sa.delete(SCHEDULES).where(SCHEDULES.c.name == name))
            connection.execute(sa.delete(MEMORIES).where(MEMORIES.c.schedule == name))

    # -- scheduled runs ---------------------------------------------------------------------------------------

    def last_scheduled(self, name: str) -> pd.Timestamp | None:
        """The newest scheduled run that has a row; runs that a user asked for do not count."""
        newest = sa.select(sa.func.max(RUNS.c.slot_utc)).where(RUNS.c.schedule == name, RUNS.c.asked.is_(False))
        with self._working_state.connect() as connection:
            value = connection.scalar(newest)
        return None if value is None else _time(value)

    def claim(
        self,
        name: str,
        scheduled_for: pd.Timestamp,
        worker: str,
        *,
        asked: bool = False,
        now: pd.Timestamp | None = None,
    ) -> Claim | None:
        """Take a scheduled run; None if another scheduler has it or it is over."""
        at = microseconds(now or utc_now())
        row = _row(name, scheduled_for, asked=asked) | {
            "state": "claimed",
            "attempt": 1,
            "worker": worker,
            "lease_utc": at + self._lease,
            "started_utc": at,
        }
        try:
            with self._working_state.begin() as connection:
                connection.execute(sa.insert(RUNS).values(**row))
        except sa.exc.IntegrityError:
            return self._retake(name, scheduled_for, worker, at)
        return Claim(name, scheduled_for, 1, worker)

    def _retake(self, name: str, scheduled_for: pd.Timestamp, worker: str, at: int) -> Claim | None:
        """Take over a scheduled run whose lease has ended, or whose pause before another try is over."""
        over = sa.and_(RUNS.c.state == "claimed", RUNS.c.lease_utc < at)
        due = sa.and_(RUNS.c.state == "waiting", RUNS.c.next_utc <= at)
        mine = sa.and_(RUNS.c.schedule == name, RUNS.c.slot_utc == microseconds(scheduled_for))
        with self._working_state.begin() as connection:
            taken = connection.execute(
                sa.update(RUNS)
                .where(mine, sa.or_(over, due))
                .values(
                    state="claimed",
                    attempt=RUNS.c.attempt + 1,
                    worker=worker,
                    lease_utc=at + self._lease,
                    started_utc=at,
                )
            ).rowcount
            if taken != 1:
                return None
            attempt = connection.scalar(sa.select(RUNS.c.attempt).where(mine))
        return Claim(name, scheduled_for, int(attempt or 1), worker)

    def unfinished(self, now: pd.Timestamp | None = None) -> list[tuple[str, pd.Timestamp, bool]]:
        """(schedule, time, asked) of runs that may be taken over: the lease has ended, or the pause is over."""
        at = microseconds(now or utc_now())
        over = sa.and_(RUNS.c.state == "claimed", RUNS.c.lease_utc < at)
        due = sa.and_(RUNS.c.state == "waiting", RUNS.c.next_utc <= at)
        with self._working_state.connect() as connection:
            rows = connection.execute(
                sa.select(RUNS.c.schedule, RUNS.c.slot_utc, RUNS.c.asked)
                .where(sa.or_(over, due))
                .order_by(RUNS.c.slot_utc)
            ).all()
        return [(r.schedule, _time(r.slot_utc), bool(r.asked)) for r in rows]

    def renew(self, claim: Claim, now: pd.Timestamp | None = None) -> bool:
        """Heartbeat: keep the lease; False if another scheduler has taken the scheduled run."""
        at = microseconds(now or utc_now())
        return self._change(claim, lease_utc=at + self._lease)

    def missed(self, name: str, scheduled_for: pd.Timestamp, message: str, now: pd.Timestamp | None = None) -> bool:
        """Record that a scheduled run was not run; False if it has a row already."""
        at = microseconds(now or utc_now())
        row = _row(name, scheduled_for, asked=False) | {"state": "missed", "message": message, "finished_utc": at}
        try:
            with self._working_state.begin() as connection:
                connection.execute(sa.insert(RUNS).values(**row, started_utc=at))
        except sa.exc.IntegrityError:
            return False
        return True

    # -- results -----------------------------------------------------------------------------------------------

    def done(self, claim: Claim, memory: bytes | None, now: pd.Timestamp | None = None, **result: Any) -> bool:
        """The scheduled run is published; what the next report compares with is kept in the same transaction.

        Args:
            claim: the right to say so.
            memory: of this report.
            now: the time, for tests.
            result: file, size, generation, counts, message.
        """
        at = microseconds(now or utc_now())
        return self._change(claim, memory, state="done", finished_utc=at, **_told(result))

    def again(
        self, claim: Claim, message: str, pause_seconds: float, now: pd.Timestamp | None = None, **result: Any
    ) -> bool:
        """The try failed; another one is due after a pause."""
        at = microseconds(now or utc_now())
        later = at + int(pause_seconds * 1e6)
        return self._change(claim, state="waiting", next_utc=later, message=message, **_told(result))

    def failed(self, claim: Claim, message: str, now: pd.Timestamp | None = None, **result: Any) -> bool:
        """The scheduled run has failed for good."""
        at = microseconds(now or utc_now())
        return self._change(claim, state="failed", finished_utc=at, message=message, **_told(result))

    def _change(self, claim: Claim, memory: bytes | None = None, **values: Any) -> bool:
        """Change the run, if the claim still holds: another worker or attempt makes it void."""
        mine = sa.and_(
            RUNS.c.schedule == claim.schedule,
            RUNS.c.slot_utc == microseconds(claim.scheduled_for),
            RUNS.c.worker == claim.worker,
            RUNS.c.attempt == claim.attempt,
            RUNS.c.state == "claimed",
        )
        with self._working_state.begin() as connection:
            held = connection.execute(sa.update(RUNS).where(mine).values(**values)).rowcount == 1
            if held and memory is not None:
                connection.execute(sa.delete(MEMORIES).where(MEMORIES.c.schedule == claim.schedule))
                row = {"schedule": claim.schedule, "slot_utc": microseconds(claim.scheduled_for), "body": memory}
                connection.execute(sa.insert(MEMORIES).values(**row))
        return held

    def memory(self, name: str) -> bytes | None:
        """What the next report of this schedule compares with."""
        with self._working_state.connect() as connection:
            body = connection.scalar(sa.select(MEMORIES.c.body).where(MEMORIES.c.schedule == name))
        return None if body is None else bytes(body)

    def delivered(self, claim: Claim) -> set[str]:
        """Targets that this scheduled run has reached."""
        here = sa.and_(
            DELIVERIES.c.schedule == claim.schedule, DELIVERIES.c.slot_utc == microseconds(claim.scheduled_for)
        )
        with self._working_state.connect() as connection:
            return set(connection.scalars(sa.select(DELIVERIES.c.target).where(here)))

    def note_delivery(self, claim: Claim, target: str, now: pd.Timestamp | None = None) -> None:
        """This scheduled run has reached a target."""
        row = {"schedule": claim.schedule, "slot_utc": microseconds(claim.scheduled_for), "target": target}
        try:
            with self._working_state.begin() as connection:
                connection.execute(sa.insert(DELIVERIES).values(**row, utc=microseconds(now or utc_now())))
        except sa.exc.IntegrityError:
            return

    def history(self, name: str | None = None, most: int = 200) -> pd.DataFrame:
        """Runs, the newest first: the columns of COLUMNS with times as timestamps and counts as a dict."""
        query = sa.select(RUNS).order_by(RUNS.c.slot_utc.desc()).limit(most)
        if name is not None:
            query = query.where(RUNS.c.schedule == name)
        with self._working_state.connect() as connection:
            rows = [dict(r) for r in connection.execute(query).mappings()]
        for row in rows:
            row["counts"] = json.loads(row["counts"])
            for key in ("slot_utc", "lease_utc", "next_utc", "started_utc", "finished_utc"):
                row[key] = None if row[key] is None else _time(row[key])
        return pd.DataFrame(rows, columns=list(COLUMNS))


def _schedule(row: dict[str, Any]) -> Schedule:
    body = json.loads(row["body"])
    body["to"] = tuple(body["to"])
    return Schedule(name=row["name"], paused=bool(row["paused"]), since=_time(row["since_utc"]), by=row["by"], **body)


def _row(name: str, scheduled_for: pd.Timestamp, *, asked: bool) -> dict[str, Any]:
    return {
        "schedule": name,
        "slot_utc": microseconds(scheduled_for),
        "asked": asked,
        "attempt": 0,
        "worker": "",
        "lease_utc": 0,
        "next_utc": 0,
        "file": "",
        "size": 0,
        "generation": 0,
        "counts": "{}",
        "message": "",
    }


def _told(result: dict[str, Any]) -> dict[str, Any]:
    if "counts" in result:
        result = result | {"counts": json.dumps(dict(result["counts"]), sort_keys=True)}
    return result


def _time(value: int) -> pd.Timestamp:
    return pd.Timestamp(value, unit="us").as_unit("us")
