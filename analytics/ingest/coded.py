"""A text column as integer codes into its distinct words, so that each distinct text is understood once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_STR = pd.StringDtype(storage="pyarrow", na_value=np.nan)
BLANKS = " \t\u00a0\u202f\ufeff"
"""What is trimmed from every cell."""


@dataclass(frozen=True)
class Coded:
    """A column of n texts.

    Attributes:
        codes: shape (n,), position in ``words``.
        words: the distinct texts, trimmed of blanks.
    """

    codes: npt.NDArray[np.int32]
    words: pa.Array

    @classmethod
    def of(cls, texts: Sequence[str] | npt.NDArray[np.object_]) -> Coded:
        """From plain texts."""
        codes, words = pd.factorize(np.asarray(texts, dtype=object))
        return cls.trimmed(codes.astype(np.int32), pa.array(words, pa.string()))

    @classmethod
    def constant(cls, text: str, n: int) -> Coded:
        """The same text n times."""
        return cls(np.zeros(n, np.int32), pa.array([text], pa.string()))

    @classmethod
    def trimmed(cls, codes: npt.NDArray[np.int32], words: pa.Array) -> Coded:
        """From codes and words that may still have blanks around them."""
        return cls(codes, pc.utf8_trim(words, BLANKS))

    def __len__(self) -> int:
        """How many texts."""
        return len(self.codes)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Coded:
        """These rows only."""
        return Coded(self.codes[rows], self.words)

    def list(self) -> list[str]:
        """The distinct texts as a plain list."""
        words: list[str] = self.words.to_pylist()
        return words

    def spread(self, per_word: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One entry a word to one entry a row."""
        return per_word[self.codes]

    def at(self, row: int) -> str:
        """The text of one row."""
        return str(self.words[int(self.codes[row])].as_py())

    def texts(self) -> Any:
        """The column as a pandas text array."""
        return text_array(self.codes, self.words)


def text_array(codes: npt.NDArray[np.int32], words: pa.Array) -> Any:
    """Codes and words as a pandas text array; the code -1 is a missing text."""
    index = pa.array(codes, pa.int32(), mask=codes < 0) if (codes < 0).any() else pa.array(codes, pa.int32())
    return _STR.__from_arrow__(words.cast(pa.large_string()).take(index))  # type: ignore[attr-defined]
