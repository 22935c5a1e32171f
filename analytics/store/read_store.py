"""What may be asked of the data: by reports a ReadStore, by the pages of one user a UserStore. Neither can write rows.

``Store`` is both. The views of roles (dashboard.security) are both too, each with its own way to leave out what its
user may not see; what is not named here cannot be reached through them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd

from analytics.analysis import Analysis
from analytics.panel import Panel
from analytics.settings import Settings


class ReadStore(Protocol):
    """Reads of one store, all of its newest generation."""

    @property
    def generation(self) -> int:
        """Number of the newest published generation; 0 for an empty store."""
        ...

    @property
    def settings(self) -> Settings:
        """Thresholds of every analysis that is asked for here."""
        ...

    @property
    def patient_ids(self) -> list[str]:
        """Ids of all patients, sorted."""
        ...

    def panel(self, patient_ids: Sequence[str] | None = None, *, bucket: int | None = None) -> Panel:
        """A Panel of some patients, of one bucket, or of all patients.

        Raises:
            UnknownPatient: one of them is not here.
        """
        ...

    def analysis(self, patient_ids: Sequence[str] | None = None) -> Analysis:
        """The analysis of some patients or of all patients.

        Raises:
            UnknownPatient: one of them is not here.
        """
        ...

    def content_of(self, patient_id: str) -> str:
        """Digest of all that the pages of a patient follow from but marks and thresholds: while it is the same, they
        are, whatever the generation.

        Raises:
            UnknownPatient: the patient is not here.
        """
        ...

    def all_patients(self) -> Analysis:
        """All patients for questions: at once, or asked a bucket at a time where they are many."""
        ...

    def opening(self) -> bool:
        """Whether all patients are still being read in the background, which begins here."""
        ...

    def table(self, name: str) -> pd.DataFrame:
        """A whole canonical table."""
        ...

    def summary(self) -> pd.DataFrame:
        """One row a patient, sorted by patient_id."""
        ...

    def worklist(self) -> pd.DataFrame:
        """One row a patient with key, counts, latest values and the state of findings, by priority."""
        ...

    def imports(self) -> pd.DataFrame:
        """Table LEDGER."""
        ...

    def last_import(self) -> pd.Timestamp:
        """When the store was last imported into; NaT if never."""
        ...

    def quarantine(
        self,
        *,
        reason: str | None = None,
        file: str | None = None,
        patient_ids: Sequence[str] | None = None,
        include_resolved: bool = False,
    ) -> pd.DataFrame:
        """Table QUARANTINE: open rows unless told otherwise."""
        ...

    def held_count(self) -> int:
        """How many rows are quarantined and open."""
        ...

    def unrecognised(self) -> pd.DataFrame:
        """Names of systemic treatments that are not known or mean two things."""
        ...

    def key_of(self, patient_id: str) -> str:
        """Opaque key of a patient, for addresses, logs and file names."""
        ...

    def keys(self) -> dict[str, str]:
        """Opaque key of every patient, by id."""
        ...

    def patient_of(self, key: str) -> str:
        """Id behind a key.

        Raises:
            UnknownPatient: no patient of the newest generation has it.
        """
        ...

    def merges(self) -> dict[str, list[str]]:
        """What is to be said of each id that shows results of another one: a sentence an id."""
        ...

    def seen_state(self) -> tuple[int, int | None]:
        """Number and newest time of the reviews: another whenever a finding was reviewed."""
        ...

    def seen_findings(self) -> pd.DataFrame:
        """Findings that were reviewed: finding_id, by, utc, note."""
        ...


class UserStore(ReadStore, Protocol):
    """What one user may ask and decide: reviews, and rows of the quarantine; each with who and why."""

    def kept_key_of(self, patient_id: str) -> str:
        """Key under which the audit log and marks know a patient, whoever looks; never shown to who sees pseudonyms."""
        ...

    def kept_keys(self) -> dict[str, str]:
        """Those of all patients, by id."""
        ...

    def seen(self, finding_id: str, by: str, note: str = "", *, of: str) -> None:
        """Note that a user has reviewed a finding of patient ``of``."""
        ...

    def dismiss(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Close quarantined rows, which stay with who, when and why; returns how many were open."""
        ...

    def accept(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Show stored results that were kept out of view for their unit; returns how many were."""
        ...
