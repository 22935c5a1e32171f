"""Without sign-in only this machine is answered: judged by the socket and by what proxies add, never by the Host.

Whoever reaches a server without sign-in sees everything. A Host header says what its sender likes; the address of the
peer does not. A proxy on this machine has a loopback address too, so a request that bears the mark of one is refused
as well: any header that proxies add, the old HTTP/1.0 that nginx speaks to its back end where nothing else is said and
that no browser speaks, or an Origin that is not this machine.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dashboard.config import is_loopback, is_this_machine

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

REFUSED = (
    "This server runs without sign-in and answers only the machine that it runs on, without a proxy between; "
    "set HEPATREND_AUTH=local or proxy to serve others.\n"
)
_STARTS = ("HTTP_X_FORWARDED", "HTTP_X_ORIGINAL", "HTTP_X_ENVOY", "HTTP_X_REMOTE", "HTTP_CF_", "HTTP_X_PROXY")
_NAMES = frozenset(
    f"HTTP_{name}"
    for name in (
        "FORWARDED", "FORWARDED_FOR", "VIA", "X_REAL_IP", "X_REAL_PORT", "X_CLIENT_IP", "X_CLUSTER_CLIENT_IP",
        "X_HOST", "X_SCHEME", "CLIENT_IP", "TRUE_CLIENT_IP", "FASTLY_CLIENT_IP", "X_VIA", "X_ARR_SSL",
        "X_AMZN_TRACE_ID", "X_SCRIPT_NAME", "PROXY_CONNECTION",
    )
)  # fmt: skip
"""Headers that a proxy, a gateway or a content network adds, as WSGI names them."""
_OLD = "HTTP/1.0"


class LoopbackOnly:
    """WSGI: answers 403 to whoever is not on this machine, or comes through something that forwards."""

    def __init__(self, app: WSGIApplication):
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or refuse."""
        why = forwarded(environ)
        if not why:
            return self._app(environ, start_response)
        log.warning("refused a request without sign-in: %s", why)
        body = REFUSED.encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response("403 FORBIDDEN", headers)
        return [body] if environ.get("REQUEST_METHOD") != "HEAD" else []


def forwarded(environ: WSGIEnvironment) -> str:
    """Why a request does not come straight from this machine, without values; empty where it does."""
    if not is_loopback(str(environ.get("REMOTE_ADDR") or "")):
        return "the peer is not this machine"
    marks = sorted(k for k in environ if k in _NAMES or k.startswith(_STARTS))
    if marks:
        return f"header {marks[0].removeprefix('HTTP_').replace('_', '-').title()}"
    if environ.get("SERVER_PROTOCOL") == _OLD:
        return "HTTP/1.0, as proxies speak it"
    origin = str(environ.get("HTTP_ORIGIN") or "null")
    return "" if origin == "null" or _is_here(origin) else "the page is of another host"


def _is_here(origin: str) -> bool:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    return is_this_machine(host)
