"""Opening a patient from the hospital record: SMART App Launch (HL7, release 2), launch by the record itself.

The record sends the browser with its own address and a launch token; its authorization server confirms who the user is
(ID token) and says which patient is open. Of that patient one resource is read, the Patient, to learn the identifier
and the birth date; nothing of it is kept, and the access token is forgotten with the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.errors import SignInRefused
from dashboard.config import Oidc, Smart
from dashboard.security.oidc import PATIENCE_SECONDS, Errand, Person, Provider

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

_FHIR_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
"""FHIR R4, data type id."""
_STAFF = re.compile(r"(?:.*/)?(?:Practitioner|PractitionerRole)/[A-Za-z0-9.-]{1,64}(?:/_history/.*)?")
"""fhirUser of those who work there; patients and relatives sign in at the same place (SMART App Launch, scopes)."""
_AWAY = "the hospital record cannot be reached; try again"
_UNCLEAR = "the hospital record does not say clearly which patient is open"


@dataclass(frozen=True)
class Launched:
    """What the record says: who opens which patient, by the identifier that is the patient id here."""

    person: Person
    patient_id: str
    birth_date: str
    """As FHIR writes it: year, month or day; empty where the record does not say it."""


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
            found = self._patient(session, str(token.get("patient", "")))
        born = found.get("birthDate")
        return Launched(
            Person(self._name(claims), self._smart.role), self._id_of(found), born if isinstance(born, str) else ""
        )

    def _patient(self, session: OAuth2Session, fhir_id: str) -> Mapping[str, Any]:
        if not _FHIR_ID.fullmatch(fhir_id):
            raise SignInRefused(_UNCLEAR)
        answer = session.get(
            f"{self._address}/Patient/{fhir_id}", headers={"Accept": "application/fhir+json"},
            timeout=PATIENCE_SECONDS, allow_redirects=False,
        )  # fmt: skip
        found = answer.json() if answer.status_code == 200 else {}
        of_it = isinstance(found, dict) and (found.get("resourceType"), found.get("id")) == ("Patient", fhir_id)
        if not of_it:
            raise SignInRefused(_UNCLEAR)
        return dict(found)

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
