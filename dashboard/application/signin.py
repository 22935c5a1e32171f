"""The routes of signing in and out, and which way of it this server uses."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flask import Flask, Response, g, make_response, redirect, request

from analytics.errors import StoreError
from dashboard import theme
from dashboard.application import launch, sso
from dashboard.application.errands import Errands, Page
from dashboard.config import Config
from dashboard.pages import login
from dashboard.security import gate, keys, trail
from dashboard.security.accounts import Accounts
from dashboard.security.attempts import Attempts
from dashboard.security.oidc import Provider
from dashboard.security.proxy import ProxyHeaders
from dashboard.security.roles import User
from dashboard.security.sessions import CSRF_COOKIE, Sessions, put_cookie
from dashboard.security.smart import RecordServer
from dashboard.security.who import needs

if TYPE_CHECKING:
    from dashboard.web.context import Context

log = logging.getLogger(__name__)
SESSIONS = "hepatrend sessions"
"""Name of the extension of the Flask application that knows who is signed in."""
FORM_COOKIE = "hepatrend_form"
REFUSED = "Name or password is wrong."
_ASSETS = Path(__file__).parent.parent / "assets"


class Way(Protocol):
    """One way of signing in."""

    def identify(self) -> User | None:
        """Who sends the request."""

    def csrf(self) -> bool:
        """Whether it carries the token of its session."""


class Open:
    """No sign-in; loopback only."""

    identify = staticmethod(gate.local_user)
    csrf = staticmethod(gate.no_token)


def way_of(config: Config, now: Callable[[], float]) -> Way:
    """The way that the configuration names, with what it needs made or opened."""
    if config.auth == "none":
        return Open()
    key = keys.secret(config, "session")
    if config.auth == "proxy":
        return ProxyHeaders(config, key)
    return Sessions(Accounts.of(config), config, key, now)


def install(server: Flask, context: Context, way: Way) -> None:
    """Add the routes that the way needs."""
    if isinstance(way, ProxyHeaders):
        _hand_out_token(server, way, context.config)
    if not isinstance(way, Sessions):
        return
    server.extensions[SESSIONS] = way
    routes = _SignInRoutes(context, way, Attempts(way.accounts, way.now))
    server.add_url_rule("/login", "login", routes.show, methods=["GET"])
    server.add_url_rule("/login", "login_post", routes.enter, methods=["POST"])
    server.add_url_rule("/login.css", "login_style", _style, methods=["GET"])
    if context.config.auth == "oidc":
        _install_provider(server, context, way, routes._page)
    server.add_url_rule("/logout", "logout", needs("enter")(routes.leave), methods=["POST"])


def _install_provider(server: Flask, context: Context, way: Sessions, page: Page) -> None:
    """Sign-in by the hospital's provider, and opening patients from its record where the options name one."""
    config = context.config
    sso.install(
        server,
        sso.ProviderRoutes(context, Errands("sso", config, way), Provider(config.oidc, way.now), page),
    )
    if config.smart.servers:
        servers = {
            address.rstrip("/"): RecordServer(address, config.smart, config.oidc.leeway_seconds, way.now)
            for address in config.smart.servers
        }
        launch.install(server, launch.LaunchRoutes(context, Errands("smart", config, way), servers, page))


@dataclass(frozen=True)
class _SignInRoutes:
    context: Context
    sessions: Sessions
    attempts: Attempts

    def show(self) -> Response:
        return self._page(gate.own_path(request.args.get("next")))

    def enter(self) -> Response:
        """One try. The same answer, after the same time, whether the name or the password is wrong."""
        target = gate.own_path(request.form.get("next"))
        cookie, field = request.cookies.get(FORM_COOKIE, ""), request.form.get("token", "")
        if not cookie or not compare_digest(cookie.encode(), field.encode()):
            return self._page(target, "This form expired. Reload the page.", 403)
        if self.context.config.auth != "local":
            return self._page(target, REFUSED, 401)
        name, password = request.form.get("name", "").strip().lower(), request.form.get("password", "")
        device = self.sessions.device(name)
        if wait := self.attempts.wait(request.remote_addr or "", name, device=device):
            answer = self._page(target, "Too many tries. Wait a little.", 429)
            answer.headers["Retry-After"] = str(wait)
            return answer
        account = self.sessions.accounts.check(name, password)
        g.user = User(account.name if account else name[:64], account.role if account else "auditor", "")
        trail.record(self.context, "sign_in" if account else "sign_in_failed")
        if account is None:
            return self._page(target, REFUSED, 401)
        self.attempts.succeeded(request.remote_addr or "", name, device=device)
        answer = make_response(redirect(target, code=303))
        self.sessions.begin(account, answer)
        answer.delete_cookie(FORM_COOKIE, path="/")
        return answer

    def leave(self) -> Response:
        """End the session, also where that cannot be written down: it shows nothing, and who leaves must be able to."""
        answer = make_response("", 204)
        self.sessions.end(answer)
        try:
            trail.record(self.context, "sign_out")
        except StoreError as error:
            log.error("signed out without an entry: %s", error)
        return answer

    def _page(self, target: str, message: str = "", status: int = 200) -> Response:
        token = secrets.token_urlsafe(24)
        local, sso = self.context.config.auth == "local", self.context.config.auth == "oidc"
        page = login.render(
            target=target, token=token, scheme=self.context.scheme, message=message, local=local, sso=sso
        )
        answer = make_response(page, status)
        put_cookie(answer, FORM_COOKIE, token, self.context.config, hidden=True)
        return answer


def _style() -> Response:
    sheets = "".join((_ASSETS / name).read_text("utf-8") for name in ("base.css", "login.css"))
    return Response(theme.css() + sheets, mimetype="text/css")


def _hand_out_token(server: Flask, way: ProxyHeaders, config: Config) -> None:
    """Behind a gateway there is no sign-in here: the token comes with the page."""

    @server.after_request
    def _token(response: Response) -> Response:
        if request.method == "GET" and response.mimetype == "text/html" and g.get("user"):
            put_cookie(response, CSRF_COOKIE, way.csrf_token(), config, hidden=False)
        return response
