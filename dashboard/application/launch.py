"""The routes by which the hospital record opens a patient here: there, back, and to the patient's page."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from flask import Flask, Response, g, make_response, redirect, request

from analytics.errors import BusyStore, RecordUnread, RefusedFile, SignInRefused, UnknownPatient
from analytics.ingest.patient_ids import fault
from analytics.ingest.reader import stream_of
from analytics.settings import Settings
from analytics.store.publish.in_memory import TakenIn, taken_in
from dashboard.application.errands import TOO_OLD, Errands, Page, sentence
from dashboard.security import trail
from dashboard.security.accounts import Account
from dashboard.security.oidc import Errand
from dashboard.security.record_reading import Gathered
from dashboard.security.record_store import OpenRecord, RecordStore
from dashboard.security.roles import RECORD, User
from dashboard.security.smart import Launched, RecordServer
from dashboard.wording import count_of, day_in_prose, whole

if TYPE_CHECKING:
    from dashboard.web.context import Context

log = logging.getLogger(__name__)
BACK = "/smart/back"
SOURCE = "hospital record"
"""Stands where a file's name would stand."""
ABSENT = "This patient is not in hepatrend. Nothing was read and nothing was kept."
_BIRTH_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
"""FHIR R4, data type date: a part of one fits no patient."""
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
            if launched.gathered is not None:
                return self._read(launched, launched.gathered)
        except RecordUnread as error:
            return self._refused(sentence(error), 502, error)
        except SignInRefused as error:
            return self._refused(sentence(error), 401, error)
        return self._opened(launched)

    def _read(self, launched: Launched, gathered: Gathered) -> Response:
        """The patient's page of what the record gave, for this session alone.

        Raises:
            RecordUnread: it cannot be shown.
        """
        name, store = launched.person.name, self.context.whole_store
        record = from_record(launched, gathered, store.key_of(launched.patient_id), self.context.settings)
        g.user = User(name, RECORD.name, "", record)
        key, rows = record.path.rpartition("/")[2], len(record.store.panel().labs)
        trail.record(self.context, "sign_in", key, rows=rows, detail="from the record, read for this session")
        answer = make_response(redirect(record.path, code=303))
        try:
            self.errands.sessions.begin(Account(name, launched.person.role, ""), answer, record)
        except BusyStore as error:
            raise RecordUnread(str(error)) from error
        return answer

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


def from_record(launched: Launched, gathered: Gathered, key: str, settings: Settings) -> OpenRecord:
    """What the record gave of a patient, understood by the code of an import, in memory.

    Args:
        launched: whose it is.
        gathered: what the record gave.
        key: opaque key of the patient here.
        settings: thresholds of the analysis.

    Raises:
        RecordUnread: it cannot be understood, or not everything in it is of this patient.
    """
    if why := fault(launched.patient_id):
        raise RecordUnread(f"the patient's identifier in the record cannot be used here: {why}")
    try:
        taken = taken_in(stream_of(gathered.content, SOURCE), launched.person.name)
    except RefusedFile as error:
        raise RecordUnread(f"what the record gave cannot be read: {error}") from error
    if list(taken.panel.patients["patient_id"]) != [launched.fhir_id]:
        raise RecordUnread("what the record gave cannot be told to be of this patient alone; nothing is shown")
    store = RecordStore(taken, launched.patient_id, key, settings)
    return OpenRecord(store, tuple(_told(taken, gathered)))


def _told(taken: TakenIn, gathered: Gathered) -> Iterator[str]:
    """When it was read, how much came of it, and what the record did not give."""
    receipt = taken.receipt
    held = receipt.quarantined + receipt.unit_suspects
    yield (
        f"Read from the hospital record at {pd.Timestamp(receipt.imported_utc):%H:%M} UTC on "
        f"{day_in_prose(pd.Timestamp(receipt.imported_utc))}: {count_of(len(taken.panel.labs), 'result')} shown, "
        f"{whole(held)} quarantined, {whole(receipt.superseded + receipt.duplicate)} replaced or sent twice, "
        f"{count_of(receipt.ignored, 'entry', 'entries')} not read."
    )
    yield "Nothing of it is kept: it is here for this session alone, and what is newer in the record is not shown."
    if gathered.refused:
        yield (
            f"The record did not give: {', '.join(gathered.refused)}. "
            "That this page has none of these does not mean that there are none."
        )


def _agree(said: str, day: pd.Timestamp) -> bool:
    """Whether the record's birth date, exact to the year, month or day, can be this one; where it says none, yes."""
    if said and not _BIRTH_DATE.fullmatch(said):
        return False
    return day.date().isoformat().startswith(said)


def install(server: Flask, routes: LaunchRoutes) -> None:
    """Add the routes."""
    server.add_url_rule("/smart/launch", "smart_launch", routes.go, methods=["GET"])
    server.add_url_rule(BACK, "smart_back", routes.back, methods=["GET"])
