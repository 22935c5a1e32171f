"""What the hospital record gives of one patient: pages of FHIR R4 resources, bounded, of one host, of no other patient.

The bytes of the entries go on as they came, as one Bundle, to the reader of an import; here they are only looked at.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from analytics.errors import RecordUnread
from analytics.ingest.reading.documents import entries
from dashboard.security.bounded import OUT_OF_FORM, parts_of

if TYPE_CHECKING:
    from requests import Response

RESULTS = "Observation"
KINDS: Mapping[str, str] = {
    RESULTS: "laboratory results",
    "Specimen": "specimens",
    "Procedure": "procedures",
    "MedicationRequest": "prescriptions",
    "MedicationAdministration": "medicines given",
    "MedicationStatement": "medicines taken",
    "DiagnosticReport": "reports",
    "ImagingStudy": "imaging",
}
"""Resources that are asked for by patient, and what a page calls them."""
_OF_SOMEONE = frozenset(KINDS) - {"Specimen"}
"""Kinds that must say whose they are."""
MEDICINES_AT_ONCE = 50
PAGE_ENTRIES = 200
MOST_PAGES = 500
_REFUSALS = frozenset((400, 403, 404, 405, 406, 410, 422, 501))
"""A record that does not have a kind, or does not give it to this program, says so by one of these."""
_HISTORY = re.compile(r"/_history/[^/]*$")
_TRY = "nothing is shown; open the patient again from the record"

ENDED = f"the record's permission ended while it was read; {_TRY}"


class Get(Protocol):
    """Asks the record, with the token of this launch."""

    def __call__(self, address: str, seconds: float) -> Response:
        """The answer, its body not read yet; redirects are not followed."""


@dataclass(frozen=True)
class Limits:
    """How much is read of one patient at most, and for how long.

    Attributes:
        most_bytes: of all answers together.
        seconds: of all of them together.
        patience: of one answer.
    """

    most_bytes: int
    seconds: float
    patience: float


@dataclass(frozen=True)
class Gathered:
    """All that the record gave of one patient.

    Attributes:
        content: one Bundle.
        refused: kinds that the record did not give, as a page calls them.
    """

    content: bytes
    refused: tuple[str, ...]


@dataclass
class RecordReading:
    """One patient of one FHIR server, read once.

    Args:
        address: of the server, one of the options, without a slash at its end.
        fhir_id: the server's own id of the patient.
        get: asks it.
        limits: how much, how long.
    """

    address: str
    fhir_id: str
    get: Get
    limits: Limits
    clock: Callable[[], float] = time.monotonic
    _entries: list[str] = field(default_factory=list)
    _medicines: dict[str, None] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _bytes: int = 0

    def gathered(self, patient: str) -> Gathered:
        """Read everything.

        Args:
            patient: the text of the Patient resource, which was read before.

        Raises:
            RecordUnread: the record does not give its results, gives another patient's, too much, or breaks off.
        """
        self._until = self.clock() + self.limits.seconds
        self._entries.append(f'{{"fullUrl": {json.dumps(self._own)}, "resource": {patient}}}')
        refused = tuple(words for kind, words in KINDS.items() if not self._read(kind, {"patient": self.fhir_id}))
        wanted = [m for m in self._medicines if m not in self._known]
        for at in range(0, len(wanted), MEDICINES_AT_ONCE):
            self._read("Medication", {"_id": ",".join(wanted[at : at + MEDICINES_AT_ONCE])})
        whole = ",\n".join(self._entries)
        bundle = f'{{"resourceType": "Bundle", "type": "collection", "entry": [\n{whole}\n]}}'
        return Gathered(bundle.encode(), refused)

    @property
    def _own(self) -> str:
        return f"{self.address}/Patient/{self.fhir_id}"

    def _read(self, kind: str, asked: Mapping[str, str]) -> bool:
        """All pages of one kind; false where the record does not give it."""
        address: str | None = f"{self.address}/{kind}?{urlencode({**asked, '_count': PAGE_ENTRIES})}"
        seen: set[str] = set()
        while address is not None:
            if address in seen or len(seen) >= MOST_PAGES:
                raise RecordUnread(f"the record does not come to an end with its {KINDS.get(kind, kind)}; {_TRY}")
            status, text = self._asked(address)
            if status in _REFUSALS and not seen and kind != RESULTS:
                return False
            self._refuse_unless_given(status, kind)
            seen.add(address)
            address = self._page(text, address)
        return True

    def _asked(self, address: str) -> tuple[int, str]:
        """Status and text of one answer, within what is left of bytes and time."""
        import requests

        body = bytearray()
        try:
            with self.get(address, min(self.limits.patience, self._left())) as answer:
                for part in parts_of(answer):
                    body += part
                    self._count(len(part))
            return answer.status_code, body.decode("utf-8")
        except requests.RequestException as error:
            self._left()
            raise RecordUnread(f"the record cannot be reached or broke off; {_TRY}") from error
        except UnicodeDecodeError as error:
            raise RecordUnread(f"the record's answer is not UTF-8; {_TRY}") from error

    def _count(self, more: int) -> None:
        self._bytes += more
        if self._bytes > self.limits.most_bytes:
            most = self.limits.most_bytes >> 20
            raise RecordUnread(f"the record has more than {most} MB of this patient; nothing is shown")
        self._left()

    def _left(self) -> float:
        """Seconds that are left.

        Raises:
            RecordUnread: none are.
        """
        left = self._until - self.clock()
        if left <= 0:
            raise RecordUnread(f"the record took longer than {self.limits.seconds:.0f} seconds; {_TRY}")
        return left

    def _refuse_unless_given(self, status: int, kind: str) -> None:
        if status == 401:
            raise RecordUnread(ENDED)
        if status != 200:
            what = KINDS.get(kind, kind)
            raise RecordUnread(f"the record does not give its {what} (it answered with {status}); {_TRY}")

    def _page(self, text: str, address: str) -> str | None:
        """Take over the entries of one page; the address of the next one, None after the last."""
        try:
            bundle = json.loads(text)
            if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
                raise RecordUnread(f"the record answers with something else than a Bundle; {_TRY}")
            for start, end in entries(text):
                own = text[start:end]
                self._refuse_others(json.loads(own))
                self._entries.append(own)
            following = [
                str(link.get("url", ""))
                for link in bundle.get("link") or ()
                if isinstance(link, dict) and link.get("relation") == "next"
            ]
            return self._at_home(urljoin(address, following[0])) if following else None
        except OUT_OF_FORM as error:
            raise RecordUnread(f"the record's answer is no complete JSON, or out of form; {_TRY}") from error

    def _at_home(self, address: str) -> str:
        """An address of this server; the token goes nowhere else."""
        if _origin(address) != _origin(self.address):
            raise RecordUnread(f"the record points to another server for its next page; {_TRY}")
        return address

    def _refuse_others(self, entry: Any) -> None:
        """Every person that an entry names, at any depth, must be this one."""
        contained: set[int] = set()
        for found in _objects(entry):
            contained |= {id(one) for one in found.get("contained") or () if isinstance(one, dict)}
            kind = str(found.get("resourceType", ""))
            if kind == "Patient" and id(found) not in contained and found.get("id") != self.fhir_id:
                raise _another()
            named = [found[key] for key in ("subject", "patient") if key in found]
            if kind in _OF_SOMEONE and not named and id(found) not in contained:
                raise _another()
            if not all(self._is_own(one, must=kind in _OF_SOMEONE) for one in named):
                raise _another()
            self._note_medicine(kind, found)

    def _is_own(self, reference: Any, *, must: bool) -> bool:
        said = _HISTORY.sub("", str(reference.get("reference", ""))) if isinstance(reference, dict) else ""
        if said in (f"Patient/{self.fhir_id}", self._own):
            return True
        return not must and "Patient" not in json.dumps(reference)

    def _note_medicine(self, kind: str, found: Mapping[str, Any]) -> None:
        """Medicines that lie outside the resources that name them are asked for afterwards."""
        if kind == "Medication" and found.get("id"):
            self._known.add(str(found["id"]))
        reference = found.get("medicationReference")
        said = str(reference.get("reference", "")) if isinstance(reference, dict) else ""
        number = said.removeprefix(f"{self.address}/").removeprefix("Medication/")
        if re.fullmatch(r"[A-Za-z0-9.-]{1,64}", number):
            self._medicines[number] = None


def _another() -> RecordUnread:
    return RecordUnread("the record gave something that is not of this patient, or does not say whose it is; "
                        "nothing is shown")  # fmt: skip


def _objects(thing: Any) -> Iterator[dict[str, Any]]:
    """All JSON objects inside a thing, the outer ones first."""
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _origin(address: str) -> tuple[str, str, int | None, bool]:
    parts = urlsplit(address)
    try:
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        port = None
    return parts.scheme, (parts.hostname or "").lower(), port, "@" in parts.netloc
