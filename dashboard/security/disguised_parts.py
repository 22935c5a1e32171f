"""Stored parts of all patients under pseudonyms, each disguised when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pandas as pd

from analytics.settings import Settings
from analytics.store.snapshot.analysis_cache import Stored, by_patient
from dashboard.security.cut_off import severity_without_cut_off

_PLAIN_OF_FINDINGS = ("patient_id", "rule", "level", "state", "severity")
_PLAIN_OF_RESPONSES = ("patient_id", "kind", "analyte", "before", "nadir", "day_half", "rebound_day", "verdict")
_PLAIN_OF_ANSWERS = ("patient_id", "question", "state", "certainty", "rank")
_PLAIN = frozenset((*_PLAIN_OF_FINDINGS, *_PLAIN_OF_RESPONSES, *_PLAIN_OF_ANSWERS))
"""Columns of findings, responses and answers that need no disguise but the patient's name."""


class Disguise(Protocol):
    """What disguises a table."""

    def part(self, name: str, raw: pd.DataFrame, settings: Settings) -> pd.DataFrame:
        """One table, row by row."""

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table in which only the patient's name needs a disguise."""


class Disguised(Mapping[str, pd.DataFrame]):
    """Stored parts of all patients, each disguised when it is first asked for."""

    def __init__(self, raw: Stored, view: Disguise, settings: Settings):
        self._raw, self._view, self._settings = raw, view, settings
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, part: str) -> pd.DataFrame:
        """One part."""
        if part not in self._made:
            pieces = [self._view.part(part, piece, self._settings) for piece in self._raw.pieces(part)]
            self._made[part] = by_patient(part, pieces)
        return self._made[part]

    def some(self, part: str, columns: Sequence[str]) -> pd.DataFrame:
        """As Stored.some, under pseudonyms; of columns that tell neither a date nor a name.

        Raises:
            KeyError: one of the columns would have to be disguised row by row.
        """
        if not set(columns) <= _PLAIN:
            raise KeyError(f"{part}: {', '.join(sorted(set(columns) - _PLAIN))}")
        if part in self._made:
            return self._made[part][list(columns)]
        frame = self._view.named(self._raw.some(part, columns))
        return severity_without_cut_off(frame, self._settings) if "severity" in columns else frame

    def pieces(self, name: str) -> Iterator[pd.DataFrame]:
        """One part, or one table of the panel, bucket by bucket; nothing of it is kept."""
        for raw in self._raw.pieces(name):
            yield self._view.part(name, raw, self._settings)

    def __contains__(self, part: object) -> bool:
        """Whether there is such a part; reads nothing."""
        return part in self._raw

    def __iter__(self) -> Iterator[str]:
        """Names of the parts."""
        return iter(self._raw)

    def __len__(self) -> int:
        """How many parts."""
        return len(self._raw)
