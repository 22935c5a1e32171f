"""The time after a procedure in which its own effect is not counted as injury, and what lifts it.

Lifted from the day on which bilirubin or INR shows a failing liver, an aminotransferase rises anew after day 4, or
fever, ascites or encephalopathy are recorded; see :func:`masks_of` for the limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.around import last_event, named
from analytics.derive.events import events_of
from analytics.derive.expected import MASKS, days_of_mask, events_of_mask
from analytics.derive.visits import visits_of
from analytics.event_kinds import KIND_INDEX
from analytics.once import once
from analytics.rules._after_surgery import After, after_event, before_value
from analytics.rules._inr import inr_of_visits
from analytics.rules._samples import aminotransferases

KINDS = ("hepatectomy", "transplant", "ablation", "embolisation", "radioembolisation")
WHY = (
    "",
    "bilirubin above its limit",
    "INR above its limit",
    "higher than on days 1 to 3",
    "far above its limit and not falling",
    "fever, ascites or encephalopathy recorded",
)
"""Why a mask is lifted; the position is the code, 0 where it is not."""
SIGNS = ("fever", "febrile", "chills", "rigor", "ascites", "encephalopathy")
CLINICAL = ("symptom", "adverse_event")


@dataclass(frozen=True)
class Masks:
    """Of each visit, shape (visits,): the procedure before it (position in the events, -1), whole days since it,
    days for which aminotransferases are masked, and why the mask is lifted (code of WHY)."""

    event: Ints
    day: Floats
    days: Floats
    lifted: Ints

    def clear(self) -> Bools:
        """Where aminotransferases count as they are."""
        return np.asarray(~(self.day <= self.days) | (self.lifted > 0))


@once
def masks_of(case: Case) -> Masks:
    """Every visit."""
    n = len(visits_of(case))
    event, since = np.full(n, -1, dtype=np.int64), np.full(n, np.nan)
    days, lifted = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    after = after_event(case, *KINDS, most=_longest(case))
    if len(after.visit):
        event[after.visit], since[after.visit] = after.event, after.day
        days[after.visit] = enzyme_days(case)[after.event]
        lifted[after.visit] = _lifts(case, after)
    return Masks(event, since, days, lifted)


def clear_of_procedures(case: Case, patient: Ints, day: Floats) -> Floats:
    """Whole days since a procedure whose own effect on aminotransferases is not over; +inf where none, or lifted.

    Each patient-day must have a result. Kinds, days and what lifts them: :func:`masks_of`.
    """
    masks = masks_of(case)
    if not (masks.event >= 0).any():
        return np.full(len(patient), np.inf)
    at = np.searchsorted(visits_of(case).key, key(patient, np.floor(day)))
    return np.asarray(np.where(masks.clear(), np.inf, masks.day)[at])


def enzyme_days(case: Case) -> Floats:
    """Days for which each event masks aminotransferases, shape (events,); NaN for events that do not."""
    days = np.full(len(events_of(case).kind), np.nan)
    for mask in MASKS:
        if "ALT" in mask.analytes:
            at = events_of_mask(case, mask)
            days[at] = np.fmax(days[at], days_of_mask(case, mask))
    return days


def _longest(case: Case) -> float:
    return max(days_of_mask(case, mask) for mask in MASKS if "ALT" in mask.analytes)


def _lifts(case: Case, after: After) -> Ints:
    """Code of the first reason that holds at or before each of these visits, 0 where none does."""
    s, at = case.settings.local, after.visit
    kind = events_of(case).kind[after.event]
    resected = (kind == KIND_INDEX["hepatectomy"]) | (kind == KIND_INDEX["transplant"])
    early = resected & (after.day <= case.settings.surgery.function_days)
    inr, _, ok = inr_of_visits(case, 0)
    x = aminotransferases(case).x_uln[at]
    late = after.day > s.lift_from_days
    first = _highest(np.where((after.day >= 1) & (after.day <= 3), x, np.nan), after)
    with np.errstate(invalid="ignore"):
        again = late & (x > s.lift_over_first * first)
        falling = x < _previous(x, after)
        high = late & (x > s.lift_at) & ~falling
        clotting = (ok & (inr > s.lift_inr))[at] & ~early
    reasons = (_bilirubin(case, after) & ~early, clotting, again, high, _signs(case, after))
    code = np.select(list(reasons), [1, 2, 3, 4, 5], 0)
    return _from_then_on(code, after)


def _bilirubin(case: Case, after: After) -> Bools:
    """Bilirubin above its limit and well above its value before, where that is known."""
    s, v = case.settings.local, visits_of(case)
    x, value = v.x_uln("BILI")[after.visit], v.value("BILI")[after.visit]
    before = before_value(case, v, after, "BILI")
    chemo = events_of(case).kind[after.event] == KIND_INDEX["embolisation"]
    with np.errstate(invalid="ignore"):
        small = chemo & (after.day <= s.embolisation_bili_days) & (value - before <= s.embolisation_bili)
        return np.asarray((x > s.lift_bili) & ~(value < s.lift_bili_over_before * before) & ~small)


def _signs(case: Case, after: After) -> Bools:
    """Fever, ascites or encephalopathy recorded from the day of the procedure to the visit."""
    at = named(case, *SIGNS, kinds=CLINICAL)
    patient, day = visits_of(case).patient[after.visit], visits_of(case).day[after.visit]
    last = last_event(case, at, patient, day)
    if not len(events_of(case).start):
        return np.zeros(len(patient), dtype=bool)
    start = np.floor(events_of(case).start[np.maximum(last, 0)])
    return np.asarray((last >= 0) & (start >= after.start))


def _runs(after: After) -> Ints:
    return np.concatenate([[0], np.cumsum(np.diff(after.event) != 0)]).astype(np.int64)


def _highest(values: Floats, after: After) -> Floats:
    """Largest known value so far within each procedure; NaN where none yet."""
    run = _runs(after)
    filled = np.nan_to_num(values, nan=-1.0) + run * 1e6
    highest = np.maximum.accumulate(filled) - run * 1e6
    return np.where(highest >= 0, highest, np.nan)


def _previous(values: Floats, after: After) -> Floats:
    """The last known value before each within its procedure; NaN where none."""
    run, own = _runs(after), np.arange(len(values))
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, own))
    before = np.concatenate([[-1], last[:-1]])
    safe = np.maximum(before, 0)
    return np.where((before >= 0) & (run[safe] == run), values[safe], np.nan)


def _from_then_on(code: Ints, after: After) -> Ints:
    """The first reason of each procedure, on every visit from its day on."""
    run, own = _runs(after), np.arange(len(code))
    first = np.full(int(run[-1]) + 1, len(code), dtype=np.int64)
    hit = np.flatnonzero(code > 0)
    np.minimum.at(first, run[hit], hit)
    return np.where(own >= first[run], code[np.minimum(first[run], len(code) - 1)], 0)
