"""Which analytes' results a question, an anchor or a filter reads: the results of all others are not read for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analytics.analytes import CODES
from analytics.cohort.query.one_filter import Filter
from analytics.cohort.query.quantities import inputs_of
from analytics.cohort.query.question import Anchor, Clause, Measure, Question


def of_anchor(anchor: Anchor) -> tuple[str, ...]:
    """An anchor reads results only where it is the first abnormal one; day 0 of all patients is at hand."""
    return (anchor.code,) if anchor.kind == "abnormal" else ()


def of_question(question: Question) -> tuple[str, ...]:
    """Analytes of every clause: what is measured, compared with, and held meanwhile, and inputs of scores."""
    return tuple(sorted({code for clause in question.clauses for code in _of_clause(clause)}))


def of_filters(filters: Sequence[Filter]) -> tuple[str, ...]:
    """Analytes of these filters; all where one does not say which."""
    found = [CODES if one.analytes is None else one.analytes for one in filters]
    return tuple(sorted({code for codes in found for code in codes}))


def _of_clause(clause: Clause) -> Iterator[str]:
    if isinstance(clause.what, Anchor):
        yield from of_anchor(clause.what)
    if clause.window is not None:
        yield from of_anchor(clause.window.anchor)
    for measure in (*clause.measures, *clause.meanwhile):
        yield from _of_measure(measure)


def _of_measure(measure: Measure) -> Iterator[str]:
    for code in (*measure.analytes, *((measure.against,) if measure.against else ())):
        yield from inputs_of(code)
    for other in measure.also:
        yield from _of_measure(other)
