"""What the record gave of one patient for one session: a store of one, in memory, in which nothing can be decided."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from analytics.analysis import PARTS, Analysis
from analytics.answers.glance import at_a_glance
from analytics.errors import BusyStore, InputError, StoreError, UnknownPatient
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.store.database.arrow import to_arrow
from analytics.store.snapshot.cache import Cache
from analytics.store.snapshot.summary import summary_of
from analytics.store.snapshot.worklist import with_doubts, worklist_of
from analytics.store.tables.seen import SEEN
from analytics.tables import LABS, TABLES
from analytics.unrecognised import unrecognised

if TYPE_CHECKING:
    from analytics.store.publish.in_memory import TakenIn

MOST_OPEN = 40
"""Sessions that hold a patient of a record at once; one takes some tens of megabytes at the most (house)."""
KEEP_FINISHED = 16
_UNDECIDED = "what the record gave for one session is read-only: nothing of it is kept"


class RecordStore:
    """Reads of one patient that is in no store. It has the interface of the store, and refuses every decision.

    Args:
        taken: what was read, and what became of it.
        patient_id: how the patient is called here.
        key: what addresses and the audit log call the patient.
        settings: thresholds.
    """

    generation = 1

    def __init__(self, taken: TakenIn, patient_id: str, key: str, settings: Settings):
        self.settings, self._id, self._key = settings, patient_id, key
        self._panel = _named(taken.panel, patient_id)
        self._ledger = taken.ledger
        self._analysis = Analysis(self._panel, settings)
        self._cache = Cache(8)

    # -- of one patient ----------------------------------------------------------------------------------------

    def panel(self, patient_ids: Sequence[str] | None = None, *, bucket: int | None = None) -> Panel:
        """The one patient's, or no one's where no id is asked for."""
        if patient_ids is None:
            return self._panel
        self._refuse_others(patient_ids)
        return self._panel.select(list(patient_ids))

    def analysis(self, patient_ids: Sequence[str] | None = None) -> Analysis:
        """The one patient's."""
        self._refuse_others(patient_ids or ())
        return self._analysis

    @property
    def patient_ids(self) -> list[str]:
        """The one id."""
        return [self._id]

    def key_of(self, patient_id: str) -> str:
        """Opaque key of the patient."""
        self._refuse_others((patient_id,))
        return self._key

    def kept_key_of(self, patient_id: str) -> str:
        """The same."""
        return self.key_of(patient_id)

    def keys(self) -> dict[str, str]:
        """Opaque key by id."""
        return {self._id: self._key}

    def kept_keys(self) -> dict[str, str]:
        """The same."""
        return self.keys()

    def patient_of(self, key: str) -> str:
        """The one id.

        Raises:
            UnknownPatient: the key is another patient's; no one else is here, whoever is in the store.
        """
        if key != self._key:
            raise UnknownPatient("unknown patient")
        return self._id

    def content_of(self, patient_id: str) -> str:
        """It never changes."""
        self._refuse_others((patient_id,))
        return "record"

    # -- of all there is ---------------------------------------------------------------------------------------

    def all_patients(self) -> Analysis:
        """The one patient's."""
        return self._analysis

    def opening(self) -> bool:
        """Everything is there."""
        return False

    def table(self, name: str) -> pd.DataFrame:
        """A canonical table, whole."""
        if name not in TABLES:
            raise StoreError(f"no table {name!r}; known: {', '.join(TABLES)}")
        if name in PARTS:
            return self._analysis.tables()[name]
        others = {"quarantine": self._panel.held, "ledger": self.imports()}
        return others[name] if name in others else getattr(self._panel, name)

    def summary(self) -> pd.DataFrame:
        """One row."""
        panel = self._panel
        make = lambda: summary_of(to_arrow(LABS, panel.labs), panel.events, panel.imaging, panel.patients)  # noqa: E731
        return self._cache.get("summary", make)

    def worklist(self) -> pd.DataFrame:
        """One row."""
        analysis, held = self._analysis, self._panel.held

        def make() -> pd.DataFrame:
            summary = with_doubts(self.summary(), held)
            glances = at_a_glance(analysis.answers)
            return worklist_of(
                summary, self.keys(), {self._id: len(held)}, analysis.findings, self.seen_findings(), glances
            )

        return self._cache.get("worklist", make)

    def imports(self) -> pd.DataFrame:
        """Table LEDGER: the one reading."""
        return self._ledger

    def last_import(self) -> pd.Timestamp:
        """When the record was read."""
        return pd.Timestamp(self._ledger["imported_utc"].max())

    def quarantine(
        self,
        *,
        reason: str | None = None,
        file: str | None = None,
        patient_ids: Sequence[str] | None = None,
        include_resolved: bool = False,
    ) -> pd.DataFrame:
        """Table QUARANTINE."""
        held = self._panel.held
        mine = pd.Series(True, held.index)
        for column, wanted in (("reason_code", reason), ("file", file)):
            if wanted is not None:
                mine &= held[column] == wanted
        return held[mine].reset_index(drop=True)

    def held_count(self) -> int:
        """How many rows are quarantined."""
        return len(self._panel.held)

    def unrecognised(self) -> pd.DataFrame:
        """Names of systemic treatments that are not known or mean two things."""
        return unrecognised(self._panel.events)

    def merges(self) -> dict[str, list[str]]:
        """No one is merged here."""
        return {}

    def seen_state(self) -> tuple[int, int | None]:
        """Nothing can be marked."""
        return 0, None

    def seen_findings(self) -> pd.DataFrame:
        """None."""
        empty = pd.DataFrame({c.name: pd.Series(dtype="str") for c in SEEN.c})
        return empty.assign(utc=pd.to_datetime(pd.Series(dtype="int64"), unit="us"))

    # -- decisions, all refused --------------------------------------------------------------------------------

    def seen(self, finding_id: str, by: str, note: str = "", *, of: str) -> None:
        """Refused."""
        raise InputError(_UNDECIDED)

    def dismiss(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Refused."""
        raise InputError(_UNDECIDED)

    def accept(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Refused."""
        raise InputError(_UNDECIDED)

    def _refuse_others(self, patient_ids: Sequence[str]) -> None:
        if set(patient_ids) - {self._id}:
            raise UnknownPatient("unknown patient")


def _named(panel: Panel, patient_id: str) -> Panel:
    """The panel of one patient under the name of this hospital."""

    def under(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(patient_id=pd.Series(patient_id, frame.index, dtype="str"))

    return replace(
        panel,
        labs=under(panel.labs),
        events=under(panel.events),
        imaging=under(panel.imaging),
        patients=under(panel.patients),
        held=under(panel.held),
    )


@dataclass(frozen=True)
class OpenRecord:
    """One patient of the record, open in one session.

    Attributes:
        store: the patient.
        says: when it was read, how much, what not; sentences for the page.
        finished: pages that were made of it; never among those of the store.
    """

    store: RecordStore
    says: tuple[str, ...]
    finished: Cache = field(default_factory=lambda: Cache(KEEP_FINISHED))

    @property
    def path(self) -> str:
        """Address of the patient."""
        return f"/patient/{next(iter(self.store.keys().values()))}"


class OpenRecords:
    """Patients that the record gave, by session. They are in this process alone, and go with the session.

    Args:
        is_over: whether the session of a digest is over.
        every: seconds between two looks for sessions that are.
    """

    def __init__(self, is_over: Callable[[str], bool], every: float = 60.0):
        self._is_over, self._every = is_over, every
        self._open: dict[str, OpenRecord] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def put(self, digest: str, record: OpenRecord) -> None:
        """Keep it for this session.

        Raises:
            BusyStore: too many are open.
        """
        self.let_go()
        with self._lock:
            if len(self._open) >= MOST_OPEN:
                raise BusyStore(f"{MOST_OPEN} patients are open from the record already; try again in a while")
            self._open[digest] = record
            self._look_later()

    def of(self, digest: str) -> OpenRecord | None:
        """That of a session."""
        return self._open.get(digest)

    def forget(self, digest: str) -> None:
        """The session is over."""
        with self._lock:
            self._open.pop(digest, None)

    def let_go(self) -> None:
        """Forget those whose session is over, or cannot be shown to go on: the accounts may be away."""
        for digest in list(self._open):
            try:
                over = self._is_over(digest)
            except (sqlite3.Error, OSError):
                over = True
            if over:
                self.forget(digest)

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def _look_later(self) -> None:
        """Sessions end without a request too; the memory must not wait for one."""
        if self._open and self._timer is None:
            self._timer = threading.Timer(self._every, self._look)
            self._timer.daemon = True
            self._timer.start()

    def _look(self) -> None:
        try:
            self.let_go()
        finally:
            with self._lock:
                self._timer = None
                self._look_later()
