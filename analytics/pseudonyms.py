"""Pseudonyms and shifted dates: who holds the keys can go back, nobody else.

A pseudonym is the first ten base-32 signs of HMAC-SHA256(key, study, patient). All dates of a patient go back by the
same 7 to 364 days, in whole weeks, so that intervals and weekdays stay. Shifted dates are still personal data under
the GDPR, and not Safe Harbor (45 CFR 164.514), where only the year may stay.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analytics.errors import TableError

LENGTH = 10
WEEKS = 52
OLDEST = 89
"""Ages above are shown together as 90+."""
OTHER = "other"
"""The group of what too few patients have."""
TOGETHER = 250_000
"""So many rows, or somewhat more, are held in memory to be put in the order of the pseudonyms (house)."""


@dataclass(frozen=True)
class Pseudonyms:
    """Of one study; the two keys are kept apart from the store."""

    study: str
    name_key: bytes
    date_key: bytes

    def name(self, patient_id: str) -> str:
        """Pseudonym of one patient."""
        return base64.b32encode(self._tag(self.name_key, patient_id)).decode("ascii")[:LENGTH]

    def shift_days(self, patient_id: str) -> int:
        """Days that every date of this patient moves; negative, a multiple of seven, from -364 to -7."""
        number = int.from_bytes(self._tag(self.date_key, patient_id)[:8], "big")
        return -7 * (1 + number % WEEKS)

    def names(self, patient_ids: Iterable[str]) -> dict[str, str]:
        """Pseudonyms by id.

        Raises:
            TableError: two patients have the same one.
        """
        names = {p: self.name(p) for p in patient_ids}
        if len(set(names.values())) < len(names):
            raise TableError("two patients have the same pseudonym; make a new key for this study")
        return names

    def _tag(self, key: bytes, patient_id: str) -> bytes:
        text = self.study.encode() + b"\x00" + patient_id.encode("utf-8", "surrogatepass")
        return hmac.digest(key, text, "sha256")


@dataclass(frozen=True)
class Disguise:
    """Pseudonyms of some patients, applied to frames that have a column patient_id."""

    pseudonyms: Pseudonyms
    patient_ids: tuple[str, ...]

    @cached_property
    def _names(self) -> dict[str, str]:
        return self.pseudonyms.names(self.patient_ids)

    @cached_property
    def _shifts(self) -> dict[str, int]:
        return {p: self.pseudonyms.shift_days(p) for p in self.patient_ids}

    def names(self, patient_id: pd.Series) -> pd.Series:
        """Pseudonym of each row."""
        codes, distinct = pd.factorize(patient_id)
        pool = pd.array([*(self._names.get(p) for p in distinct), None], dtype="str")
        return pd.Series(pool.take(codes), index=patient_id.index)

    def times(self, patient_id: pd.Series, times: pd.Series) -> pd.Series:
        """Shifted times; missing stays missing."""
        codes, distinct = pd.factorize(patient_id)
        if (codes < 0).any():
            raise TableError("a time without a patient cannot be moved")
        days = np.array([self._shifts[p] for p in distinct], dtype=np.int64)[codes]
        moved = times.to_numpy("datetime64[us]") + days.astype("timedelta64[D]")
        return pd.Series(moved, index=times.index)


def grouped_age(years: pd.Series) -> pd.Series:
    """Whole years as text, those above 89 as 90+; empty where unknown."""
    whole = np.floor(years.to_numpy(np.float64))
    text = ["" if np.isnan(y) else f"{OLDEST + 1}+" if y > OLDEST else f"{y:.0f}" for y in whole]
    return pd.Series(text, index=years.index, dtype="str")


def grouped(values: pd.Series, counts: Mapping[str, int], least: int) -> pd.Series:
    """A column of groups of patients, in which those that too few patients have are one group.

    Args:
        values: names of groups; missing and empty ones stay.
        counts: patients of each, of all patients.
        least: so many patients a group of its own has; so has the group of the others, to which the next smallest go.
    """
    ranked = sorted((n, name) for name, n in counts.items() if name and n)
    rare: dict[str, str] = {}
    together = 0
    for n, name in ranked:
        if n >= least and (not rare or together >= least):
            break
        rare[name], together = OTHER, together + n
    return values.replace(rare) if rare else values


def in_order_of_names(pieces: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Tables of whole patients put together and sorted by pseudonym; the rows of a patient keep their order.

    The order of a store is that of the ids: whoever has a list of the ids would read from it who is who.
    """
    held: list[pd.DataFrame] = []
    for piece in pieces:
        held.append(piece)
        if sum(map(len, held)) >= TOGETHER:
            yield _by_name(held)
            held = []
    if held:
        yield _by_name(held)


def _by_name(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True).sort_values("patient_id", kind="stable", ignore_index=True)
