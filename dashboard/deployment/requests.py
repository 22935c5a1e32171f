"""What is noted of every request: its id in the answer, one line in the log, two numbers for monitoring."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from dashboard.config import Config
from dashboard.deployment import health, metrics
from dashboard.deployment.metrics import Note

if TYPE_CHECKING:
    from analytics.store import Store

log = logging.getLogger(__name__)
HEADER = "X-Request-Id"
_QUIET = ("/healthz", "/readyz", "/metrics", "/assets/", "/_dash-component-suites/")
"""Asked for all the time: their lines are of level debug."""


def install(server: Flask, note: Note) -> None:
    """Note every request. Call before anything else is installed: what is registered first runs last, so that it sees
    the status as it is sent.

    Args:
        server: the Flask application, before Dash is built on it.
        note: told method, rule of the route, status and seconds.
    """

    @server.before_request
    def _begin() -> None:
        g.began = time.perf_counter()

    @server.after_request
    def _end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        route = request.url_rule.rule if request.url_rule else "none"
        note(request.method, route, response.status_code, seconds)
        if number := g.get("request_id"):
            response.headers[HEADER] = number
        fields = {"method": request.method, "route": route, "status": response.status_code, "ms": round(1000 * seconds)}
        level = logging.DEBUG if request.path.startswith(_QUIET) else logging.INFO
        log.log(level, "request", extra={"fields": fields})
        return response


def observe(server: Flask, store: Store, config: Config) -> None:
    """Note every request, and answer /healthz, /readyz and /metrics."""
    readiness = health.Readiness(store, config)
    install(server, metrics.install(server, store, readiness, config))
    health.install(server, readiness, config)
