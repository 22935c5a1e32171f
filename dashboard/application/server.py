"""Serving: configuration, store and waitress put together."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from analytics.errors import RefusedStart
from analytics.store.database import reserve
from dashboard.security.start import check_start
from dashboard.study import Study

if TYPE_CHECKING:
    pass

log = logging.getLogger(__name__)
IDLE_SECONDS = 60
"""A connection that says nothing for so long is closed."""


def serve(study: Study, *, ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; running requests are finished.

    Args:
        study: options and the open store.
        ready: told the address when the server listens.

    Raises:
        RefusedStart: it would be open to others without sign-in, or the address is taken.
    """
    config, store = study.config, study.store
    check_start(config)
    if not store.place.read_only:
        reserve.keep(store.place.folder)
    if config.workers > 1:
        from dashboard.application import workers

        workers.serve(config, ready=lambda host, port: _announce(host, port, ready))
        return
    from waitress.server import create_server

    from dashboard.application import first_work, prewarm
    from dashboard.application.app import create_app
    from dashboard.cohorts import worker

    app = create_app(store, config)
    first_work.catch_up(store, config)
    made_ahead: prewarm.Ahead = app.server.extensions[prewarm.EXTENSION]
    warming = threading.Thread(target=first_work.warm, args=(store, made_ahead.start), name="warm")
    warming.start()
    try:
        server = create_server(
            app.server,
            host=config.host,
            port=config.port,
            threads=config.threads,
            connection_limit=config.connections,
            channel_timeout=IDLE_SECONDS,
            asyncore_use_poll=True,  # select() knows no descriptor above 1023
            max_request_body_size=config.max_upload_mb << 20,
            ident=None,
            # without sign-in their being there is what tells of a proxy: dashboard.security.loopback must see them
            clear_untrusted_proxy_headers=config.auth != "none" and not config.proxy.networks,
        )
    except OSError as error:
        raise RefusedStart(
            f"cannot serve on {config.host}:{config.port}: {error.strerror or error}; choose --port"
        ) from error
    worker.revive(store, config)
    _stop_on_signal(server)
    _announce(config.host, getattr(server, "effective_port", config.port), ready)
    server.run()
    warming.join()


def _announce(host: str, port: int, ready: Callable[[str], None] | None) -> None:
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    (ready or (lambda url: click.echo(f"hepatrend is at {url}  (Ctrl-C stops)")))(address)
    sys.stdout.flush()


def _stop_on_signal(server: Any) -> None:
    if threading.current_thread() is not threading.main_thread():
        return

    def stop(_number: int, _frame: Any) -> None:
        raise SystemExit(0)  # waitress closes its sockets and lets its workers finish

    signal.signal(signal.SIGTERM, stop)
