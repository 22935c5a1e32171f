"""Floxuridine by the hepatic artery: when it was given, and the value that later ones are compared with."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.around import active, given, last_event
from analytics.derive.events import event_names_of, events_of
from analytics.derive.sides import AFTER, side_of
from analytics.derive.visits import take, visits_of
from analytics.rules._agents import FLOXURIDINE

_PUMP = re.compile(r"\bhaip?\b|\bpump\b|hepatic arter")
_REDUCED = re.compile(r"reduc|\b(?:25|50|75|80)\s*%|half dose|dexamethasone only|saline|heparin only")


@dataclass(frozen=True)
class Pump:
    """Visits during or after floxuridine by the pump, shape (n,).

    Attributes: ``visit`` position; ``on`` whether it goes on; ``start`` day of the last full dose, NaN without one.
    """

    visit: Ints
    on: Bools
    start: Floats


def pump_events(case: Case) -> Ints:
    """Positions of systemic treatments that are floxuridine, or name the hepatic artery or its pump."""
    rows = events_of(case).of("systemic")
    if not len(rows):
        return rows
    code, names = event_names_of(case)
    says = np.array([bool(_PUMP.search(n)) for n in names], dtype=bool)
    return np.union1d(given(case, *FLOXURIDINE), rows[says[code[events_of(case).row[rows]]]]).astype(np.int64)


def pump_of(case: Case) -> Pump:
    """Every visit that counts."""
    v, at = visits_of(case), pump_events(case)
    ever = np.zeros(len(case.panel), dtype=bool)
    ever[events_of(case).patient[at]] = True
    visit = np.flatnonzero(ever[v.patient]) if len(v) else np.zeros(0, dtype=np.int64)
    patient, day = v.patient[visit], v.day[visit]
    code, names = event_names_of(case)
    less = np.array([bool(_REDUCED.search(n)) for n in names], dtype=bool)
    full = at[~less[code[events_of(case).row[at]]]] if len(at) else at
    last = last_event(case, full, patient, day)
    start = events_of(case).start[np.maximum(last, 0)] if len(full) else np.full(len(visit), np.nan)
    after = active(case, at, patient, day, after=case.settings.pump.after_days)
    keep = np.flatnonzero(after)
    begun = np.where(last >= 0, start, np.nan)
    return Pump(visit[keep], active(case, at, patient, day)[keep], begun[keep])


def reference(case: Case, pump: Pump, code: str) -> Floats:
    """Last value before the last full dose, in the canonical unit; NaN where there is none; shape (n,)."""
    v = visits_of(case)
    have = np.flatnonzero(v.at(code) >= 0)
    if not len(have) or not len(pump.visit):
        return np.full(len(pump.visit), np.nan)
    known = ~np.isnan(pump.start)
    day = np.where(known, np.floor(pump.start), 0.0)
    patient = v.patient[pump.visit]
    place = np.searchsorted(v.key[have], patient * 1e6 + day, side="right") - 1
    same = have[np.maximum(place, 0)]
    at_start = (place >= 0) & (v.patient[same] == patient) & (v.day[same] == day)
    late = at_start & (side_of(v.time(code)[same], np.where(known, pump.start, 0.0)) == AFTER)
    place = np.where(
        late, place - 1, place
    )  # bloods of the day are drawn before the pump is filled, unless timed after
    found = have[np.maximum(place, 0)]
    fits = known & (place >= 0) & (v.patient[found] == patient)
    fits &= day - v.day[found] <= case.settings.pump.reference_days
    return take(v.value(code), np.where(fits, found, -1))
