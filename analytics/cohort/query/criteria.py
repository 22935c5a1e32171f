"""Which results in which window meet a measure: one position a pair of a window and a result, all windows at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.cohort.query.anchors import FOREVER
from analytics.cohort.query.quantities import Series, series_of
from analytics.cohort.query.question import Clause, Lasting, Measure
from analytics.cohort.query.references import Stretches, reference_of
from analytics.cohort.query.summaries import summarised
from analytics.compare import Op, compare


@dataclass(frozen=True)
class Span:
    """Stretches of time, half-open [low, high), the moment before which a result is "before", and that of a result
    which is on neither side (NaN where there is none); shape (n,)."""

    patient: Ints
    low: Floats
    high: Floats
    cut: Floats
    neither: Floats


@dataclass(frozen=True)
class Measured:
    """Pairs of a span (``chain``) and a result in it, shape (m,), and two facts a span, shape (n,).

    ``point`` and ``reference`` are positions in the points of the case, -1 where there is none (a score has none);
    ``at`` is the time of the result.
    """

    chain: Ints
    point: Ints
    reference: Ints
    at: Floats
    multiple: Floats
    holds: Bools
    has_reference: Bools
    has_result: Bools


def measured(case: Case, clause: Clause, span: Span) -> Measured:
    """Every result of the clause's quantities in its span, and whether it meets a measure of the clause there."""
    parts = [_of_quantity(case, code, measure, span) for measure in clause.measures for code in measure.analytes]
    together = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("chain", "point", "reference", "at", "multiple", "holds")
    }
    for measure in clause.meanwhile:
        held = np.flatnonzero(together["holds"])
        who = span.patient[together["chain"][held]]
        together["holds"] = np.zeros(len(together["at"]), dtype=bool)
        together["holds"][held] = _meanwhile(case, measure, who, together["at"][held])
    has_reference = np.any([part.has_reference for part in parts], axis=0)
    has_result = np.any([part.has_result for part in parts], axis=0)
    return Measured(**together, has_reference=has_reference, has_result=has_result)


def _of_quantity(case: Case, code: str, measure: Measure, span: Span) -> Measured:
    series = series_of(case, code)
    inside = _stretches(series, span)
    reference, multiple, holds = _compared(case, code, measure, inside)
    has_reference = np.ones(len(span.patient), dtype=bool)
    if measure.scale == "before":
        has_reference = inside.before(case.settings.cohort.before_days) >= 0
    if measure.summary:
        holds, multiple = summarised(measure, inside, multiple)
    for other in measure.also:
        holds &= _compared(case, code, other, inside)[2]
    if measure.lasting is not None:
        holds = _lasts(measure.lasting, inside, holds)
    known = np.append(inside.other_points(case, measure.against) if measure.against else series.point, -1)
    return Measured(
        chain=inside.chain,
        point=series.point[inside.at],
        reference=known[reference],
        at=series.day[inside.at],
        multiple=multiple,
        holds=holds,
        has_reference=has_reference,
        has_result=inside.count > 0,
    )


def _stretches(series: Series, span: Span) -> Stretches:
    """Results of a series in each span."""
    keys = key(series.patient, series.day)
    first = np.searchsorted(keys, key(span.patient, np.maximum(span.low, 0)), side="left")
    last = np.searchsorted(keys, key(span.patient, np.minimum(span.high, FOREVER)), side="left")
    count = np.maximum(last - first, 0)
    chain = np.repeat(np.arange(len(first)), count)
    offset = np.cumsum(np.append(0, count))
    at = np.arange(offset[-1]) - np.repeat(offset[:-1] - first, count)
    sided = series.day[at] != span.neither[chain]
    chain, at = chain[sided], at[sided]
    count = np.bincount(chain, minlength=len(first))
    return Stretches(series, keys, span.patient, span.cut, span.neither, chain, at, count)


def _compared(case: Case, code: str, measure: Measure, inside: Stretches) -> tuple[Ints, Floats, Bools]:
    """(position of what each result is compared with, the number that is compared, whether it meets the limit)."""
    series, at = inside.series, inside.at
    reference = reference_of(case, measure, inside)
    value = series.value[at]
    if measure.scale == "unit":
        number = value
    elif measure.scale == "uln" or measure.scale.startswith("grade"):
        number = series.of_points(case, "x_uln" if measure.scale == "uln" else measure.scale, at)
    else:
        under, sign = _under(case, measure, inside, reference)
        number = _multiple(measure, value, under)
        return (
            reference,
            number,
            _provable(measure, series.comparator[at], sign) & compare(number, measure.op, measure.limit),
        )
    nothing = np.zeros(len(at), dtype=np.int64)
    return (
        reference,
        number,
        _provable(measure, series.comparator[at], nothing) & compare(number, measure.op, measure.limit),
    )


def _under(case: Case, measure: Measure, inside: Stretches, reference: Ints) -> tuple[Floats, Ints]:
    """What each result is divided by or taken from, and on which side a limit of detection leaves it open."""
    nothing = np.zeros(len(inside.at), dtype=np.int64)
    if measure.scale in ("lln", "baseline"):
        return inside.series.of_points(case, measure.scale, inside.at), nothing
    series = series_of(case, measure.against) if measure.against else inside.series
    if not len(series):
        return np.full(len(reference), np.nan), nothing
    known = reference >= 0
    return np.where(known, series.value[reference], np.nan), np.where(known, series.comparator[reference], 0)


def _multiple(measure: Measure, value: Floats, under: Floats) -> Floats:
    """Multiple of the reference, or difference from it; NaN where that is not known."""
    if measure.apart:
        return value - under if measure.apart == "above" else under - value
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(under > 0, value / under, np.nan)


def _provable(measure: Measure, sign: Ints, under: Ints) -> Bools:
    """False where a limit of detection leaves it open: ``<5`` is never above, ``>5`` never below."""
    high = measure.op in (">", ">=")
    if measure.apart == "below":
        high = not high
    if high:
        return np.asarray((sign >= 0) & (under <= 0))
    return np.asarray((sign <= 0) & (under >= 0))


def _lasts(lasting: Lasting, inside: Stretches, holds: Bools) -> Bools:
    """True at each result that ends a run of successive results that all hold, long enough."""
    n = len(holds)
    if not n:
        return holds
    day = np.floor(inside.series.day[inside.at])
    new_chain = np.append(True, np.diff(inside.chain) != 0)
    begins = holds & (new_chain | np.append(True, ~holds[:-1]))
    first = np.maximum.accumulate(np.where(begins, np.arange(n), 0))
    if lasting.results is not None:
        number = np.cumsum(new_chain | np.append(True, np.diff(day) != 0))
        return np.asarray(holds & (number - number[first] + 1 >= lasting.results))
    op: Op = ">" if lasting.longer else ">="
    return np.asarray(holds & compare(day - day[first], op, float(lasting.days or 0)))


def _meanwhile(case: Case, measure: Measure, patient: Ints, time: Floats) -> Bools:
    """True where any quantity of the measure holds on the calendar day of each moment; unknown is not true."""
    holds = np.zeros(len(time), dtype=bool)
    day = np.floor(time)
    everywhere = Span(patient, day, day + 1, day, np.full(len(day), np.nan))
    for code in measure.analytes:
        inside = _stretches(series_of(case, code), everywhere)
        met = _compared(case, code, measure, inside)[2]
        for other in measure.also:
            met &= _compared(case, code, other, inside)[2]
        holds[inside.chain[met]] = True
    return holds
