"""Numbers for monitoring at /metrics, as Prometheus reads them (extra ``server``). None is of a patient.

Routes are labelled by their rule, never by the address, which has a patient's key in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa
from flask import Flask, Response, abort, request

from analytics.errors import HepatrendError, MissingExtra
from analytics.store.working_state import jobs
from dashboard.config import Config
from dashboard.deployment import signs
from dashboard.deployment.health import Readiness
from dashboard.deployment.token import has_token

if TYPE_CHECKING:
    from analytics.store import Store

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TOGETHER = "PROMETHEUS_MULTIPROC_DIR"
"""Where several processes of one server add up what they count; prometheus_client reads it when it is imported."""
Note = Callable[[str, str, int, float], None]
"""Is told method, rule of the route, status and seconds of each request."""


def install(server: Flask, store: Store, readiness: Readiness, config: Config) -> Note:
    """Add the address; gives what is to be told of each request."""
    try:
        import prometheus_client as prometheus
    except ModuleNotFoundError:
        server.add_url_rule("/metrics", "metrics", lambda: _missing(config))
        return lambda _method, _route, _status, _seconds: None
    registry = prometheus.CollectorRegistry()
    together = TOGETHER in os.environ
    if not together:
        prometheus.ProcessCollector(registry=registry)
    asked = prometheus.Counter("hepatrend_requests", "Requests.", ["method", "route", "status"], registry=registry)
    took = prometheus.Histogram(
        "hepatrend_request_seconds", "How long answers took.", ["route"], buckets=_SECONDS, registry=registry
    )
    registry.register(_Numbers(store, readiness))

    def answer() -> Response:
        if not has_token(request, config):
            abort(401)
        counted = _of_all(readiness, store) if together else registry
        return Response(prometheus.generate_latest(counted), content_type=prometheus.CONTENT_TYPE_PLAIN_0_0_4)

    def note(method: str, route: str, status: int, seconds: float) -> None:
        asked.labels(method, route, str(status)).inc()
        took.labels(route).observe(seconds)

    server.add_url_rule("/metrics", "metrics", answer)
    return note


def _of_all(readiness: Readiness, store: Store) -> Any:
    """What all processes of this server have counted since it began, those that ended too, and numbers of the store."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_Numbers(store, readiness))
    return registry


def _missing(config: Config) -> tuple[Response, int]:
    if not has_token(request, config):
        abort(401)
    return Response(str(MissingExtra("server", "/metrics")), mimetype="text/plain"), 501


class _Numbers:
    """Numbers of the store, read when they are asked for; those that cannot be read are left out.

    Args:
        store: what is served.
        readiness: the checks.
    """

    def __init__(self, store: Store, readiness: Readiness):
        self._store, self._readiness = store, readiness

    def describe(self) -> list[Any]:
        """Nothing is read when this is registered."""
        return []

    def collect(self) -> Iterator[Any]:
        """Called by the registry at each scrape."""
        from prometheus_client.core import GaugeMetricFamily

        checks = GaugeMetricFamily("hepatrend_check", "1 where a check of /readyz is not a fault.", labels=["name"])
        for check in self._readiness.checks():
            checks.add_metric([check.name], float(check.state != "fault"))
        yield checks
        beats = GaugeMetricFamily("hepatrend_sign_age_seconds", "Since the last sign of life.", labels=["process"])
        for kind in ("worker", "scheduler"):
            if (age := signs.seconds_since(self._store.place.folder, kind)) is not None:
                beats.add_metric([kind], age)
        yield beats
        try:
            yield from self._of_store()
        except (HepatrendError, sa.exc.SQLAlchemyError, OSError):
            return

    def _of_store(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        manifest, states = self._store.manifest, [job.state for job in jobs.recent(self._store)]
        for name, says, value in (
            ("hepatrend_generation", "Number of the newest data.", manifest.generation),
            ("hepatrend_patients", "Patients of the newest data.", manifest.n_patients),
            ("hepatrend_results", "Results of the newest data.", manifest.n_results),
        ):
            yield GaugeMetricFamily(name, says, value=float(value))
        waiting = GaugeMetricFamily("hepatrend_jobs", "Jobs of the last week.", labels=["state"])
        for state in ("waiting", "running", "done", "failed", "cancelled"):
            waiting.add_metric([state], float(states.count(state)))
        yield waiting
        imports = self._store.imports()
        if len(imports):
            age = pd.Timestamp.now("UTC").tz_localize(None) - imports["imported_utc"].max()
            yield GaugeMetricFamily("hepatrend_import_age_seconds", "Since the last import.", value=age.total_seconds())
