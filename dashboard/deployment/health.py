"""Is it alive, is it ready: /healthz says that the process answers, /readyz whether pages can be made."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Flask, Response, jsonify, request

from analytics.errors import HepatrendError
from analytics.store.admin.doctor import LOW_DISK, Check
from analytics.store.database import engines, schema
from analytics.store.database.database_errors import of_database
from analytics.store.working_state import jobs
from dashboard.config import Config
from dashboard.deployment import signs
from dashboard.deployment.token import has_token

if TYPE_CHECKING:
    from analytics.store import Store

KEPT_SECONDS = 2.0
"""An answer stands for so long: who asks a thousand times makes no thousand queries."""
_MB = 1 << 20


class Readiness:
    """The checks of one server.

    Args:
        store: what is served.
        config: what is expected to run beside, and how much space there must be.
    """

    def __init__(self, store: Store, config: Config):
        self._store, self._config = store, config
        self._lock = threading.Lock()
        self._made = (0.0, [Check("store", "fault", "not looked at yet")])

    def checks(self) -> list[Check]:
        """Every check, as it was at most KEPT_SECONDS ago."""
        with self._lock:
            when, found = self._made
            if not when or time.monotonic() - when > KEPT_SECONDS:
                found = list(self._look())
                self._made = (time.monotonic(), found)
            return found

    def _look(self) -> Iterator[Check]:
        yield _asked("store", self._tables)
        yield _asked("data", self._data)
        yield _asked("jobs", self._jobs)
        yield self._disk()
        yield self._process("worker", expected=self._config.health.worker)
        yield self._process("scheduler", expected=self._config.health.scheduler)

    def _tables(self) -> Check:
        """Migrations: the tables are those of this version."""
        newest = schema.versions()[-1]
        with engines.truth(self._store.place).connect() as connection:
            schema.refuse_newer(connection)
            version = schema.version_of(connection)
            if not engines.takes_changes(connection):
                return Check("store", "fault", "the database takes no changes, so no look at a patient can be noted")
        state = "ok" if version == newest else "fault"
        return Check("store", state, f"tables of version {version}, newest {newest}")

    def _data(self) -> Check:
        manifest = self._store.manifest
        missing = [name for name in manifest.files() if not (self._store.place.snapshot / name).is_file()]
        if missing:
            says = f"{len(missing)} files of the snapshot are missing; run: hepatrend doctor --rebuild"
            return Check("data", "fault", says)
        return Check("data", "ok", f"generation {manifest.generation}")

    def _jobs(self) -> Check:
        if jobs.stuck(self._store):
            return Check("jobs", "note", "a job is queued and no worker is at it")
        return Check("jobs", "ok", "none is left alone")

    def _disk(self) -> Check:
        free, least = shutil.disk_usage(self._store.place.folder).free, self._config.health.least_free_mb * _MB
        state = "fault" if free < least else "note" if free < LOW_DISK else "ok"
        return Check("disk", state, f"{free / 2**30:.1f} GiB free")

    def _process(self, kind: str, *, expected: bool) -> Check:
        age = signs.seconds_since(self._store.place.folder, kind)
        if age is not None and age <= signs.STALE_SECONDS:
            return Check(kind, "ok", f"gave a sign {age:.0f} s ago")
        says = "gives no sign" if age is None else f"gave its last sign {age:.0f} s ago"
        return Check(kind, "fault", says) if expected else Check(kind, "ok", "not expected to run as a service")


def _asked(name: str, look: Callable[[], Check]) -> Check:
    """What the check says, or why it could not be made."""
    try:
        return look()
    except (HepatrendError, sa.exc.SQLAlchemyError, OSError) as error:
        said = error if isinstance(error, HepatrendError) else of_database(error)
        return Check(name, "fault", str(said) if said else f"{type(error).__name__}")


def install(server: Flask, readiness: Readiness, config: Config) -> None:
    """Add both addresses. Anybody may ask; the sentences are for who has the token."""

    def ready() -> tuple[Response, int]:
        found = readiness.checks()
        fine = all(check.state != "fault" for check in found)
        told = has_token(request, config)
        each = [vars(c) if told else {"name": c.name, "state": c.state} for c in found]
        return jsonify(ready=fine, checks=each), 200 if fine else 503

    server.add_url_rule("/healthz", "healthz", lambda: Response("ok", mimetype="text/plain"))
    server.add_url_rule("/readyz", "readyz", ready)
