"""What one publication does to the snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from analytics.store.database.arrow import words_of
from analytics.store.snapshot.manifest import numbers_of
from analytics.store.snapshot.spill import Spill

ROW_ID = "row_id"


@dataclass
class Change:
    """Rows that come, rows that go, and rows whose correction mark changes.

    Attributes:
        spill: rows that come, already under the patient's present id.
        resolve: present id of a merged patient, by old id.
        judged: results that the rule of jumps would hold and a person decided on: True, shown; False, kept out.
        gone: row numbers that are no longer shown, by table.
        replaced: what a shown result corrects, by its row number.
        rebuilt: patients (present ids) whose rows are those of ``again`` alone: not those of the last generation and
            not those that came in.
        again: rows of these patients, by table.
    """

    spill: Spill
    resolve: Mapping[str, str] = field(default_factory=dict)
    judged: Mapping[int, bool] = field(default_factory=dict)
    gone: dict[str, list[int]] = field(default_factory=dict)
    replaced: dict[int, str] = field(default_factory=dict)
    rebuilt: set[str] = field(default_factory=set)
    again: dict[str, list[pa.Table]] = field(default_factory=dict)
    _touched: set[int] = field(default_factory=set)

    def show(self, name: str, rows: pa.Table) -> None:
        """Rows that are shown from now on, with their row number; texts of results may be codes."""
        if len(rows):
            self.spill.add(name, self._present(rows))

    def show_again(self, name: str, rows: pa.Table) -> None:
        """All rows of patients of ``rebuilt``."""
        if len(rows):
            self.again.setdefault(name, []).append(self._present(rows))

    def hide(self, name: str, row_ids: Iterable[int], patient_ids: Iterable[str]) -> None:
        """Rows that are no longer shown."""
        self.gone.setdefault(name, []).extend(int(i) for i in row_ids)
        self.touch(patient_ids)

    def touch(self, patient_ids: Iterable[str]) -> None:
        """These patients change, even where nothing of theirs comes in."""
        present = {self.resolve.get(p, p) for p in patient_ids}
        self._touched.update(int(n) % self.spill.drawers for n in numbers_of(present))

    def again_of(self, name: str, drawers: Iterable[int]) -> list[pa.Table]:
        """Rows of rebuilt patients that lie in these drawers."""
        wanted = np.array(sorted(drawers))
        parts = []
        for data in self.again.get(name, []):
            numbers = numbers_of(data.column("patient_id").to_pylist()) % self.spill.drawers
            parts.append(data.filter(pa.array(np.isin(numbers, wanted))))
        return parts

    def _present(self, rows: pa.Table) -> pa.Table:
        """Rows under the present ids of their patients."""
        if not self.resolve:
            return rows
        at = rows.schema.get_field_index("patient_id")
        codes, words = words_of(rows.column(at))
        ids = pa.array([self.resolve.get(w, w) for w in words[:-1] if w is not None], pa.large_string())
        return rows.set_column(at, rows.schema.field(at), ids.take(pa.array(codes)))

    def touched(self) -> set[int]:
        """Drawers that change."""
        return self._touched | self.spill.touched()
