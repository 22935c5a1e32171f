"""Values into sentences: numbers rounded for people, dates on the patient's own clock, absent as an en dash."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.case import Case, Floats
from analytics.panel import show_time

ABSENT = "–"


class Number(float):
    """A float whose text is an en dash where it is missing."""

    def __format__(self, spec: str) -> str:
        return ABSENT if math.isnan(self) else super().__format__(spec)


@dataclass(frozen=True)
class Times:
    """Days of one case as timestamps and as text."""

    case: Case

    def stamp(self, day: float) -> pd.Timestamp:
        """Timestamp of float days since 1970; NaT where missing."""
        return pd.NaT if math.isnan(day) else pd.Timestamp(np.datetime64(round(day * 86_400_000_000), "us"))  # type: ignore[return-value]

    def say(self, patient: int, day: float) -> str:
        """The day as people read it on the clock of this patient."""
        if math.isnan(day) or math.isinf(day):
            return ABSENT
        return show_time(self.stamp(day), str(self.case.clocks[patient]))


def stamps(days: Floats) -> npt.NDArray[np.datetime64]:
    """Timestamps of many days, NaT where missing."""
    known = np.isfinite(days)
    whole = np.where(known, np.round(np.where(known, days, 0) * 86_400_000_000), np.iinfo(np.int64).min)
    return whole.astype(np.int64).view("datetime64[us]")
