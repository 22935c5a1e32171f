"""Facts for and against an effect of surgery, ablation, embolisation or radiation."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Ints
from analytics.derive.events import events_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.rules._discover import assessment_of
from analytics.rules._reading._fact import Fact, Span, pick, pick_word

_LABELS = tuple(EVENT_KINDS[k].label.lower() for k in KIND_CODES)


def facts(span: Span) -> list[Fact]:
    """All of them."""
    s = span.case.settings.local
    at_once = _before(span, ("hepatectomy", "transplant", "ablation", "embolisation"), 0, 7)
    late_y90 = _before(span, ("radioembolisation",), s.reild_from_days, s.reild_to_days)
    late_rt = _before(span, ("radiation",), s.rild_from_days, s.rild_to_days)
    found = [
        _fact(span, at_once, "{kind} on {on}, onset on day {days:.0f} after it", 3),
        _fact(span, late_y90, "{kind} on {on}, onset on day {days:.0f} after it, within its window", 2),
        _fact(span, late_rt, "{kind} on {on}, onset on day {days:.0f} after it, within its window", 2),
    ]
    none = (at_once < 0) & (late_y90 < 0) & (late_rt < 0)
    found.append(Fact("no procedure or radiation in its window before the onset", none, -2))
    assessed = assessment_of(span.case, "reild")
    hit = np.flatnonzero(assessed.holds)
    seen = span.within(assessed.patient[hit], assessed.day[hit], 0, 0)
    found.append(
        Fact(
            "bilirubin up and albumin down without progression or dilated ducts, on {on}",
            seen >= 0,
            1,
            days={"on": pick(assessed.day[hit], seen)},
        )
    )
    return found


def _before(span: Span, kinds: tuple[str, ...], least: float, most: float) -> Ints:
    """Position of the latest event of these kinds from ``most`` to ``least`` days before the onset; -1 if none."""
    events = events_of(span.case)
    at = events.of(*kinds)
    if not len(at):
        return np.full(len(span), -1, dtype=np.int64)
    begin = Span(span.case, span.patient, span.onset, span.onset)
    place = begin.within(events.patient[at], events.start[at], most, -least, last=True)
    return np.where(place >= 0, at[np.maximum(place, 0)], -1)


def _fact(span: Span, event: Ints, says: str, weight: int) -> Fact:
    events = events_of(span.case)
    start = np.floor(events.start)
    return Fact(
        says,
        event >= 0,
        weight,
        numbers={"days": span.onset - pick(start, event)},
        days={"on": pick(start, event)},
        words={"kind": (pick_word(events.kind, event), _LABELS)},
    )
