"""Answers a question for all patients at once, with the number of patients left after each step.

A chain follows every match of a clause into the next, so that a later match is not lost because an earlier one led
nowhere; at the end each occurrence of the first anchor keeps its earliest complete chain. Windows count whole calendar
days. A value below or above a limit of detection proves only what it can: ``<0.2`` is never above a limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.cohort.query.anchors import FOREVER, Moments, moments_of, whole_of
from analytics.cohort.query.criteria import Measured, Span, measured
from analytics.cohort.query.question import Anchor, Clause, Question, Window
from analytics.derive.points import points_of


@dataclass(frozen=True)
class Step:
    """Patients and occurrences left after one step."""

    says: str
    patients: int
    occurrences: int


@dataclass(frozen=True)
class Match:
    """What one clause found for each chain; -1 and NaN where it has none. ``point`` is a position in the points."""

    point: Ints
    reference: Ints
    at: Floats
    multiple: Floats


@dataclass(frozen=True)
class Answer:
    """Chains that hold: ``patient``, ``anchor`` (start of the first anchor, NaN without one) and a Match a clause."""

    question: Question
    steps: tuple[Step, ...]
    patient: Ints
    anchor: Floats
    matches: tuple[Match, ...]

    @property
    def patients(self) -> Ints:
        """Codes of the patients that the question holds for."""
        return np.unique(self.patient)


@dataclass(frozen=True)
class _Chains:
    """Chains so far: patient, first anchor, occurrence number, moment of the last match.

    ``divides`` is that of Moments where the last match is an event; None where it is a result, or there is none yet.
    """

    patient: Ints
    anchor: Floats
    origin: Ints
    last: Floats
    matches: tuple[Match, ...]
    divides: Floats | None = None

    def take(self, at: Ints) -> _Chains:
        return _Chains(
            self.patient[at],
            self.anchor[at],
            self.origin[at],
            self.last[at],
            tuple(Match(m.point[at], m.reference[at], m.at[at], m.multiple[at]) for m in self.matches),
            None if self.divides is None else self.divides[at],
        )


def answer(case: Case, question: Question, among: Bools | None = None) -> Answer:
    """Evaluate a question.

    Args:
        case: all patients.
        question: what is asked.
        among: shape (patients,); only these are asked. None: all.

    Returns:
        Answer with steps, one row an occurrence of the first anchor for which every clause holds.
    """
    ask = np.ones(len(case.panel), dtype=bool) if among is None else among
    steps = [Step("patients asked", int(ask.sum()), int(ask.sum()))]
    chains: _Chains | None = None
    for clause in question.clauses:
        chains = _follow(case, clause, chains, ask, steps)
    assert chains is not None
    order = np.lexsort((*[m.at for m in reversed(chains.matches)], chains.origin))
    first = order[_first_of(chains.origin[order])]
    done = chains.take(first)
    return Answer(question, tuple(steps), done.patient, done.anchor, done.matches)


def _follow(case: Case, clause: Clause, chains: _Chains | None, ask: Bools, steps: list[Step]) -> _Chains:
    """One clause: chains that it continues."""
    chains, span = _windows(case, clause.window, chains, ask)
    if clause.window is not None and clause.window.anchor.kind != "it":
        _count(steps, f"with {clause.window.anchor.text}", chains)
    divides: Floats | None = None
    if isinstance(clause.what, Anchor):
        which, match, divides = _events(case, clause.what, chains, span)
    else:
        which, match = _measured(case, clause, chains, span, steps)
    if clause.absent:
        lacks = np.ones(len(chains.patient), dtype=bool)
        lacks[which] = False
        kept = chains.take(np.flatnonzero(lacks))
        nothing = np.full(len(kept.patient), -1)
        blank = np.full(len(kept.patient), np.nan)
        result = replace(kept, matches=(*kept.matches, Match(nothing, nothing, blank, blank)))
    else:
        kept = chains.take(which)
        result = replace(kept, last=match.at, matches=(*kept.matches, match), divides=divides)
    _count(steps, clause.text, result)
    return result


def _count(steps: list[Step], says: str, chains: _Chains) -> None:
    steps.append(Step(says, len(np.unique(chains.patient)), len(np.unique(chains.origin))))


def _windows(case: Case, window: Window | None, chains: _Chains | None, ask: Bools) -> tuple[_Chains, Span]:
    """The chains that have the anchor, and for each the stretch of time of the clause."""
    if window is None or (chains is None and window.anchor.kind == "it"):
        who = np.flatnonzero(ask)
        none = np.full(len(who), np.nan)
        chains = chains or _Chains(who, none, np.arange(len(who)), none, ())
        n = len(chains.patient)
        return chains, Span(
            chains.patient, np.full(n, -FOREVER), np.full(n, FOREVER), np.full(n, -FOREVER), np.full(n, np.nan)
        )
    if window.anchor.kind == "it":
        assert chains is not None
        if chains.divides is not None:  # an event is counted from as where it is named: its day is before it
            return chains, _stretch(window, Moments(chains.patient, chains.last, chains.last, chains.divides))
        moments = Moments.whole_days(chains.patient, chains.last, chains.last)
        return chains, _stretch(window, moments, at_result=True)
    moments = moments_of(case, window.anchor)
    if window.side == "on":
        moments = whole_of(moments)
    moments = moments.take(np.flatnonzero(ask[moments.patient]))
    if chains is None:
        chains = _Chains(moments.patient, moments.start, np.arange(len(moments)), moments.start, ())
        return chains, _stretch(window, moments)
    which, other = _pairs_by_patient(chains.patient, moments.patient)
    return chains.take(which), _stretch(window, moments.take(other))


def _stretch(window: Window, moments: Moments, *, at_result: bool = False) -> Span:
    """A result as anchor carries its own time and counts itself; before and after an event as in Moments."""
    day = np.floor(moments.start)
    after = moments.start if at_result else moments.after
    endless = np.full(len(day), FOREVER)
    if window.side in ("during", "on"):
        low, high = after, np.where(moments.end >= FOREVER, FOREVER, np.floor(moments.end) + 1)
    elif window.side == "after":
        low = after if window.low is None else day + window.low
        high = endless if window.high is None else day + window.high + 1
    elif window.side == "around":
        low, high = day - (window.high or 0), day + (window.high or 0) + 1
    else:
        low = -endless if window.high is None else day - window.high
        high = np.nextafter(moments.start, np.inf) if at_result else after
        high = high if window.low is None else day - window.low + 1
    # days that were asked for by number count whole; an open "before" or "after" has no result of neither side
    by_number = window.low is not None if window.side != "before" else window.low is not None and window.low > 0
    return Span(moments.patient, low, high, after, np.full(len(day), np.nan) if by_number else moments.neither)


def _measured(case: Case, clause: Clause, chains: _Chains, span: Span, steps: list[Step]) -> tuple[Ints, Match]:
    """(chain, match) for every result in the window that meets the measure, with the steps on the way."""
    found = measured(case, clause, span)
    scales = frozenset().union(*(measure.scales for measure in clause.measures))
    if "before" in scales:
        days = case.settings.cohort.before_days
        _count(steps, f"with a value before (within {days} days)", chains.take(np.flatnonzero(found.has_reference)))
    if not clause.absent and (scales & {"before", "lowest", "highest", "previous"} or clause.window is not None):
        usable = found.has_result & found.has_reference
        _count(steps, "with a result in the window", chains.take(np.flatnonzero(usable)))
    keep = np.flatnonzero(found.holds & ~_same_result(case, clause, chains, found))
    return found.chain[keep], Match(found.point[keep], found.reference[keep], found.at[keep], found.multiple[keep])


def _same_result(case: Case, clause: Clause, chains: _Chains, found: Measured) -> Bools:
    """True for what the clause before found already: one result is not counted twice."""
    if not chains.matches or clause.window is None or clause.window.anchor.kind != "it":
        return np.zeros(len(found.at), dtype=bool)
    before = chains.matches[-1].point[found.chain]
    analyte = np.append(points_of(case).analyte, -1)
    same = (before >= 0) & (found.point >= 0) & (analyte[before] == analyte[found.point])
    return np.asarray(same & (found.at == chains.last[found.chain]))


def _events(case: Case, what: Anchor, chains: _Chains, span: Span) -> tuple[Ints, Match, Floats]:
    """(chain, match, its divides) for every event in the window. An event of a day counts with its day."""
    moments = moments_of(case, what)
    which, other = _pairs_by_patient(chains.patient, moments.patient)
    start = moments.start[other]
    inside = np.flatnonzero((start >= np.floor(span.low[which])) & (start < span.high[which]))
    inside = inside[~(start[inside] == chains.last[which[inside]]) | np.isnan(chains.last[which[inside]])]
    none = np.full(len(inside), -1)
    match = Match(none, none, start[inside], np.full(len(inside), np.nan))
    return which[inside], match, moments.divides[other][inside]


def _pairs_by_patient(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Every pair of positions with the same patient; ``right`` is sorted."""
    first = np.searchsorted(right, left, side="left")
    last = np.searchsorted(right, left, side="right")
    which = np.repeat(np.arange(len(left)), last - first)
    offset = np.cumsum(np.append(0, last - first))
    other = np.arange(offset[-1]) - np.repeat(offset[:-1] - first, last - first)
    return which, other


def _first_of(sorted_groups: Ints) -> Ints:
    """Position of the first of each run."""
    if not len(sorted_groups):
        return np.zeros(0, dtype=np.int64)
    return np.append(0, np.flatnonzero(np.diff(sorted_groups)) + 1)
