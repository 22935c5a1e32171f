"""Serving by several processes (gunicorn, extra ``server``): ``hepatrend serve --workers N``.

Every process opens the store by itself; what one must know of another lies in the store and its folder: sessions, jobs,
uploads, keys, working state. So whichever process answers, the answer is the same, and one that dies is started anew.
Kept pages, kept panels and pages that are made ahead belong to each process, and take their memory once for each.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from analytics.errors import MissingExtra, RefusedStart
from dashboard.config import Config
from dashboard.deployment.metrics import TOGETHER

if TYPE_CHECKING:
    from flask import Flask

IDLE_SECONDS = 60
FINISH_SECONDS = 30
FIRST_BYTE_SECONDS = 0.02
"""A connection that says nothing for so long leaves its thread and is waited for by the loop alone."""
_HANGS_SECONDS = 120


def serve(config: Config, *, ready: Callable[[str, int], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; running requests are finished.

    Args:
        config: options, with ``workers`` above 1; the start was checked.
        ready: told host and port when the server listens.

    Raises:
        MissingExtra: gunicorn is not installed.
        RefusedStart: the address is taken.
    """
    try:
        from gunicorn.app.base import BaseApplication
        from gunicorn.http import wsgi
        from gunicorn.workers import gthread
    except ModuleNotFoundError as error:
        raise MissingExtra("server", "serving by several processes") from error
    wsgi.Response = _without_name(wsgi.Response)
    gthread.DEFAULT_WORKER_DATA_TIMEOUT = FIRST_BYTE_SECONDS
    listener = _bound(config)
    counted = tempfile.mkdtemp(prefix="hepatrend-metrics-")
    os.environ[TOGETHER] = counted
    owner = os.getpid()
    _read_ahead()

    class Served(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        """The application of each process."""

        def load_config(self) -> None:
            """No file, no environment: our options alone."""
            for name, value in _options(config, listener.fileno(), ready).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            """Once in each process, after it was forked."""
            return _application(config)

    try:
        Served().run()
    finally:
        if os.getpid() == owner:
            shutil.rmtree(counted, ignore_errors=True)


def _bound(config: Config) -> Any:
    import socket

    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
        listener.listen(config.connections)
    except OSError as error:
        raise RefusedStart(
            f"cannot serve on {config.host}:{config.port}: {error.strerror or error}; choose --port"
        ) from error
    return listener


def _options(config: Config, descriptor: int, ready: Callable[[str, int], None]) -> dict[str, Any]:
    """Options of gunicorn. It believes no header of a proxy: dashboard.security.proxy and loopback see them all."""
    return {
        "bind": [f"fd://{descriptor}"],
        "workers": config.workers,
        "worker_class": "gthread",
        "threads": config.threads,
        "worker_connections": max(config.connections // config.workers, 10),
        "keepalive": IDLE_SECONDS,
        "timeout": _HANGS_SECONDS,
        "graceful_timeout": FINISH_SECONDS,
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "forwarder_headers": "",
        "control_socket_disable": True,
        "loglevel": "warning",
        "logger_class": _logger(),
        "worker_tmp_dir": None,
        "when_ready": lambda arbiter: ready(config.host, arbiter.LISTENERS[0].sock.getsockname()[1]),
        "post_worker_init": lambda worker: _begin(worker, config),
        "child_exit": lambda _arbiter, worker: _forget(worker.pid),
    }


def _application(config: Config) -> Flask:
    from dashboard.application.app import create_app
    from dashboard.study import bind

    server: Flask = create_app(bind(config, create=True).store, config).server
    return server


def _begin(worker: Any, config: Config) -> None:
    """In each process when it is ready: what the first pages need is read; the first process looks for left work."""
    from dashboard.application import first_work, prewarm
    from dashboard.application.app import STORE
    from dashboard.cohorts import worker as jobs

    app = worker.wsgi
    store = app.extensions[STORE]
    if worker.age == 1:
        first_work.catch_up(store, config)
    jobs.revive(store, config)
    then = app.extensions[prewarm.EXTENSION].start
    threading.Thread(target=first_work.warm, args=(store, then), name="warm", daemon=True).start()


def _forget(pid: int) -> None:
    """What a process that ended counted stays in the sums; what it was is forgotten."""
    try:
        from prometheus_client import multiprocess
    except ModuleNotFoundError:
        return
    multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _read_ahead() -> None:
    """Modules alone, before the processes part: they share that memory. Nothing is opened and no thread begins."""
    import dashboard.application.app  # noqa: F401


def _without_name(response: type[Any]) -> type[Any]:
    class Response(response):  # type: ignore[misc]  # gunicorn has no types
        """Does not say what serves."""

        def default_headers(self) -> list[str]:
            """All but the name."""
            return [line for line in super().default_headers() if not line.startswith("Server:")]

    return Response


def _logger() -> type[Any]:
    from gunicorn.glogging import Logger

    class Plain(Logger):  # type: ignore[misc]  # gunicorn has no types
        """What gunicorn says goes where everything else goes, in the same form."""

        def setup(self, cfg: Any) -> None:
            """No handler of its own."""
            self.cfg = cfg
            self.error_log.propagate = True
            self.error_log.setLevel("WARNING")
            self.access_log.propagate = False

    return Plain
