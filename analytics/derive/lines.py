"""Treatment lines and the day 0 of a patient."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats, Ints, among, days_of
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.points import first_results_of
from analytics.derive.treatments import Treatments, treatments_of
from analytics.event_kinds import KIND_CODES
from analytics.once import once
from analytics.tables import RELATIVE_ORIGIN

JOIN_DAYS = 28.0
"""Agents that start within this many days of each other belong to one line where the source numbers none (house)."""

_ORIGIN = days_of(pd.Series([RELATIVE_ORIGIN]))[0]
_NOT_TREATMENT = ("symptom", "adverse_event", "other")


@once
def lines_of(case: Case) -> pd.DataFrame:
    """Lines of systemic therapy: columns patient (code), line (1, 2, ...), start (days).

    The source's own line numbers hold where a patient has any. Else a line begins with an agent that the patient
    did not have before (by generic name: cycles, doses and brands are no new agent), unless it starts within
    JOIN_DAYS of the last such start.
    """
    panel, events, treatments = case.panel, events_of(case), treatments_of(case)
    at = treatments.at
    patient, start = events.patient[at], events.start[at]
    if not len(at):
        return _frame(patient, np.zeros(0, np.int64), start)
    given = panel.events["line"].array.to_numpy(np.float64, na_value=np.nan)[events.row[at]]
    people, who = np.unique(patient, return_inverse=True)
    numbered = (np.bincount(who, weights=~np.isnan(given), minlength=len(people)) > 0)[who]
    has = _first_of_each(np.flatnonzero(numbered & ~np.isnan(given)), patient, given, start)
    fresh = np.unique(_first_agents(treatments, patient, start, ~numbered))
    fresh = fresh[np.lexsort((start[fresh], patient[fresh]))]
    new_patient = np.append(True, patient[fresh][1:] != patient[fresh][:-1])[: len(fresh)]
    fresh = fresh[new_patient | (np.diff(start[fresh], prepend=-np.inf) > JOIN_DAYS)]
    first = np.searchsorted(patient[fresh], patient[fresh])
    line = np.concatenate([given[has], np.arange(len(fresh)) - first + 1.0]).astype(np.int64)
    both = np.concatenate([has, fresh])
    order = np.lexsort((line, start[both], patient[both]))
    return _frame(patient[both][order], line[order], start[both][order])


def _first_agents(treatments: Treatments, patient: Ints, start: Floats, asked: Bools) -> Ints:
    """Positions at which a patient gets an agent for the first time."""
    mine = np.flatnonzero(asked[treatments.of])
    of = treatments.of[mine]
    found = _first_of_each(np.arange(len(mine)), patient[of], treatments.agent[mine], start[of])
    return np.asarray(of[found])


def _frame(patient: Ints, line: Ints, start: Floats) -> pd.DataFrame:
    return pd.DataFrame({"patient": patient.astype(np.int64), "line": line, "start": start})


def _first_of_each(at: Ints, patient: Ints, what: Ints | Floats, order_by: Ints | Floats) -> Ints:
    """Of these positions the first one of each patient and ``what``, in order of ``order_by``."""
    at = at[np.lexsort((order_by[at], what[at], patient[at]))]
    repeated = np.zeros(len(at), bool)
    repeated[1:] = (patient[at][1:] == patient[at][:-1]) & (what[at][1:] == what[at][:-1])
    return at[~repeated]


@once
def index_days_of(case: Case) -> Floats:
    """Day 0 of each patient: first treatment, else first result; shape (patients,).

    It is the origin of a relative time axis; NaN for a patient with neither treatment nor result.
    """
    panel, events = case.panel, events_of(case)
    first = np.full(len(panel), np.inf)
    is_treatment = ~among(KIND_CODES, _NOT_TREATMENT)[events.kind]
    np.minimum.at(first, events.patient[is_treatment], events.start[is_treatment])
    first = np.where(np.isinf(first), first_results_of(case), first)
    relative = (panel.patients["clock"] != "date").to_numpy(bool)
    first[relative] = _ORIGIN
    return np.where(np.isinf(first), np.nan, np.floor(first))
