"""The store as one user may see it. Pages never hold another reference to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from analytics.errors import UnknownPatient
from dashboard.security.pseudonymised import PseudonymisedStore
from dashboard.security.roles import User

if TYPE_CHECKING:
    from analytics.store import Store

Note = Callable[[str], None]


class StoreView:
    """Reads of a store by one user: whoever looks at one patient is written down before the answer."""

    def __init__(self, store: Store | PseudonymisedStore | None, note: Note):
        self._store, self._note = store, note

    def __getattr__(self, name: str) -> Any:
        if self._store is None:
            raise UnknownPatient("no clinical data for this role")
        return getattr(self._store, name)

    def panel(self, patient_ids: Sequence[str] | None = None, **more: Any) -> Any:
        """As Store.panel."""
        self._looked_at(patient_ids)
        return self.__getattr__("panel")(patient_ids, **more)

    def analysis(self, patient_ids: Sequence[str] | None = None) -> Any:
        """As Store.analysis."""
        self._looked_at(patient_ids)
        return self.__getattr__("analysis")(patient_ids)

    def _looked_at(self, patient_ids: Sequence[str] | None) -> None:
        if patient_ids is not None and len(patient_ids) == 1:
            self._note(self.key_of(patient_ids[0]))


def seen_by(user: User, whole: Store, pseudonymised: Callable[[], PseudonymisedStore], note: Note) -> StoreView:
    """The view of this user.

    Args:
        user: who is asking.
        whole: the store.
        pseudonymised: gives the one that coordinators see; asked only for them.
        note: told the key of a patient before that patient alone is shown.
    """
    if user.sees == "identified":
        return StoreView(whole, note)
    return StoreView(pseudonymised() if user.sees == "pseudonymised" else None, note)
