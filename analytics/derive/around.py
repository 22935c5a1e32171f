"""Where a moment lies among the treatments: the last event before it, what is being given."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.denials import SIGNS, affirmed
from analytics.derive.event_agents import event_agents_of
from analytics.derive.events import event_names_of, events_of
from analytics.once import once

_FAR = 900_000.0


def last_event(case: Case, at: Ints, patient: Ints, day: Floats) -> Ints:
    """Position (in ``events_of(case)``) of the latest of the events ``at`` that began on or before the day; -1 if none.

    Args:
        case: the case.
        at: positions in ``events_of(case)``, rising.
        patient: whose moment, shape (n,).
        day: when, shape (n,).
    """
    if not len(at):
        return np.full(len(patient), -1, dtype=np.int64)
    events = events_of(case)
    starts = key(events.patient[at], np.floor(events.start[at]))
    place = np.searchsorted(starts, key(patient, np.floor(day)), side="right") - 1
    found = at[np.maximum(place, 0)]
    return np.where((place >= 0) & (events.patient[found] == patient), found, -1)


def days_since(case: Case, at: Ints, patient: Ints, day: Floats) -> Floats:
    """Whole days since the latest of these events; NaN where none came before."""
    if not len(at):
        return np.full(len(patient), np.nan)
    found = last_event(case, at, patient, day)
    return np.where(found >= 0, np.floor(day) - np.floor(events_of(case).start[found]), np.nan)


def active(
    case: Case, at: Ints, patient: Ints, day: Floats, *, after: float = 0.0, ends: Floats | None = None
) -> Bools:
    """True where one of these events goes on at that day, or ended at most ``after`` days before.

    ``ends`` gives the days on which they end, where they are not those of the events themselves.
    """
    events = events_of(case)
    if not len(at):
        return np.zeros(len(patient), dtype=bool)
    begun = np.searchsorted(key(events.patient[at], np.floor(events.start[at])), key(patient, np.floor(day)), "right")
    last = events.end[at] if ends is None else ends
    until = np.sort(key(events.patient[at], np.minimum(np.floor(last) + after, _FAR)))
    ended = np.searchsorted(until, key(patient, np.floor(day)), "left")
    return np.asarray(begun > ended)


def named(case: Case, *parts: str, kinds: tuple[str, ...] = ("systemic",)) -> Ints:
    """Positions of events of these kinds whose name holds one of these parts (without regard to case).

    A sign that is recorded as absent, or with grade 0, is none.

    Of systemic therapy the parts are agents by generic name (analytics.agents): brands, abbreviations and regimens
    count as what they mean.
    """
    if kinds == ("systemic",):
        return given(case, *parts)
    rows = events_of(case).of(*kinds)
    if not len(rows):
        return rows
    code, names = event_names_of(case)
    signs = SIGNS.issuperset(kinds)
    texts = [affirmed(name) for name in names] if signs else names
    match = np.array([any(p in text for p in parts) for text in texts], dtype=bool)
    found = rows[match[code[events_of(case).row[rows]]]]
    if signs and len(found):
        grade = case.panel.events["grade"].to_numpy(np.float64, na_value=np.nan)[events_of(case).row[found]]
        found = found[~(grade == 0)]
    return np.asarray(found)


@once
def given(case: Case, *agents: str) -> Ints:
    """Positions of the systemic treatments that are, or hold, one of these agents, rising."""
    rows = events_of(case).of("systemic")
    if not len(rows):
        return rows
    wanted = frozenset(agents)
    match = np.array([bool(found.agents & wanted) for found in event_agents_of(case)], dtype=bool)
    return np.asarray(rows[match[event_names_of(case)[0][events_of(case).row[rows]]]])


@once
def has_kind(case: Case, *kinds: str) -> Bools:
    """Which patients have an event of these kinds, shape (patients,)."""
    result = np.zeros(len(case.panel), dtype=bool)
    result[events_of(case).patient[events_of(case).of(*kinds)]] = True
    return result
