"""What scores ask of recorded signs: ascites and encephalopathy in points of Child-Pugh, dialysis."""

from __future__ import annotations

import re

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.denials import affirmed
from analytics.derive.events import event_names_of, events_of
from analytics.derive.visits import Visits

RECORDED_DAYS = 28.0
"""A sign that is recorded, or recorded as absent, counts this long (house)."""
DIALYSIS_DAYS = 7.0
"""Dialysis in this time before counts, as in the definition of MELD. [d]"""

_ASCITES = re.compile(r"ascit")
_MIND = re.compile(r"encephalopath|\basterixis")
_DIALYSIS = re.compile(r"dialys|\bcrrt\b|\bcvv|renal replacement|h(?:a)?emofiltration")
_MILD = re.compile(r"mild|slight|minimal|trace|small|controlled|grade (?:1|2|i{1,2})\b|west haven (?:1|2|i{1,2})\b")
_SEVERE = re.compile(
    r"moderate|severe|tense|large|massive|refractory|coma|grade (?:3|4|iii|iv)\b|west haven (?:3|4|iii|iv)\b"
)
_NOTED = ("symptom", "adverse_event", "other")
_LEAST_SEVERE = 3


def ascites(case: Case, v: Visits) -> Floats:
    """Points 1 (recorded as absent), 2 (mild, grade 1 or 2), 3 (more); NaN where not known; shape (visits,)."""
    return _points(case, v, _ASCITES)


def encephalopathy(case: Case, v: Visits) -> Floats:
    """Points 1 (recorded as absent), 2 (grade 1 or 2), 3 (grade 3 or 4); NaN where not known; shape (visits,)."""
    return _points(case, v, _MIND)


def dialysed(case: Case, v: Visits) -> Bools:
    """Whether dialysis is on record in the week before each visit, shape (visits,)."""
    at = _named(case, _DIALYSIS)
    at = at[~_denied(case, at, _DIALYSIS)]
    if not len(at):
        return np.zeros(len(v), dtype=bool)
    events = events_of(case)
    begun = np.searchsorted(key(events.patient[at], np.floor(events.start[at])), v.key, side="right")
    ends = np.sort(key(events.patient[at], np.minimum(np.floor(events.end[at]), 900_000.0)))
    return np.asarray(begun > np.searchsorted(ends, v.key - DIALYSIS_DAYS, side="left"))


def _points(case: Case, v: Visits, pattern: re.Pattern[str]) -> Floats:
    """Points by the latest record of the sign that still counts; one without a grade makes them unknown."""
    at = _named(case, pattern)
    if not len(at) or not len(v):
        return np.full(len(v), np.nan)
    events = events_of(case)
    place = np.searchsorted(key(events.patient[at], np.floor(events.start[at])), v.key, side="right") - 1
    last = at[np.maximum(place, 0)]
    mine = (place >= 0) & (events.patient[last] == v.patient)
    until = np.maximum(np.where(np.isfinite(events.end[last]), events.end[last], np.inf), events.start[last])
    mine &= v.day - np.floor(until) <= RECORDED_DAYS
    grade = case.panel.events["grade"].to_numpy(np.float64, na_value=np.nan)[events.row[at]]
    mild, severe = (_matches(case, at, p) for p in (_MILD, _SEVERE))
    absent = _denied(case, at, pattern)
    by_grade = np.select([grade == 0, grade >= _LEAST_SEVERE, grade >= 1], [1.0, 3.0, 2.0], np.nan)
    by_word = np.select([absent, severe, mild], [1.0, 3.0, 2.0], np.nan)
    points = np.where(np.isnan(by_grade), by_word, by_grade)
    return np.where(mine, points[np.maximum(place, 0)], np.nan)


def _named(case: Case, pattern: re.Pattern[str]) -> Ints:
    rows = events_of(case).of(*_NOTED)
    if not len(rows):
        return rows
    code, names = event_names_of(case)
    match = np.array([bool(pattern.search(n)) for n in names], dtype=bool)
    return np.asarray(rows[match[code[events_of(case).row[rows]]]])


def _matches(case: Case, at: Ints, pattern: re.Pattern[str]) -> Bools:
    code, names = event_names_of(case)
    match = np.array([bool(pattern.search(n)) for n in names], dtype=bool)
    return np.asarray(match[code[events_of(case).row[at]]]) if len(at) else np.zeros(0, dtype=bool)


def _denied(case: Case, at: Ints, pattern: re.Pattern[str]) -> Bools:
    """Whether each of these events names the sign only to say that it is not there."""
    code, names = event_names_of(case)
    match = np.array([not pattern.search(affirmed(n)) for n in names], dtype=bool)
    return np.asarray(match[code[events_of(case).row[at]]]) if len(at) else np.zeros(0, dtype=bool)
