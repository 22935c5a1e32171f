"""Who was ever treated."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.event_kinds import KIND_CODES
from analytics.once import once

NOT_TREATMENT = np.array([code in ("symptom", "adverse_event", "other") for code in KIND_CODES])
"""Kinds of event that are no treatment, by code."""


@once
def untreated_of(case: Case) -> Bools:
    """Patients without any treatment event, shape (patients,)."""
    return ~treated(case)


def treated(case: Case) -> Bools:
    """Patients with a treatment event of any kind, shape (patients,)."""
    events = events_of(case)
    result = np.zeros(len(case.panel), dtype=bool)
    result[events.patient[~NOT_TREATMENT[events.kind]]] = True
    return result
