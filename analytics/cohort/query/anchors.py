"""Where windows are counted from: every occurrence of an anchor, for all patients at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.analytes import ANALYTES, INDEX
from analytics.arrays import Floats, Ints, days_of
from analytics.case import Case
from analytics.cohort.query.question import Anchor
from analytics.cohort.scattered import by_bucket, moments
from analytics.compare import exceeds
from analytics.derive.events import event_names_of, events_of
from analytics.derive.lines import index_days_of, lines_of
from analytics.derive.points import points_of
from analytics.derive.sides import has_time
from analytics.drug_classes import DRUG_CLASSES
from analytics.event_kinds import KIND_CODES, KIND_INDEX
from analytics.tables import RELATIVE_ORIGIN

GIVEN_DAYS = 14.0
"""House choice: a drug given in cycles goes on for at least two weeks after its last start (the usual cycle)."""
_IS_PROCEDURE = ~np.isin(KIND_CODES, ("systemic", "symptom", "adverse_event", "other"))
FOREVER = 400_000.0
"""A day later than any result; used where a window has no end."""


@dataclass(frozen=True)
class Moments:
    """Occurrences of an anchor, sorted by patient, then time; each array of shape (n,).

    ``start`` and ``end`` are days since 1970; ``end`` is FOREVER while it goes on. ``divides`` is the hour of its day
    from which a result is after an occurrence without a time of day: noon for procedures, whose results without a time
    stand on neither side (:mod:`analytics.derive.sides`); 24 for all else, whose whole day is before.
    """

    patient: Ints
    start: Floats
    end: Floats
    divides: Floats

    @classmethod
    def whole_days(cls, patient: Ints, start: Floats, end: Floats) -> Moments:
        """Occurrences whose whole day is before them."""
        return cls(patient, start, end, np.full(len(patient), 24.0))

    def take(self, at: Ints) -> Moments:
        """Only these positions."""
        return Moments(self.patient[at], self.start[at], self.end[at], self.divides[at])

    def __len__(self) -> int:
        """How many occurrences."""
        return len(self.patient)

    @property
    def after(self) -> Floats:
        """First moment that is after: the time itself where one is given, else the hour that divides the day."""
        return np.where(has_time(self.start), self.start, self.start + self.divides / 24)

    @property
    def neither(self) -> Floats:
        """Moment of a result that is on neither side, NaN where all are on one."""
        return np.where(self.divides < 24, np.floor(self.start), np.nan)


@by_bucket(moments, lambda asked: (asked["anchor"].code,) if asked["anchor"].kind == "abnormal" else ())
def moments_of(case: Case, anchor: Anchor) -> Moments:
    """Every occurrence of an anchor (not of "it", which is the match of a clause)."""
    found = _SOURCES[anchor.kind](case, anchor)
    if anchor.ends:
        found = _ended(case, found)
    order = np.lexsort((found.start, found.patient))
    found = found.take(order[np.isfinite(found.start[order])])
    if anchor.which == "each" or not len(found):
        return found
    change = np.flatnonzero(np.diff(found.patient)) + 1
    ends = np.append(change, len(found)) - 1
    return found.take(np.append(0, change) if anchor.which == "first" else ends)


def whole_of(found: Moments) -> Moments:
    """From the first start to the end of the last, one a patient: how long somebody was on a treatment.

    A treatment given in cycles goes on for ``GIVEN_DAYS`` after its last start.
    """
    if not len(found):
        return found
    begin = np.flatnonzero(np.append(True, np.diff(found.patient) != 0))
    last = np.append(begin[1:], len(found)) - 1  # moments are sorted by start within a patient
    end = np.maximum(np.maximum.reduceat(found.end, begin), np.floor(found.start[last]) + GIVEN_DAYS)
    return Moments(found.patient[begin], found.start[begin], end, found.divides[begin])


def _ended(case: Case, found: Moments) -> Moments:
    """Ends of events as moments; what goes on after the end of the data has none."""
    at = np.flatnonzero((found.end < FOREVER) & (found.end <= case.as_of + 1))
    return Moments(found.patient[at], found.end[at], found.end[at], found.divides[at])


def _events(case: Case, anchor: Anchor) -> Moments:
    at = np.flatnonzero(events_of(case).kind == KIND_INDEX[anchor.code])
    return _of_events(case, at)


def _agents(case: Case, anchor: Anchor) -> Moments:
    return _named(case, lambda name, detail: anchor.code.casefold() in name)


def _class(case: Case, anchor: Anchor) -> Moments:
    parts = DRUG_CLASSES[anchor.code]
    return _named(case, lambda name, detail: any(part in name for part in parts))


def _regimen(case: Case, anchor: Anchor) -> Moments:
    """Events whose name or detail is the regimen, with or without the number of a cycle."""
    pattern = re.compile(re.escape(anchor.code.casefold()) + r"(\W+cycle\W+\d+)?", re.ASCII)
    return _named(case, lambda name, detail: bool(pattern.fullmatch(name) or pattern.fullmatch(detail)))


def _cycle(case: Case, anchor: Anchor) -> Moments:
    number, _, regimen = anchor.code.casefold().partition(" of ")
    pattern = re.compile(re.escape(regimen) + rf"\W+cycle\W+0*{number}", re.ASCII)
    return _named(case, lambda name, detail: bool(pattern.fullmatch(name) or pattern.fullmatch(detail)))


def _named(case: Case, fits: Callable[[str, str], bool]) -> Moments:
    """Events whose name and detail, both in lower case, fit; each pair of texts is looked at once."""
    code, texts = event_names_of(case)
    good = np.array([fits(*text.split("\x1f", 1)) for text in texts], dtype=bool)
    return _of_events(case, np.flatnonzero(good[code[events_of(case).row]]) if len(texts) else np.zeros(0, np.int64))


def _of_events(case: Case, at: Ints) -> Moments:
    events = events_of(case)
    divides = np.where(_IS_PROCEDURE[events.kind[at]], case.settings.baseline.same_day_hour, 24.0)
    return Moments(events.patient[at], events.start[at], np.minimum(events.end[at], FOREVER), divides)


def _imaging(case: Case, anchor: Anchor) -> Moments:
    images = case.panel.imaging
    rows = images[images["response"].to_numpy(object) == anchor.code]
    day = days_of(rows["date"])
    return Moments.whole_days(case.panel.codes_of(rows["patient_id"]), day, day)


def _first_dose(case: Case, anchor: Anchor) -> Moments:
    """Start of the first treatment; patients without any have none. A relative clock has its own day 0."""
    start = index_days_of(case).copy()
    treated = np.zeros(len(case.panel), dtype=bool)
    treated[events_of(case).patient] = True
    relative = (case.panel.patients["clock"] != "date").to_numpy()
    start[~treated & ~relative] = np.nan
    start[relative] = days_of(pd.Series([RELATIVE_ORIGIN]))[0]
    who = np.arange(len(start))
    return Moments.whole_days(who, start, np.full(len(start), FOREVER))


def _line(case: Case, anchor: Anchor) -> Moments:
    lines = lines_of(case)
    patient, number = lines["patient"].to_numpy(np.int64), lines["line"].to_numpy(np.int64)
    start = lines["start"].to_numpy(np.float64)
    after = np.append(patient[1:] == patient[:-1], False) if len(lines) else np.zeros(0, dtype=bool)
    end = np.where(after, np.append(start[1:], FOREVER)[: len(start)], FOREVER)
    at = np.flatnonzero(number == int(anchor.code))
    return Moments.whole_days(patient[at], start[at], end[at])


def _metastases(case: Case, anchor: Anchor) -> Moments:
    day = days_of(case.panel.patients["metastases_date"])
    return Moments.whole_days(np.arange(len(day)), day, np.full(len(day), FOREVER))


def _abnormal(case: Case, anchor: Anchor) -> Moments:
    """First result of an analyte outside its own limits on the bad side: above the upper limit, or below the lower."""
    points = points_of(case)
    at = np.flatnonzero(points.analyte == INDEX[anchor.code])
    bad = ANALYTES[anchor.code].bad
    high = exceeds(points.value[at], points.uln[at]) & (points.comparator[at] >= 0)
    low = exceeds(points.lln[at], points.value[at]) & (points.comparator[at] <= 0)
    at = at[(high & (bad != "low")) | (low & (bad != "high"))]
    at = at[np.unique(points.patient[at], return_index=True)[1]]  # points are sorted by time within a patient
    return Moments.whole_days(points.patient[at], points.day[at], np.full(len(at), FOREVER))


def _end(case: Case, anchor: Anchor) -> Moments:
    n = len(case.panel)
    return Moments.whole_days(np.arange(n), np.full(n, case.as_of), np.full(n, case.as_of))


_SOURCES = {
    "event": _events,
    "agent": _agents,
    "regimen": _regimen,
    "cycle": _cycle,
    "class": _class,
    "imaging": _imaging,
    "first dose": _first_dose,
    "line": _line,
    "metastases": _metastases,
    "abnormal": _abnormal,
    "end": _end,
}
