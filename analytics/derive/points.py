"""Number results of a panel as sorted arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.analytes import CODES
from analytics.arrays import Bools, Floats, Ints, Points, among, days_of, key
from analytics.case import Case
from analytics.once import once
from analytics.panel import Panel
from analytics.wall_time import changes, never_back

_CODES: pd.Index[str] = pd.Index(CODES)
_COMPARATORS: pd.Index[str] = pd.Index(["<", ">"])
_FEW = 500
"""Texts up to which one by one is quicker than at once: a panel of one patient."""
_SIGNS = np.array([-1, 1, 0])
"""Sign of each comparator by its code; anything else is an exact number."""


@once
def points_of(case: Case) -> Points:
    """Every result of a case that is a number, in the order of ``panel.labs`` (patient, analyte, time, line)."""
    return points_in(case.panel)


@once
def has_analyte_of(case: Case) -> Bools:
    """Which patient has any number result of which analyte, shape (patients, analytes)."""
    points = points_of(case)
    has = np.zeros((len(case.panel), len(CODES)), dtype=bool)
    has[points.patient, points.analyte] = True
    return has


@once
def first_results_of(case: Case) -> Floats:
    """Time of the first number result of each patient, shape (patients,); +inf where there is none. [d]"""
    points = points_of(case)
    first = np.full(len(case.panel), np.inf)
    np.minimum.at(first, points.patient, points.day)
    return first


@once
def newest_of(case: Case) -> Ints:
    """Position in ``points_of(case)`` of the newest result of each patient and analyte, -1 where none."""
    points = points_of(case)
    last = np.full((len(case.panel), len(CODES)), -1, dtype=np.int64)
    ends = points.starts[1:] - 1
    last[points.patient[ends], points.analyte[ends]] = ends
    return last


@once
def result_ids_of(case: Case) -> Ints:
    """Number in the store of each result of ``points_of(case)``, -1 where it has none."""
    ids = case.panel.labs["result_id"].to_numpy(np.int64, na_value=-1)
    return ids[points_of(case).row]


def results_between(
    case: Case, patient: Ints, first: Floats, last: Floats, analytes: tuple[str, ...] = CODES
) -> tuple[Ints, Ints]:
    """Results of the same patients within spans of whole days, both ends counted.

    Args:
        case: the case.
        patient: whose span, shape (s,).
        first: first day of each span. [d]
        last: last day of each span. [d]
        analytes: only results of these.

    Returns:
        Position of the span and of the result (in ``points_of(case)``), one position a pair.
    """
    points = points_of(case)
    begin = points.starts[:-1]
    owner = points.patient[begin]
    low, high = np.searchsorted(owner, patient, "left"), np.searchsorted(owner, patient, "right")
    span, series = unrolled(low, high)
    if len(analytes) < len(CODES):
        wanted = among(CODES, analytes)[points.analyte[begin[series]]]
        span, series = span[wanted], series[wanted]
    since = np.searchsorted(points.series_key, key(series, first[span]), side="left")
    until = np.searchsorted(points.series_key, key(series, last[span] + 1), side="left")
    own, at = unrolled(since, np.maximum(until, since))
    return span[own], at


def unrolled(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Every whole number from ``low`` to before ``high`` of each pair: which pair, and the number."""
    count = high - low
    which = np.repeat(np.arange(len(low)), count)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)


def points_in(panel: Panel) -> Points:
    """Every result of a panel that is a number."""
    labs = panel.labs
    value = labs["value"].to_numpy(np.float64)
    row = np.flatnonzero(~np.isnan(value))
    if len(row) < len(labs):
        labs, value = labs.take(row), value[row]
    patient, analyte = codes_in(labs["patient_id"], panel.patient_ids), codes_in(labs["analyte"], _CODES)
    return Points(
        patient=patient,
        analyte=analyte,
        day=never_back(changes(patient, analyte), days_of(labs["collected_at"])),
        value=value,
        comparator=_SIGNS[codes_in(labs["comparator"], _COMPARATORS)],
        lln=labs["lln"].to_numpy(np.float64),
        uln=labs["uln"].to_numpy(np.float64),
        lab=_lab_codes(labs),
        row=row.astype(np.int64),
    )


def codes_in(texts: pd.Series[str], known: pd.Index[str]) -> Ints:
    """Position of each text in ``known``, -1 where it is not there; each distinct text is looked up once."""
    if len(texts) + len(known) <= _FEW:
        place = {text: n for n, text in enumerate(known)}
        return np.array([place.get(text, -1) for text in texts.to_numpy(object)], dtype=np.int64)
    codes, distinct = pd.factorize(texts)
    found = np.append(known.get_indexer(pd.Index(distinct)), -1)  # a missing text has the code -1, the last one
    return np.asarray(found[codes], np.int64)


def _lab_codes(labs: pd.DataFrame) -> Ints:
    """One number a laboratory and method, -1 where neither is named."""
    parts = []
    if labs["lab"].isna().all() and labs["method"].isna().all():
        return np.full(len(labs), -1)
    for column in ("lab", "method"):
        codes, distinct = pd.factorize(labs[column])
        blank = np.append(np.asarray(distinct == "", bool), True)
        parts.append(np.where(blank[codes], -1, codes).astype(np.int64))
    lab, method = parts
    joint = np.where((lab < 0) & (method < 0), -1, (lab + 1) * (method.max(initial=-1) + 2) + method + 1)
    return np.asarray(joint, np.int64)
