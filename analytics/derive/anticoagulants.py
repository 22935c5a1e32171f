"""Who takes an anticoagulant when: INR then measures the drug and not the liver."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.around import active, named
from analytics.event_kinds import KIND_CODES
from analytics.once import once

ANTICOAGULANTS = (
    "warfarin", "coumadin", "marcumar", "phenprocoumon", "acenocoumarol", "sintrom", "fluindione",
    "rivaroxaban", "xarelto", "apixaban", "eliquis", "edoxaban", "lixiana", "savaysa", "dabigatran", "pradaxa",
    "betrixaban", "heparin", "enoxaparin", "lovenox", "clexane", "dalteparin", "fragmin", "tinzaparin", "innohep",
    "nadroparin", "fondaparinux", "arixtra", "argatroban", "bivalirudin", "anticoagul",
)  # fmt: skip
"""Parts of names: vitamin K antagonists, direct anticoagulants, heparins."""


def anticoagulated(case: Case, patient: Ints, day: Floats) -> Bools:
    """Where the patient's row says so, or an event with such a name goes on that day; shape (n,)."""
    flag = _flags_of(case)
    by_row = flag[patient] if len(flag) else np.zeros(len(patient), dtype=bool)
    return np.asarray(by_row | active(case, _given_of(case), patient, day))


@once
def _flags_of(case: Case) -> Bools:
    """What the patients' rows say, shape (patients,)."""
    return case.panel.patients["on_anticoagulant"].fillna(False).to_numpy(bool)


@once
def _given_of(case: Case) -> Ints:
    """Positions of the events with such a name."""
    return named(case, *ANTICOAGULANTS, kinds=KIND_CODES)
