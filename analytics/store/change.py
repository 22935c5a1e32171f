"""What one publication does to the snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.store.arrow import to_arrow
from analytics.store.manifest import numbers_of
from analytics.store.spill import Spill
from analytics.tables import TABLES

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

    def show(self, name: str, frame: pd.DataFrame, row_ids: npt.NDArray[np.int64] | None = None) -> None:
        """Rows that are shown from now on; ``row_ids`` for tables that do not carry their row number."""
        if len(frame):
            self.spill.add(name, self._present(name, frame, row_ids))

    def show_again(self, name: str, frame: pd.DataFrame, row_ids: npt.NDArray[np.int64] | None = None) -> None:
        """All rows of patients of ``rebuilt``."""
        if len(frame):
            self.again.setdefault(name, []).append(self._present(name, frame, row_ids))

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

    def _present(self, name: str, frame: pd.DataFrame, row_ids: npt.NDArray[np.int64] | None) -> pa.Table:
        """Rows under the present ids of their patients."""
        if self.resolve:
            ids = frame["patient_id"]
            frame = frame.assign(patient_id=ids.map(self.resolve).fillna(ids).astype("str"))
        data = to_arrow(TABLES[name], frame)
        return data if row_ids is None else data.append_column(ROW_ID, pa.array(row_ids, pa.int64()))

    def touched(self) -> set[int]:
        """Drawers that change."""
        return self._touched | self.spill.touched()
