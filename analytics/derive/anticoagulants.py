"""Who takes an anticoagulant when: INR then measures the drug and not the liver."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.around import active, named
from analytics.event_kinds import KIND_CODES

ANTICOAGULANTS = (
    "warfarin", "coumadin", "marcumar", "phenprocoumon", "acenocoumarol", "sintrom", "fluindione",
    "rivaroxaban", "xarelto", "apixaban", "eliquis", "edoxaban", "lixiana", "savaysa", "dabigatran", "pradaxa",
    "betrixaban", "heparin", "enoxaparin", "lovenox", "clexane", "dalteparin", "fragmin", "tinzaparin", "innohep",
    "nadroparin", "fondaparinux", "arixtra", "argatroban", "bivalirudin", "anticoagul",
)  # fmt: skip
"""Parts of names: vitamin K antagonists, direct anticoagulants, heparins."""


def anticoagulated(case: Case, patient: Ints, day: Floats) -> Bools:
    """Where the patient's row says so, or an event with such a name goes on that day; shape (n,)."""
    flag = case.panel.patients["on_anticoagulant"].fillna(False).to_numpy(bool)
    given = named(case, *ANTICOAGULANTS, kinds=KIND_CODES)
    by_row = flag[patient] if len(flag) else np.zeros(len(patient), dtype=bool)
    return np.asarray(by_row | active(case, given, patient, day))
