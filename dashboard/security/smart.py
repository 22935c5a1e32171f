"""Opening a patient from the hospital record: SMART App Launch (HL7, release 2), launch by the record itself.

The record sends the browser with its own address and a launch token; its authorization server confirms who the user is
(ID token) and says which patient is open. Of that patient the Patient resource is read, to learn the identifier and the
birth date, and where the options say so the results and treatments (dashboard.security.record_reading). The access
token is forgotten with the request.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from analytics.errors import RecordUnread, SignInRefused
from dashboard.config import Oidc, Smart
from dashboard.security.bounded import parts_of
from dashboard.security.oidc import PATIENCE_SECONDS, Errand, Person, Provider
from dashboard.security.record_reading import ENDED, Gathered, Limits, RecordReading

if TYPE_CHECKING:
    import requests
    from authlib.integrations.requests_client import OAuth2Session

_FHIR_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
"""FHIR R4, data type id."""
_STAFF = re.compile(r"(?:.*/)?(?:Practitioner|PractitionerRole)/[A-Za-z0-9.-]{1,64}(?:/_history/.*)?")
"""fhirUser of those who work there; patients and relatives sign in at the same place (SMART App Launch, scopes)."""
_AWAY = "the hospital record cannot be reached; try again"
_UNCLEAR = "the hospital record does not say clearly which patient is open"

AT_ONCE = 2
"""Patients that are read from one record at once (house): each takes a thread of the server while it lasts."""
_MOST_OF_PATIENT = 4 << 20
"""Bytes of a Patient resource; one that is longer is refused."""


@dataclass(frozen=True)
class Launched:
    """What the record says: who opens which patient, by the identifier that is the patient id here."""

    person: Person
    patient_id: str
    birth_date: str
    """As FHIR writes it: year, month or day; empty where the record does not say it."""
    fhir_id: str = ""
    """The record's own id of the patient."""
    gathered: Gathered | None = None
    """What the record gave of the patient, where it was asked."""


class RecordServer(Provider):
    """One FHIR server whose record opens patients here.

    Args:
        address: of the FHIR server, one of the options.
        config: names, secret, scopes, identifier, role.
        leeway_seconds: how far clocks may be apart.
        now: the clock, seconds.

    Raises:
        MissingExtra: authlib is not installed.
    """

    def __init__(self, address: str, config: Smart, leeway_seconds: int, now: Callable[[], float]):
        as_provider = Oidc(
            issuer=address, client_id=config.client_id, client_secret=config.client_secret, scopes=config.scopes,
            name_claim=config.name_claim, leeway_seconds=leeway_seconds,
        )  # fmt: skip
        super().__init__(as_provider, now)
        self._address, self._smart = address.rstrip("/"), config
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def launch(self, token: str, back: str) -> tuple[str, Errand]:
        """Address of the record's sign-in for one launch, and what is to be remembered until the browser is back.

        Raises:
            SignInRefused: the record cannot be reached.
        """
        return self._begin(back, self._address, launch=token, aud=self._config.issuer)

    def opened(self, errand: Errand, back: str, code: str) -> Launched:
        """Who opens whom, by the code that the record gave.

        Raises:
            SignInRefused: the record cannot be reached, does not confirm a member of its staff, or does not say clearly
                which patient is open.
        """
        with self._asking(), self._session(back) as session:
            token = self._token(session, errand, code)
            claims = self._claims(token, errand.nonce)
            if not _STAFF.fullmatch(str(claims.get("fhirUser", ""))):
                raise SignInRefused("only staff of the hospital open patients from the record")
            person, fhir_id = Person(self._name(claims), self._smart.role), str(token.get("patient", ""))
            found, text = self._patient(session, fhir_id)
            patient_id, born = self._id_of(found), found.get("birthDate")
            gathered = self._gathered(session, fhir_id, text) if self._smart.opens == "record" else None
        return Launched(person, patient_id, "" if born is None else str(born), fhir_id, gathered)

    def _gathered(self, session: OAuth2Session, fhir_id: str, patient: str) -> Gathered:
        """All that is read of the patient; few are read at once, so that the pages of others have threads."""
        if not self._turns.acquire(blocking=False):
            raise RecordUnread("other patients are being read from the record just now; try again in a moment")
        try:
            limits = Limits(self._smart.most_mb << 20, self._smart.patience_seconds, PATIENCE_SECONDS)
            return RecordReading(self._address, fhir_id, partial(_asked, session), limits).gathered(patient)
        finally:
            self._turns.release()

    def _patient(self, session: OAuth2Session, fhir_id: str) -> tuple[Mapping[str, Any], str]:
        """The Patient resource, and its text."""
        if not _FHIR_ID.fullmatch(fhir_id):
            raise SignInRefused(_UNCLEAR)
        with _asked(session, f"{self._address}/Patient/{fhir_id}", PATIENCE_SECONDS) as answer:
            text = _text_of(answer) if answer.status_code == 200 else ""
        found = json.loads(text) if text else {}
        of_it = isinstance(found, dict) and (found.get("resourceType"), found.get("id")) == ("Patient", fhir_id)
        if not of_it:
            raise SignInRefused(_UNCLEAR)
        return dict(found), text

    def _id_of(self, patient: Mapping[str, Any]) -> str:
        """The one identifier of the system that the options name."""
        if not self._smart.identifier_system:
            return str(patient["id"])
        said = patient.get("identifier")
        named = {
            str(one.get("value") or "").strip()
            for one in (said if isinstance(said, list) else ())
            if isinstance(one, dict) and one.get("system") == self._smart.identifier_system and one.get("use") != "old"
        }
        if len(named) != 1 or "" in named:
            raise SignInRefused(_UNCLEAR)
        return named.pop()

    def _issuer(self) -> str:
        return str(self._description().get("issuer", ""))

    def _description(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._fetched(f"{self._address}/.well-known/smart-configuration")
        if "S256" not in (found.get("code_challenge_methods_supported") or ()) or not found.get("issuer"):
            raise SignInRefused(_AWAY)
        return found


def _asked(session: OAuth2Session, address: str, seconds: float) -> requests.Response:
    """The record's answer, its body not read yet; redirects are not followed."""
    from authlib.integrations.base_client import OAuthError

    how = {"timeout": seconds, "allow_redirects": False, "stream": True}
    try:
        answer: requests.Response = session.get(address, headers={"Accept": "application/fhir+json"}, **how)
    except OAuthError as error:
        raise RecordUnread(ENDED) from error
    return answer


def _text_of(answer: requests.Response) -> str:
    body = bytearray()
    until = time.monotonic() + PATIENCE_SECONDS
    for part in parts_of(answer):
        body += part
        if time.monotonic() > until:
            raise RecordUnread(f"the record took longer than {PATIENCE_SECONDS} seconds with its entry of the patient")
        if len(body) > _MOST_OF_PATIENT:
            raise RecordUnread(f"the record's entry of the patient has more than {_MOST_OF_PATIENT >> 20} MB")
    return body.decode("utf-8")
