"""The routes by which the hospital record opens a patient here: there, back, and to the patient's page."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from flask import Flask, Response, g, make_response, redirect, request

from analytics.errors import SignInRefused, UnknownPatient
from dashboard.application.errands import TOO_OLD, Errands, Page, sentence
from dashboard.security import trail
from dashboard.security.accounts import Account
from dashboard.security.oidc import Errand
from dashboard.security.roles import User
from dashboard.security.smart import Launched, RecordServer

if TYPE_CHECKING:
    from dashboard.web.context import Context

log = logging.getLogger(__name__)
BACK = "/smart/back"
ABSENT = "This patient is not in hepatrend. Nothing was read and nothing was kept."
DIFFERENT = "The birth date in the record is not the one in hepatrend, so the patient is not opened."


@dataclass(frozen=True)
class LaunchRoutes:
    """Takes browsers that the record sends to its sign-in, and back to one patient.

    Args:
        context: the store, the audit log and the options.
        errands: of browsers on the way.
        servers: those of the options, by address without the last slash.
        page: the sign-in page, for what went wrong.
    """

    context: Context
    errands: Errands
    servers: dict[str, RecordServer]
    page: Page

    def go(self) -> Response:
        """Send the browser to the sign-in of its record; a record that the options do not name is not even asked."""
        server = self.servers.get(request.args.get("iss", "").rstrip("/"))
        token = request.args.get("launch", "")
        if server is None or not token:
            return self.page("/", "This hospital record is not known here.", 403)
        try:
            address, errand = server.launch(token, self.errands.own(BACK))
        except SignInRefused as error:
            return self.page("/", sentence(error), 503)
        answer = make_response(redirect(address, code=303))
        self.errands.remember(errand, answer)
        return answer

    def back(self) -> Response:
        """Take the browser back: each errand once, only in the browser that began it."""
        return self.errands.taken_back(self.page, self._answer)

    def _answer(self, errand: Errand) -> Response:
        server = self.servers.get(errand.target)
        if server is None or not self.errands.fits(errand):
            return self._refused(TOO_OLD, 403)
        code = request.args.get("code", "")
        if request.args.get("error") or not code:
            return self._refused("The sign-in of the hospital record was not completed.", 401)
        try:
            launched = server.opened(errand, self.errands.own(BACK), code)
        except SignInRefused as error:
            return self._refused(sentence(error), 401, error)
        return self._opened(launched)

    def _opened(self, launched: Launched) -> Response:
        """The patient's page, in a session of who the record says it is; an answer without one has no session."""
        person = launched.person
        g.user = User(person.name, person.role, "")
        try:
            key = self._key(launched)
        except SignInRefused as error:
            return self._refused(sentence(error), 403)
        except UnknownPatient:
            trail.record(self.context, "sign_in_failed", detail="from the record: not in this store")
            return self.page("/", ABSENT, 404)
        trail.record(self.context, "sign_in", detail="from the record")
        answer = make_response(redirect(f"/patient/{key}", code=303))
        self.errands.sessions.begin(Account(person.name, person.role, ""), answer)
        return answer

    def _key(self, launched: Launched) -> str:
        """Opaque key of the patient here.

        Raises:
            UnknownPatient: it is not in the store.
            SignInRefused: the birth dates differ.
        """
        store = self.context.whole_store
        present = store.present_id(launched.patient_id)
        key = store.key_of(present)
        store.patient_of(key)
        people = store.panel([present]).patients
        born = people.loc[people["patient_id"] == present, "birth_date"].dropna()
        if any(not _agree(launched.birth_date, day) for day in born):
            raise SignInRefused(DIFFERENT.removesuffix("."))
        return key

    def _refused(self, says: str, status: int, error: Exception | None = None) -> Response:
        log.warning("a launch from the record was refused", exc_info=error)
        if not g.get("user"):
            g.user = User("unknown", "auditor", "")
        trail.record(self.context, "sign_in_failed", detail="from the record")
        return self.page("/", says, status)


def _agree(said: str, day: pd.Timestamp) -> bool:
    """Whether the record's birth date, exact to the year, month or day, can be this one; where it says none, yes."""
    return day.date().isoformat().startswith(said[:10])


def install(server: Flask, routes: LaunchRoutes) -> None:
    """Add the routes."""
    server.add_url_rule("/smart/launch", "smart_launch", routes.go, methods=["GET"])
    server.add_url_rule(BACK, "smart_back", routes.back, methods=["GET"])
