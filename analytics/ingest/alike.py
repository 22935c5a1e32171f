"""Rows that say the same in all columns that decide on a result: what they mean is found out once for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.ingest.dictionary import Coded, Picked

SHARE = 0.5
"""With more kinds than this share of the rows, each row is taken as a kind of its own."""
_PLACES_A_ROW, _FEW_PLACES = 4, 1 << 16


@dataclass(frozen=True)
class Kinds:
    """n rows in k kinds.

    Attributes:
        of: shape (n,), the kind of each row; all rows in order where each is a kind of its own.
        rows: shape (k,), a row of each kind.
        weight: shape (k,), how many rows are of each kind.
    """

    of: Picked
    rows: Picked
    weight: npt.NDArray[np.int64]

    @classmethod
    def single(cls, n: int) -> Kinds:
        """Each row a kind of its own."""
        return cls(slice(None), slice(None), np.ones(n, np.int64))

    @classmethod
    def among(cls, columns: Iterable[Coded], n: int) -> Kinds:
        """The kinds of rows that say the same in all these columns."""
        code: npt.NDArray[np.int64] = np.zeros(n, np.int64)
        width, most = 1, _PLACES_A_ROW * n + _FEW_PLACES
        for column in sorted(columns, key=lambda c: len(c.words)):
            if len(column.words) < 2:
                continue
            if width * len(column.words) > most:
                code, width = _numbered(code, width)
            if width * len(column.words) > most:
                return cls.single(n)
            code = code * len(column.words) if width > 1 else np.zeros(n, np.int64)
            code += column.codes
            width *= len(column.words)
        code, width = _numbered(code, width)
        if width > SHARE * n:
            return cls.single(n)
        rows = np.empty(width, np.int64)
        rows[code] = np.arange(n)
        return cls(code, rows, np.bincount(code, minlength=width))

    def of_row(self, row: int) -> int:
        """The kind of one row."""
        return row if isinstance(self.of, slice) else int(self.of[row])

    def spread(self, per_kind: npt.NDArray[Any], rows: Picked = slice(None)) -> npt.NDArray[Any]:
        """One entry a kind to one entry a row, for all rows or some."""
        return per_kind[rows] if isinstance(self.of, slice) else per_kind[self.of[rows]]

    def count(self, which: npt.NDArray[np.bool_]) -> int:
        """How many rows are of these kinds."""
        return int(self.weight[which].sum())


def _numbered(code: npt.NDArray[np.int64], width: int) -> tuple[npt.NDArray[np.int64], int]:
    """Codes below ``width`` as codes without gaps, and how many there are."""
    used = np.zeros(width, bool)
    used[code] = True
    number = np.cumsum(used) - 1
    return number[code], int(number[-1]) + 1
