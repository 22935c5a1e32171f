"""What else could explain a change: dilated ducts, a stent or drain, liver progression. Named, never silencing."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.rules._growth_text import liver_progression
from analytics.rules._images import images_of

CAUSES = (
    "",
    "dilated ducts on imaging",
    "a stent or drain near it",
    "progression in the liver on imaging",
    "dilated ducts on imaging and progression in the liver",
)
"""Words of a competing cause; the position is the code, 0 where none is on record."""


def dilated_ducts(case: Case, patient: Ints, day: Floats, before: float, after: float) -> Bools:
    """A report of dilated ducts from so many days before to so many after each moment."""
    images = images_of(case)
    return _near(images.patient, images.day, np.flatnonzero(images.dilated), (patient, day, before, after))


def liver_growth_near(case: Case, patient: Ints, day: Floats, before: float, after: float) -> Bools:
    """A report of progression in the liver near each moment."""
    images = images_of(case)
    return _near(images.patient, images.day, np.flatnonzero(liver_progression(case)), (patient, day, before, after))


def stent_near(case: Case, patient: Ints, day: Floats, days: float) -> Bools:
    """A stent or drain was placed near each moment."""
    events = events_of(case)
    at = events.of("biliary_stent", "drainage")
    return _near(events.patient, np.floor(events.start), at, (patient, day, days, days))


def competing(case: Case, patient: Ints, day: Floats) -> Ints:
    """Code of CAUSES for each moment."""
    s = case.settings.injury
    ducts = dilated_ducts(case, patient, day, s.ducts_before_days, s.ducts_after_days)
    growth = liver_growth_near(case, patient, day, s.growth_days, s.growth_days)
    stent = stent_near(case, patient, day, s.stent_days)
    return np.select([ducts & growth, ducts, growth, stent], [4, 1, 3, 2], 0)


def _near(who: Ints, when: Floats, at: Ints, asked: tuple[Ints, Floats, float, float]) -> Bools:
    """Whether one of these happened between ``before`` days before and ``after`` days after each moment."""
    patient, day, before, after = asked
    if not len(at):
        return np.zeros(len(patient), dtype=bool)
    keys = np.sort(key(who[at], when[at]))
    low = np.searchsorted(keys, key(patient, np.floor(day) - before), side="left")
    high = np.searchsorted(keys, key(patient, np.floor(day) + after), side="right")
    return np.asarray(high > low)


__all__ = ["CAUSES", "competing", "dilated_ducts", "liver_growth_near", "liver_progression", "stent_near"]
