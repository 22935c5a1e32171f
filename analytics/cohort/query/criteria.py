"""Which results in which window meet a measure: one position a pair of a window and a result, all windows at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.analytes import INDEX
from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.cohort.query.anchors import FOREVER
from analytics.cohort.query.question import Clause, Measure
from analytics.compare import compare
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.grades.ctcae import grades_of


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
    """Pairs of a span (``chain``) and a result (``point``) in it, shape (m,), and two facts a span, shape (n,)."""

    measure: Measure
    chain: Ints
    point: Ints
    reference: Ints
    multiple: Floats
    holds: Bools
    has_reference: Bools
    has_result: Bools


def measured(case: Case, clause: Clause, span: Span) -> Measured:
    """Every result of the clause's analytes in its span, and whether it meets the measure there."""
    measure = clause.what
    assert isinstance(measure, Measure)
    parts = [_of_analyte(case, code, measure, span) for code in measure.analytes]
    chain, point, reference, multiple, holds = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("chain", "point", "reference", "multiple", "holds")
    )
    if clause.meanwhile is not None:
        held = np.flatnonzero(holds)
        holds = np.zeros(len(point), dtype=bool)
        holds[held] = _meanwhile(case, clause.meanwhile, point[held])
    has_reference = np.any([part.has_reference for part in parts], axis=0)
    has_result = np.any([part.has_result for part in parts], axis=0)
    return Measured(measure, chain, point, reference, multiple, holds, has_reference, has_result)


def _of_analyte(case: Case, code: str, measure: Measure, span: Span) -> Measured:
    at = np.flatnonzero(points_of(case).analyte == INDEX[code])
    keys = key(points_of(case).patient[at], points_of(case).day[at])
    first = np.searchsorted(keys, key(span.patient, np.maximum(span.low, 0)), side="left")
    last = np.searchsorted(keys, key(span.patient, np.minimum(span.high, FOREVER)), side="left")
    count = np.maximum(last - first, 0)
    chain = np.repeat(np.arange(len(first)), count)
    offset = np.cumsum(np.append(0, count))
    point = at[np.arange(offset[-1]) - np.repeat(offset[:-1] - first, count)]
    sided = points_of(case).day[point] != span.neither[chain]
    chain, point = chain[sided], point[sided]
    count = np.bincount(chain, minlength=len(first))
    offset = np.cumsum(np.append(0, count))
    has_reference = np.ones(len(first), dtype=bool)
    reference = np.full(len(point), -1)
    if measure.scale == "before":
        before = _last_before(case, at, keys, span)
        has_reference, reference = before >= 0, before[chain]
    elif measure.scale == "lowest":
        reference = _lowest_so_far(points_of(case).value[point], point, offset)
    multiple = multiple_of(case, measure, point, reference)
    holds = _provable(case, measure, point, reference) & compare(multiple, measure.op, measure.limit)
    return Measured(measure, chain, point, reference, multiple, holds, has_reference, count > 0)


def _last_before(case: Case, at: Ints, keys: Floats, span: Span) -> Ints:
    """Last result before the cut of each span and not more than before_days older; -1 for none."""
    if not len(at):
        return np.full(len(span.patient), -1)
    place = np.searchsorted(keys, key(span.patient, np.maximum(span.cut, 0)), side="left") - 1
    sideless = np.searchsorted(keys, key(span.patient, np.maximum(np.nan_to_num(span.neither), 0)), side="left")
    is_sideless = (place >= 0) & (points_of(case).day[at[np.maximum(place, 0)]] == span.neither)
    place = np.where(is_sideless, sideless - 1, place)
    candidate = at[np.maximum(place, 0)]
    event_day = np.ceil(span.cut) - 1  # the cut of an event without a time of day is the next midnight
    young = event_day - np.floor(points_of(case).day[candidate]) <= case.settings.cohort.before_days
    own = (place >= 0) & (points_of(case).patient[candidate] == span.patient)
    return np.where(own & young, candidate, -1)


def _lowest_so_far(value: Floats, point: Ints, offset: Ints) -> Ints:
    """Within each chain the position of the lowest result before this one; -1 for the first."""
    if not len(point):
        return np.zeros(0, dtype=np.int64)
    length = np.diff(offset)
    new = np.ones(len(point), dtype=bool)  # lower than all before it in its chain
    new[1:] = value[1:] < _minimum_so_far(value, length)[:-1]
    new[offset[:-1][length > 0]] = True
    at = np.maximum.accumulate(np.where(new, np.arange(len(point)), 0))
    reference = np.append(-1, point[at[:-1]])
    reference[offset[:-1][length > 0]] = -1
    return reference


def _minimum_so_far(value: Floats, length: Ints) -> Floats:
    """Running minimum within stretches of these lengths, stretches of like lengths together."""
    out = np.empty(len(value))
    start = np.cumsum(length) - length
    size = np.ceil(np.log2(np.maximum(length, 1))).astype(np.int64)
    for power in np.unique(size[length > 0]):  # over sizes, never over patients
        which = np.flatnonzero((size == power) & (length > 0))
        at = start[which, None] + np.arange(2**power)
        inside = np.arange(2**power) < length[which, None]
        table = np.where(inside, value[np.minimum(at, len(value) - 1)], np.inf)
        out[at[inside]] = np.minimum.accumulate(table, axis=1)[inside]
    return out


def multiple_of(case: Case, measure: Measure, point: Ints, reference: Ints) -> Floats:
    """The results on the scale of the measure; NaN where that is not known."""
    points = points_of(case)
    value = points.value[point]
    if measure.scale == "unit":
        return value
    if measure.scale == "uln":
        return points.x_uln[point]
    if measure.scale.startswith("grade"):
        grade = grades_of(case, measure.scale.removeprefix("grade "))[point].astype(np.float64)
        return np.where(grade < 0, np.nan, grade)
    if measure.scale == "lln":
        under = points.lln[point]
    elif measure.scale == "baseline":
        under = baselines_of(case).value[point]
    else:
        under = np.where(reference >= 0, points.value[reference], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(under > 0, value / under, np.nan)


def _provable(case: Case, measure: Measure, point: Ints, reference: Ints) -> Bools:
    """False where a limit of detection leaves it open: ``<5`` is never above, ``>5`` never below."""
    sign = points_of(case).comparator
    other = np.where(reference >= 0, sign[reference], 0)
    if measure.op in (">", ">="):
        return np.asarray((sign[point] >= 0) & (other <= 0))
    return np.asarray((sign[point] <= 0) & (other >= 0))


def _meanwhile(case: Case, measure: Measure, point: Ints) -> Bools:
    """True where any analyte of the measure holds on the calendar day of each result; unknown is not true."""
    points = points_of(case)
    holds = np.zeros(len(point), dtype=bool)
    day = np.floor(points.day[point])
    for code in measure.analytes:
        at = np.flatnonzero(points.analyte == INDEX[code])
        good = at[
            compare(multiple_of(case, measure, at, np.full(len(at), -1)), measure.op, measure.limit)
            & _provable(case, measure, at, np.full(len(at), -1))
        ]
        keys = key(points.patient[good], np.floor(points.day[good]))
        wanted = key(points.patient[point], day)
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        holds |= keys[place] == wanted if len(keys) else False
    return holds
