"""The routes of signing in by the hospital's provider: there, back, and out of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, g, make_response, redirect, request

from analytics.errors import NoRole, SignInRefused
from dashboard.application.errands import TOO_OLD, Errands, Page, sentence
from dashboard.security import gate, trail
from dashboard.security.accounts import Account
from dashboard.security.oidc import Errand, Provider
from dashboard.security.roles import User

if TYPE_CHECKING:
    from dashboard.web.context import Context

log = logging.getLogger(__name__)
BACK = "/login/sso/back"


@dataclass(frozen=True)
class ProviderRoutes:
    """Sends browsers to the provider and takes them back.

    Args:
        context: audit log and options.
        errands: of browsers on the way; with the sessions that sign-ins begin.
        provider: the hospital's.
        page: the sign-in page, for what went wrong.
    """

    context: Context
    errands: Errands
    provider: Provider
    page: Page

    def go(self) -> Response:
        """Send the browser to the provider."""
        target = gate.own_path(request.args.get("next"))
        try:
            address, errand = self.provider.begin(self.errands.own(BACK), target)
        except SignInRefused as error:
            return self.page(target, sentence(error), 503)
        answer = make_response(redirect(address, code=303))
        self.errands.remember(errand, answer)
        return answer

    def back(self) -> Response:
        """Take the browser back: each errand once, only in the browser that began it."""
        return self.errands.taken_back(self.page, self._answer)

    def out(self) -> Response:
        """Send the browser to where the session of the provider ends."""
        try:
            place = self.provider.out(self.errands.own("/login"))
        except SignInRefused as error:
            return self.page("/", sentence(error), 503)
        if place is None:
            return self.page("/", "The hospital's sign-in has no address to sign out at; close the browser.", 200)
        return make_response(redirect(place, code=303))

    def _answer(self, errand: Errand) -> Response:
        issuer = request.args.get("iss", self.context.config.oidc.issuer)
        if not self.errands.fits(errand) or issuer != self.context.config.oidc.issuer:
            return self._refused(errand.target, TOO_OLD, 403)
        code = request.args.get("code", "")
        if request.args.get("error") or not code:
            return self._refused(errand.target, "The hospital's sign-in was not completed.", 401)
        try:
            person = self.provider.finish(errand, self.errands.own(BACK), code)
        except NoRole as error:
            self.errands.sessions.end_others(error.name, but="")
            return self._refused(errand.target, sentence(error), 401, error)
        except SignInRefused as error:
            return self._refused(errand.target, sentence(error), 401, error)
        g.user = User(person.name, person.role, "")
        trail.record(self.context, "sign_in")
        self.errands.sessions.end_others(person.name, but=person.role)
        answer = make_response(redirect(errand.target, code=303))
        self.errands.sessions.begin(Account(person.name, person.role, ""), answer)
        return answer

    def _refused(self, target: str, says: str, status: int, error: Exception | None = None) -> Response:
        log.warning("sign-in by OpenID refused: %s", says, exc_info=error)
        g.user = User("unknown", "auditor", "")
        trail.record(self.context, "sign_in_failed")
        return self.page(target, says, status)


def install(server: Flask, routes: ProviderRoutes) -> None:
    """Add the routes."""
    server.add_url_rule("/login/sso", "login_sso", routes.go, methods=["GET"])
    server.add_url_rule(BACK, "login_sso_back", routes.back, methods=["GET"])
    server.add_url_rule("/login/sso/out", "login_sso_out", routes.out, methods=["GET"])
