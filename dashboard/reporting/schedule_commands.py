"""What the commands of ``hepatrend schedule`` do, as text for the terminal."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from typing import Any

import pandas as pd
import sqlalchemy as sa

from analytics.errors import HepatrendError
from analytics.store.database.clock import utc_now
from analytics.store.database.database_errors import of_database
from analytics.store.database.system_time import set_back
from analytics.store.working_state.schedules import STATES, Schedule, Schedules
from dashboard.deployment import logs, signs
from dashboard.reporting.delivery import recipients, target_of
from dashboard.reporting.patient_lists import patients_of
from dashboard.reporting.recurrence import recurrence_of
from dashboard.reporting.schedule_runner import Outcome, Runner
from dashboard.reports import report
from dashboard.study import Study, open_study
from dashboard.wording import bytes_of

Echo = Callable[..., Any]
FAILED, WARNED, DONE = 1, 3, 0


def add_schedule(store_url: str | None, request: dict[str, Any]) -> str:
    """Check and keep a new schedule; returns when it runs first."""
    study = open_study(store_url)
    store = study.store
    report(request["report"])
    patients_of(store, request["listed"])
    recurrence = recurrence_of(request["every"], request["zone"])
    for target in request["targets"]:
        target_of(target, study.config.smtp.domains)
    names = {"listed": "list", "targets": "to"}
    given: dict[str, Any] = {names.get(k, k): tuple(v) if k == "targets" else v for k, v in request.items()}
    Schedules(store.working_state).add(Schedule(**given))
    study.record("schedule", key=request["name"], detail=recipients("added", given["to"]))
    return _local(recurrence.next(utc_now()), request["zone"])


def _local(scheduled_for: pd.Timestamp, zone: str) -> str:
    return f"{scheduled_for.tz_localize('UTC').tz_convert(zone):%a %Y-%m-%d %H:%M} {zone}"


def listed(store_url: str | None, *, as_json: bool) -> str:
    """Every schedule with its next run."""
    rows: list[dict[str, Any]] = []
    for s in Schedules(open_study(store_url).store.working_state).all():
        upcoming = "paused" if s.paused else _local(recurrence_of(s.every, s.zone).next(utc_now()), s.zone)
        rows.append({"name": s.name, "report": s.report, "list": s.list, "every": s.every, "zone": s.zone}
                    | {"to": list(s.to), "next": upcoming, "identified": s.identified})  # fmt: skip
    if as_json:
        return json.dumps(rows, indent=1)
    lines = [
        f"{r['name']}: {r['report']} of {r['list']}, {r['every']} ({r['zone']}), to {', '.join(r['to']) or 'the store'}"
        f", next {r['next']}"
        for r in rows
    ]
    return "\n".join(lines) or "no schedules"


def told(store_url: str | None, name: str | None, *, as_json: bool) -> str:
    """The history of runs."""
    frame = Schedules(open_study(store_url).store.working_state).history(name)
    if as_json:
        return frame.to_json(orient="records", date_format="iso", indent=1)
    lines = []
    for r in frame.to_dict("records"):
        taken = (
            "" if pd.isna(r["finished_utc"]) else f" in {(r['finished_utc'] - r['started_utc']).total_seconds():.1f} s"
        )
        size = f", {bytes_of(r['size'])}" if r["size"] else ""
        new = f", {r['counts']['new']} new" if "new" in r["counts"] else ""
        said = f": {r['message']}" if r["message"] else ""
        lines.append(f"{r['slot_utc']:%Y-%m-%d %H:%M} UTC {r['schedule']} {STATES[r['state']]}{taken}{size}{new}{said}")
    return "\n".join(lines) or "no runs yet"


def change(store_url: str | None, verb: str, name: str) -> str:
    """Pause, resume or remove; returns what became of it."""
    study = open_study(store_url)
    schedules = Schedules(study.store.working_state)
    to = next((s.to for s in schedules.all() if s.name == name), ())
    if verb == "remove":
        schedules.remove(name)
    else:
        schedules.pause(name, paused=verb == "pause")
    done = dict(pause="paused", resume="resumed", remove="removed")[verb]
    study.record("schedule", key=name, detail=recipients(done, to))
    return done


def run_now(store_url: str | None, name: str, echo: Echo, *, as_json: bool = False) -> int:
    """Run one schedule; returns the exit status."""
    return _tell([_runner(open_study(store_url)).run(name)], echo, as_json)


def run_all_due(store_url: str | None, echo: Echo, *, as_json: bool = False) -> int:
    """Run what is due; returns the exit status."""
    study = open_study(store_url, told=False)
    runner = _runner(study)
    said = set_back(study.store.place)
    if said:
        echo(f"hepatrend: {said}", err=True)
    signs.note_look(study.store.place.folder)
    status = _tell(runner.run_due(), echo, as_json)
    return WARNED if said and status == DONE else status


def _runner(study: Study) -> Runner:
    return Runner(study.store, study.config)


def _tell(outcomes: list[Outcome], echo: Echo, as_json: bool) -> int:
    if as_json:
        echo(json.dumps([_plain(o) for o in outcomes], ensure_ascii=False))
    for o in () if as_json else outcomes:
        said = f": {o.message}" if o.message else ""
        bad = o.state in ("failed", "waiting")
        echo(f"{o.schedule} {o.scheduled_for:%Y-%m-%d %H:%M} UTC {o.state} {o.file}{said}".strip(), err=bad)
    if any(o.state in ("failed", "waiting") for o in outcomes):
        return FAILED
    return WARNED if any(o.warnings for o in outcomes) else DONE


def _plain(o: Outcome) -> dict[str, Any]:
    said = {"schedule": o.schedule, "slot_utc": o.scheduled_for.isoformat(), "state": o.state, "file": o.file}
    return said | {"message": o.message, "warnings": list(o.warnings)}


def look(store_url: str | None, echo: Echo) -> None:
    """One look of the daemon; an error is said and does not end it."""
    try:
        run_all_due(store_url, echo)
    except HepatrendError as error:
        echo(f"hepatrend: {error}", err=True)
    except sa.exc.DBAPIError as error:
        echo(f"hepatrend: {of_database(error)}", err=True)


def keep_running(store_url: str | None, every_seconds: int, echo: Echo) -> int:
    """Look for due reports until stopped by Ctrl-C or SIGTERM; one that is being made is finished first."""
    study = open_study(store_url)
    logs.set_up(study.config)
    folder = study.store.place.folder
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    echo(f"looking for due reports every {every_seconds} s; stop with Ctrl-C")
    with signs.sign_of(folder, "scheduler"):
        while not stopped.is_set():
            look(store_url, echo)
            stopped.wait(every_seconds)
    return DONE
