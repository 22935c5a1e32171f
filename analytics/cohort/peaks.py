"""Highest result of each patient, and others that are one per patient: positions in points_of(case)."""

from __future__ import annotations

import numpy as np

from analytics.analytes import INDEX
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.derive.points import points_of


def runs(sorted_codes: Ints) -> Ints:
    """Position of the first of each run of equal codes."""
    if not len(sorted_codes):
        return np.zeros(0, dtype=np.int64)
    return np.append(0, np.flatnonzero(np.diff(sorted_codes)) + 1)


def on_treatment(case: Case) -> Bools:
    """Results after the first dose (or procedure); all of a patient without any treatment.

    The baseline and everything before it is left out, so that a high baseline is not its own peak.
    """
    started = np.isfinite(baselines_of(case).since)
    treated = np.zeros(len(case.panel), dtype=bool)
    treated[lines_of(case)["patient"].to_numpy(np.int64)] = True
    treated[events_of(case).patient] = True
    return started | ~treated[points_of(case).patient]


def highest(case: Case, code: str, values: Floats, use: Bools) -> Ints:
    """Position of the highest usable value of one analyte for each patient, shape (patients,); -1 for none.

    Args:
        case: the case.
        code: analyte.
        values: one a result of ``points_of(case)``.
        use: which results count; a value that is missing never does.
    """
    points = points_of(case)
    at = np.flatnonzero((points.analyte == INDEX[code]) & use & np.isfinite(values))
    found = np.full(len(case.panel), -1)
    if len(at):
        patient = points.patient[at]
        first = runs(patient)
        top = np.repeat(np.maximum.reduceat(values[at], first), np.diff(np.append(first, len(at))))
        hit = np.flatnonzero(values[at] == top)[::-1]  # backwards: the earliest of equals is written last
        found[patient[hit]] = at[hit]
    return found


def last_before_start(case: Case, code: str) -> Ints:
    """Position of the last result of one analyte up to the first treatment, shape (patients,); -1 for none."""
    points = points_of(case)
    at = np.flatnonzero((points.analyte == INDEX[code]) & ~on_treatment(case))
    found = np.full(len(case.panel), -1)
    found[points.patient[at]] = at
    return found


def picked(values: Floats, at: Ints) -> Floats:
    """Values at positions, NaN where the position is -1."""
    out = np.full(len(at), np.nan)
    known = at >= 0
    out[known] = values[at[known]]
    return out
