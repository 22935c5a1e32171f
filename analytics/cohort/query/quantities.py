"""What a question can measure: every analyte, and every score from inputs of one and the same day.

A score of a question never takes an input of another day, nor one that is only known to be below or above a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from analytics.analytes import ANALYTES
from analytics.arrays import Bools, Floats, Ints, Points
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.derive.visits import visits_of
from analytics.grades.ctcae import grades_of
from analytics.once import once
from analytics.scores import Score, computed_of, scores

_GRADE = "_grade"
_NOT_A_NUMBER = frozenset({"child_pugh"})
"""Scores that are never computed from laboratory results alone."""


@dataclass(frozen=True)
class Series:
    """Results of one quantity of all patients, sorted by patient, then time; each of shape (n,).

    ``point`` is the position in the points of the case, -1 for a score; ``results`` are those of an analyte.
    """

    patient: Ints
    day: Floats
    value: Floats
    comparator: Ints
    point: Ints
    results: Points | None = None

    def __len__(self) -> int:
        """How many results."""
        return len(self.day)

    def of_points(self, case: Case, name: str, at: Ints) -> Floats:
        """``x_uln``, ``lln``, ``baseline`` or ``grade 5.0`` at positions in the series; NaN where not known and for
        scores."""
        if self.results is None:
            return np.full(len(at), np.nan)
        point = self.point[at]
        if name == "baseline":
            known = baselines_of(case)  # a question is about what came before a line, not about a steady first result
            return np.where(np.isnan(known.since[point]), np.nan, known.value[point])
        if name.startswith("grade"):
            grade = grades_of(case, name.removeprefix("grade "))[point].astype(np.float64)
            return np.where(grade < 0, np.nan, grade)
        return np.asarray(getattr(self.results, name)[at])


@cache
def score_codes() -> Mapping[str, Score]:
    """Code of a quantity to the score behind it; ``albi_grade`` is the number of the band of ``albi``."""
    found = {}
    for score in scores().values():
        if score.code in _NOT_A_NUMBER:
            continue
        found[score.code] = score
        if all(name == f"grade {i}" for i, (name, _) in enumerate(score.bands, start=1)):
            found[score.code + _GRADE] = score
    return MappingProxyType(found)


def unit_of(code: str) -> str:
    """Canonical unit of an analyte as the grammar writes it; nothing for a score."""
    return ANALYTES[code].unit if code in ANALYTES else ""


def inputs_of(code: str) -> tuple[str, ...]:
    """Analytes that a quantity rests on."""
    return (code,) if code in ANALYTES else score_codes()[code].inputs


def series_of(case: Case, code: str) -> Series:
    """All results of a quantity."""
    if code not in ANALYTES:
        return _score_series(case, code)
    points = points_of(case)
    mine = points.series_of(code)
    return Series(mine.patient, mine.day, mine.value, mine.comparator, points.of(code), mine)


@once
def _score_series(case: Case, code: str) -> Series:
    score = score_codes()[code]
    visits, found = visits_of(case), computed_of(case, score)
    keep = ~np.isnan(found.value)
    for analyte in score.inputs:
        keep &= _exact_today(case, visits.at(analyte)[found.visit])
    visit, value = found.visit[keep], found.value[keep]
    if code.endswith(_GRADE):
        value = (score.band_of(value) + 1).astype(np.float64)
    nothing = np.zeros(len(visit), dtype=np.int64)
    return Series(visits.patient[visit], visits.day[visit], value, nothing, nothing - 1)


def _exact_today(case: Case, at: Ints) -> Bools:
    """True where the day has a result that is not only known to be below or above a limit."""
    if not len(points_of(case)):
        return np.zeros(len(at), dtype=bool)
    return np.asarray((at >= 0) & (points_of(case).comparator[at] == 0))
