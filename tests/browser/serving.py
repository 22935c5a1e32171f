"""Applications served in this process, each at an address that one before it has given back.

A browser keeps by address what it has read: the scripts of the house, compiled. A site that a test alone asks for is
served where that of the test before was, and opens in half of the processor time.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from analytics.store import Store
from dashboard.application.app import create_app
from dashboard.config import Config

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_LOOK_SECONDS = 0.05
"""How long a server that is told to end goes on."""


@dataclass
class Site:
    """A served application."""

    address: str
    store: Store


class _Quiet(WSGIRequestHandler):
    """No line a request in the log of the tests."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


class _Address:
    """A port of this machine, and the application that answers there now."""

    def __init__(self) -> None:
        self.application: WSGI | None = None
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_LOOK_SECONDS,), daemon=True)
        self._thread.start()
        atexit.register(self._close)

    def __str__(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """As a WSGI application; between two sites nobody is there."""
        answers = self.application or Response("no site is served here now", 503)
        return answers(environ, start)

    def _close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


_free: list[_Address] = []


def serve(store: Store, config: Config) -> Iterator[Site]:
    """Serve an application on this machine until the generator is closed."""
    address = _free.pop() if _free else _Address()
    address.application = create_app(store, config).server
    try:
        yield Site(str(address), store)
    finally:
        address.application = None
        _free.append(address)
