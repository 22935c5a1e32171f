"""The store as one user may see it. Pages never hold another reference to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from analytics.errors import UnknownPatient
from dashboard.security.pseudonymised import PseudonymisedStore
from dashboard.security.roles import RECORD, User

if TYPE_CHECKING:
    import pandas as pd

    from analytics.analysis import Analysis
    from analytics.panel import Panel
    from analytics.settings import Settings
    from analytics.store import Store, UserStore

Note = Callable[[str], None]


class StoreView:
    """A UserStore of one user: whoever looks at one patient is written down before the answer.

    Every read and every decision is named here; a new one of the store is not reachable before it is added.
    """

    def __init__(self, store: UserStore | None, note: Note):
        self._shown, self._note = store, note

    @property
    def _store(self) -> UserStore:
        if self._shown is None:
            raise UnknownPatient("no clinical data for this role")
        return self._shown

    def _looked_at(self, patient_ids: Sequence[str] | None) -> None:
        if patient_ids is not None and len(patient_ids) == 1:
            self._note(self.kept_key_of(patient_ids[0]))

    # -- of one patient or all ---------------------------------------------------------------------------------

    def panel(self, patient_ids: Sequence[str] | None = None, *, bucket: int | None = None) -> Panel:
        """As Store.panel."""
        self._looked_at(patient_ids)
        return self._store.panel(patient_ids, bucket=bucket)

    def analysis(self, patient_ids: Sequence[str] | None = None) -> Analysis:
        """As Store.analysis."""
        self._looked_at(patient_ids)
        return self._store.analysis(patient_ids)

    # -- of all patients ---------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """As Store.generation."""
        return self._store.generation

    @property
    def settings(self) -> Settings:
        """As Store.settings."""
        return self._store.settings

    @property
    def patient_ids(self) -> list[str]:
        """As Store.patient_ids."""
        return self._store.patient_ids

    def content_of(self, patient_id: str) -> str:
        """As Store.content_of."""
        return self._store.content_of(patient_id)

    def all_patients(self) -> Analysis:
        """As Store.all_patients."""
        return self._store.all_patients()

    def opening(self) -> bool:
        """As Store.opening."""
        return self._store.opening()

    def table(self, name: str) -> pd.DataFrame:
        """As Store.table."""
        return self._store.table(name)

    def summary(self) -> pd.DataFrame:
        """As Store.summary."""
        return self._store.summary()

    def worklist(self) -> pd.DataFrame:
        """As Store.worklist."""
        return self._store.worklist()

    def imports(self) -> pd.DataFrame:
        """As Store.imports."""
        return self._store.imports()

    def last_import(self) -> pd.Timestamp:
        """As Store.last_import."""
        return self._store.last_import()

    def quarantine(
        self,
        *,
        reason: str | None = None,
        file: str | None = None,
        patient_ids: Sequence[str] | None = None,
        include_resolved: bool = False,
    ) -> pd.DataFrame:
        """As Store.quarantine."""
        which = {"reason": reason, "file": file}
        return self._store.quarantine(**which, patient_ids=patient_ids, include_resolved=include_resolved)

    def held_count(self) -> int:
        """As Store.held_count."""
        return self._store.held_count()

    def unrecognised(self) -> pd.DataFrame:
        """As Store.unrecognised."""
        return self._store.unrecognised()

    def key_of(self, patient_id: str) -> str:
        """As Store.key_of."""
        return self._store.key_of(patient_id)

    def kept_key_of(self, patient_id: str) -> str:
        """As UserStore.kept_key_of: for the log and for marks, never for an answer."""
        return self._store.kept_key_of(patient_id)

    def kept_keys(self) -> dict[str, str]:
        """As UserStore.kept_keys: for the log and for marks, never for an answer."""
        return self._store.kept_keys()

    def keys(self) -> dict[str, str]:
        """As Store.keys."""
        return self._store.keys()

    def patient_of(self, key: str) -> str:
        """As Store.patient_of."""
        return self._store.patient_of(key)

    def merges(self) -> dict[str, list[str]]:
        """As Store.merges."""
        return self._store.merges()

    def seen_state(self) -> tuple[int, int | None]:
        """As Store.seen_state."""
        return self._store.seen_state()

    def seen_findings(self) -> pd.DataFrame:
        """As Store.seen_findings."""
        return self._store.seen_findings()

    # -- what the user decides ---------------------------------------------------------------------------------

    def seen(self, finding_id: str, by: str, note: str = "", *, of: str) -> None:
        """As Store.seen."""
        self._store.seen(finding_id, by, note, of=of)

    def dismiss(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """As Store.dismiss."""
        return self._store.dismiss(quarantine_ids, by, why)

    def accept(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """As Store.accept."""
        return self._store.accept(quarantine_ids, by, why)


def seen_by(user: User, whole: Store, pseudonymised: Callable[[], PseudonymisedStore], note: Note) -> StoreView:
    """The view of this user.

    Args:
        user: who is asking.
        whole: the store.
        pseudonymised: gives the one that coordinators see; asked only for them.
        note: told the key of a patient before that patient alone is shown.
    """
    if user.role == RECORD.name:  # never the store, also where the memory of what was read is gone
        return StoreView(user.record.store if user.record else None, note)
    if user.sees == "identified":
        return StoreView(whole, note)
    return StoreView(pseudonymised() if user.sees == "pseudonymised" else None, note)
