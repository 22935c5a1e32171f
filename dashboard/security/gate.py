"""The gate: runs before every route, registered before Dash is built. What is not allowed is refused."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from flask import Flask, Response, g, jsonify, redirect, request

from dashboard.config import Config
from dashboard.security.bodies import BodyCheck
from dashboard.security.pace import Pace
from dashboard.security.roles import LOCAL, User

PUBLIC = frozenset({"/login", "/login.css", "/healthz", "/readyz", "/metrics"})
"""Answered to anyone: the sign-in page, its style, "ok", readiness; /metrics asks for a token of its own."""

PUBLIC_OF_OIDC = frozenset({"/login/sso", "/login/sso/back", "/login/sso/out"})
"""To the hospital's provider, back from it, and out of it; only where sign-in is by OpenID."""

PUBLIC_OF_RECORD = frozenset({"/smart/launch", "/smart/back"})
"""From the hospital record, and back from its sign-in; only where the options name such a record."""

_STATIC = ("/assets/", "/_dash-component-suites/")
"""Files of the program, which a browser asks for once; they count as nothing."""

CALLBACKS = "/_dash-update-component"
SAFE_METHODS = frozenset({"GET", "HEAD"})

Identify = Callable[[], User | None]


def install(server: Flask, config: Config, identify: Identify, check_body: BodyCheck, csrf: Callable[[], bool]) -> None:
    """Register the gate.

    Args:
        server: the Flask application, before Dash is built on it.
        config: sign-in mode and host names.
        identify: who sends this request, or None; the one of the sign-in mode.
        check_body: what the body of a callback must look like.
        csrf: whether a request that changes something carries the token of its session.
    """
    server.config["TRUSTED_HOSTS"] = config.trusted_hosts
    public = public_of(config)
    pace = _paced(server) if config.auth != "none" else None

    @server.before_request
    def _gate() -> Response | tuple[Response, int] | None:
        g.request_id = secrets.token_hex(6)
        request.host  # noqa: B018  raises 400 for a Host that is not trusted
        if request.method not in SAFE_METHODS | {"POST"}:
            return _refused("method not allowed", 405)
        if not _same_site(signs_in=config.auth != "none"):
            return _refused("cross-site request", 403)
        if request.path in public:
            return None
        g.user = identify()
        if g.user is None:
            return _ask_to_sign_in()
        if request.method == "POST" and not csrf():
            return _refused("token missing or wrong", 403)
        if pace is not None and not request.path.startswith(_STATIC) and (seconds := pace.wait(_session(g.user))):
            return _too_much(seconds)
        if request.path == CALLBACKS and request.method == "POST":
            check_body()
        return None


def _paced(server: Flask) -> Pace:
    """Count the processor time of each request that a session asks for."""
    pace = Pace()

    @server.before_request
    def _begin() -> None:
        g.processor_began = time.thread_time()

    @server.after_request
    def _end(response: Response) -> Response:
        if (user := g.get("user")) and not request.path.startswith(_STATIC):
            pace.spent(_session(user), time.thread_time() - g.processor_began)
        return response

    return pace


def _session(user: User) -> str:
    return f"{user.name} {user.session}"


def _too_much(seconds: int) -> tuple[Response, int]:
    says = f"this session has asked for more than the server does at once; ask again after {seconds} s"
    answer, status = _refused(says, 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer, status


def public_of(config: Config) -> frozenset[str]:
    """Addresses that answer anyone."""
    of_oidc = PUBLIC_OF_OIDC if config.auth == "oidc" else frozenset()
    return PUBLIC | of_oidc | (PUBLIC_OF_RECORD if of_oidc and config.smart.servers else frozenset())


def _same_site(*, signs_in: bool) -> bool:
    """True unless the browser says that another site sends this; navigation by link is fine."""
    site, is_safe = request.headers.get("Sec-Fetch-Site"), request.method in SAFE_METHODS
    if site is None:  # an older browser, or a program
        return is_safe or _own_origin(request.headers.get("Origin"), signs_in=signs_in)
    return site in ("same-origin", "none") or (is_safe and request.headers.get("Sec-Fetch-Mode") == "navigate")


def _own_origin(origin: str | None, *, signs_in: bool) -> bool:
    """Whether a request that changes something comes from a page of this server, as far as its Origin tells.

    A browser says none only to its own site, and ``null`` for our forms too, as our pages send no Referer: then the
    token of the session decides. A proxy may leave the port away; where there is no sign-in there is no proxy between.
    """
    if origin is None or origin == "null":
        return origin is None or signs_in
    try:
        page, here = urlsplit(origin), urlsplit(f"//{request.host}")
        is_here = page.hostname is not None and page.hostname == here.hostname
        return is_here and (signs_in or page.netloc.lower() == here.netloc.lower())
    except ValueError:
        return False


def _ask_to_sign_in() -> Response | tuple[Response, int]:
    wants_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if not wants_page or request.path.startswith("/_"):
        return _refused("login required", 401)
    answer = redirect(f"/login?next={quote(request.path)}", code=303)
    assert isinstance(answer, Response)
    return answer


def _refused(why: str, status: int) -> tuple[Response, int]:
    return jsonify(error=why), status


def own_path(target: str | None) -> str:
    """Where to go after sign-in: a path of this server, else the start page."""
    text = target or "/"
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text and "%" not in text
    return text if plain and text.isprintable() else "/"


def local_user() -> User | None:
    """Sign-in mode ``none``: the one user of this machine."""
    return LOCAL


def no_token() -> bool:
    """Sign-in mode ``none``: no session, so no token; Sec-Fetch-Site and Host are checked all the same."""
    return True
