"""Rows of table QUARANTINE, collected column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.ingest.reading.csv_exact import Chunk
from analytics.ingest.reading.source import MAX_FIELD
from analytics.tables import QUARANTINE


@dataclass(frozen=True)
class Remark:
    """How often something was met, and the first of them."""

    count: int
    example: str
    line: int


class HeldRows:
    """What is quarantined of one batch; file and line make each row findable by hand."""

    def __init__(self, file: str):
        self.file = file
        self._rows: list[dict[str, Any]] = []
        self.remarks: dict[str, Remark] = {}

    def __len__(self) -> int:
        """How many."""
        return len(self._rows)

    def count(self, reason: str) -> int:
        """How many for this reason."""
        return sum(row["reason_code"] == reason for row in self._rows)

    def add(
        self,
        *,
        line: int,
        reason: str,
        message: str,
        hint: str = "",
        column: str = "",
        cell: str = "",
        raw: str = "",
        **of: Any,
    ) -> None:
        """One result or line.

        Args:
            line: physical line, 1-based.
            reason: code of REASONS.
            message: what was found and what is accepted.
            hint: what would make it acceptable.
            column: column to blame, as the source names it.
            cell: the cell as written.
            raw: the whole line as written.
            of: patient_id, analyte and collected_at, where they could be read.
        """
        self._rows.append(
            {
                "file": self.file,
                "line": line,
                "column": column,
                "raw_cell": cell[:MAX_FIELD],
                "raw_line": raw[:MAX_FIELD],
                "reason_code": reason,
                "message": message,
                "hint": hint,
                **of,
            }
        )

    def remark(self, kind: str, count: int, example: str, line: int) -> None:
        """Something that is told of the file as a whole: how often, and the first example with its line."""
        known = self.remarks.get(kind)
        self.remarks[kind] = (
            Remark(known.count + count, known.example, known.line) if known else Remark(count, example, line)
        )

    def lines_of(self, chunk: Chunk) -> None:
        """Take over the lines that could not become records."""
        for h in chunk.held:
            self.add(line=h.line, reason=h.reason, message=h.message, hint=h.hint, cell=h.cell, raw=h.raw_line)

    def frame(self) -> pd.DataFrame:
        """Table QUARANTINE."""
        return QUARANTINE.conform(pd.DataFrame(self._rows)) if self._rows else QUARANTINE.empty()


def first_reason(n: int, tests: Sequence[tuple[npt.NDArray[np.bool_], int]]) -> npt.NDArray[np.int8]:
    """Per row the code of the first test that holds, 0 where none does."""
    code = np.zeros(n, np.int8)
    for holds, number in tests:
        if holds.any():
            code[(code == 0) & holds] = number
    return code
