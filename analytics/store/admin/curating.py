"""The part of a Store with what people decide about imported data; the work: analytics.store.admin.curation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import pandas as pd
import sqlalchemy as sa

from analytics.store.admin import curation, erasure
from analytics.store.database import patient_merge
from analytics.store.database.location import Place


class Curating:
    """Held-back rows and merged patients. Each decision is one transaction, with who and why."""

    place: Place
    _truth: sa.Engine

    def _writing(self, wait: float = 30.0) -> AbstractContextManager[sa.Connection]:
        """A connection that may write, under the writer's lock."""
        raise NotImplementedError

    def dismiss(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Close held-back rows, which stay with who, when and why; returns how many were open."""
        with self._writing() as connection:
            return curation.dismiss(connection, quarantine_ids, by, why)

    def accept(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Show stored results that were kept out of view for their unit; returns how many were."""
        with self._writing() as connection:
            return curation.accept(self.place, connection, quarantine_ids, by, why)

    def merge(self, old: str, new: str, by: str, why: str, although: str = "") -> None:
        """Show the results of patient ``old`` under ``new``; see :meth:`unmerge`. Where the two differ in sex or birth
        date, ``although`` says why they are one person."""
        with self._writing() as connection:
            curation.merge(self.place, connection, (old, new), by, why, although)

    def unmerge(self, old: str, by: str, why: str) -> None:
        """Undo a merge: the store shows exactly what it showed before."""
        with self._writing() as connection:
            curation.unmerge(self.place, connection, old, by, why)

    def aliases(self) -> pd.DataFrame:
        """Every merge and un-merge, oldest first: action, old_id, new_id, by, why, utc."""
        with self._truth.connect() as connection:
            return patient_merge.table_of(connection)

    def merges(self) -> dict[str, list[str]]:
        """What is to be said of each present id that shows results of another one: a sentence an id."""
        with self._truth.connect() as connection:
            told = patient_merge.table_of(connection)
            present = patient_merge.present_ids(connection)
        last = told[told["action"] == "merge"].drop_duplicates("old_id", keep="last").set_index("old_id")
        said: dict[str, list[str]] = {}
        for old, new in sorted(present.items()):
            row = last.loc[old]
            text = f"results of {old} are shown here since {row['utc']:%Y-%m-%d} ({row['by']}: {row['why']})"
            said.setdefault(new, []).append(text)
        return said

    def present_id(self, patient_id: str) -> str:
        """The id under which a merged patient is shown; any other id is its own."""
        with self._truth.connect() as connection:
            return patient_merge.present_ids(connection).get(patient_id, patient_id)

    def former_ids(self, patient_id: str) -> list[str]:
        """Ids that are merged into a present one."""
        with self._truth.connect() as connection:
            return [one for one in erasure.ids_of(connection, patient_id) if one != patient_id]
