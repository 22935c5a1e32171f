"""Visits: patient-days with the baselines of their lines. What rules and scores look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np

from analytics.arrays import Floats, Ints, key
from analytics.case import Case
from analytics.derive.baseline import Baselines, baselines_of
from analytics.derive.patient_days import (
    PatientDays,
    most_ahead,
    most_behind,
    next_where,
    patient_days_of,
    take,
)
from analytics.once import once


@dataclass(frozen=True)
class Larger:
    """The larger of two analytes at each visit by multiples of their upper limits, shape (n,)."""

    code: Ints
    """0 for the first, 1 for the second."""
    at: Ints
    x_uln: Floats
    x_baseline: Floats
    baseline_x_uln: Floats


@dataclass(frozen=True)
class Visits(PatientDays):
    """Patient-days with their baselines, which are asked for only where a rule does."""

    baselines: Callable[[], Baselines] = field(kw_only=True)
    _pairs: dict[tuple[str, str], Larger] = field(default_factory=dict)

    def baseline(self, code: str) -> Floats:
        """Baseline of the day's line, known on days with a result of this analyte."""
        return self._column("baseline", code, self.at(code), lambda: self.baselines().value)

    def baseline_x_uln(self, code: str) -> Floats:
        """Baseline in multiples of the upper limits of the results behind it."""
        return self._column("baseline_x_uln", code, self.at(code), lambda: self.baselines().x_uln)

    def x_baseline(self, code: str) -> Floats:
        """The day's value in multiples of the baseline of its line."""
        if ("x_baseline", code) not in self._columns:
            with np.errstate(divide="ignore", invalid="ignore"):
                over = np.where(self.baseline(code) > 0, self.value(code) / self.baseline(code), np.nan)
            self._columns["x_baseline", code] = over
        return self._columns["x_baseline", code]

    def larger(self, one: str = "ALT", other: str = "AST") -> Larger:
        """The larger of two analytes at each visit, in multiples of the upper limits; the first where they tie."""
        if (one, other) not in self._pairs:
            a, b = self.x_uln(one), self.x_uln(other)
            only_other = (self.at(one) < 0) & (self.at(other) >= 0)
            second = np.where(np.isnan(a), ~np.isnan(b) | only_other, b > a)

            def pick(name: str) -> Floats:
                return np.asarray(np.where(second, getattr(self, name)(other), getattr(self, name)(one)))

            self._pairs[one, other] = Larger(
                code=second.astype(np.int64),
                at=np.where(second, self.at(other), self.at(one)),
                x_uln=pick("x_uln"),
                x_baseline=pick("x_baseline"),
                baseline_x_uln=pick("baseline_x_uln"),
            )
        return self._pairs[one, other]


@once
def visits_of(case: Case) -> Visits:
    """All patient-days of a case."""
    days = patient_days_of(case)
    own = {one.name: getattr(days, one.name) for one in fields(PatientDays)}
    return Visits(**own, baselines=lambda: baselines_of(case))


__all__ = ["Larger", "Visits", "most_ahead", "most_behind", "next_where", "take", "visits_of"]


def visit_of(case: Case, patient: Ints, day: Floats) -> Ints:
    """Visit of each patient-day that has a result."""
    return np.asarray(np.searchsorted(visits_of(case).key, key(patient, np.floor(day))))
