"""Facts for and against drug or immune injury."""

from __future__ import annotations

import numpy as np

from analytics.agents import CHECKPOINT_INHIBITORS
from analytics.arrays import Floats, Ints
from analytics.compare import reaches
from analytics.derive.around import active, last_event, named
from analytics.derive.events import event_names_of, events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._discover import assessment_of
from analytics.rules._liver import r_value
from analytics.rules._masks import clear_of_procedures
from analytics.rules._reading._fact import Fact, Span, pick, pick_word

_NAMED = ("hepatitis", "transaminase", "aminotransferase", "hepatotox", "liver injury")
_SUPPORT = ("prednisolone", "prednisone", "methylprednisolone", "dexamethasone", "leucovorin", "octreotide")


def facts(span: Span) -> list[Fact]:
    """All of them."""
    return [*_agent(span), *_pattern(span), *_course(span)]


def _agents(span: Span) -> Ints:
    """Systemic events, without steroids and what is given along with others."""
    events = events_of(span.case).of("systemic")
    own = np.array([name.partition("\x1f")[0] for name in event_names_of(span.case)[1]], dtype=object)
    is_support = np.array([any(p in str(n) for p in _SUPPORT) for n in own], dtype=bool)
    return (
        events[~is_support[event_names_of(span.case)[0][events_of(span.case).row[events]]]] if len(events) else events
    )


def _agent(span: Span) -> list[Fact]:
    case, s = span.case, span.case.settings.injury
    agents, immune = _agents(span), named(span.case, *CHECKPOINT_INHIBITORS)
    given = active(case, agents, span.patient, span.onset, after=s.after_dose_days)
    given_immune = active(case, immune, span.patient, span.onset, after=s.immune_days)
    latest = last_event(case, agents, span.patient, span.onset)
    latest_immune = last_event(case, immune, span.patient, span.onset)
    which = np.where(given_immune, latest_immune, latest)
    start: Floats = events_of(case).start
    code, names = event_names_of(case)
    rows: Ints = events_of(case).row
    ae = named(case, *_NAMED, kinds=("adverse_event",))
    late = assessment_of(case, "sinusoidal_pattern")
    hit = np.flatnonzero(late.holds)
    hit = hit[np.lexsort((late.day[hit], late.patient[hit]))]
    sinusoidal = span.within(late.patient[hit], late.day[hit], 0, 21) >= 0
    reported = span.within(events_of(case).patient[ae], start[ae], 14, 14)
    texts = tuple(n.partition("\x1f")[0] for n in names) or ("",)
    return [
        Fact(
            "{agent} given, started {since}, within {window} days of the onset",
            (given | given_immune) & (which >= 0),
            1,
            numbers={},
            days={"since": pick(start, which)},
            words={
                "agent": (pick_word(code[rows] if len(rows) else rows, which), texts),
                "window": (given_immune.astype(np.int64), (str(s.after_dose_days), str(s.immune_days))),
            },
        ),
        Fact("a checkpoint inhibitor is among them", given_immune & (latest_immune >= 0), 1),
        Fact(
            "no systemic agent in the {days:.0f} days before the onset",
            ~given & ~given_immune & ~sinusoidal,
            -2,
            numbers={"days": np.full(len(span), float(s.after_dose_days))},
        ),
        Fact(
            "{event} reported on {on}",
            reported >= 0,
            2,
            days={"on": pick(start[ae], reported)},
            words={"event": (pick_word(code[rows[ae]] if len(ae) else ae, reported), texts)},
        ),
    ]


def _pattern(span: Span) -> list[Fact]:
    case, v, s = span.case, visits_of(span.case), span.case.settings.injury
    r, _ = r_value(v, s.hys_alp_days)
    at = take(r, span.worst)
    alt, alp = span.most(v.x_uln("ALT")), span.most(v.x_uln("ALP"))
    on = take(v.day, span.worst)
    clear = clear_of_procedures(case, span.patient, span.onset)
    return [
        Fact(
            "hepatocellular pattern on {on} (R {r:.1f}, ALT {alt:.1f} × ULN)",
            reaches(at, s.r_hepatocellular) & (alt >= 2),
            1,
            numbers={"r": at, "alt": alt},
            days={"on": on},
        ),
        Fact(
            "cholestatic pattern on {on} (R {r:.1f}, ALP up to {alp:.1f} × ULN)",
            np.asarray((at <= s.r_cholestatic) & (alp > 1.5)),
            -1,
            numbers={"r": at, "alp": alp},
            days={"on": on},
        ),
        Fact(
            "onset on day {days:.0f} after a resection, ablation or embolisation",
            np.isfinite(clear),
            -2,
            numbers={"days": clear},
        ),
    ]


def _course(span: Span) -> list[Fact]:
    """Fall after a stop, and platelets against APRI under oxaliplatin."""
    case = span.case
    facts = []
    for code, says, weight in (
        ("injury_recovery", "ALT halved after a systemic agent had stopped, on {on}", 1),
        ("sinusoidal_pattern", "platelets fell and APRI rose under or soon after oxaliplatin, on {on}", 2),
    ):
        assessed = assessment_of(case, code)
        hit = np.flatnonzero(assessed.holds)
        hit = hit[np.lexsort((assessed.day[hit], assessed.patient[hit]))]
        found = span.within(assessed.patient[hit], assessed.day[hit], 0, 21)
        facts.append(Fact(says, found >= 0, weight, days={"on": pick(assessed.day[hit], found)}))
    return facts
