"""What events say of fever and of a failing circulation or mind, yes or no, and not where it is denied."""

from __future__ import annotations

import re

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.denials import unnegated
from analytics.derive.events import event_names_of, events_of

FEVER = re.compile(r"\bfever|febrile|pyrexi|\bchills?\b|\brigors?\b|shivering")
SHOCK = re.compile(
    r"vasopress|pressor|noradrenalin|norepinephrin|\bshock\b|confus|consciousness|encephalopath|pao2|fio2"
)
_DEGREES = re.compile(r"(?<!\d)((?:3[5-9]|4[0-3])(?:[.,]\d+)?)\s*(?:°|degrees?|c\b|$|\x1f)")
_NOTED = ("symptom", "adverse_event", "other")


def noted(case: Case, pattern: re.Pattern[str]) -> Ints:
    """Positions of symptoms and adverse events that say so and do not deny it."""
    return _matching(case, np.array([bool(pattern.search(unnegated(t))) for t in event_names_of(case)[1]], dtype=bool))


def hotter(case: Case, above: float, *, at_least: bool = False) -> Ints:
    """Positions of symptoms and adverse events that name a temperature above this (or at least this)."""
    most = np.array([max(_degrees(t), default=np.nan) for t in event_names_of(case)[1]], dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return _matching(case, most >= above if at_least else most > above)


def near_day(case: Case, at: Ints, patient: Ints, day: Floats, days: float) -> Bools:
    """Whether one of these events began, or went on, at most so many days from each moment."""
    if not len(at):
        return np.zeros(len(patient), dtype=bool)
    events = events_of(case)
    begun = np.searchsorted(
        key(events.patient[at], np.floor(events.start[at])), key(patient, np.floor(day) + days), "right"
    )
    last = np.sort(key(events.patient[at], np.minimum(np.floor(events.end[at]), 900_000.0)))
    over = np.searchsorted(last, key(patient, np.floor(day) - days), "left")
    return np.asarray(begun > over)


def _matching(case: Case, match: Bools) -> Ints:
    rows = events_of(case).of(*_NOTED)
    return rows[match[event_names_of(case)[0][events_of(case).row[rows]]]] if len(rows) else rows


def _degrees(text: str) -> list[float]:
    return [float(found.replace(",", ".")) for found in _DEGREES.findall(text)]
