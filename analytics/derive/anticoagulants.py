"""Who takes an anticoagulant when: INR then measures the drug and not the liver."""

from __future__ import annotations

import re

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.around import active
from analytics.derive.denials import affirmed
from analytics.derive.events import event_names_of, events_of
from analytics.once import once

_HEPARINS = (
    "heparin", "enoxaparin", "lovenox", "clexane", "dalteparin", "fragmin", "tinzaparin", "innohep", "nadroparin",
    "fondaparinux", "arixtra", "argatroban", "bivalirudin",
)  # fmt: skip
ANTICOAGULANTS = (
    "warfarin", "coumadin", "marcumar", "phenprocoumon", "acenocoumarol", "sintrom", "fluindione",
    "rivaroxaban", "xarelto", "apixaban", "eliquis", "edoxaban", "lixiana", "savaysa", "dabigatran", "pradaxa",
    "betrixaban", "anticoagul", *_HEPARINS,
)  # fmt: skip
"""Parts of names: vitamin K antagonists, direct anticoagulants, heparins."""
_STOPPED = re.compile(r"\b(?:stop\w*|discontinu\w*|ceased?|paused?|withheld|held|ended|off)\b")


def anticoagulated(case: Case, patient: Ints, day: Floats) -> Bools:
    """Where the patient's row says so, or an event with such a name goes on that day; shape (n,).

    An event without an end goes on until another one says that it was stopped; heparins, which are often given for
    some days only and move INR little, for ``injury.heparin_days`` at most.
    """
    flag = _flags_of(case)
    by_row = flag[patient] if len(flag) else np.zeros(len(patient), dtype=bool)
    at, ends = _given_of(case)
    return np.asarray(by_row | active(case, at, patient, day, ends=ends))


@once
def _flags_of(case: Case) -> Bools:
    """What the patients' rows say, shape (patients,)."""
    return case.panel.patients["on_anticoagulant"].fillna(False).to_numpy(bool)


@once
def _given_of(case: Case) -> tuple[Ints, Floats]:
    """Positions of the events with such a name, rising, and the days on which they end."""
    events, (code, texts) = events_of(case), event_names_of(case)
    parts = [affirmed(text.replace("\x1f", ", ")) for text in texts]
    named = np.array([any(name in text for name in ANTICOAGULANTS) for text in parts], dtype=bool)
    over = named & np.array([bool(_STOPPED.search(text)) for text in texts], dtype=bool)
    brief = np.array([any(name in text for name in _HEPARINS) for text in parts], dtype=bool)
    if not named.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    of_event = code[events.row]
    at, stops = np.flatnonzero((named & ~over)[of_event]), np.flatnonzero(over[of_event])
    start, end = np.floor(events.start[at]), events.end[at]
    is_open = case.panel.events["end_date"].isna().to_numpy()[events.row[at]]
    end = np.where(is_open, np.where(brief[of_event[at]], start + case.settings.injury.heparin_days, np.inf), end)
    if len(stops):
        stopped = key(events.patient[stops], np.floor(events.start[stops]))
        place = np.minimum(np.searchsorted(stopped, key(events.patient[at], start)), len(stops) - 1)
        after = (events.patient[stops[place]] == events.patient[at]) & (events.start[stops[place]] >= start)
        end = np.where(is_open & after, np.minimum(end, events.start[stops[place]] - 1), end)
    return at, end
