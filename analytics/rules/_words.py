"""Values into sentences: numbers rounded for people, dates on the patient's own clock, absent as an en dash."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import ANALYTES, CODES, shown
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.baseline import MIXED
from analytics.derive.points import points_of
from analytics.once import once
from analytics.panel import show_time
from analytics.tables import COMPARATORS

ABSENT = "–"
_DAY = 86_400_000_000
"""Microseconds of a day."""
_FEW = 8
"""Values up to which one by one is quicker than at once."""


class Number(float):
    """A float whose text is an en dash where it is missing."""

    def __format__(self, spec: str) -> str:
        return ABSENT if math.isnan(self) else super().__format__(spec)


_MINUS = re.compile(r"(?<![\w.-])-(?=\d)")
_NOUGHT = re.compile(r"−(0(?:\.0+)?)(?![.\d])")


def with_minus(said: str) -> str:
    """A sentence whose negative numbers have a minus, not a hyphen; what rounds to nought has no sign (−0% is 0%)."""
    if " -" not in said and "(-" not in said and not said.startswith("-"):
        return said
    return _NOUGHT.sub(r"\1", _MINUS.sub("−", said))


@dataclass(frozen=True)
class Times:
    """Days of one case as timestamps and as text."""

    case: Case

    def say(self, patient: int, day: float) -> str:
        """The day as people read it on the clock of this patient."""
        if math.isnan(day) or math.isinf(day):
            return ABSENT
        clock, moment = self.case.clocks[patient], round(day * _DAY)
        return _said(moment if clock == "minutes" else moment - moment % _DAY, clock)

    def say_all(self, patient: Ints, day: Floats) -> list[str]:
        """As :meth:`say`, for many days at once."""
        if len(day) <= _FEW:
            return [self.say(who, when) for who, when in zip(patient.tolist(), day.tolist(), strict=True)]
        known = np.isfinite(day)
        moment = np.rint(np.where(known, day, 0.0) * _DAY).astype(np.int64)
        whole = np.where(_in_minutes(self.case)[patient], moment, moment - moment % _DAY)
        clocks = self.case.clocks
        if set(clocks) == {"date"}:  # as show_time writes a date
            texts = np.datetime_as_string((whole // _DAY).view("datetime64[D]")).astype(object)
            texts[~known] = ABSENT
            said: list[str] = texts.tolist()
            return said
        if len(set(clocks)) == 1:  # a day of many patients is put into words once
            code, days = pd.factorize(whole)
            texts = np.array([*(_said(day, clocks[0]) for day in days.tolist()), ABSENT], dtype=object)
            return list(texts[np.where(known, code, len(days))])
        told = zip(whole.tolist(), patient.tolist(), known.tolist(), strict=True)
        return [_said(when, clocks[who]) if is_known else ABSENT for when, who, is_known in told]


@once
def _in_minutes(case: Case) -> Bools:
    """Patients whose time axis is in minutes."""
    return np.array([clock == "minutes" for clock in case.clocks], dtype=bool)


@lru_cache(maxsize=1 << 16)
def _said(moment: int, clock: str) -> str:
    """A moment in microseconds since 1970; cohorts name the same days again and again."""
    return show_time(pd.Timestamp(np.datetime64(moment, "us")), clock)


def stamps(days: Floats) -> npt.NDArray[np.datetime64]:
    """Timestamps of many days, NaT where missing."""
    known = np.isfinite(days)
    whole = np.where(known, np.round(np.where(known, days, 0) * _DAY), np.iinfo(np.int64).min)
    return whole.astype(np.int64).view("datetime64[us]")


@lru_cache(maxsize=256)
def unit_words(code: str) -> str:
    """Unit of an analyte as people read it, with a space before it; empty where it has none."""
    unit = ANALYTES[code].unit
    return "" if unit.startswith("{") else f" {unit.replace('10*9/L', '× 10⁹/L')}"


@lru_cache(maxsize=256)
def in_text(code: str) -> str:
    """Name of an analyte inside a sentence: abbreviations as they are, words without a capital."""
    name = shown(code)
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def measured(case: Case, at: int) -> str:
    """One result as people read it: "bilirubin 2.2 mg/dL"; empty where there is none. Findings name the same ones."""
    if at < 0:
        return ""
    return _measured(case, int(at))


@once
def _measured(case: Case, at: int) -> str:
    return measured_all(case, np.array([at]))[0]


def measured_all(case: Case, at: Ints) -> list[str]:
    """As :func:`measured`, for many results at once; each must be one."""
    points = points_of(case)
    columns = (points.analyte[at], points.comparator[at], points.value[at])
    return [
        f"{name}{SIGNS[sign]}{value:.{decimals}f}{unit}"
        for code, sign, value in zip(*(column.tolist() for column in columns), strict=True)
        for name, decimals, unit in (_shown_as(code),)
    ]


SIGNS = {side: COMPARATORS[side + 1] for side in (-1, 0, 1)}
"""Before a result, by its comparator."""
BEYOND = {-1: "below ", 0: "", 1: "above ", MIXED: "by the numbers given "}
"""Before a multiple of a result that is given as a limit, by the side on which it lies."""


@lru_cache(maxsize=256)
def _shown_as(code: int) -> tuple[str, int, str]:
    """Words before a value, its decimals and its unit, by analyte code."""
    name = CODES[code]
    return f"{in_text(name)} ", max(ANALYTES[name].decimals, 0), unit_words(name)
