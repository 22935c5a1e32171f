"""CTCAE grade of every result, all patients at once.

A grade is the highest whose criterion holds. If a higher one cannot be decided because a limit or the baseline is
missing, there is no grade (-1): not gradable is not grade 0. An unknown baseline counts as normal for the choice of
branch, as the criteria do not cover it; :func:`analytics.grades.explain` says when that was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from analytics.analytes import INDEX
from analytics.arrays import BEYOND, FAR, Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds
from analytics.derive.anticoagulants import anticoagulated
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.grades.criteria import CRITERIA, Criterion, graded, rows_of
from analytics.once import once

NOT_GRADABLE = -1


@dataclass(frozen=True)
class Inputs:
    """What a grade is made of, one position a result, shape (n,); NaN where missing."""

    value: Floats
    x_uln: Floats
    x_lln: Floats
    x_baseline: Floats
    baseline_x_uln: Floats
    baseline_x_lln: Floats
    anticoagulated: Bools

    def take(self, at: Ints) -> Inputs:
        """Only these positions."""
        return Inputs(**{name: getattr(self, name)[at] for name in self.__dataclass_fields__})


def grade(version: str, analyte: str, inputs: Inputs) -> Ints:
    """Grade 0 to 4 of results of one analyte, -1 where not gradable.

    Args:
        version: "4.0", "5.0" or "6.0".
        analyte: code of analytics.analytes; one without criteria is never gradable.
        inputs: arrays of shape (n,).

    Returns:
        Whole numbers, shape (n,).
    """
    branches = _branches(version, analyte)
    result = np.full(len(inputs.value), NOT_GRADABLE, dtype=np.int8)
    if not branches:
        return result
    masks = branch_masks(inputs)
    other = np.ones(len(inputs.value), dtype=bool)
    for branch in sorted(branches - {"normal"}):
        at = np.flatnonzero(masks[branch])
        other[at] = False
        if len(at):
            result[at] = _by_rows(rows_of(version, analyte, branch), inputs.take(at))
    at = np.flatnonzero(other)
    result[at] = _by_rows(rows_of(version, analyte, "normal"), inputs if len(at) == len(other) else inputs.take(at))
    if "high" in branches:  # back inside the limits is grade 0 whatever the baseline was
        inside = (result != NOT_GRADABLE) & ~exceeds(inputs.x_uln, 1.0) & np.isfinite(inputs.x_uln)
        result[inside] = 0
    return result


@cache
def _branches(version: str, analyte: str) -> frozenset[str]:
    """Branches of one analyte's criteria."""
    return frozenset(c.branch for c in CRITERIA if c.version == version and c.analyte == analyte)


def branch_masks(inputs: Inputs) -> Mapping[str, Bools]:
    """Which results fall in which special branch."""
    return {
        "high": exceeds(inputs.baseline_x_uln, 1.0),
        "low": compare(inputs.baseline_x_lln, "<", 1.0),
        "anticoagulated": inputs.anticoagulated,
    }


def _by_rows(rows: tuple[Criterion, ...], inputs: Inputs) -> Ints:
    """Highest grade whose row holds; -1 from the first row downwards that cannot be decided."""
    result = np.zeros(len(inputs.value), dtype=np.int8)
    open_ = np.ones(len(inputs.value), dtype=bool)
    for row in reversed(rows):
        yes, unknown = _answer(row, inputs)
        result[open_ & yes] = row.grade
        result[open_ & unknown] = NOT_GRADABLE
        open_ &= ~(yes | unknown)
    return result


def _answer(row: Criterion, inputs: Inputs) -> tuple[Bools, Bools]:
    """(holds, cannot be decided), by three-valued logic."""
    first, *rest = [(compare(x := getattr(inputs, t.of), t.op, t.limit), np.isnan(x)) for t in row.tests]
    holds, missing = first
    if row.join == "any":
        for yes, absent in rest:
            holds, missing = holds | yes, missing | absent
        return holds, missing & ~holds
    fails = ~(holds | missing)
    for yes, absent in rest:
        holds, missing, fails = holds & yes, missing | absent, fails | ~(yes | absent)
    return holds, missing & ~fails


@once
def inputs_of(case: Case) -> Inputs:
    """Inputs of every result of a case."""
    points, baseline = points_of(case), baselines_of(case)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Inputs(
            value=points.value,
            x_uln=points.x_uln,
            x_lln=np.where(points.lln > 0, points.value / points.lln, np.nan),
            x_baseline=np.where(baseline.value > 0, points.value / baseline.value, np.nan),
            baseline_x_uln=baseline.x_uln,
            baseline_x_lln=np.where(points.lln > 0, baseline.value / points.lln, np.nan),
            anticoagulated=anticoagulated(case, points.patient, points.day),
        )


@once
def grades_of(case: Case, version: str) -> Ints:
    """Grade of every result of ``points_of(case)``, -1 where not gradable, shape (n,)."""
    points, every = points_of(case), inputs_of(case)
    result = np.full(len(points), NOT_GRADABLE, dtype=np.int8)
    for analyte in graded(version):
        at = np.flatnonzero(points.analyte == INDEX[analyte])
        if len(at):
            result[at] = grade(version, analyte, every.take(at))
            limited = at[points.comparator[at] != 0] if points.has_limits else at[:0]
            if len(limited):
                result[limited] = _proven(version, analyte, every.take(limited), points.comparator[limited])
    return result


def _proven(version: str, analyte: str, inputs: Inputs, sign: Ints) -> Ints:
    """Grades of results given as limits: the least grade that the limit proves, -1 where it leaves open whether any.

    Asked just beyond the limit, far beyond it, and at the limits of normal where these lie beyond it.
    """
    side = sign.astype(np.float64)
    near, far = 1.0 + BEYOND * side, FAR**side
    grades = [grade(version, analyte, _times(inputs, near)), grade(version, analyte, _times(inputs, far))]
    for of in (inputs.x_uln, inputs.x_lln):
        with np.errstate(divide="ignore", invalid="ignore"):
            normal = np.where((1.0 - of) * sign > 0, 1.0 / of, near)
        grades.append(grade(version, analyte, _times(inputs, np.where(np.isfinite(normal), normal, far))))
    least, most = np.min(grades, axis=0), np.max(grades, axis=0)
    return np.asarray(np.where((least == 0) & (most > 0), NOT_GRADABLE, least), np.int8)


def _times(inputs: Inputs, factor: Floats) -> Inputs:
    """Inputs of the results times a factor, their baselines as they are."""
    moved = {name: getattr(inputs, name) * factor for name in ("value", "x_uln", "x_lln", "x_baseline")}
    return replace(inputs, **moved)
