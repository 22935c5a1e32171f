"""Facts for and against biliary obstruction."""

from __future__ import annotations

import numpy as np

from analytics.compare import reaches
from analytics.derive.events import events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._discover import assessment_of
from analytics.rules._images import images_of
from analytics.rules._liver import r_value
from analytics.rules._reading._fact import Fact, Span, pick


def facts(span: Span) -> list[Fact]:
    """All of them."""
    return [*_tests(span), *_imaging(span), *_stents(span)]


def _tests(span: Span) -> list[Fact]:
    v, s = visits_of(span.case), span.case.settings.injury
    r, _ = r_value(v, s.hys_alp_days)
    bili, alp, ggt = (span.most(v.x_uln(c)) for c in ("BILI", "ALP", "GGT"))
    at = take(r, span.worst)
    return [
        Fact(
            "bilirubin {bili:.1f}, ALP {alp:.1f} and GGT {ggt:.1f} × ULN raised together, R {r:.1f}",
            np.asarray((bili > 1.5) & (alp > 1.5) & ~(at > s.r_cholestatic)),
            1,
            numbers={"bili": bili, "alp": alp, "ggt": ggt, "r": at},
        ),
        Fact(
            "bilirubin at most {bili:.1f} × ULN",
            np.asarray(bili <= 1.0),
            -2,
            numbers={"bili": bili},
        ),
        Fact("hepatocellular pattern (R {r:.1f})", reaches(at, s.r_hepatocellular), -1, numbers={"r": at}),
    ]


def _imaging(span: Span) -> list[Fact]:
    images = images_of(span.case)
    wide, narrow = np.flatnonzero(images.dilated), np.flatnonzero(images.not_dilated)
    seen = span.within(images.patient[wide], images.day[wide], 14, 14)
    not_seen = span.within(images.patient[narrow], images.day[narrow], 3, 21)
    return [
        Fact("dilated or occluded ducts on imaging of {on}", seen >= 0, 2, days={"on": pick(images.day[wide], seen)}),
        Fact(
            "ducts not dilated on imaging of {on}",
            (not_seen >= 0) & (seen < 0),
            -2,
            days={"on": pick(images.day[narrow], not_seen)},
        ),
    ]


def _stents(span: Span) -> list[Fact]:
    case = span.case
    events = events_of(case)
    at = events.of("biliary_stent", "drainage")
    placed = span.within(events.patient[at], events.start[at], 0, 14)
    facts = [
        Fact("stent or drain placed on {on}", placed >= 0, 1, days={"on": pick(events.start[at], placed)}),
    ]
    for code, says, weight in (
        ("stent_response", "bilirubin halved after the stent, by {on}", 2),
        ("recurrent_obstruction", "bilirubin rising from its lowest value after a stent, on {on}", 2),
        ("stent_early_rise", "bilirubin rising soon after a stent, on {on}", 1),
    ):
        assessed = assessment_of(case, code)
        hit = np.flatnonzero(assessed.holds)
        hit = hit[np.lexsort((assessed.day[hit], assessed.patient[hit]))]
        found = span.within(assessed.patient[hit], assessed.day[hit], 0, 21)
        facts.append(Fact(says, found >= 0, weight, days={"on": pick(assessed.day[hit], found)}))
    return facts
