"""The routes of signing in by the hospital's provider: there, back, and out of it."""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from flask import Flask, Response, g, make_response, redirect, request

from analytics.errors import SignInRefused
from dashboard.security import gate, trail
from dashboard.security.accounts import Account
from dashboard.security.keys import mac
from dashboard.security.oidc import Errand, Provider
from dashboard.security.roles import User
from dashboard.security.sessions import Sessions, put_cookie

if TYPE_CHECKING:
    from dashboard.web.context import Context

log = logging.getLogger(__name__)
BACK = "/login/sso/back"
ERRAND_SECONDS = 600.0
_TOO_OLD = "This sign-in was begun elsewhere or too long ago. Try again."
Page = Callable[[str, str, int], Response]
"""Makes the sign-in page: own path to go to after, message, status."""


@dataclass(frozen=True)
class ProviderRoutes:
    """Sends browsers to the provider and takes them back.

    Args:
        context: audit log and options.
        sessions: where sign-ins begin; only hashes of tokens are kept.
        provider: the hospital's.
        page: the sign-in page, for what went wrong.
    """

    context: Context
    sessions: Sessions
    provider: Provider
    page: Page

    @property
    def cookie(self) -> str:
        """Name of the cookie of who is on the way."""
        return "__Host-hepatrend_sso" if self.context.config.tls else "hepatrend_sso"

    def go(self) -> Response:
        """Send the browser to the provider."""
        target = gate.own_path(request.args.get("next"))
        try:
            address, errand = self.provider.begin(self._own(BACK), target)
        except SignInRefused as error:
            return self.page(target, _sentence(error), 503)
        answer = make_response(redirect(address, code=303))
        put_cookie(answer, self.cookie, self._sealed(errand), self.context.config, hidden=True)
        return answer

    def back(self) -> Response:
        """Take the browser back: each errand once, only in the browser that began it."""
        errand = self._opened(request.cookies.get(self.cookie, ""))
        # without an errand nothing is written into the audit log: anybody could fill it
        answer = self.page("/", _TOO_OLD, 403) if errand is None else self._answer(errand)
        answer.delete_cookie(self.cookie, path="/", secure=self.context.config.tls, httponly=True, samesite="Lax")
        return answer

    def out(self) -> Response:
        """Send the browser to where the session of the provider ends."""
        try:
            place = self.provider.out(self._own("/login"))
        except SignInRefused as error:
            return self.page("/", _sentence(error), 503)
        if place is None:
            return self.page("/", "The hospital's sign-in has no address to sign out at; close the browser.", 200)
        return make_response(redirect(place, code=303))

    def _answer(self, errand: Errand) -> Response:
        issuer = request.args.get("iss", self.context.config.oidc.issuer)
        fits = compare_digest(request.args.get("state", "").encode(), errand.state.encode())
        if not fits or issuer != self.context.config.oidc.issuer:
            return self._refused(errand.target, _TOO_OLD, 403)
        code = request.args.get("code", "")
        if request.args.get("error") or not code:
            return self._refused(errand.target, "The hospital's sign-in was not completed.", 401)
        try:
            person = self.provider.finish(errand, self._own(BACK), code)
        except SignInRefused as error:
            return self._refused(errand.target, _sentence(error), 401, error)
        g.user = User(person.name, person.role, "")
        trail.record(self.context, "sign_in")
        answer = make_response(redirect(errand.target, code=303))
        self.sessions.begin(Account(person.name, person.role, ""), answer)
        return answer

    def _refused(self, target: str, says: str, status: int, error: Exception | None = None) -> Response:
        log.warning("sign-in by OpenID refused: %s", says, exc_info=error)
        g.user = User("unknown", "auditor", "")
        trail.record(self.context, "sign_in_failed")
        return self.page(target, says, status)

    def _own(self, path: str) -> str:
        """Address of this server as the browser knows it; the host is one of those that are answered."""
        return f"{'https' if self.context.config.tls else request.scheme}://{request.host}{path}"

    def _sealed(self, errand: Errand) -> str:
        text = json.dumps({**asdict(errand), "at": self.sessions.now()})
        body = urlsafe_b64encode(text.encode()).decode()
        return f"{body}.{mac(self.sessions.key, 'sso', body).hex()}"

    def _opened(self, sealed: str) -> Errand | None:
        """What the cookie holds; None where it is not ours or too old."""
        body, _, seal = sealed.partition(".")
        if not compare_digest(seal.encode(), mac(self.sessions.key, "sso", body).hex().encode()):
            return None
        found = json.loads(urlsafe_b64decode(body))
        if not 0 <= self.sessions.now() - found.pop("at") <= ERRAND_SECONDS:
            return None
        return Errand(**found)


def install(server: Flask, routes: ProviderRoutes) -> None:
    """Add the routes."""
    server.add_url_rule("/login/sso", "login_sso", routes.go, methods=["GET"])
    server.add_url_rule(BACK, "login_sso_back", routes.back, methods=["GET"])
    server.add_url_rule("/login/sso/out", "login_sso_out", routes.out, methods=["GET"])


def _sentence(error: SignInRefused) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
