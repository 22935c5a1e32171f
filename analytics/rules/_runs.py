"""Stretches of moments in a row, for limits that count the second time or that must last."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints


def runs_of(patient: Ints, met: Bools) -> Ints:
    """Number of the stretch of moments in a row that each belongs to, shape (n,), rising; -1 where it is not met.

    Args:
        patient: of each moment; moments in time order within a patient.
        met: whether the moment meets what the stretch is of.
    """
    goes_on = np.zeros(len(met), dtype=bool)
    goes_on[1:] = met[:-1] & (patient[1:] == patient[:-1])
    return np.where(met, np.cumsum(met & ~goes_on) - 1, -1)


def met_again(patient: Ints, met: Bools, counts: Bools) -> Bools:
    """Moments of a stretch that is not the first of its patient; only stretches with a moment that ``counts`` do."""
    run = runs_of(patient, met)
    n = int(run.max(initial=-1)) + 1
    if not n:
        return np.zeros(len(met), dtype=bool)
    inside = run >= 0
    whose = np.zeros(n, dtype=np.int64)
    whose[run[inside]] = patient[inside]
    counted = np.zeros(n, dtype=np.int64)
    np.maximum.at(counted, run[inside], counts[inside].astype(np.int64))
    before = np.cumsum(counted) - counted
    own = before - before[np.searchsorted(whose, whose)]
    return np.asarray(inside & (own[np.maximum(run, 0)] > 0))


def lasting(patient: Ints, day: Floats, met: Bools) -> Floats:
    """Days since the stretch of each moment began, shape (n,); NaN where it is not met."""
    run = runs_of(patient, met)
    n = int(run.max(initial=-1)) + 1
    if not n:
        return np.full(len(met), np.nan)
    began = np.full(n, np.inf)
    np.minimum.at(began, run[run >= 0], day[run >= 0])
    return np.where(run >= 0, day - began[np.maximum(run, 0)], np.nan)
